"""Random worlds that look for trouble: ties, gaps, bars without range, unknown spreads, every order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from ictcli.market.bars import Bars
from ictcli.strategies.decisions import LIMIT, MARKET, NEVER, STOP, STOP_LIMIT
from tests.engine.worlds import (
    MINUTE,
    Ask,
    Records,
    World,
    buy,
    leave,
    minutes,
    rules,
    sell,
    series,
    withdraw,
)

MIDDLE = 1000
"""Where prices start; every offset is a few points, so that prices tie all the time."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a random world may hold.

    Attributes:
        many: series, at most.
        spread: whether there is one.
        money: commission, fees, swap, margin and conversion.
        managed: trailing, break-even, partial exits and sizing by range.
        fine: finer bars, of which some do not reproduce their bar.
        simple: only what the slow reference knows.
    """

    many: int = 1
    spread: bool = True
    money: bool = True
    managed: bool = True
    fine: bool = False
    simple: bool = False


def walk(rng: Generator, n: int, *, spread: bool, start: int = 0, length: int = MINUTE) -> Bars:
    """Bars of a coarse random walk."""
    rows, last = [], MIDDLE
    for _ in range(n):
        first = last + int(rng.choice([0, 0, 0, 0, 5, -5, 12, -12]))
        close = first + int(rng.choice([0, 0, 3, -3, 5, -5, 10, -10]))
        up, down = (int(v) for v in rng.choice([0, 0, 2, 5, 10, 20], 2))
        rows.append((first, max(first, close) + up, min(first, close) - down, close))
        last = close
    spreads = rng.choice([-1, 0, 1, 2, 5], n) if spread else np.zeros(n, np.int64)
    ticks = rng.choice([-1, 0, 1, 5, 20], n)
    return minutes(*rows, spread=spreads.tolist(), ticks=ticks.tolist(), start=start, length=length)


def pieces(rng: Generator, bars: Bars) -> Bars:
    """Two half bars for each bar; one in five does not reproduce it."""
    rows, spreads = [], []
    for row in range(len(bars)):
        o, h, low, c = (int(getattr(bars, name)[row]) for name in ("open", "high", "low", "close"))
        middle = int(rng.integers(low, h + 1))
        first_high, first_low = max(o, middle), min(o, middle)
        second_high, second_low = max(middle, c), min(middle, c)
        if rng.random() < 0.5:
            first_high, second_low = h, low
        else:
            second_high, first_low = h, low
        if rng.random() < 0.2:
            first_high += 1
        rows += [(o, first_high, first_low, middle), (middle, second_high, second_low, c)]
        spreads += [int(v) for v in rng.choice([0, 1, 2, 5], 2)]
    half = int(bars.ts_close[0] - bars.ts[0]) // 2
    return minutes(*rows, spread=spreads, ticks=4, start=int(bars.ts[0]), length=half)


def terms_of(rng: Generator, kind: Kind, s: int, n: int) -> Records:
    """A random series."""
    own: dict[str, Any] = {
        "slippage": int(rng.integers(0, 3)),
        "fixed_steps": int(rng.integers(1, 12)),
        "typical_spread": 2 if kind.spread else 0,
    }
    if not kind.simple:
        own |= {
            "tick": int(rng.choice([1, 1, 5])),
            "stops_level": int(rng.choice([0, 0, 3])),
            "freeze_level": int(rng.choice([0, 0, 3])),
            "slippage_share": int(rng.choice([0, 0, 100_000])),
        }
    if kind.money:
        own |= {
            "denominator": int(rng.choice([1, 3, 7])),
            "commission": int(rng.integers(0, 4)),
            "fee": int(rng.integers(0, 2)),
            "swap_long": int(rng.integers(-3000, 1000)),
            "swap_short": int(rng.integers(-3000, 1000)),
            "margin": int(rng.choice([50_000, 100_000])),
        }
        other = int(rng.integers(0, 4)) if n > 1 else int(rng.integers(0, 2))
        if other:
            own |= {"conversion": other, "conversion_series": (s + 1) % n, "conversion_scale": MIDDLE}
        if other == 1:
            own["point_value"] = MIDDLE
    return series(**own)


def rules_of(rng: Generator, kind: Kind) -> Records:
    """Random rules of an account."""
    own: dict[str, Any] = {"most_per_strategy": int(rng.integers(1, 6))}
    if kind.simple:
        return rules(**own)
    own |= {
        "opening": int(rng.choice([1_000_000, 1_300])) if kind.money else 1_000_000,
        "netting": int(rng.integers(0, 2)),
        "fill_share": int(rng.choice([0, 0, 500_000])),
        "rest_cancelled": int(rng.integers(0, 2)),
        "through": int(rng.choice([0, 0, 1])),
        "needs_atr": int(kind.managed),
        "needs_days": 1,
    }
    if kind.money:
        own["stop_out"] = int(rng.choice([0, 500_000, 1_000_000]))
    return rules(**own)


def order_of(rng: Generator, kind: Kind, bars: Bars, bar: int, on: int) -> Ask:
    """A random entry near the close, now and then on the wrong side of it."""
    side = 1 if rng.random() < 0.5 else -1
    close = int(bars.close[bar])

    def away(low: int, high: int) -> int:
        return int(rng.integers(low, high))

    order = int(rng.choice([MARKET, LIMIT, STOP] if kind.simple else [MARKET, LIMIT, STOP, STOP_LIMIT]))
    entry = close if order == MARKET else close - side * away(-1, 15) * (1 if order == LIMIT else -1)
    fields: dict[str, Any] = {
        "order": order,
        "price": 0 if order == MARKET else entry,
        "limit": entry + side * away(-6, 6) if order == STOP_LIMIT else 0,
        "stop": entry - side * away(-1, 20) if rng.random() < 0.8 else 0,
        "target": entry + side * away(-1, 25) if rng.random() < 0.7 else 0,
        "max_wait": int(rng.choice([0, 0, 1, 4])),
        "max_bars": int(rng.choice([0, 0, 1, 6])),
        "setup": int(rng.integers(0, 4)),
        "by": int(rng.integers(0, 2)),
    }
    if not kind.simple:
        soon = int(bars.ts_close[bar]) + away(0, 12) * MINUTE // 2
        fields |= {
            "void_at": close + side * away(-20, 20) if rng.random() < 0.2 else 0,
            "expires": soon if rng.random() < 0.1 else NEVER,
            "flat": soon if rng.random() < 0.1 else NEVER,
            "group": int(rng.choice([0, 0, 1])),
            "reduce_only": int(rng.random() < 0.1),
            "steps": int(rng.choice([0, 0, 3, 20])),
        }
    if kind.managed:
        fields |= {
            "even_at": away(1, 10) if rng.random() < 0.3 else 0,
            "even_plus": away(0, 3),
            "trail": away(1, 12) if rng.random() < 0.2 else 0,
            "trail_from": away(0, 6),
            "trail_atr": 0.5 if rng.random() < 0.1 else 0.0,
            "partial_at": (entry + side * away(1, 12), 0) if rng.random() < 0.3 else (0, 0),
            "partial_share": (away(0, 1_000_001), 0),
        }
    by = fields.pop("by")
    return (buy if side > 0 else sell)(bar, on=on, by=by, **fields)


def asks_of(rng: Generator, kind: Kind, bars: Bars, on: int) -> list[Ask]:
    """Random decisions on one series, in the order of their bars."""
    asks = []
    for bar in range(len(bars)):
        for _ in range(int(rng.choice([0, 0, 1, 2]))):
            what, by, setup = rng.random(), int(rng.integers(0, 2)), int(rng.integers(-1, 4))
            if what < 0.8:
                asks.append(order_of(rng, kind, bars, bar, on))
            else:
                asks.append((withdraw if what < 0.9 else leave)(bar, on=on, by=by, setup=setup))
    return asks


def random_world(seed: int, kind: Kind, most_bars: int = 40) -> tuple[World, list[Ask]]:
    """A world and what strategies ask of it."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, kind.many + 1))
    bars = [
        walk(
            rng,
            int(rng.integers(1, most_bars + 1)),
            spread=kind.spread,
            start=int(rng.integers(0, 3)) * MINUTE if s else 0,
            length=MINUTE * int(rng.choice([1, 1, 3])),
        )
        for s in range(n)
    ]
    last = max(int(one.ts_close[-1]) for one in bars)
    at = np.sort(rng.choice(np.arange(1, last // (MINUTE // 2)), min(3, last // MINUTE), replace=False))
    rolls = np.stack([at * (MINUTE // 2), rng.integers(0, 7, len(at))], axis=1).astype(np.int64)
    world = World(
        bars,
        [terms_of(rng, kind, s, n) for s in range(n)],
        rules_of(rng, kind),
        fine=[pieces(rng, one) if rng.random() < 0.7 else None for one in bars] if kind.fine else None,
        rolls=rolls if kind.money else None,
        ends=True,
    )
    return world, [ask for s in range(n) for ask in asks_of(rng, kind, bars[s], s)]
