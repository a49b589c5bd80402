"""Windows of the New York clock: vector V5, edges, clock changes, missing bars, closed hours, refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.events import KNOWN_ON_OPEN
from ictcli.detectors.sessions import kill_zone, macro, silver_bullet
from ictcli.detectors.sessions.windows import COMPLETE, fits, refusal
from ictcli.errors import ConfigError
from ictcli.market.bars import Bars

BarsAt = Callable[..., Bars]
Found = Callable[..., list[dict[str, Any]]]
VECTOR = next(
    vector
    for vector in json.loads((Path(__file__).parents[1] / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
    if vector["id"] == "V5_sessions_dst"
)
NAMES = {
    "ASIA": "asia_kz",
    "LONDON_OPEN": "london_open",
    "NEW_YORK_AM": "ny_am_fx",
    "LONDON_CLOSE": "london_close",
    "LUNCH": "cbdr",
    "NEW_YORK_PM": "ny_pm",
    "LONDON": "sb_london",
    "MORNING": "sb_am",
    "AFTERNOON": "sb_pm",
    "MORNING_2": "macro_0950",
}
"""Labels by the names of the vector, which tests 14:00-20:00 where kill zones have lunch."""
FLAT = (10, 12, 8, 11)
TESTED = {
    "kill_zone": {"lunch": "14:00-20:00"},
    "macro": dict.fromkeys(
        ("london_1", "london_2", "morning_1", "morning_3", "midday", "afternoon_1", "afternoon_2"), ""
    ),
}
ONLY_ASIA = {"london_open": "", "new_york_am": "", "london_close": "", "lunch": "", "new_york_pm": ""}


def only(window: str) -> dict[str, dict[str, str]]:
    return {"kill_zone": {**ONLY_ASIA, "asia": window}}


def brief(rows: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(row["record"], row["at"]) for row in rows]


@pytest.mark.jit_off
def test_the_vector_of_both_clock_changes(bars_at: BarsAt, found: Found) -> None:
    """A window is active at a bar when it is open after the bar's records."""
    times = VECTOR["times_utc"]
    bars = bars_at([(time, FLAT) for time in times], minutes=1)
    active: list[set[str]] = [set() for _ in times]
    days: dict[tuple[int, str], int] = {}
    for name in ("kill_zone", "silver_bullet", "macro"):
        rows = found(name, bars, TESTED, minutes=1, always_open=True)
        for born in (row for row in rows if row["record"] == "confirmed"):
            ended = [
                row["at"] for row in rows if row["serial"] == born["serial"] and row["record"] == "closed"
            ]
            for bar in range(born["at"], min([*ended, len(times)])):
                active[bar].add(NAMES[born["label"]])
            days[born["at"], NAMES[born["label"]]] = born["extra"][2]
    expected = VECTOR["expect"]["sessions"]
    assert active == [set(row["active"]) for row in expected]
    for (bar, name), day in days.items():
        wanted = int(np.datetime64(expected[bar]["trading_day"], "ns").astype(np.int64))
        assert (name, day) == (name, wanted if name != "cbdr" or bar != 4 else wanted + NS_PER_DAY)


def test_a_window_opens_at_its_first_bar_and_closes_at_the_first_bar_from_its_end_on(
    bars_from: BarsAt, found: Found, at: Callable[[str], int]
) -> None:
    """Hours 19 to 01 of one evening; 20:00 to 24:00 holds bars 1 to 4, their range is 3 to 25."""
    rows = [(10, 99, 1, 10), (11, 20, 9, 12), (12, 25, 8, 9), (9, 22, 3, 9), (9, 21, 4, 9), (9, 98, 2, 9)]
    opened, closed = found("kill_zone", bars_from("2025-06-10T19:00", rows), only("20:00-24:00"))
    assert (opened["record"], opened["at"], opened["at_ts"]) == ("confirmed", 1, at("2025-06-10T20:00"))
    assert (opened["bottom"], opened["top"], opened["direction"]) == (11, 11, 0)
    assert opened["marks"] == KNOWN_ON_OPEN
    assert (closed["record"], closed["at"], closed["at_ts"]) == ("closed", 5, at("2025-06-11T00:00"))
    assert (closed["bottom"], closed["top"]) == (3, 25)
    assert closed["marks"] == KNOWN_ON_OPEN | COMPLETE
    begin, end, day, first, bars, expected = closed["extra"]
    assert (begin, end) == (at("2025-06-10T20:00"), at("2025-06-11T00:00"))
    assert day == np.datetime64("2025-06-11", "ns").astype(np.int64)
    assert (first, bars, expected) == (11, 4, 4)


def test_a_late_first_bar_and_a_late_next_bar(bars_at: BarsAt, found: Found) -> None:
    """The window opens at 21:00, and closes with the first bar of two days later, whose window is another."""
    pairs = [("2025-06-10T19:00", FLAT), ("2025-06-10T21:00", FLAT), ("2025-06-12T22:00", FLAT)]
    rows = found("kill_zone", bars_at(pairs), only("20:00-24:00"))
    assert brief(rows) == [("confirmed", 1), ("closed", 2), ("confirmed", 2)]
    assert rows[1]["extra"][4:] == [1, 4]
    assert rows[1]["marks"] & COMPLETE == 0


@pytest.mark.parametrize(("missing", "complete"), [(2, True), (3, False)])
def test_half_of_the_bars_are_complete(
    bars_at: BarsAt, found: Found, missing: int, *, complete: bool
) -> None:
    hours = [f"2025-06-10T{hour}:00" for hour in range(20 + missing, 24)]
    rows = found(
        "kill_zone", bars_at([(text, FLAT) for text in [*hours, "2025-06-11T00:00"]]), only("20:00-24:00")
    )
    assert bool(rows[-1]["marks"] & COMPLETE) == complete


def test_a_window_without_bars_leaves_no_trace(bars_at: BarsAt, found: Found) -> None:
    pairs = [("2025-06-10T19:00", FLAT), ("2025-06-11T00:00", FLAT)]
    assert found("kill_zone", bars_at(pairs), only("20:00-24:00")) == []


def test_windows_that_begin_together_are_told_apart_and_one_that_touches_follows(
    bars_from: BarsAt, found: Found
) -> None:
    params = {
        "kill_zone": {
            **ONLY_ASIA,
            "asia": "20:00-22:00",
            "lunch": "20:00-21:00",
            "london_open": "22:00-23:00",
        }
    }
    rows = found("kill_zone", bars_from("2025-06-10T19:00", [FLAT] * 5), params)
    assert [(row["record"], row["at"], row["label"], row["ordinal"]) for row in rows] == [
        ("confirmed", 1, "ASIA", 0),
        ("confirmed", 1, "LUNCH", 1),
        ("closed", 2, "LUNCH", 1),
        ("closed", 3, "ASIA", 0),
        ("confirmed", 3, "LONDON_OPEN", 0),
        ("closed", 4, "LONDON_OPEN", 0),
    ]


def test_closed_hours_neither_open_a_window_nor_count(bars_from: BarsAt, found: Found) -> None:
    """Friday 14:00 to 20:00: the market shuts at 17:00, so three bars of six count, not the low of 1."""
    rows = [FLAT] * 3 + [(10, 99, 1, 10)] * 4
    bars = bars_from("2025-06-13T14:00", rows)
    closed = found("kill_zone", bars, only("14:00-20:00"))[-1]
    assert (closed["bottom"], closed["top"], closed["extra"][4]) == (8, 12, 3)
    assert found("kill_zone", bars, only("17:00-19:00")) == []
    assert len(found("kill_zone", bars, only("17:00-19:00"), always_open=True)) == 2


def test_the_market_that_opens_inside_a_window_opens_it(bars_from: BarsAt, found: Found) -> None:
    """Sunday 14:00 to 20:00: bars from 16:00 on, the first of them in closed hours."""
    rows = found("kill_zone", bars_from("2025-06-15T16:00", [FLAT] * 5), only("14:00-20:00"))
    assert brief(rows) == [("confirmed", 1), ("closed", 4)]
    assert rows[-1]["extra"][2] == np.datetime64("2025-06-16", "ns").astype(np.int64)


@pytest.mark.parametrize(
    ("first", "window", "records", "expected"),
    [
        # the hour from 02:00 does not exist on 9 March 2025: two hours and 3 bars less one are left
        ("2025-03-09T01:00", "02:00-05:00", [("confirmed", 1), ("closed", 3)], 2),
        ("2025-03-09T01:00", "02:00-03:00", [], 0),
        ("2025-03-09T01:00", "01:00-03:00", [("confirmed", 0), ("closed", 1)], 1),
        # the hour from 01:00 occurs twice on 2 November 2025, as bars 1 and 2
        ("2025-11-02T00:00", "01:00-03:00", [("confirmed", 1), ("closed", 4)], 3),
        ("2025-11-02T00:00", "00:00-01:00", [("confirmed", 0), ("closed", 1)], 1),
        ("2025-11-02T00:00", "01:00-02:00", [("confirmed", 1), ("closed", 3)], 2),
        ("2025-11-02T00:00", "02:00-03:00", [("confirmed", 3), ("closed", 4)], 1),
    ],
)
def test_clock_changes_shorten_and_lengthen_windows(
    bars_from: BarsAt, found: Found, first: str, window: str, records: list[tuple[str, int]], expected: int
) -> None:
    rows = found("kill_zone", bars_from(first, [FLAT] * 6), only(window), always_open=True)
    assert brief(rows) == records
    assert [row["extra"][5] for row in rows] == [expected] * len(rows)


def test_a_window_that_ends_within_the_repeated_hour_ends_the_first_time(
    bars_from: BarsAt, found: Found
) -> None:
    """Half hours from 00:30: 01:00, 01:30, 01:00 again, 01:30 again, 02:00."""
    bars = bars_from("2025-11-02T00:30", [FLAT] * 6, 30)
    rows = found("kill_zone", bars, only("01:00-01:30"), minutes=30, always_open=True)
    assert brief(rows) == [("confirmed", 1), ("closed", 2)]


@pytest.mark.parametrize(
    ("text", "minutes", "fitting"),
    [
        *(("02:00-05:00", 60, True), ("08:30-11:00", 60, False), ("08:30-11:00", 30, True)),
        *(("08:00-11:30", 60, False), ("02:33-03:00", 1, True), ("02:33-03:00", 3, True)),
        *(("02:33-03:00", 5, False), ("08:50-09:10", 10, True), ("08:50-09:10", 15, False)),
        *(("20:00-24:00", 240, False), ("21:00-01:00", 240, False), ("17:00-21:00", 240, False)),
        *(("00:00-24:00", 1440, False), ("23:00-05:00", 120, False), ("20:00-24:00", 30, True)),
    ],
)
def test_bars_that_straddle_an_edge_do_not_fit(text: str, minutes: int, *, fitting: bool) -> None:
    """Counted from midnight, and beyond an hour from 17:00 too: no bar of two hours fits both."""
    assert fits(text, minutes * NS_PER_MINUTE) == fitting


def test_a_detector_keeps_the_windows_that_fit_and_refuses_bars_that_fit_none() -> None:
    params = kill_zone.KillZoneParams()
    assert kill_zone.init_state(params, NS_PER_HOUR)[0]["windows"]["count"] == 5
    assert kill_zone.init_state(params, 30 * NS_PER_MINUTE)[0]["windows"]["count"] == 6
    assert kill_zone.refuses(params, NS_PER_HOUR) == ""
    assert "02:00-05:00" in kill_zone.refuses(params, NS_PER_DAY)
    assert silver_bullet.refuses(silver_bullet.SilverBulletParams(), NS_PER_HOUR) == ""
    assert macro.refuses(macro.MacroParams(), 15 * NS_PER_MINUTE) == ""
    assert macro.refuses(macro.MacroParams(), NS_PER_HOUR) != ""
    assert macro.init_state(macro.MacroParams(), 10 * NS_PER_MINUTE)[0]["windows"]["count"] == 5
    assert refusal(["", ""], NS_PER_MINUTE) == "every window begins or ends inside a bar: none"


def test_text_that_is_no_window_is_refused() -> None:
    with pytest.raises(ConfigError, match="not a New York time window"):
        kill_zone.init_state(kill_zone.KillZoneParams(asia="8pm"), NS_PER_HOUR)
