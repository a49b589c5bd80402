"""Holes in a series and what explains them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_MINUTE
from ictcli.market.bars import Int64
from ictcli.market.calendars import calendar
from ictcli.market.gaps import Gap, find_gaps
from ictcli.market.timeframes import TICK, TIMEFRAMES
from tests.market.market_vectors import array, ny, open_minutes, utc

M1, M15, D1 = TIMEFRAMES["M1"], TIMEFRAMES["M15"], TIMEFRAMES["D1"]


def between(first: str, second: str, name: str) -> Gap:
    """The one gap between the bar that ends at ``first`` and the bar that opens at ``second``."""
    ts = array(ny(first) - M1.ns, ny(second))
    found = find_gaps(ts, ts + M1.ns, M1, calendar(name))
    assert len(found) == 1
    assert (found[0].start, found[0].end) == (ny(first), ny(second))
    return found[0]


@pytest.mark.parametrize(
    ("name", "first", "second", "kind"),
    [
        ("fx", "2025-09-05T17:00", "2025-09-07T17:00", "weekend"),
        ("fx", "2025-09-05T16:55", "2025-09-07T17:04", "weekend"),
        ("fx", "2025-03-07T17:00", "2025-03-09T18:00", "weekend"),
        ("fx", "2025-09-05T14:00", "2025-09-07T17:00", "missing"),
        ("fx", "2025-09-09T16:58", "2025-09-09T17:06", "rollover"),
        ("fx", "2025-09-09T16:58", "2025-09-09T19:06", "missing"),
        ("fx", "2025-09-09T10:00", "2025-09-09T10:01", "missing"),
        ("fx", "2025-12-24T17:00", "2025-12-25T18:00", "holiday"),
        ("fx", "2025-12-24T12:00", "2025-12-26T02:00", "holiday"),
        ("fx", "2020-12-31T17:00", "2021-01-03T17:00", "holiday"),
        ("fx", "2025-11-27T13:00", "2025-11-27T18:00", "missing"),
        ("metal", "2025-09-09T17:00", "2025-09-09T18:00", "daily_break"),
        ("metal", "2025-09-09T16:50", "2025-09-09T18:05", "daily_break"),
        ("metal", "2025-09-09T15:00", "2025-09-09T18:00", "missing"),
        ("metal", "2025-09-05T16:50", "2025-09-07T18:05", "weekend"),
        ("metal", "2025-04-17T17:00", "2025-04-20T18:00", "holiday"),
        ("metal", "2025-11-27T14:30", "2025-11-27T18:00", "holiday"),
        ("index", "2025-01-09T09:30", "2025-01-09T18:00", "holiday"),
        ("index", "2025-09-09T16:15", "2025-09-09T16:30", "daily_break"),
        ("metal", "2025-09-09T16:15", "2025-09-09T16:30", "missing"),
        ("crypto", "2025-09-09T16:58", "2025-09-09T17:06", "missing"),
        ("crypto", "2025-09-06T01:00", "2025-09-06T09:00", "missing"),
    ],
)
def test_gaps_are_explained_by_hours_and_holidays(name: str, first: str, second: str, kind: str) -> None:
    assert between(first, second, name).kind == kind


def test_only_regular_hours_count_as_missing_bars() -> None:
    assert between("2025-09-05T16:00", "2025-09-09T17:00", "fx").bars == 60 + 2 * 1440
    assert between("2025-09-05T17:00", "2025-09-07T17:00", "fx").bars == 0
    assert between("2025-09-05T17:00", "2025-09-07T17:04", "fx").bars == 4


def test_daily_bars_miss_whole_days() -> None:
    days = array(*(ny(f"2025-09-{day:02d}T17:00") for day in (1, 2, 3, 7)))
    ends = days + 1440 * NS_PER_MINUTE
    assert [gap.kind for gap in find_gaps(days, ends, D1, calendar("fx"))] == ["missing"]
    without_friday = find_gaps(days[[0, 1, 2]], ends[[0, 1, 2]], D1, calendar("fx"))
    assert without_friday == []


def test_silent_ticks_are_a_gap_after_a_quarter_of_an_hour() -> None:
    ts = array(*(ny(f"2025-09-09T{time}") for time in ("10:00", "10:14", "10:40")))
    assert [gap.bars for gap in find_gaps(ts, ts, TICK, calendar("fx"))] == [26]


def test_no_bars_have_no_gaps() -> None:
    none = np.zeros(0, np.int64)
    assert find_gaps(none, none, M1, calendar("fx")) == []


@given(st.sets(st.integers(1, 2998), max_size=60), st.sampled_from(["fx", "metal", "crypto"]))
def test_gaps_cover_exactly_the_minutes_without_bars(absent: set[int], name: str) -> None:
    minutes: Int64 = utc("2025-09-04T12:00") + np.arange(3000, dtype=np.int64) * NS_PER_MINUTE
    kept = np.delete(minutes, sorted(absent))
    gaps = find_gaps(kept, kept + NS_PER_MINUTE, M1, calendar(name))
    covered = [at for gap in gaps for at in range(gap.start, gap.end, NS_PER_MINUTE)]
    assert covered == [int(minutes[at]) for at in sorted(absent)]
    regular = calendar(name).is_open(np.array(covered, np.int64)) if covered else np.zeros(0, np.bool_)
    assert sum(gap.bars for gap in gaps) == int(regular.sum())


@pytest.mark.parametrize("name", ["fx", "metal", "index", "cme"])
def test_a_series_that_keeps_the_hours_has_no_missing_bars(name: str) -> None:
    minutes = open_minutes(utc("2023-12-01T00:00"), utc("2025-03-20T00:00"), calendar(name))
    gaps = find_gaps(minutes, minutes + NS_PER_MINUTE, M1, calendar(name))
    assert len(gaps) > 60
    assert {gap.kind for gap in gaps} <= {"weekend", "holiday", "daily_break"}
    assert sum(gap.bars for gap in gaps) == 0


@pytest.mark.parametrize(
    ("file", "name", "timeframe", "missing"),
    [
        ("XAUUSD_M15_ftmo", "metal", "M15", 0),
        ("XAUUSD_M15_brokerE", "metal", "M15", 0),
        ("EURUSD_H1_btpy", "fx", "H1", 0),
        ("US30_H1_exnesslike", "index", "H1", 0),
    ],
)
def test_clean_real_files_have_no_unexplained_gap(
    real_data: Path, file: str, name: str, timeframe: str, missing: int
) -> None:
    frame = pl.read_parquet(real_data / "bars" / f"{file}.parquet", columns=["ts"])
    ts = frame["ts"].cast(pl.Datetime("ns")).to_physical().to_numpy()
    chosen = TIMEFRAMES[timeframe]
    gaps = find_gaps(ts, ts + chosen.ns, chosen, calendar(name))
    assert sum(gap.kind == "missing" for gap in gaps) == missing
