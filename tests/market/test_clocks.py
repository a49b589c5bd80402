"""Clock rules: names, and what naive stamps mean under them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.errors import UsageError
from ictcli.market.bars import Int64
from ictcli.market.clocks import ClockReader, ClockRule, from_utc, impossible, parse_rule, to_utc
from tests.market.market_vectors import array, utc

RULES = (
    "utc",
    "ny",
    "ny+7",
    "ny-1",
    "eet",
    "Europe/London",
    "utc-03:30",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("UTC", "utc"),
        ("gmt", "utc"),
        ("utc+0", "utc"),
        ("ny", "ny"),
        ("NY+7", "ny+7"),
        ("ny+07:00", "ny+7"),
        ("ny-1:30", "ny-1:30"),
        ("eet", "eet"),
        ("utc+2", "utc+02:00"),
        ("+02:00", "utc+02:00"),
        ("-0330", "utc-03:30"),
        ("utc-03:30", "utc-03:30"),
        ("europe/london", "Europe/London"),
        (" America/New_York ", "America/New_York"),
    ],
)
def test_rules_have_one_canonical_name(text: str, name: str) -> None:
    rule = parse_rule(text)
    assert rule == ClockRule(name)
    assert parse_rule(str(rule)) == rule


def test_close_stamps_are_said_after_an_at() -> None:
    rule = parse_rule("ny+7@close")
    assert (rule, str(rule)) == (ClockRule("ny+7", "close"), "ny+7@close")
    assert parse_rule("utc@open") == ClockRule("utc")


@pytest.mark.parametrize("text", ["", "mars", "utc+15", "ny+99", "utc@middle", "../etc/passwd", "+2:75"])
def test_other_rules_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_rule(text)


def test_a_misspelt_zone_is_suggested() -> None:
    with pytest.raises(UsageError) as caught:
        parse_rule("Europe/Lodnon")
    assert "Did you mean Europe/London?" in caught.value.hint


@pytest.mark.parametrize(
    ("rule", "wall", "instant"),
    [
        ("ny+7", "2026-01-15T00:00", "2026-01-14T22:00"),
        ("ny+7", "2026-07-15T00:00", "2026-07-14T21:00"),
        ("ny+7", "2026-03-16T00:00", "2026-03-15T21:00"),
        ("eet", "2026-01-15T00:00", "2026-01-14T22:00"),
        ("eet", "2026-07-15T00:00", "2026-07-14T21:00"),
        ("eet", "2026-03-16T00:00", "2026-03-15T22:00"),
        ("eet", "2025-10-27T00:00", "2025-10-26T22:00"),
        ("ny+7", "2025-10-27T00:00", "2025-10-26T21:00"),
        ("ny", "2025-11-02T00:30", "2025-11-02T04:30"),
        ("utc-03:30", "2026-01-15T18:30", "2026-01-15T22:00"),
        ("utc@close", "2026-01-15T23:01", "2026-01-15T23:00"),
    ],
)
def test_wall_times_are_read_in_both_seasons_and_between(rule: str, wall: str, instant: str) -> None:
    chosen = parse_rule(rule)
    assert to_utc(chosen, array(utc(wall)), NS_PER_MINUTE).tolist() == [utc(instant)]
    assert from_utc(chosen, array(utc(instant)), NS_PER_MINUTE).tolist() == [utc(wall)]


@pytest.mark.parametrize("bar_ns", [NS_PER_MINUTE, 15 * NS_PER_MINUTE, NS_PER_HOUR])
@pytest.mark.parametrize("rule", ["ny", "ny+7", "eet", "eet@close"])
def test_a_repeated_hour_is_resolved_by_order(rule: str, bar_ns: int) -> None:
    ts = np.arange(utc("2025-10-25T00:00"), utc("2025-11-03T12:00"), bar_ns, dtype=np.int64)
    chosen = parse_rule(rule)
    wall = from_utc(chosen, ts, bar_ns)
    assert len(np.unique(wall)) < len(wall)
    assert to_utc(chosen, wall, bar_ns).tolist() == ts.tolist()


def test_a_repeated_hour_survives_being_cut_into_chunks() -> None:
    ts = np.arange(utc("2025-11-02T03:00"), utc("2025-11-02T09:00"), NS_PER_MINUTE, dtype=np.int64)
    wall = from_utc(parse_rule("ny"), ts)
    reader = ClockReader(parse_rule("ny"), NS_PER_MINUTE)
    parts = [reader.to_utc(wall[at : at + 17]) for at in range(0, len(wall), 17)]
    assert np.concatenate(parts).tolist() == ts.tolist()


def test_a_repeated_row_is_not_a_repeated_hour() -> None:
    twice = array(*(utc(text) for text in ("2025-11-02T01:10", "2025-11-02T01:10", "2025-11-02T01:11")))
    first = [utc("2025-11-02T05:10"), utc("2025-11-02T05:10"), utc("2025-11-02T05:11")]
    assert to_utc(parse_rule("ny"), twice, NS_PER_MINUTE).tolist() == first


def test_times_that_never_were_are_moved_forward_and_reported() -> None:
    wall = array(utc("2025-03-09T01:59"), utc("2025-03-09T02:30"), utc("2025-03-09T03:00"))
    rule = parse_rule("ny")
    assert impossible(rule, wall).tolist() == [False, True, False]
    assert to_utc(rule, wall, NS_PER_MINUTE).tolist() == [
        utc("2025-03-09T06:59"),
        utc("2025-03-09T07:30"),
        utc("2025-03-09T07:00"),
    ]


def test_daily_close_stamps_step_back_by_a_day_of_the_files_clock() -> None:
    rule = parse_rule("ny+7@close")
    assert to_utc(rule, array(utc("2025-03-10T00:00")), NS_PER_DAY).tolist() == [utc("2025-03-08T22:00")]
    assert from_utc(rule, array(utc("2025-03-08T22:00")), NS_PER_DAY).tolist() == [utc("2025-03-10T00:00")]


@given(st.sampled_from(RULES), st.lists(st.integers(0, 40_000_000), min_size=1, max_size=40, unique=True))
def test_reading_what_a_clock_shows_gives_the_instant_back(name: str, minutes: list[int]) -> None:
    rule = parse_rule(name)
    ts: Int64 = np.array(sorted(minutes), np.int64) * NS_PER_MINUTE
    wall = from_utc(rule, ts)
    back = to_utc(rule, wall, NS_PER_MINUTE)
    assert from_utc(rule, back).tolist() == wall.tolist()
    assert not impossible(rule, wall).any()
    differs = back != ts
    assert np.isin(ts[differs] - back[differs], [NS_PER_HOUR, NS_PER_HOUR // 2, 2 * NS_PER_HOUR]).all()
    assert differs.mean() < 0.5 or len(ts) < 4
