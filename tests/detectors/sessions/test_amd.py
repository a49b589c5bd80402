"""Power of three: every state of a day, what decides it, and the label of the day."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.events import KNOWN_ON_OPEN
from ictcli.market.bars import Bars

Found = Callable[..., list[dict[str, Any]]]
BarsAt = Callable[..., Bars]
Row = tuple[int, int, int, int]
ASIA: list[Row] = [(50, 55, 45, 50), (50, 60, 46, 50), (50, 56, 44, 50), (50, 55, 47, 50)]
"""20:00 to 24:00: 44 to 60."""
NIGHT: list[Row] = [(50, 54, 46, 52), (52, 56, 50, 54)]
RAID: list[Row] = [(54, 61, 52, 61), (61, 65, 58, 60)]
SHIFT: Row = (60, 61, 44, 45)
"""Closes below the swing low of 46 with displacement (see the Judas tests)."""
DAY: list[Row] = [*ASIA, *NIGHT, *RAID, SHIFT]
CALM: Row = (50, 55, 47, 50)
HOURS = [
    *(f"2025-06-10T{hour}:00" for hour in range(20, 24)),
    *(f"2025-06-11T{hour:02}:00" for hour in range(5)),
]


def states(found: Found, bars: Bars, **params: Any) -> list[dict[str, Any]]:
    return found("amd", bars, {"swing": {"left": 1, "right": 1}, "amd": params}, atr_length=3)


def brief(rows: list[dict[str, Any]]) -> list[tuple[str, int, int, int]]:
    return [(row["label"], row["direction"], row["formed"], row["at"]) for row in rows]


def on(bars_at: BarsAt, rows: list[Row], *later: tuple[str, Row]) -> Bars:
    return bars_at([*zip(HOURS, rows, strict=False), *later])


def mirrored(rows: list[Row]) -> list[Row]:
    return [(-o, -low, -high, -c) for o, high, low, c in rows]


@pytest.mark.jit_off
def test_a_day_accumulates_is_manipulated_and_distributes(
    bars_at: BarsAt, found: Found, at: Callable[[str], int]
) -> None:
    """The day spans 44 (22:00, before 04:00) to 65 (03:00) and closes at 45: 20 of 21 points down."""
    rows = states(found, on(bars_at, DAY, ("2025-06-11T17:00", CALM)))
    assert brief(rows) == [
        ("ACCUMULATION", 0, 0, 4),
        ("MANIPULATION", -1, 6, 7),
        ("DISTRIBUTION", -1, 8, 8),
        ("DISTRIBUTED", -1, 0, 9),
    ]
    assert [(row["bottom"], row["top"]) for row in rows] == [(44, 60), (60, 65), (46, 46), (44, 65)]
    assert [row["marks"] for row in rows] == [KNOWN_ON_OPEN, 0, 0, KNOWN_ON_OPEN]
    day = rows[-1]
    assert day["confirmed_ts"] == at("2025-06-11T17:00")
    assert day["extra"][:2] == [at("2025-06-11T03:00"), at("2025-06-10T22:00")]
    assert day["ratio"][0] == 20 / 21
    assert math.isnan(day["ratio"][1])
    assert rows[1]["size_atr"] == pytest.approx(5 / 8.6786, rel=1e-4)


def test_the_other_way_round_is_the_mirror(bars_at: BarsAt, found: Found, at: Callable[[str], int]) -> None:
    rows = states(found, on(bars_at, mirrored(DAY), ("2025-06-11T17:00", CALM)))
    assert [(row["label"], row["direction"]) for row in rows[1:]] == [
        ("MANIPULATION", 1),
        ("DISTRIBUTION", 1),
        ("DISTRIBUTED", 1),
    ]
    assert rows[-1]["extra"][:2] == [at("2025-06-11T03:00"), at("2025-06-10T22:00")]
    assert rows[-1]["ratio"][0] == 20 / 21


def test_without_a_shift_the_day_was_manipulated(bars_at: BarsAt, found: Found) -> None:
    rows = states(found, on(bars_at, DAY[:8], ("2025-06-11T17:00", CALM)))
    assert [row["label"] for row in rows] == ["ACCUMULATION", "MANIPULATION", "MANIPULATED"]


@pytest.mark.parametrize(
    ("hour", "label"), [("11:00", "MANIPULATION"), ("12:00", "NONE"), ("16:00", "NONE"), ("17:00", "WAITED")]
)
def test_a_manipulation_comes_before_noon_or_not_at_all(
    bars_at: BarsAt, found: Found, hour: str, label: str
) -> None:
    """A bar that raids the high and comes back at once; from noon on the day is given up first."""
    rows = states(found, on(bars_at, DAY[:6], (f"2025-06-11T{hour}", (54, 61, 52, 55))))
    assert [row["label"] for row in rows] == ["ACCUMULATION", label]
    if label == "NONE":
        assert (rows[1]["bottom"], rows[1]["top"], rows[1]["marks"]) == (44, 60, KNOWN_ON_OPEN)


def test_a_day_without_manipulation_waited(bars_at: BarsAt, found: Found) -> None:
    later = [("2025-06-11T12:00", CALM), ("2025-06-11T13:00", (54, 61, 52, 55)), ("2025-06-11T18:00", CALM)]
    rows = states(found, on(bars_at, DAY[:6], *later))
    assert brief(rows) == [("ACCUMULATION", 0, 0, 4), ("NONE", 0, 6, 6), ("WAITED", 0, 0, 8)]
    assert rows[-1]["extra"][:2] == [-1, -1]
    assert math.isnan(rows[-1]["ratio"][0])


@pytest.mark.parametrize(("reclaim", "label"), [(1, "ACCUMULATION"), (2, "MANIPULATION")])
def test_the_close_must_come_back_in_time(bars_at: BarsAt, found: Found, reclaim: int, label: str) -> None:
    assert states(found, on(bars_at, DAY[:8]), reclaim=reclaim)[-1]["label"] == label


def test_a_bar_that_takes_both_edges_decides_nothing(bars_at: BarsAt, found: Found) -> None:
    """Both edges are consumed by it: the raid of the next bar is none."""
    rows = states(found, on(bars_at, [*DAY[:6], (54, 61, 43, 50), (54, 66, 52, 55)]))
    assert [row["label"] for row in rows] == ["ACCUMULATION"]


def test_the_first_reclaimed_edge_decides(bars_at: BarsAt, found: Found) -> None:
    """The high is raided first, but the low comes back first."""
    rows = states(found, on(bars_at, [*DAY[:6], (54, 61, 52, 61), (61, 62, 43, 61), (61, 62, 50, 55)]))
    assert brief(rows)[1:] == [("MANIPULATION", 1, 7, 7)]


def test_a_shift_the_other_way_is_no_distribution(bars_at: BarsAt, found: Found) -> None:
    """Manipulated at 01:00 by a raid of the low, the day expects to rise: the bearish shift is none.

    Low swing 46 at 00:00 as before; the bar of 01:00 trades 43 and closes at 54.
    """
    rows = states(found, on(bars_at, [*ASIA, NIGHT[0], (52, 56, 43, 54), *RAID, (60, 61, 40, 41)]))
    assert [row["label"] for row in rows] == ["ACCUMULATION", "MANIPULATION"]


def test_an_incomplete_range_begins_nothing(bars_at: BarsAt, found: Found) -> None:
    pairs = [(HOURS[3], (50, 60, 44, 50)), *zip(HOURS[4:], DAY[4:], strict=True), ("2025-06-11T17:00", CALM)]
    assert states(found, bars_at(pairs)) == []


def test_the_range_of_the_day_is_compared_with_the_five_days_before(bars_at: BarsAt, found: Found) -> None:
    """Ranges 2, 10, 20, 30, 40, 50, 60; the means of five before the last two are 20.4 and 30."""
    pairs = []
    for day, span in enumerate((2, 10, 20, 30, 40, 50, 60)):
        pairs += [(f"2025-06-{10 + day}T{hour}:00", (0, span, 0, 0)) for hour in (20, 21)]
        pairs += [(f"2025-06-{11 + day}T16:00", (0, 0, 0, 0))]
    bars = bars_at([*pairs, ("2025-06-17T17:00", (0, 0, 0, 0))])
    rows = found("amd", bars, always_open=True)
    ratios = [row["ratio"][1] for row in rows if row["label"] == "WAITED"]
    assert [math.isnan(ratio) for ratio in ratios[:-2]] == [True] * 5
    assert ratios[-2:] == [50 / 20.4, 2.0]


def test_closed_hours_belong_to_no_day(bars_at: BarsAt, found: Found) -> None:
    """Friday 13 June: bars after 17:00 do not count, so the day is labelled on Sunday."""
    evening = [(f"2025-06-12T{hour}:00", row) for hour, row in zip(range(20, 24), ASIA, strict=True)]
    later = [("2025-06-13T16:00", CALM), ("2025-06-13T18:00", (50, 99, 1, 50)), ("2025-06-15T17:00", CALM)]
    rows = states(found, bars_at([*evening, *later]))
    assert [(row["label"], row["at"]) for row in rows] == [("ACCUMULATION", 4), ("NONE", 4), ("WAITED", 6)]
    assert (rows[-1]["bottom"], rows[-1]["top"]) == (44, 60)


def test_after_five_flat_days_there_is_nothing_to_compare_with(bars_at: BarsAt, found: Found) -> None:
    flat = [(f"2025-06-{10 + day}T16:00", (0, 0, 0, 0)) for day in range(5)]
    last = [(f"2025-06-14T{hour}:00", (0, 5, 0, 0)) for hour in (20, 21)]
    end = [(f"2025-06-15T{hour}:00", (0, 0, 0, 0)) for hour in ("00", "17")]
    rows = found("amd", bars_at([*flat, *last, *end]), always_open=True)
    assert [row["label"] for row in rows] == ["ACCUMULATION", "WAITED"]
    assert math.isnan(rows[-1]["ratio"][1])


def test_a_range_that_ends_with_the_trading_day_waits_through_the_next(
    bars_from: BarsAt, found: Found
) -> None:
    params = {"asian_range": {"window": "15:00-17:00"}}
    rows = found("amd", bars_from("2025-06-10T15:00", [CALM] * 4), params)
    assert [(row["label"], row["at"]) for row in rows] == [("ACCUMULATION", 2)]
