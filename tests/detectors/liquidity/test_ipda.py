"""IPDA ranges: worked examples and a slow reading. Bars lie in January 1970; the day rolls at 22:00 UTC."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.liquidity.ipda import COMPLETE, IpdaParams, refuses
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]

EVENINGS = [((day - 1) * 24 + 22) * 60 for day in range(4, 400) if (day + 2) % 7 not in (4, 5)]
"""When trading days open from Sunday 4 January on, minutes."""


def days(*ranges: tuple[int, int]) -> tuple[list[tuple[int, int, int, int]], list[int]]:
    """One bar a day with this low and high, closing in the middle."""
    rows = [((low + high) // 2, high, low, (low + high) // 2) for low, high in ranges]
    return rows, EVENINGS[: len(rows)]


def life(rows: Rows, side: int) -> list[tuple[Any, ...]]:
    return [
        (row["serial"], row["record"], row["at"], row["bottom"]) for row in rows if row["direction"] == side
    ]


@pytest.mark.jit_off
def test_the_range_is_known_at_the_roll_and_changes_only_with_its_price(
    build: Build, records: Records
) -> None:
    """Two days. Lows 40, 45, 44, 50, 43: known 40 (bar 2), 44 (3), 44 unchanged (4), 43 never: bar 5 lacks.

    Bar 2 (low 44) does not reach 40; the level 40 leaves with its day; bar 4 (low 43) sweeps 44.
    """
    rows = days((40, 60), (45, 60), (44, 61), (50, 60), (43, 60))
    found = records("ipda.20", build(*rows), {"days": 2})
    assert life(found, 1) == [
        (0, "confirmed", 2, 40),
        (0, "superseded", 3, 40),
        (2, "confirmed", 3, 44),
        (2, "swept", 4, 44),
    ]
    assert life(found, -1) == [
        (1, "confirmed", 2, 60),
        (1, "swept", 2, 60),
        (1, "superseded", 3, 60),
        (3, "confirmed", 3, 61),
    ]
    first = found[0]
    assert (first["formed"], first["formed_ts"]) == (0, EVENINGS[0] * NS_PER_MINUTE)
    assert first["at_ts"] == first["confirmed_ts"] == EVENINGS[2] * NS_PER_MINUTE
    assert first["extra"][0] == 2
    marks = [bool(row["marks"] & COMPLETE) for row in found if row["record"] == "confirmed"]
    assert marks == [False, False, True, True]


def test_a_break_ends_a_level_and_touching_does_not_sweep_it(build: Build, records: Records) -> None:
    """Bar 1 knows 40 and touches it; bar 2 (same low) too, anchored to the later day; bar 3 closes at 38."""
    rows, minutes = days((40, 60), (40, 60), (40, 60), (36, 40), (36, 40))
    found = life(records("ipda.20", build(rows, minutes), {"days": 1}), 1)
    assert found == [
        (0, "confirmed", 1, 40),
        (0, "swept", 3, 40),
        (0, "broken", 3, 40),
        (2, "confirmed", 4, 36),
    ]


def test_on_ties_the_latest_day_is_the_anchor(build: Build, records: Records) -> None:
    found = records("ipda.20", build(*days((40, 60), (40, 60), (45, 55))), {"days": 2})
    assert [row["formed"] for row in found if row["record"] == "confirmed"] == [1, 1]


def test_a_close_on_the_level_does_not_break_it(build: Build, records: Records) -> None:
    rows, minutes = days((40, 60), (30, 50))
    assert rows[1][3] == 40
    found = life(records("ipda.20", build(rows, minutes), {"days": 1}), 1)
    assert found == [(0, "confirmed", 1, 40), (0, "swept", 1, 40)]


def test_the_layers_have_their_own_days(build: Build, records: Records) -> None:
    bars = build(*days(*[(500 - day, 600 + day) for day in range(45)]))
    for layer, first in (("20", 20), ("40", 40)):
        assert records(f"ipda.{layer}", bars)[0]["at"] == first
    assert records("ipda.60", bars) == []


def test_bars_longer_than_a_day_are_refused() -> None:
    assert refuses(IpdaParams(), NS_PER_DAY) == ""
    assert refuses(IpdaParams(), NS_PER_DAY + 1) == "needs bars of at most one day"


@pytest.mark.parametrize("length", [1, 3, 20])
def test_ranges_equal_the_slow_reading(build: Build, records: Records, length: int) -> None:
    rng = np.random.default_rng(length)
    lows = (500 + np.cumsum(rng.integers(-3, 4, 120))).tolist()
    ranges = [(low, low + int(rng.integers(0, 6))) for low in lows]
    found = records("ipda.20", build(*days(*ranges)), {"days": length})
    for side in (1, -1):
        own = (row for row in found if row["direction"] == side and row["record"] == "confirmed")
        fast = [(row["at"], row["bottom"]) for row in own]
        slow: list[tuple[int, int]] = []
        for day in range(length, len(ranges)):
            window = ranges[day - length : day]
            price = min(low for low, _ in window) if side > 0 else max(high for _, high in window)
            if not slow or slow[-1][1] != price:
                slow.append((day, price))
        assert fast == slow
