"""Each block detector against a slow reading of its definition, written apart from it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from ictcli.market.bars import Bars

Rows = list[dict[str, Any]]
Row = tuple[Any, ...]
SIZES = [(1, 1), (2, 4), (3, 1)]
LAYERS = ["internal", "swing"]


@dataclass(frozen=True)
class Side:
    """Bars and breaks as the bullish case sees them."""

    direction: int
    open: list[int]
    high: list[int]
    low: list[int]
    close: list[int]
    breaks: list[tuple[int, int, int, bool]]
    """(q, m, i, change of character) of every break in this direction."""
    lows: list[int]
    """Bars of the swing lows."""


def pivots(lows: list[int], left: int, right: int) -> list[int]:
    return [
        p
        for p in range(left, len(lows) - right)
        if all(lows[j] > lows[p] for j in range(p - left, p))
        and all(lows[j] >= lows[p] for j in range(p + 1, p + right + 1))
    ]


def sides(bars: Bars, left: int, right: int) -> dict[int, Side]:
    o, h, low, c = (column.tolist() for column in (bars.open, bars.high, bars.low, bars.close))
    seen: dict[int, tuple[list[int], list[int], list[int], list[int]]] = {
        1: (o, h, low, c),
        -1: ([-x for x in o], [-x for x in low], [-x for x in h], [-x for x in c]),
    }
    found: dict[int, list[tuple[int, int, int, bool]]] = {1: [], -1: []}
    swings = {d: pivots(seen[d][2], left, right) for d in (1, -1)}
    reference: dict[int, int] = {}
    trend = 0
    for i in range(len(bars)):
        for d in (1, -1):
            if i - right in swings[-d]:
                reference[d] = i - right
        for d in (1, -1):
            q = reference.get(d)
            if q is None or seen[d][3][i] <= seen[d][1][q]:
                continue
            del reference[d]
            m = max(range(q + 1, i), key=lambda j: (-seen[d][2][j], j))
            found[d].append((q, m, i, trend == -d))
            trend = d
    return {d: Side(d, *seen[d], found[d], swings[d]) for d in (1, -1)}


def life(side: Side, bottom: int, top: int, born: int, last: int, max_age: int) -> tuple[str, int, int, int]:
    """How a zone ended, when, how far it was filled and how often it was touched."""
    fill = touches = 0
    for j in range(born + 1, last + 1):
        if max_age and j - born > max_age:
            return "expired", j, fill, touches
        if side.low[j] <= top:
            touches += j == born + 1 or side.low[j - 1] > top
            fill = max(fill, min(top - side.low[j], top - bottom))
        if side.close[j] < bottom:
            return "invalidated", j, fill, touches
    return "live", last + 1, fill, touches


def unsigned(direction: int, bottom: int, top: int) -> tuple[int, int]:
    return (bottom, top) if direction > 0 else (-top, -bottom)


def opposing(side: Side, latest: int, oldest: int, sign: int = -1) -> int | None:
    bars = range(latest, oldest - 1, -1)
    return next((j for j in bars if sign * (side.close[j] - side.open[j]) > 0), None)


def slow_order_blocks(side: Side, right: int, max_age: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    last = len(side.low) - 1
    for q, m, i, _ in side.breaks:
        candle = opposing(side, m, q)
        candle = m if candle is None else candle
        bottom, top = side.low[candle], side.high[candle]
        if bottom == top:
            continue
        live = [one for one in found if one["candle"] == candle and one["ended"] > i]
        if live:
            live[0]["parents"] += 1
            continue
        how, ended, fill, touches = life(side, bottom, top, i, last, max_age)
        away = [j for j in range(candle + 1, i + 1) if side.low[j] > top]
        swing_lows = [p for p in side.lows if p + right < candle]
        found.append(
            {
                "candle": candle,
                "born": i,
                "edges": (bottom, top),
                "how": how,
                "ended": ended,
                "fill": fill,
                "touches": touches,
                "parents": 1,
                "mean": side.open[candle] + side.close[candle],
                "validated": next((j for j in range(candle + 1, i + 1) if side.high[j] > top), None),
                "pre_tapped": bool(away) and any(side.low[j] <= top for j in range(away[0], i + 1)),
                "has_fvg": any(side.low[j + 1] > side.high[j - 1] for j in range(max(m, 1), i) if j + 1 <= i),
                "swept": bool(swing_lows) and bottom < side.low[swing_lows[-1]],
                "discount": bottom + top < side.low[m] + max(side.high[m : i + 1]),
            }
        )
    return found


def fast_order_blocks(rows: Rows, bars: Bars) -> set[Row]:
    parents: dict[int, int] = {}
    for row in rows:
        parents[row["serial"]] = parents.get(row["serial"], 1) + (row["record"] == "parent_added")
    close_of = {int(ts): at for at, ts in enumerate(bars.ts_close)}
    return {
        (
            *(row["direction"], row["formed"], row["confirmed"], row["bottom"], row["top"]),
            *(parents[row["serial"]], row["extra"][0], close_of.get(row["extra"][1])),
            *(bool(row["marks"] & 256 << at) for at in (0, 2, 3, 4)),
        )
        for row in rows
        if row["record"] == "confirmed"
    }


def ends(rows: Rows) -> set[Row]:
    return {
        (
            *(row["direction"], row["formed"], row["confirmed"]),
            row["record"],
            row["at"],
            row["fill"],
            row["touches"],
        )
        for row in rows
        if row["record"] in ("expired", "invalidated")
    }


@pytest.fixture(scope="module", params=["walk 0", "walk 1", "gold"])
def bars(request: pytest.FixtureRequest, build: Callable[..., Bars]) -> Bars:
    """Random walks on a coarse grid (ties, gaps, flat bars), and gold."""
    if request.param == "gold":
        folder = Path(request.getfixturevalue("real_data"))
        table = pq.read_table(folder / "bars" / "XAUUSD_M15_brokerB.parquet").slice(2000, 600)
        names = ("open", "high", "low", "close")
        rows = np.rint(np.column_stack([table[name].to_numpy() for name in names]) * 100).astype(np.int64)
        return build(rows.tolist())
    rng = np.random.default_rng(int(request.param[-1]))
    opens = 1000 + np.cumsum(rng.integers(-5, 6, 600))
    closes = opens + rng.integers(-5, 6, 600)
    highs = np.maximum(opens, closes) + rng.integers(0, 3, 600)
    lows = np.minimum(opens, closes) - rng.integers(0, 3, 600)
    return build(np.column_stack([opens, highs, lows, closes]).tolist())


@pytest.mark.parametrize(("left", "right"), SIZES)
def test_order_blocks_and_flips_equal_the_slow_reading(
    bars: Bars, records: Callable[..., Rows], left: int, right: int
) -> None:
    params = {"left": left, "right": right, "max_age": 40}
    slow, stops, flips = set(), set(), set()
    seen = sides(bars, left, right)
    for d, side in seen.items():
        for one in slow_order_blocks(side, right, 40):
            edges = unsigned(d, *one["edges"])
            flags = (one["has_fvg"], one["swept"], one["discount"], one["pre_tapped"])
            mean = d * one["mean"]
            slow.add((d, one["candle"], one["born"], *edges, one["parents"], mean, one["validated"], *flags))
            if one["how"] != "live":
                stops.add(
                    (d, one["candle"], one["born"], one["how"], one["ended"], one["fill"], one["touches"])
                )
            if one["how"] == "invalidated":
                flips.add((-d, one["candle"], one["ended"], *edges))
    found = records("order_block.internal", bars, params)
    assert fast_order_blocks(found, bars) == slow
    assert ends(found) == stops
    turned = records("flip_breaker.internal", bars, params)
    born = [row for row in turned if row["record"] == "confirmed"]
    assert {
        (row["direction"], row["formed"], row["confirmed"], row["bottom"], row["top"]) for row in born
    } == flips
    assert len(slow) > 8
    assert len(flips) > 3


@pytest.mark.parametrize(("left", "right"), SIZES)
def test_breakers_and_mitigation_blocks_equal_the_slow_reading(
    bars: Bars, records: Callable[..., Rows], left: int, right: int
) -> None:
    slow: dict[str, set[Row]] = {"breaker": set(), "mitigation_block": set(), "failed_swing": set()}
    for d, side in sides(bars, left, right).items():
        for q, m, i, change in side.breaks:
            before = [p for p in side.lows if p < q and p + right <= i]
            if not change or not before:
                continue
            prior = before[-1]
            same = opposing(side, q, prior, 1)
            failed = opposing(side, m, q)
            depth = side.low[prior] - side.low[m]
            name = "breaker" if depth > 0 else "mitigation_block"
            for kind, candle in ((name, same), ("failed_swing", failed)):
                chosen = (q if kind == name else m) if candle is None else candle
                edges = unsigned(d, side.low[chosen], side.high[chosen])
                if (kind != "failed_swing" or depth <= 0) and edges[0] < edges[1]:
                    slow[kind].add((d, chosen, i, *edges, d * side.high[q], d * side.low[prior], depth))
    for kind, expected in slow.items():
        params = {
            "left": left,
            "right": right,
            "zone_of": "failed_swing" if kind == "failed_swing" else "same",
        }
        name = "mitigation_block" if kind == "failed_swing" else kind
        rows = records(f"{name}.internal", bars, params)
        assert {
            (
                *(row["direction"], row["formed"], row["confirmed"], row["bottom"], row["top"]),
                *(row["extra"][0], row["extra"][1], row["extra"][3]),
            )
            for row in rows
            if row["record"] == "confirmed"
        } == expected
    assert slow["breaker"]
    assert slow["mitigation_block"]


@pytest.mark.parametrize(("left", "right"), SIZES)
def test_propulsion_blocks_equal_the_slow_reading(
    bars: Bars, records: Callable[..., Rows], left: int, right: int
) -> None:
    wait, last = 5, len(bars) - 1
    slow, stops = set(), set()
    for d, side in sides(bars, left, right).items():
        blocks = slow_order_blocks(side, right, 500)
        for j in range(last):
            if side.close[j] >= side.open[j]:
                continue
            floors = [
                one["edges"][0]
                for one in blocks
                if one["born"] < j < one["ended"] and one["edges"][0] <= side.low[j] <= one["edges"][1]
            ]
            k = next((k for k in range(j + 1, min(j + wait, last) + 1) if side.high[k] > side.high[j]), None)
            if k is None or not any(all(side.close[x] >= floor for x in range(j, k)) for floor in floors):
                continue
            mean = side.open[j] + side.close[j]
            slow.add((d, j, k, *unsigned(d, side.close[j], side.open[j]), d * mean))
            stop = next((x for x in range(k + 1, min(last, k + 500) + 1) if 2 * side.low[x] < mean), None)
            if stop is not None:
                stops.add((d, j, stop))
    rows = records("propulsion_block.internal", bars, {"left": left, "right": right, "wait": wait})
    assert {
        (row["direction"], row["formed"], row["confirmed"], row["bottom"], row["top"], row["extra"][0])
        for row in rows
        if row["record"] == "confirmed"
    } == slow
    assert {
        (row["direction"], row["formed"], row["at"]) for row in rows if row["record"] == "invalidated"
    } == stops
    assert len(slow) > 5


def average_ranges(bars: Bars, length: int) -> list[float]:
    """The average true range through the bar before each bar, 0 while undefined."""
    o, h, low, c = (column.tolist() for column in (bars.open, bars.high, bars.low, bars.close))
    ranges = [max(h[i], c[i - 1]) - min(low[i], c[i - 1]) if i else h[0] - low[0] for i in range(len(o))]
    found = [0.0] * length + [sum(ranges[:length]) / length]
    for i in range(length, len(o)):
        found.append((found[-1] * (length - 1) + ranges[i]) / length)
    return found


@pytest.mark.parametrize(("left", "right"), SIZES)
def test_rejection_blocks_equal_the_slow_reading(
    bars: Bars, records: Callable[..., Rows], left: int, right: int
) -> None:
    atr = average_ranges(bars, 14)
    slow = set()
    for d, side in sides(bars, left, right).items():
        for at, p in enumerate(side.lows):
            near = range(p - 1, p + 2)
            body = min(min(side.open[j], side.close[j]) for j in near)
            wick = body - side.low[p]
            if atr[p] and wick >= 0.25 * atr[p] and 2 * wick >= side.high[p] - side.low[p]:
                swept = at > 0 and side.low[p] < side.low[side.lows[at - 1]]
                slow.add((d, p, p + right, *unsigned(d, side.low[p], body), d * body, wick / atr[p], swept))
    rows = records("rejection_block", bars, {"left": left, "right": right})
    assert {
        (
            *(row["direction"], row["formed"], row["confirmed"], row["bottom"], row["top"]),
            *(row["extra"][0], row["ratio"][0], bool(row["marks"] & 1024)),
        )
        for row in rows
        if row["record"] == "confirmed"
    } == slow
    assert len(slow) > 5
