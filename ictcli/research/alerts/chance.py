"""What chance would have scored: alerts moved, alerts scattered, and bars shuffled.

Three baselines. Circular shifts keep how alerts follow one another and break their bond with the moves.
Hour-matched random alerts keep how many there are in each hour of the day, and their directions.
Shuffled bars keep the single bars and break their order; the detector runs on them anew. All draws come
from one seeded generator each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ictcli.market.bars import Bars, Int64
from ictcli.research.alerts.kinds import Alerts
from ictcli.research.alerts.universe import TALLY, Universe, tally, tally_rotations
from ictcli.stats.sequences import Floats

Baseline = Literal["shifted", "hour_matched", "shuffled"]
BASELINES: tuple[Baseline, ...] = get_args(Baseline)


@dataclass(frozen=True, slots=True)
class Draws:
    """How often each baseline is drawn, and the seed."""

    shifts: int = 1000
    scattered: int = 100
    shuffles: int = 6
    seed: int = 1


def shifted(world: Universe, alerts: Alerts, draws: Draws) -> Floats:
    """Tallies of the alerts shifted by 1..n-1 bars, directions kept; no rows for a single bar."""
    if len(world) < 2:
        return np.zeros((0, len(TALLY)))
    generator = np.random.Generator(np.random.PCG64(draws.seed))
    return tally_rotations(world, alerts, generator.integers(1, len(world), draws.shifts))


def hour_matched(world: Universe, alerts: Alerts, draws: Draws) -> Floats:
    """Tallies of as many alerts at random bars of the same New York hours, directions shuffled."""
    generator = np.random.Generator(np.random.PCG64([draws.seed, 1]))
    per_hour = np.bincount(world.hour[alerts.bar], minlength=24)
    hours = np.flatnonzero(per_hour).tolist()
    pools = [(np.flatnonzero(world.hour == hour), int(per_hour[hour])) for hour in hours]
    out = np.zeros((draws.scattered, len(TALLY)))
    for row in out if pools else []:
        scattered = np.sort(np.concatenate([_drawn(generator, pool, count) for pool, count in pools]))
        row[:] = tally(world, Alerts(scattered, generator.permutation(alerts.direction)))
    return out


def shuffled_bars(bars: Bars, seed: Sequence[int]) -> Bars:
    """The same bars in random order, each at its distance from the close before it; time goes on as it was.

    The last close stays where it was. The first bar keeps its place: nothing is known before it.
    """
    if len(bars) < 2:
        return bars
    generator = np.random.Generator(np.random.PCG64(list(seed)))
    order = np.concatenate(([0], generator.permutation(len(bars) - 1) + 1))
    before = np.concatenate((bars.open[:1], bars.close[:-1]))
    closes = bars.open[0] + np.cumsum((bars.close - before)[order])
    now_before = np.concatenate((bars.open[:1], closes[:-1]))

    def moved(prices: Int64) -> Int64:
        there: Int64 = (prices - before)[order] + now_before
        return there

    return replace(
        bars,
        open=moved(bars.open),
        high=moved(bars.high),
        low=moved(bars.low),
        close=closes,
        spread=bars.spread[order],
    )


def pooled(parts: Sequence[Mapping[Baseline, Floats]]) -> dict[Baseline, Floats]:
    """Tallies of several series added draw by draw; a baseline that one series lacks is left out."""
    found: dict[Baseline, Floats] = {}
    for name in BASELINES:
        tables = [part[name] for part in parts if name in part and len(part[name])]
        if tables and len(tables) == len(parts):
            found[name] = np.sum(tables, axis=0)
    return found


def _drawn(generator: np.random.Generator, pool: Int64, count: int) -> Int64:
    """``count`` bars of a pool, each once; more alerts than bars (both directions on one bar) share bars."""
    if count <= len(pool):
        return generator.choice(pool, count, replace=False, shuffle=False)
    return np.concatenate((pool, generator.choice(pool, count - len(pool))))
