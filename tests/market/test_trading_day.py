"""The day rolls at 17:00 New York."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.market.buckets import bucket_closes, bucket_starts
from ictcli.market.calendars import calendar
from ictcli.market.timeframes import TIMEFRAMES, Timeframe
from ictcli.market.trading_day import close_times, roll_day, roll_start, trading_day
from tests.market.market_vectors import array, ny, utc

FX, CRYPTO = calendar("fx"), calendar("crypto")

V5 = [
    ("2025-03-07T07:00", "2025-03-07", False),
    ("2025-03-07T22:00", "2025-03-08", True),
    ("2025-03-09T20:00", "2025-03-09", True),
    ("2025-03-09T21:00", "2025-03-10", False),
    ("2025-03-10T04:00", "2025-03-10", False),
    ("2025-10-31T04:00", "2025-10-31", False),
    ("2025-11-02T05:30", "2025-11-02", True),
    ("2025-11-02T06:30", "2025-11-02", True),
    ("2025-11-03T04:00", "2025-11-03", False),
]
"""UTC instant, New York date after the roll, whether FX is closed: across both US clock changes of 2025."""


def day(text: str) -> int:
    return utc(f"{text}T00:00") // NS_PER_DAY


@pytest.mark.parametrize(("moment", "date", "closed"), V5)
def test_rolls_follow_new_york_through_both_clock_changes(moment: str, date: str, closed: bool) -> None:
    at = array(utc(moment))
    assert roll_day(at).tolist() == [day(date)]
    assert trading_day(at, CRYPTO).tolist() == [day(date)]
    assert FX.is_open(at).tolist() == [not closed]


@pytest.mark.parametrize("moment", ["2026-03-13T21:00", "2026-03-14T12:00", "2026-03-15T20:59"])
def test_stray_bars_of_the_weekend_belong_to_friday(moment: str) -> None:
    assert trading_day(array(utc(moment)), FX).tolist() == [day("2026-03-13")]
    assert trading_day(array(utc("2026-03-15T21:00")), FX).tolist() == [day("2026-03-16")]


def test_day_levels_change_at_the_roll_across_a_weekend_and_a_clock_change() -> None:
    moments = (
        "2025-03-06T20:00",
        "2025-03-06T21:00",
        "2025-03-06T22:00",
        "2025-03-07T15:00",
        "2025-03-07T21:00",
        "2025-03-09T21:00",
        "2025-03-10T13:30",
        "2025-03-10T20:00",
        "2025-03-10T21:00",
    )
    days = trading_day(array(*(utc(moment) for moment in moments)), FX)
    starts = np.flatnonzero(np.diff(days)) + 1
    assert starts.tolist() == [2, 5, 8]
    assert days[starts].tolist() == [day("2025-03-07"), day("2025-03-10"), day("2025-03-11")]


@given(st.integers(0, 80_000))
def test_a_day_starts_at_its_own_roll(number: int) -> None:
    start = roll_start(array(number))
    assert roll_day(start).tolist() == [number]
    assert roll_day(start - 1).tolist() == [number - 1]


@pytest.mark.parametrize(
    ("name", "opened", "closed"),
    [
        ("M15", "2025-03-10T10:00", "2025-03-10T10:15"),
        ("D1", "2025-03-10T17:00", "2025-03-11T17:00"),
        ("D1", "2025-03-06T17:00", "2025-03-07T17:00"),
        ("W1", "2025-03-09T17:00", "2025-03-14T17:00"),
        ("W1", "2025-03-08T17:00", "2025-03-14T17:00"),
        ("MN1", "2025-02-28T17:00", "2025-03-31T17:00"),
        ("MN1", "2025-04-30T17:00", "2025-05-30T17:00"),
        ("D1", "2025-03-10T19:00", "2025-03-11T19:00"),
    ],
)
def test_bars_end_with_their_day_week_or_month(name: str, opened: str, closed: str) -> None:
    assert close_times(array(ny(opened)), TIMEFRAMES[name], FX).tolist() == [ny(closed)]


def test_days_without_a_week_end_have_23_and_25_hours() -> None:
    spring, autumn = array(ny("2025-03-08T17:00")), array(ny("2025-11-01T17:00"))
    daily = TIMEFRAMES["D1"]
    assert (close_times(spring, daily, CRYPTO) - spring).tolist() == [23 * NS_PER_HOUR]
    assert (close_times(autumn, daily, CRYPTO) - autumn).tolist() == [25 * NS_PER_HOUR]
    assert close_times(array(ny("2025-03-09T17:00")), TIMEFRAMES["W1"], CRYPTO).tolist() == [
        ny("2025-03-16T17:00")
    ]
    assert close_times(array(ny("2025-05-31T17:00")), TIMEFRAMES["MN1"], CRYPTO).tolist() == [
        ny("2025-06-30T17:00")
    ]


@pytest.mark.parametrize("season", ["2025-01-15", "2025-07-15"])
def test_four_hour_bars_are_counted_from_the_roll_all_year(season: str) -> None:
    at = array(*(ny(f"{season}T{hour:02d}:30") for hour in range(24)))
    starts = bucket_starts(at, TIMEFRAMES["H4"], FX)
    opens = {ny(f"{season}T{hour:02d}:00") for hour in (1, 5, 9, 13, 17, 21)}
    assert set(starts.tolist()[1:]) == opens
    assert (bucket_closes(starts, TIMEFRAMES["H4"], FX) - starts == 4 * NS_PER_HOUR).all()


def test_the_last_four_hour_bar_of_a_long_day_is_cut_at_the_roll() -> None:
    at = array(ny("2025-11-02T16:30"))
    start = bucket_starts(at, TIMEFRAMES["H4"], CRYPTO)
    end = bucket_closes(start, TIMEFRAMES["H4"], CRYPTO)
    assert (start.tolist(), end.tolist()) == ([ny("2025-11-02T16:00")], [ny("2025-11-02T17:00")])


@given(
    st.sampled_from(list(TIMEFRAMES.values())), st.integers(0, 4_000_000), st.sampled_from(["fx", "crypto"])
)
def test_every_instant_lies_in_its_bucket(chosen: Timeframe, minute: int, name: str) -> None:
    cal = calendar(name)
    at = array(minute * 60_000_000_000 + utc("2019-01-01T00:00"))
    start = bucket_starts(at, chosen, cal)
    assert start <= at
    if name == "crypto" or cal.is_open(at).all():
        assert at < bucket_closes(start, chosen, cal)
    assert bucket_starts(start, chosen, cal).tolist() == start.tolist()


def test_empty_arrays_have_no_buckets() -> None:
    none = np.zeros(0, np.int64)
    assert len(bucket_starts(none, TIMEFRAMES["D1"], FX)) == 0
    assert len(bucket_closes(none, TIMEFRAMES["D1"], FX)) == 0
