"""Judas swings: raid, reclaim, window, day, shift, both sides; and a slow reading of real bars."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.events import SPANS_GAP
from ictcli.detectors.sessions import judas
from ictcli.detectors.sessions.judas import BOTH_SIDES
from ictcli.market.bars import Bars, make_bars
from ictcli.market.zones import NEW_YORK

Found = Callable[..., list[dict[str, Any]]]
BarsAt = Callable[..., Bars]
Row = tuple[int, int, int, int]
QUICK = {"swing": {"left": 1, "right": 1}}
ASIA: list[Row] = [(50, 55, 45, 50), (50, 60, 46, 50), (50, 56, 44, 50), (50, 55, 47, 50)]
"""20:00 to 24:00: 44 to 60."""
NIGHT: list[Row] = [(50, 54, 46, 52), (52, 56, 50, 54)]
"""The midnight open is 50."""
RAID: list[Row] = [(54, 61, 52, 61), (61, 65, 58, 60)]
"""02:00 trades and closes beyond 60; 03:00 comes back to exactly 60, after 65."""
SHIFT: Row = (60, 61, 44, 45)
"""Closes below the swing low of 46 at 00:00: a range of 17 is twice the average of 8.1, its body 15."""
DAY: list[Row] = [*ASIA, *NIGHT, *RAID, SHIFT]
SINGLE = {**QUICK, "judas": {"reclaim": 2}}


def mirrored(rows: list[Row]) -> list[Row]:
    return [(-o, -low, -high, -c) for o, high, low, c in rows]


def brief(rows: list[dict[str, Any]]) -> list[tuple[str, int, int, int]]:
    return [(row["label"], row["direction"], row["formed"], row["at"]) for row in rows]


def found_in(found: Found, bars: Bars, **params: Any) -> list[dict[str, Any]]:
    return found("judas", bars, {**QUICK, "judas": params}, atr_length=3)


@pytest.mark.jit_off
def test_a_raid_of_the_asian_high_that_closes_back_and_then_shifts(bars_from: BarsAt, found: Found) -> None:
    rows = found_in(found, bars_from("2025-06-10T20:00", DAY))
    assert brief(rows) == [("JUDAS", -1, 6, 7), ("SHIFT", -1, 6, 8)]
    for row in rows:
        assert (row["bottom"], row["top"], row["marks"]) == (60, 65, 0)
        assert row["extra"][:3] == [50, 1, 5]
    assert rows[0]["size_atr"] == pytest.approx(5 / 8.6786, rel=1e-4)
    assert [parent["feed"] if hasattr(parent, "keys") else parent[-1] for parent in rows[1]["parent"]] == [
        0,
        1,
    ]


def test_a_raid_of_the_asian_low_is_the_mirror(bars_from: BarsAt, found: Found) -> None:
    rows = found_in(found, bars_from("2025-06-10T20:00", mirrored(DAY)))
    assert brief(rows) == [("JUDAS", 1, 6, 7), ("SHIFT", 1, 6, 8)]
    assert (rows[0]["bottom"], rows[0]["top"], rows[0]["extra"][:3]) == (-65, -60, [-50, 1, 5])


@pytest.mark.parametrize(("reclaim", "at"), [(1, None), (2, 7), (3, 7)])
def test_the_close_must_come_back_in_time(
    bars_from: BarsAt, found: Found, reclaim: int, at: int | None
) -> None:
    rows = found_in(found, bars_from("2025-06-10T20:00", DAY), reclaim=reclaim)
    assert [row["at"] for row in rows[:1]] == ([at] if at else [])


def test_a_close_one_point_beyond_has_not_come_back(bars_from: BarsAt, found: Found) -> None:
    late = [*ASIA, *NIGHT, (54, 61, 52, 61), (61, 65, 58, 61), (61, 62, 58, 59)]
    assert [row["at"] for row in found_in(found, bars_from("2025-06-10T20:00", late))] == [8]
    assert found_in(found, bars_from("2025-06-10T20:00", late), reclaim=2) == []


def test_a_touch_of_the_edge_is_no_raid(bars_from: BarsAt, found: Found) -> None:
    rows = found_in(found, bars_from("2025-06-10T20:00", [*ASIA, *NIGHT, (54, 60, 52, 58), (58, 61, 55, 58)]))
    assert brief(rows) == [("JUDAS", -1, 7, 7)]
    assert rows[0]["extra"][1] == 0


def test_the_raid_must_begin_within_the_windows(bars_from: BarsAt, found: Found) -> None:
    """At 01:00 the high is consumed, so that the raid of 02:00 is none; a window from 01:00 sees it."""
    early = [*ASIA, NIGHT[0], (52, 61, 50, 54), (54, 62, 52, 55), (55, 56, 50, 52)]
    bars = bars_from("2025-06-10T20:00", early)
    assert found_in(found, bars) == []
    assert brief(found_in(found, bars, windows="01:00-02:00")) == [("JUDAS", -1, 5, 5)]
    assert found_in(found, bars, windows="00:00-01:00,02:00-05:00") == []


@pytest.mark.parametrize("windows", ["02:00-03:00", "02:00-05:00"])
def test_the_reclaim_may_come_after_the_window(bars_from: BarsAt, found: Found, windows: str) -> None:
    rows = found_in(found, bars_from("2025-06-10T20:00", DAY), windows=windows)
    assert brief(rows)[0] == ("JUDAS", -1, 6, 7)


@pytest.mark.parametrize(("within", "shifts"), [(0, 0), (1, 1)])
def test_the_shift_must_follow_in_time(bars_from: BarsAt, found: Found, within: int, shifts: int) -> None:
    rows = found_in(found, bars_from("2025-06-10T20:00", DAY), shift_within=within)
    assert [row["label"] for row in rows].count("SHIFT") == shifts


def test_the_shift_needs_displacement(bars_from: BarsAt, found: Found) -> None:
    bars = bars_from("2025-06-10T20:00", DAY)
    slow = {**QUICK, "structure": {"range_atr": 3.0}}
    assert [row["label"] for row in found("judas", bars, slow, atr_length=3)] == ["JUDAS"]


def test_a_side_gives_one_judas_swing_a_day_and_the_other_side_marks_both(
    bars_from: BarsAt, found: Found
) -> None:
    """After the high at 02:00-03:00: the high again at 04:00 is nothing, the low at 04:00 a second one."""
    rows = [*ASIA, *NIGHT, *RAID, (60, 64, 43, 50), (50, 66, 50, 55)]
    found_rows = found_in(found, bars_from("2025-06-10T20:00", rows))
    assert brief(found_rows) == [("JUDAS", -1, 6, 7), ("JUDAS", 1, 8, 8)]
    assert [row["marks"] & BOTH_SIDES for row in found_rows] == [0, BOTH_SIDES]


def test_a_bar_that_raids_both_sides_marks_both(bars_from: BarsAt, found: Found) -> None:
    rows = found_in(found, bars_from("2025-06-10T20:00", [*ASIA, *NIGHT, (54, 61, 43, 50)]))
    assert [(row["direction"], row["marks"]) for row in rows] == [(1, BOTH_SIDES), (-1, BOTH_SIDES)]


def test_the_marks_of_a_shift_are_those_of_its_own_bar(bars_from: BarsAt, found: Found) -> None:
    """The shifting bar takes the low of 44 as well."""
    rows = found_in(found, bars_from("2025-06-10T20:00", [*DAY[:-1], (60, 61, 43, 45)]))
    assert [row["marks"] for row in rows if row["direction"] < 0] == [0, BOTH_SIDES]


def test_an_incomplete_asian_range_is_no_reference(bars_from: BarsAt, found: Found) -> None:
    """From 21:00 on there are three bars of four, from 23:00 on one."""
    assert brief(found_in(found, bars_from("2025-06-10T21:00", DAY[1:]))) == [("JUDAS", -1, 5, 6)]
    assert found_in(found, bars_from("2025-06-10T23:00", [(50, 60, 44, 50), *DAY[4:]])) == []


def test_the_edges_are_forgotten_at_the_end_of_the_trading_day(bars_at: BarsAt, found: Found) -> None:
    hours = [f"2025-06-10T{hour}:00" for hour in range(20, 24)]
    pairs = [*zip(hours, ASIA, strict=True), ("2025-06-11T00:00", NIGHT[0])]
    for hour, expected in (("2025-06-11T16:00", 1), ("2025-06-11T17:00", 0)):
        bars = bars_at([*pairs, (hour, (54, 61, 52, 55))])
        assert len(found_in(found, bars, windows="16:00-18:00")) == expected


def test_the_open_of_the_trading_day_is_not_its_midnight_open(bars_at: BarsAt, found: Found) -> None:
    hours = [f"2025-06-10T{hour}:00" for hour in range(20, 24)]
    hours += [f"2025-06-11T{hour:02}:00" for hour in range(5)]
    pairs = [("2025-06-10T17:00", (53, 54, 52, 53)), *zip(hours, DAY, strict=True)]
    assert [row["extra"][0] for row in found_in(found, bars_at(pairs))] == [50, 50]


def test_an_extreme_at_the_midnight_open_itself_counts(bars_from: BarsAt, found: Found) -> None:
    """Midnight opens at its high of 66 and closes back below 60."""
    rows = found_in(found, bars_from("2025-06-10T20:00", [*ASIA, (66, 66, 50, 55)]), windows="00:00-01:00")
    assert brief(rows) == [("JUDAS", -1, 4, 4)]


def test_a_touch_of_one_edge_while_the_other_is_raided_is_no_raid(bars_from: BarsAt, found: Found) -> None:
    rows = found_in(found, bars_from("2025-06-10T20:00", [*ASIA, *NIGHT, RAID[0], (61, 62, 44, 55)]))
    assert [(row["label"], row["direction"], row["marks"]) for row in rows[:1]] == [("JUDAS", -1, 0)]
    assert [row["direction"] for row in rows if row["label"] == "JUDAS"] == [-1]


@pytest.mark.parametrize(("hour", "count"), [("16:00", 1), ("18:00", 0)])
def test_a_bar_of_closed_hours_raids_nothing(bars_at: BarsAt, found: Found, hour: str, count: int) -> None:
    """Friday 13 June: the market shuts at 17:00, and its trading day goes on."""
    evening = [(f"2025-06-12T{20 + i}:00", row) for i, row in enumerate(ASIA)]
    pairs = [*evening, ("2025-06-13T00:00", NIGHT[0]), (f"2025-06-13T{hour}", (54, 61, 52, 55))]
    assert len(found_in(found, bars_at(pairs), windows="16:00-19:00")) == count


def test_before_midnight_there_is_no_judas_swing(bars_from: BarsAt, found: Found) -> None:
    """The range of 20:00 to 22:00 is 45 to 60; the raid of 23:00 comes back at once, that of 00:00 too."""
    params = {**QUICK, "asian_range": {"window": "20:00-22:00"}, "judas": {"windows": "00:00-24:00"}}
    rows = [*ASIA[:2], ASIA[0], (50, 61, 47, 50), (50, 54, 44, 52)]
    got = found("judas", bars_from("2025-06-10T20:00", rows), params, atr_length=3)
    assert brief(got) == [("JUDAS", 1, 4, 4)]


def test_a_pause_during_the_raid_marks_it(bars_at: BarsAt, found: Found) -> None:
    hours = ["2025-06-10T20", "2025-06-10T21", "2025-06-10T22", "2025-06-10T23", "2025-06-11T00"]
    hours += ["2025-06-11T01", "2025-06-11T02", "2025-06-11T04", "2025-06-11T05"]
    rows = found_in(found, bars_at([(f"{hour}:00", row) for hour, row in zip(hours, DAY, strict=True)]))
    assert [row["marks"] for row in rows] == [SPANS_GAP, SPANS_GAP]


def test_windows_that_the_bars_straddle_are_left_out() -> None:
    """Of 02:00-05:00 and 08:30-10:00 hours keep the first."""
    state = judas.init_state(judas.JudasParams(), NS_PER_HOUR)[0]
    assert np.flatnonzero(state["allowed"]).tolist() == list(range(120, 300))
    state = judas.init_state(judas.JudasParams(), 30 * NS_PER_MINUTE)[0]
    assert state["allowed"].sum() == 270
    assert judas.refuses(judas.JudasParams(windows="08:30-10:00"), NS_PER_HOUR) != ""
    assert judas.refuses(judas.JudasParams(), NS_PER_HOUR) == ""


@pytest.fixture(scope="module")
def gold(real_data: Path) -> Bars:
    """Two months of gold in quarters of an hour."""
    table = pq.read_table(real_data / "bars" / "XAUUSD_M15_brokerB.parquet").slice(2000, 4000)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    prices = [
        np.rint(table[name].to_numpy() * 100).astype(np.int64) for name in ("open", "high", "low", "close")
    ]
    return make_bars(2, ts, ts + 15 * 60 * 10**9, (prices[0], prices[1], prices[2], prices[3]))


def test_first_stages_of_real_bars_equal_the_slow_reading(gold: Bars, found: Found) -> None:
    walls = [datetime.fromtimestamp(ts // 10**9, UTC).astimezone(NEW_YORK) for ts in gold.ts.tolist()]
    dates = [wall.date() for wall in walls]
    minutes = [60 * wall.hour + wall.minute for wall in walls]
    expected = set()
    for date in sorted(set(dates)):
        evening = [i for i in range(len(dates)) if dates[i] == date and minutes[i] >= 1200]
        if not evening:
            continue
        after = range(evening[-1] + 1, len(dates))
        day = dates[after[0]] if after else date
        own = [i for i in after if dates[i] == day and minutes[i] < 1020]
        if 2 * len(evening) < 16 or not own or (day - date).days > 1:
            continue
        for side, column in ((1, gold.low), (-1, gold.high)):
            edge = side * (min(column[evening]) if side > 0 else max(column[evening]))
            raid = next((i for i in own if side * column[i] < edge), None)
            if raid is None or not (120 <= minutes[raid] < 300 or 510 <= minutes[raid] < 600):
                continue
            back = next(
                (i for i in range(raid, min(raid + 3, len(dates))) if side * gold.close[i] >= edge), None
            )
            if back is not None:
                expected.add((side, raid, back))
    rows = found("judas", gold, minutes=15)
    assert {
        (row["direction"], row["formed"], row["at"]) for row in rows if row["label"] == "JUDAS"
    } == expected
    assert len(expected) > 10
