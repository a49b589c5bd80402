"""Bars drawn by hand and decisions read as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.market.bars import Bars, make_bars
from ictcli.strategies.decide import decide
from ictcli.strategies.decisions import KIND_NAMES, STAGE_NAMES
from ictcli.strategies.protocol import Overrides, Strategy

NEW_YORK_2AM = 1_704_265_200 * 10**9
"""2024-01-03 07:00 UTC, winter."""

ONE_EACH_SIDE = {
    "swing.internal": {"left": 1, "right": 1},
    "swing.swing": {"left": 1, "right": 1},
    "sweep.internal": {"reclaim": 1},
}
"""Detector parameters under which few bars make a set-up."""
V8 = [
    *[(56, 57, 54, 55), (55, 56, 52, 53), (53, 60, 53, 58), (58, 58, 54, 55), (55, 55, 49, 50)],
    *[(50, 53, 50, 52), (52, 54, 51, 53), (53, 53, 50, 50), (50, 50, 46, 50), (50, 58, 50, 57)],
    (57, 59, 54, 55),
]
"""Sweep of 49 at bar 8 (low 46), shift at 9 with the breaker [51, 54] of bar 6, gap [50, 54] at 10; the
range is 46-59, the swing high 60 unswept."""

Row = tuple[int, int, int, int]


def bars_of(
    rows: Sequence[Sequence[int]],
    start: int = NEW_YORK_2AM,
    *,
    skip: int = -1,
    minutes: int = 1,
    spread: int = -1,
) -> Bars:
    """Bars from rows of open, high, low, close in points; from bar ``skip`` on half an hour later."""
    prices = np.array(rows, np.int64).reshape(-1, 4)
    index = np.arange(len(prices), dtype=np.int64)
    length = minutes * NS_PER_MINUTE
    ts = start + index * length + np.where((index >= skip) & (skip >= 0), 30 * NS_PER_MINUTE, 0)
    columns = tuple(np.ascontiguousarray(prices[:, at]) for at in range(4))
    spreads = np.full(len(prices), spread, np.int32)
    return make_bars(2, ts, ts + length, (columns[0], columns[1], columns[2], columns[3]), spread=spreads)


def negated(rows: Sequence[Row]) -> list[Row]:
    """The rows upside down."""
    return [(-o, -low, -high, -c) for o, high, low, c in rows]


def told(
    strategy: Strategy,
    params: Any,
    bars: Bars,
    overrides: Overrides | None = None,
    *,
    atr_length: int = 2,
) -> list[tuple[int, str, str, str]]:
    """Bar, kind, stage and reason of every decision."""
    return [
        (
            int(own["bar"]),
            KIND_NAMES[own["kind"]],
            STAGE_NAMES[own["stage"]],
            strategy.reasons[own["reason"]],
        )
        for own in decided(strategy, params, bars, overrides, atr_length=atr_length)
    ]


def decided(
    strategy: Strategy,
    params: Any,
    bars: Bars,
    overrides: Overrides | None = None,
    *,
    atr_length: int = 2,
) -> list[dict[str, Any]]:
    """Every decision as a mapping."""
    length = int(bars.ts_close[0] - bars.ts[0]) if len(bars) else NS_PER_MINUTE
    settings = Settings(length, atr_length=atr_length, overrides=overrides or {})
    found = decide(strategy, params, bars, settings)
    return [dict(zip(found.dtype.names or (), row.tolist(), strict=True)) for row in found]


def prices_of(decision: Mapping[str, Any]) -> tuple[int, ...]:
    """Side, order price, stop and target."""
    return tuple(decision[name] for name in ("side", "price", "stop", "target"))
