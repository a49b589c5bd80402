"""The detectors of this chapter against slow readings of their definitions, in half points."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Run = Callable[..., list[dict[str, Any]]]
Row = tuple[int, int, int, int]


@dataclass(frozen=True)
class Zone:
    """A zone in half points of prices signed by its direction, with the bars that formed and confirmed it."""

    direction: int
    bottom: int
    top: int
    formed: int
    confirmed: int


def walk(seed: int, size: int = 500) -> list[Row]:
    """Small steps with frequent ties, jumps and zero ranges."""
    random = np.random.default_rng(seed)
    price = 1000
    rows: list[Row] = []
    for _ in range(size):
        opened = price + int(random.integers(-4, 5)) * int(random.integers(0, 2))
        price = opened + int(random.integers(-5, 6))
        above, below = random.integers(0, 4, 2).tolist()
        rows.append((opened, max(opened, price) + above, min(opened, price) - below, price))
    return rows


def signed(rows: list[Row], direction: int) -> list[Row]:
    if direction > 0:
        return rows
    return [(-opened, -low, -high, -close) for opened, high, low, close in rows]


def fair_value_gaps(rows: list[Row]) -> Iterator[Zone]:
    for direction in (1, -1):
        bars = signed(rows, direction)
        for i in range(2, len(bars)):
            if bars[i][2] > bars[i - 2][1]:
                yield Zone(direction, 2 * bars[i - 2][1], 2 * bars[i][2], i - 1, i)


def volume_imbalances(rows: list[Row]) -> Iterator[Zone]:
    for direction in (1, -1):
        bars = signed(rows, direction)
        for i in range(1, len(bars)):
            before, now = bars[i - 1], bars[i]
            lower, upper = max(before[0], before[3]), min(now[0], now[3])
            if upper > lower and now[2] <= before[1]:
                yield Zone(direction, 2 * lower, 2 * upper, i, i)


def vacuum_gaps(rows: list[Row]) -> Iterator[Zone]:
    for direction in (1, -1):
        bars = signed(rows, direction)
        for i in range(1, len(bars)):
            if bars[i][2] > bars[i - 1][1]:
                yield Zone(direction, 2 * bars[i - 1][1], 2 * bars[i][2], i, i)


def implied_gaps(rows: list[Row]) -> Iterator[Zone]:
    for direction in (1, -1):
        bars = signed(rows, direction)
        for i in range(2, len(bars)):
            before, now = bars[i - 2], bars[i]
            lower = before[1] + max(before[0], before[3])
            upper = now[2] + min(now[0], now[3])
            if upper > lower and now[2] <= before[1]:
                yield Zone(direction, lower, upper, i - 1, i)


def inversions(rows: list[Row]) -> Iterator[Zone]:
    for gap in fair_value_gaps(rows):
        end = dict(life(rows, gap, 0)).get("invalidated")
        if end is not None:
            yield Zone(-gap.direction, -gap.top, -gap.bottom, gap.formed, end)


def balanced_ranges(rows: list[Row]) -> Iterator[Zone]:
    gaps = sorted(fair_value_gaps(rows), key=lambda gap: gap.confirmed)
    for late in gaps:
        for early in gaps:
            if early.direction != late.direction and 0 < late.confirmed - early.confirmed <= 20:
                bottom = max(-early.top, late.bottom)
                top = min(-early.bottom, late.top)
                if bottom < top:
                    yield Zone(late.direction, bottom, top, late.formed, late.confirmed)


def life(rows: list[Row], zone: Zone, max_age: int) -> list[tuple[str, int]]:
    """Records of a zone, in the order in which they become known."""
    found: dict[str, int] = {}
    bars = signed(rows, zone.direction)
    for j in range(zone.confirmed + 1, len(bars)):
        low, close = 2 * bars[j][2], 2 * bars[j][3]
        if max_age and j - zone.confirmed > max_age:
            found["expired"] = j
            break
        depth = zone.top - low
        if depth >= 0:
            found.setdefault("tapped", j)
        if 2 * depth >= zone.top - zone.bottom:
            found.setdefault("ce", j)
        if low <= zone.bottom:
            found.setdefault("filled", j)
        if close < zone.bottom:
            found["invalidated"] = j
            break
    return list(found.items())


CASES: dict[str, tuple[Callable[[list[Row]], Iterator[Zone]], int]] = {
    "fvg": (fair_value_gaps, 0),
    "volume_imbalance": (volume_imbalances, 100),
    "gap": (vacuum_gaps, 100),
    "implied_fvg": (implied_gaps, 100),
    "ifvg": (inversions, 100),
    "bpr": (balanced_ranges, 100),
}


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("seed", range(4))
def test_births_and_lives_are_those_of_the_slow_reading(
    name: str, seed: int, build: Build, records: Run
) -> None:
    rows = walk(seed)
    zones, max_age = CASES[name]
    expected = sorted(
        (zone.direction, *edges(zone), zone.formed, zone.confirmed, life(rows, zone, max_age))
        for zone in zones(rows)
    )
    found = records(name, build(rows))
    born = [row for row in found if row["record"] == "confirmed"]
    lives: dict[int, list[tuple[str, int]]] = {row["serial"]: [] for row in born}
    for row in found:
        if row["record"] != "confirmed":
            lives[row["serial"]].append((row["record"], row["at"]))
    ours = sorted(
        (
            row["direction"],
            row["bottom"],
            row["top"],
            row["formed"],
            row["confirmed"],
            lives[row["serial"]],
        )
        for row in born
    )
    assert len(ours) > 10
    assert ours == expected


def edges(zone: Zone) -> tuple[int, int]:
    """The edges in points, rounded outward."""
    bottom, top = (zone.bottom, zone.top) if zone.direction > 0 else (-zone.top, -zone.bottom)
    return bottom // 2, -(-top // 2)
