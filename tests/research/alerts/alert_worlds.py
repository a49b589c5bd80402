"""Bars and alerts for the tests of scores."""

import numpy as np

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.drive import describe, first_context
from ictcli.detectors.plan import Settings
from ictcli.market.bars import Bars, make_bars
from ictcli.research.alerts.kinds import Alerts
from ictcli.research.alerts.trades import Costs
from ictcli.research.alerts.universe import Rules, Universe, universe

QUARTER = 15 * NS_PER_MINUTE
SUNDAY = 1_704_751_200 * 10**9  # 2024-01-08 22:00 UTC


def walk(n: int, *, seed: int) -> Bars:
    """M15 bars of a random walk, one after the other, without weekends."""
    rng = np.random.default_rng(seed)
    close = 1_000_000 + np.cumsum(rng.integers(-40, 41, n))
    opened = np.concatenate(([1_000_000], close[:-1]))
    high = np.maximum(opened, close) + rng.integers(0, 15, n)
    low = np.minimum(opened, close) - rng.integers(0, 15, n)
    ts = SUNDAY + np.arange(n, dtype=np.int64) * QUARTER
    return make_bars(5, ts, ts + QUARTER, (opened, high, low, close))


def world_of(bars: Bars, rules: Rules | None = None, costs: Costs | None = None) -> Universe:
    """The universe of bars in a market that never closes."""
    told = describe(first_context(Settings(QUARTER, always_open=True)), bars)
    known = np.append(told["atr"][1:], 0.0)[: len(bars)]
    day, minute = (np.ascontiguousarray(told[name]) for name in ("day", "minute"))
    return universe(bars, known, day, minute, rules or Rules(), costs or Costs())


def random_alerts(bars: int, count: int, *, seed: int) -> Alerts:
    """Alerts at random bars in random directions."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(bars, count, replace=False))
    return Alerts(at, rng.choice(np.array([-1, 1]), count))
