"""Levels of the previous day, week and month: vector V9, worked examples, a slow reading; and their sweeps.

The bars lie in January 1970, when New York was five hours behind UTC: the trading day rolls at 22:00 UTC.
1970-01-01 was a Thursday.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.liquidity.penetration import RUN, SWEEP
from ictcli.detectors.liquidity.prev_levels import COMPLETE, DAY, MONTH, WEEK, PrevLevelsParams, refuses
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]
Row = tuple[int, int, int, int]

VECTORS = {
    vector["id"]: vector
    for vector in json.loads((Path(__file__).parents[1] / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
}


def utc(day: int, hour: int, minute: int = 0) -> int:
    """Minutes from the start of 1970 to a time of a day of January."""
    return ((day - 1) * 24 + hour) * 60 + minute


def born(rows: Rows, label: int = DAY) -> Rows:
    return [row for row in rows if row["record"] == "confirmed" and row["label"] == label]


def life(rows: Rows, serial: int) -> list[tuple[str, int]]:
    return [(row["record"], row["at"]) for row in rows if row["serial"] == serial]


@pytest.mark.jit_off
def test_reproduces_the_day_levels_of_v9(build: Build, records: Records) -> None:
    rows = VECTORS["V9_day_levels_opening_gaps"]["rows_utc"]
    minutes = [datetime.fromisoformat(row[0]).timestamp() / 60 for row in rows]
    found = born(records("prev_levels", build([row[1:] for row in rows], minutes)))
    lows, highs = ([row for row in found if row["direction"] == side] for side in (1, -1))
    ours = [
        {"at": low["at"], "pdh": high["top"], "pdl": low["bottom"], "pdc": int(low["extra"][1])}
        for low, high in zip(lows, highs, strict=True)
    ]
    expected = VECTORS["V9_day_levels_opening_gaps"]["expect"]["day_levels"]
    assert ours == [{key: one[key] for key in ours[0]} for one in expected]


THREE_DAYS = [
    ((100, 110, 90, 105), utc(5, 12)),  # Monday: high and low
    ((105, 110, 90, 104), utc(5, 13)),  # both again: the earlier bar is the anchor
    ((104, 106, 103, 106), utc(5, 21, 59)),  # the last minute before the roll
    ((106, 107, 90, 106), utc(5, 22)),  # Tuesday's first bar touches Monday's low
    ((106, 111, 105, 110), utc(6, 12)),  # above Monday's high, closing on it
    ((110, 112, 105, 111), utc(6, 13)),  # closes above
    ((106, 107, 106, 106), utc(6, 22)),  # Wednesday
]


def of(days: list[tuple[Row, int]]) -> tuple[list[Row], list[int]]:
    return [row for row, _ in days], [minute for _, minute in days]


@pytest.mark.jit_off
def test_the_levels_of_a_day_are_known_at_the_open_of_the_next_and_end_with_it(
    build: Build, records: Records
) -> None:
    found = records("prev_levels", build(*of(THREE_DAYS)))
    low, high = born(found)[:2]
    roll = utc(5, 22) * NS_PER_MINUTE
    for level, price in ((low, 90), (high, 110)):
        assert (level["bottom"], level["top"]) == (price, price)
        assert (level["formed"], level["formed_ts"]) == (0, utc(5, 12) * NS_PER_MINUTE)
        assert (level["at"], level["confirmed"]) == (3, 3)
        assert level["at_ts"] == level["confirmed_ts"] == roll
        assert level["extra"][:2].tolist() == [3, 106]
        assert not level["marks"] & COMPLETE
    assert (low["direction"], high["direction"]) == (1, -1)
    assert life(found, low["serial"]) == [("confirmed", 3), ("expired", 6)]
    assert life(found, high["serial"]) == [("confirmed", 3), ("swept", 4), ("broken", 5)]
    assert [row["bottom"] for row in born(found)[2:]] == [90, 112]
    assert all(row["marks"] & COMPLETE for row in born(found)[2:])


def test_the_first_bar_of_a_day_can_already_take_the_levels_of_the_last(
    build: Build, records: Records
) -> None:
    bars = build([(100, 110, 90, 105), (105, 106, 89, 88 + 1), (89, 90, 88, 89)], [0, utc(1, 22), utc(1, 23)])
    found = records("prev_levels", bars)
    assert life(found, 0) == [("confirmed", 1), ("swept", 1), ("broken", 1)]
    (taken,) = records("level_sweep", bars, {"reclaim": 2})
    assert (taken["formed"], taken["confirmed"], taken["label"], taken["extra"][2]) == (1, 2, RUN, 2)


def test_a_verdict_comes_even_after_the_level_has_expired(build: Build, records: Records) -> None:
    """Monday's low 90 is closed through in Tuesday's last bar and reclaimed in Wednesday's first."""
    bars = build(
        [(100, 110, 90, 105), (105, 106, 104, 105), (95, 96, 88, 89), (89, 95, 89, 94)],
        [utc(5, 12), utc(5, 22), utc(6, 21, 59), utc(6, 22)],
    )
    assert life(records("prev_levels", bars), 0) == [("confirmed", 1), ("swept", 2), ("broken", 2)]
    swept = [row for row in records("level_sweep", bars) if row["bottom"] == 90]
    assert [(row["label"], row["formed"], row["confirmed"], row["extra"][2]) for row in swept] == [
        (SWEEP, 2, 3, 2)
    ]
    assert swept[0]["parent"][0].item()[:2] == (utc(5, 12) * NS_PER_MINUTE, utc(5, 22) * NS_PER_MINUTE)


def test_bars_after_friday_evening_belong_to_friday_and_sunday_evening_to_monday(
    build: Build, records: Records
) -> None:
    """Friday 2nd with a late bar at 22:00 UTC, Sunday 4th 22:00 UTC is Monday's first; no stub day."""
    minutes = [utc(1, 12), utc(2, 12), utc(2, 22), utc(4, 22), utc(5, 12), utc(5, 22)]
    rows = [(50, 51, 49, 50), (50, 60, 40, 50), (50, 70, 45, 50), (50, 55, 35, 50), (50, 56, 44, 50)]
    bars = build([*rows, (50, 50, 50, 50)], minutes)
    days = [(row["bottom"], row["at"]) for row in born(records("prev_levels", bars))]
    assert days == [(49, 1), (51, 1), (40, 3), (70, 3), (35, 5), (56, 5)]
    weeks = [(row["bottom"], row["at"]) for row in born(records("prev_levels", bars), WEEK)]
    assert weeks == [(40, 3), (70, 3)]


def test_weeks_and_months_gather_their_days_and_live_until_the_next(build: Build, records: Records) -> None:
    """Thursday 29th and Friday 30th January, Monday 2nd February (from Sunday 22:00), Monday 9th February."""
    minutes = [utc(29, 12), utc(30, 12), utc(32, 22), utc(33, 12), utc(39, 22), utc(40, 12)]
    rows = [(50, 60, 45, 50), (50, 59, 44, 51), (50, 52, 48, 50), (50, 51, 43, 44), (50, 50, 44, 50)]
    found = records("prev_levels", build([*rows, (50, 50, 44, 50)], minutes))
    weeks, months = born(found, WEEK), born(found, MONTH)
    assert [(row["bottom"], row["at"], row["formed"]) for row in weeks] == [
        *((44, 2, 1), (60, 2, 0)),
        *((43, 4, 3), (52, 4, 2)),
    ]
    assert [(row["bottom"], row["at"], row["formed"]) for row in months] == [(44, 2, 1), (60, 2, 0)]
    assert [row["extra"][:2].tolist() for row in (*weeks, *months)] == [[2, 51]] * 2 + [[2, 44]] * 2 + [
        [2, 51]
    ] * 2
    assert [bool(row["marks"] & COMPLETE) for row in (*weeks, *months)] == [False, False, True, True] + [
        False
    ] * 2
    assert life(found, weeks[0]["serial"]) == [("confirmed", 2), ("swept", 3), ("expired", 4)]
    assert life(found, weeks[1]["serial"]) == [("confirmed", 2), ("expired", 4)]
    assert life(found, months[0]["serial"]) == [("confirmed", 2), ("swept", 3)]


def test_levels_of_one_anchor_keep_apart(build: Build, records: Records) -> None:
    """The first day of data is the last of its week: PDL and PWL have one anchor."""
    found = records("prev_levels", build([(50, 60, 40, 50)] * 2, [utc(2, 12), utc(4, 22)]))
    lows = [row for row in found if row["direction"] > 0]
    assert [(row["label"], row["ordinal"]) for row in lows] == [(DAY, 0), (WEEK, 1)]


@pytest.mark.parametrize(("bars_of_day", "complete"), [(4, True), (3, False)])
def test_a_day_with_fewer_than_half_of_the_median_bars_is_incomplete(
    build: Build, records: Records, bars_of_day: int, complete: bool
) -> None:
    """Days of 1, 6, 7, 9, 9, 9 bars have a median of 8; the first day does not count as complete anyway."""
    sizes = [1, 6, 7, 9, 9, 9, bars_of_day, 1]
    starts = [utc(day, 22) for day in (4, 5, 6, 7, 8, 11, 12, 13)]
    minutes = [start + at for start, size in zip(starts, sizes, strict=True) for at in range(size)]
    found = born(records("prev_levels", build([(50, 51, 49, 50)] * len(minutes), minutes)))
    flags = [bool(row["marks"] & COMPLETE) for row in found if row["direction"] > 0]
    assert flags == [False, True, True, True, True, True, complete]


def test_four_days_do_not_tell_how_many_bars_to_expect(build: Build, records: Records) -> None:
    """The fifth day has one bar after four of nine; the sixth is judged by five days."""
    sizes = [9, 9, 9, 9, 1, 1, 1]
    starts = [utc(day, 22) for day in (4, 5, 6, 7, 8, 11, 12)]
    minutes = [start + at for start, size in zip(starts, sizes, strict=True) for at in range(size)]
    found = born(records("prev_levels", build([(50, 51, 49, 50)] * len(minutes), minutes)))
    flags = [bool(row["marks"] & COMPLETE) for row in found if row["direction"] > 0]
    assert flags == [False, True, True, True, True, False]


def test_only_the_last_twenty_days_tell_how_many_bars_to_expect(build: Build, records: Records) -> None:
    """One day of nine bars, ten of nine and ten of one: the median of the last twenty is (1 + 9) / 2 = 5."""
    sizes = [9] + [9] * 10 + [1] * 10 + [3, 1]
    days = [day for day in range(1, 60) if (day + 2) % 7 not in (4, 5)][: len(sizes)]
    minutes = [utc(day, 22) + at for day, size in zip(days, sizes, strict=True) for at in range(size)]
    rows = born(records("prev_levels", build([(50, 51, 49, 50)] * len(minutes), minutes)))
    last = [row for row in rows if row["direction"] > 0][-1]
    assert last["extra"][0] == 3
    assert last["marks"] & COMPLETE
    sizes[-2] = 2
    minutes = [utc(day, 22) + at for day, size in zip(days, sizes, strict=True) for at in range(size)]
    rows = born(records("prev_levels", build([(50, 51, 49, 50)] * len(minutes), minutes)))
    last = [row for row in rows if row["direction"] > 0][-1]
    assert last["extra"][0] == 2
    assert not last["marks"] & COMPLETE


def test_bars_longer_than_a_day_are_refused() -> None:
    assert refuses(PrevLevelsParams(), NS_PER_DAY) == ""
    assert refuses(PrevLevelsParams(), NS_PER_DAY + 1) == "needs bars of at most one day"


def trading_day(ts: int) -> date:
    """The New York date that the roll before an instant leads into, Friday for a closed weekend."""
    local = datetime.fromtimestamp(ts / 10**9, UTC).astimezone(ZoneInfo("America/New_York"))
    day = (local + timedelta(hours=7)).date()
    return day - timedelta(days=max(day.weekday() - 4, 0))


def slow_levels(bars: Bars, label: int) -> set[tuple[int, ...]]:
    """(side, price, anchor, known, swept, broken, expired) of all levels of a kind."""
    key: dict[int, Callable[[date], Any]] = {
        DAY: lambda day: day,
        WEEK: lambda day: day.isocalendar()[:2],
        MONTH: lambda day: (day.year, day.month),
    }
    groups: dict[Any, list[int]] = defaultdict(list)
    for at, ts in enumerate(bars.ts.tolist()):
        groups[key[label](trading_day(ts))].append(at)
    periods = list(groups.values())
    found: set[tuple[int, ...]] = set()
    for before, now in pairwise(periods):
        for side in (1, -1):
            low, close = (bars.low, bars.close) if side > 0 else (-bars.high, -bars.close)
            anchor = min(before, key=lambda at: (low[at], at))
            price = low[anchor]
            swept = next((at for at in now if low[at] < price), -1)
            broken = next((at for at in now if close[at] < price), -1)
            end = now[-1] + 1
            expired = end if broken == -1 and end < len(bars) else -1
            found.add((side, int(side * price), anchor, now[0], swept, broken, expired))
    return found


@pytest.mark.parametrize("start", ["2025-02-24T03:00", "2025-10-20T05:00"])
@pytest.mark.parametrize("label", [DAY, WEEK, MONTH])
def test_levels_equal_the_slow_reading_across_clock_changes(
    build: Build, records: Records, start: str, label: int
) -> None:
    rng = np.random.default_rng(label)
    first = int(np.datetime64(start, "m").astype(np.int64))
    minutes = first + np.cumsum(rng.choice([37, 60, 240, 900], 260))
    closes = 500 + np.cumsum(rng.integers(-4, 5, 260))
    rows = [(c, c + int(rng.integers(3)), c - int(rng.integers(3)), c) for c in closes.tolist()]
    bars = build(rows, minutes)
    rows_of: dict[int, dict[str, int]] = defaultdict(dict)
    found = [row for row in records("prev_levels", bars) if row["label"] == label]
    for row in found:
        rows_of[row["serial"]][row["record"]] = row["at"]
    fast = {
        (
            *(row["direction"], row["bottom"], row["formed"], row["at"]),
            *(rows_of[row["serial"]].get(name, -1) for name in ("swept", "broken", "expired")),
        )
        for row in found
        if row["record"] == "confirmed"
    }
    assert fast == slow_levels(bars, label)
    assert len(fast) >= 2
