"""Each detector against a slow reading of its definition, written apart from it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from ictcli.market.bars import Bars

Records = list[dict[str, Any]]
Row = tuple[Any, ...]
ATR = 14


def true_range(bars: Bars, i: int) -> int:
    high, low = int(bars.high[i]), int(bars.low[i])
    if i == 0:
        return high - low
    last = int(bars.close[i - 1])
    return max(high - low, abs(high - last), abs(low - last))


def average_true_range(bars: Bars, length: int) -> list[Fraction | None]:
    """Wilder's average in exact arithmetic, kept short by rounding to 2**-60."""
    values: list[Fraction | None] = []
    for i in range(len(bars)):
        if i < length - 1:
            values.append(None)
        elif i == length - 1:
            values.append(Fraction(sum(true_range(bars, j) for j in range(length)), length))
        else:
            last = values[-1]
            assert last is not None
            exact = (last * (length - 1) + true_range(bars, i)) / length
            values.append(Fraction(round(exact * 2**60), 2**60))
    return values


def signed(bars: Bars, side: int) -> tuple[list[int], list[int], list[int]]:
    """Highs, lows and closes as the bullish case sees them."""
    high, low, close = (column.tolist() for column in (bars.high, bars.low, bars.close))
    if side > 0:
        return high, low, close
    return [-x for x in low], [-x for x in high], [-x for x in close]


def gap_inside(bars: Bars, first: int, last: int) -> bool:
    minute = 60 * 10**9
    return any(2 * int(bars.ts[j] - bars.ts[j - 1]) > 3 * minute for j in range(first + 1, last + 1))


def slow_fvg(bars: Bars) -> set[Row]:
    found: set[Row] = set()
    for side in (1, -1):
        high, low, close = signed(bars, side)
        for i in range(2, len(bars)):
            bottom, top = high[i - 2], low[i]
            if top <= bottom:
                continue
            when: dict[str, int] = {}
            deepest = touches = 0
            for j in range(i + 1, len(bars)):
                touching = low[j] <= top
                if touching:
                    touches += j == i + 1 or low[j - 1] > top
                    deepest = max(deepest, min(top - low[j], top - bottom))
                    when.setdefault("tapped", j)
                if 2 * deepest >= top - bottom:
                    when.setdefault("ce", j)
                if deepest == top - bottom:
                    when.setdefault("filled", j)
                if close[j] < bottom:
                    when["invalidated"] = j
                    break
            ends = (when.get(key) for key in ("tapped", "ce", "filled", "invalidated"))
            edges = (bottom, top) if side > 0 else (-top, -bottom)
            found.add((side, i - 1, i, *edges, gap_inside(bars, i - 2, i), *ends, touches))
    return found


def fast_fvg(rows: Records, bars: Bars) -> set[Row]:
    by_serial: dict[int, Records] = {}
    for row in rows:
        by_serial.setdefault(row["serial"], []).append(row)
    found = set()
    for own in by_serial.values():
        when = {row["record"]: row["at"] for row in own}
        born = own[0]
        ends = (when.get(key) for key in ("tapped", "ce", "filled", "invalidated"))
        start = (born["direction"], born["formed"], born["confirmed"], born["bottom"], born["top"])
        touches = own[-1]["touches"] if "invalidated" in when else None
        found.add((*start, bool(born["marks"] & 1), *ends, touches))
    return found


def slow_pivots(bars: Bars, side: int, left: int, right: int) -> list[tuple[int, int]]:
    """(bar, signed price) of the pivot lows of a side."""
    _, low, _ = signed(bars, side)
    return [
        (p, low[p])
        for p in range(left, len(bars) - right)
        if all(low[j] > low[p] for j in range(p - left, p))
        and all(low[j] >= low[p] for j in range(p + 1, p + right + 1))
    ]


def slow_swings(bars: Bars, left: int, right: int) -> set[Row]:
    atr = average_true_range(bars, ATR)
    found: set[Row] = set()
    for side in (1, -1):
        high, low, close = signed(bars, side)
        last: int | None = None
        for p, level in slow_pivots(bars, side, left, right):
            k = p + right
            label = 0 if last is None else 1 if level < last else 2 if level > last else 3
            last = level
            before, after = max(high[p - left : p]), max(high[p + 1 : k + 1])
            scale = atr[k - 1]
            size = float((min(before, after) - level) / scale) if scale else 0.0
            later = range(k + 1, len(bars))
            broken = next((j for j in later if close[j] < level), None)
            swept = next((j for j in later if low[j] < level), None)
            found.add((side, p, k, side * level, label, round(size, 9), swept, broken))
    return found


def fast_swings(rows: Records) -> set[Row]:
    when = {(row["serial"], row["record"]): row["at"] for row in rows}
    return {
        (
            *(row["direction"], row["formed"], row["confirmed"], row["bottom"], row["label"]),
            round(row["size_atr"], 9),
            when.get((row["serial"], "swept")),
            when.get((row["serial"], "broken")),
        )
        for row in rows
        if row["record"] == "confirmed"
    }


def slow_displacements(bars: Bars) -> set[Row]:
    atr = average_true_range(bars, ATR)
    found: set[Row] = set()
    for i in range(1, len(bars)):
        span, body = int(bars.high[i] - bars.low[i]), int(bars.close[i] - bars.open[i])
        scale = atr[i - 1]
        if scale and span > 0 and 2 * span >= 3 * scale and 10 * abs(body) >= 6 * span and body:
            found.add((1 if body > 0 else -1, i))
    return found


def slow_structure(bars: Bars, left: int, right: int) -> set[Row]:
    moved = slow_displacements(bars)
    known: dict[int, list[tuple[int, int, int]]] = {}
    for side in (1, -1):
        for p, level in slow_pivots(bars, -side, left, right):
            known.setdefault(p + right, []).append((side, p, -level))
    reference: dict[int, tuple[int, int]] = {}
    trend = 0
    found: set[Row] = set()
    for i in range(len(bars)):
        for side, p, level in known.get(i, []):
            reference[side] = (p, level)
        for side in (1, -1):
            _, low, close = signed(bars, side)
            if side not in reference or close[i] <= reference[side][1]:
                continue
            p, level = reference.pop(side)
            change = trend == -side
            origin = max(range(p + 1, i), key=lambda j: (-low[j], j))
            failed = next((j for j in range(i + 1, len(bars)) if close[j] < low[origin]), None)
            mss = change and any((side, j) in moved for j in range(i - 2, i + 1))
            found.add((side, p, i, side * level, change, trend == 0, mss, origin, failed))
            trend = side
    return found


def fast_structure(rows: Records) -> set[Row]:
    when = {(row["serial"], row["record"]): row["at"] for row in rows}
    return {
        (
            *(row["direction"], row["formed"], row["confirmed"], row["bottom"]),
            *(row["label"] == 2, bool(row["marks"] & 2), bool(row["marks"] & 4), row["origin"]),
            when.get((row["serial"], "failed")),
        )
        for row in rows
        if row["record"] == "confirmed"
    }


@pytest.fixture(scope="session", params=["walk 0", "walk 1", "walk 2", "gold"])
def bars(request: pytest.FixtureRequest, build: Callable[..., Bars]) -> Bars:
    """Random walks on a coarse grid (ties, gaps, flat bars), and gold."""
    if request.param == "gold":
        folder = Path(request.getfixturevalue("real_data"))
        table = pq.read_table(folder / "bars" / "XAUUSD_M15_brokerB.parquet").slice(2000, 350)
        names = ("open", "high", "low", "close")
        rows = np.rint(np.column_stack([table[name].to_numpy() for name in names]) * 100).astype(np.int64)
        return build(rows)
    rng = np.random.default_rng(int(request.param[-1]))
    price, rows, minutes = 500, [], np.cumsum(rng.choice([1, 1, 1, 1, 3], 350))
    for _ in range(350):
        opened = price + int(rng.integers(-1, 2))
        price = opened + int(rng.integers(-3, 4)) * int(rng.choice([0, 1, 1, 4]))
        above, below = rng.integers(0, 3, 2)
        rows.append((opened, max(opened, price) + int(above), min(opened, price) - int(below), price))
    return build(rows, minutes)


def test_gaps_equal_the_slow_reading(bars: Bars, records: Callable[..., Records]) -> None:
    slow = slow_fvg(bars)
    fast = fast_fvg(records("fvg", bars), bars)
    assert {row[:-1] for row in fast} == {row[:-1] for row in slow}
    ended = {row for row in slow if row[-2] is not None}
    assert {row for row in fast if row[-1] is not None} == ended
    assert len(ended) > 10


@pytest.mark.parametrize(("left", "right"), [(1, 1), (5, 5), (2, 4), (4, 1)])
def test_swings_equal_the_slow_reading(
    bars: Bars, records: Callable[..., Records], left: int, right: int
) -> None:
    slow = slow_swings(bars, left, right)
    assert fast_swings(records("swing", bars, {"left": left, "right": right})) == slow
    assert len(slow) > 10


def test_displacements_equal_the_slow_reading(bars: Bars, records: Callable[..., Records]) -> None:
    fast = {(row["direction"], row["formed"]) for row in records("displacement", bars)}
    assert fast == slow_displacements(bars)
    assert len(fast) > 5


@pytest.mark.parametrize(("left", "right"), [(1, 1), (5, 5), (2, 4), (4, 1)])
def test_structure_equals_the_slow_reading(
    bars: Bars, records: Callable[..., Records], left: int, right: int
) -> None:
    slow = slow_structure(bars, left, right)
    assert fast_structure(records("structure", bars, {"left": left, "right": right})) == slow
    assert len(slow) > 5
