"""Slow readings of price structure, written apart from the detectors and straight from the definitions."""

from dataclasses import dataclass

import numpy as np

Bar = tuple[int, int, int, int]
Rows = list[Bar]


@dataclass(frozen=True)
class Break:
    """A break of structure: prices as they are, bars by index."""

    direction: int
    i: int
    q: int
    level: int
    m: int
    origin: int
    weak: int
    label: str
    mss: bool


def random_rows(seed: int, size: int = 300) -> Rows:
    """A walk on a coarse grid: ties, gaps, zero ranges, outside bars."""
    rng = np.random.default_rng(seed)
    price, rows = 500, []
    for _ in range(size):
        opened = price + int(rng.integers(-1, 2))
        price = opened + int(rng.integers(-3, 4)) * int(rng.choice([0, 1, 1, 4]))
        above, below = (int(wick) for wick in rng.integers(0, 3, 2))
        rows.append((opened, max(opened, price) + above, min(opened, price) - below, price))
    return rows


def signed(rows: Rows, direction: int) -> Rows:
    """Rows as the bullish case sees them."""
    return rows if direction > 0 else [(-o, -low, -high, -c) for o, high, low, c in rows]


def average_true_range(rows: Rows, length: int) -> list[float]:
    """Through each bar, 0.0 while undefined."""
    ranges = [
        high - low if i == 0 else max(high - low, abs(high - rows[i - 1][3]), abs(low - rows[i - 1][3]))
        for i, (_, high, low, _) in enumerate(rows)
    ]
    values = [0.0] * len(rows)
    for i in range(length - 1, len(rows)):
        if i == length - 1:
            values[i] = sum(ranges[:length]) / length
        else:
            values[i] = (values[i - 1] * (length - 1) + ranges[i]) / length
    return values


def pivots(rows: Rows, direction: int, left: int, right: int) -> list[int]:
    """Bars of the swing lows (direction 1) or highs (-1)."""
    low = [bar[2] for bar in signed(rows, direction)]
    return [
        p
        for p in range(left, len(rows) - right)
        if all(low[j] > low[p] for j in range(p - left, p))
        and all(low[j] >= low[p] for j in range(p + 1, p + right + 1))
    ]


def swings(rows: Rows, left: int, right: int) -> dict[int, list[tuple[int, int, int]]]:
    """(direction, bar, price) of the swings by the bar that confirms them."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    for direction in (1, -1):
        for p in pivots(rows, direction, left, right):
            found.setdefault(p + right, []).append((direction, p, rows[p][2 if direction > 0 else 1]))
    return found


def ends(rows: Rows, direction: int, level: int, known: int) -> tuple[int | None, int | None]:
    """Bars that sweep and break a level."""
    bars = signed(rows, direction)
    later = range(known + 1, len(rows))
    swept = next((j for j in later if bars[j][2] < direction * level), None)
    broken = next((j for j in later if bars[j][3] < direction * level), None)
    return swept, broken


def displaced(rows: Rows, length: int = 14) -> set[tuple[int, int]]:
    """(bar, direction) of the displacement bars."""
    atr = average_true_range(rows, length)
    found = set()
    for i in range(1, len(rows)):
        opened, high, low, close = rows[i]
        wide = atr[i - 1] > 0 and high > low and high - low >= 1.5 * atr[i - 1]
        if wide and 10 * abs(close - opened) >= 6 * (high - low):
            found.add((i, 1 if close > opened else -1))
    return found


def latest_lowest(bars: Rows, first: int, end: int) -> int:
    """The latest of the bars ``first`` up to but without ``end`` that have the lowest low."""
    return -min((bars[j][2], -j) for j in range(first, end))[1]


def structure(
    rows: Rows, left: int, right: int, *, wick: bool = False, protected: bool = False
) -> tuple[list[Break], list[int]]:
    """The breaks in order, and the bars whose order of breaks is unknown."""
    known, moved = swings(rows, left, right), displaced(rows)
    reference: dict[int, tuple[int, int]] = {}
    found: list[Break] = []
    ambiguous: list[int] = []
    trend = 0
    for i, (opened, high, low, close) in enumerate(rows):
        for swing, p, level in known.get(i, []):
            if not (protected and trend == swing):
                reference[-swing] = (p, level)
        reach = {1: high if wick else close, -1: low if wick else close}
        hits = sorted(
            (abs(opened - level), way)
            for way, (_, level) in reference.items()
            if way * reach[way] > way * level
        )
        if len(hits) == 2 and hits[0][0] == hits[1][0]:
            ambiguous.append(i)
            continue
        for _, way in hits:
            if way * reach[way] <= way * reference[way][1]:
                continue
            q, level = reference.pop(way)
            bars = signed(rows, way)
            m = latest_lowest(bars, q + 1, max(i, q + 2))
            weak = way * max(bars[j][1] for j in range(m, i + 1))
            label = "CHoCH" if trend == -way else "BOS"
            mss = label == "CHoCH" and any((j, way) in moved for j in range(i - 2, i + 1))
            found.append(Break(way, i, q, level, m, way * bars[m][2], weak, label, mss))
            trend = way
            if protected:
                reference[-way] = (m, way * bars[m][2])
    return found, ambiguous
