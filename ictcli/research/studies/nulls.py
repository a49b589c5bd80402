"""Random entries at the hours of a strategy: what it must beat before its timing means anything.

Every trade of the run lends its hour of the week (New York), side, distances of stop and target in average
true ranges, and time limit to an entry on a random bar of the same hour of the week, at the market. Drift,
costs, exits and account rules are the run's; only the moments are random.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from ictcli.clock import NS_PER_HOUR
from ictcli.config.records import Config
from ictcli.detectors.drive import describe, first_context
from ictcli.engine.refusals import OrderEvent
from ictcli.errors import DataError
from ictcli.market.bars import Bars, Int64
from ictcli.market.zones import NEW_YORK, to_local
from ictcli.research.accounts import Floor
from ictcli.research.choices import Choice
from ictcli.research.playing import Decisions, Line, Played, settings_of, settle
from ictcli.research.search.spans import Span, cut, within
from ictcli.research.search.tasks import Site, open_floor
from ictcli.stats.intervals import wilson
from ictcli.strategies.baselines.random_entry import STRATEGY, RandomEntryParams
from ictcli.strategies.decisions import DECISION, MARKET, NEVER, NO_PRICE

MOST_RUNS = 100_000
_HOURS_PER_WEEK = 168
_PRICES = ("stop", "target")
_POINTS = ("even_at", "even_plus", "trail", "trail_from")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pattern:
    """The entries of one series that random ones are modelled on.

    Attributes:
        series: number of the series.
        filled: ``DECISION`` records whose orders were filled.
        bars: where random entries may be, by hour of the week.
        starts: first of each hour in ``bars``; one more than there are hours.
        hours: hour of the week of each entry.
    """

    series: int
    filled: Decisions
    bars: Int64
    starts: Int64
    hours: Int64


@dataclass(frozen=True, slots=True)
class NullBatch:
    """Random runs that one process plays.

    Attributes:
        site: what is traded.
        config: of the run.
        patterns: of each series with trades.
        span: of the run's entries.
        numbers: of the random runs.
        seed: of all of them.
    """

    site: Site
    config: Config
    patterns: tuple[Pattern, ...]
    span: Span
    numbers: tuple[int, ...]
    seed: int


def patterns_of(floor: Floor, played: Played, config: Config, span: Span) -> tuple[Pattern, ...]:
    """What random entries are modelled on.

    Raises:
        DataError: the run has no trades.
    """
    events = played.books.events
    filled = events[events["event"] == OrderEvent.FILLED]
    found = []
    for s, one in enumerate(floor.series[: floor.traded]):
        rows = np.unique(filled["row"][filled["series"] == s])
        if len(rows):
            decisions = played.asked.decisions[played.asked.spans[s, 0] + rows]
            found.append(_pattern(s, one.bars, decisions, _ranges(floor, s, config), span))
    if not found:
        raise DataError("no trades to match random entries with", hint="Leave out --null.")
    return tuple(found)


def _pattern(series: int, bars: Bars, filled: Decisions, ranges: Floats, span: Span) -> Pattern:
    first, last = within(bars, span)
    hours = hour_of_week(bars.ts)
    eligible = first + np.flatnonzero(ranges[first : last - 1] > 0)
    order = eligible[np.argsort(hours[eligible], kind="stable")]
    starts = np.searchsorted(hours[order], np.arange(_HOURS_PER_WEEK + 1))
    own = hours[filled["bar"]]
    usable = (starts[own + 1] > starts[own]) & (ranges[filled["bar"]] > 0)
    return Pattern(series, filled[usable], order, starts, own[usable])


def play_nulls(batch: NullBatch, floor: Floor | None = None) -> list[tuple[int, float | None, int]]:
    """Number, expectancy in R and trades of each random run of a batch."""
    known = cut(open_floor(batch.site) if floor is None else floor, batch.span[1])
    ranges = [_ranges(known, pattern.series, batch.config) for pattern in batch.patterns]
    choice = Choice(STRATEGY, RandomEntryParams())
    found = []
    for number in batch.numbers:
        dice = np.random.Generator(np.random.PCG64(np.random.SeedSequence([batch.seed, number])))
        lines = [
            Line(0, one.series, draw(one, known.series[one.series].bars, own, dice))
            for one, own in zip(batch.patterns, ranges, strict=True)
        ]
        trades = settle(known, [choice], batch.config, lines).trades
        found.append((number, pc.mean(trades.column("r_multiple")).as_py(), len(trades)))
    return found


def draw(pattern: Pattern, bars: Bars, ranges: Floats, dice: np.random.Generator) -> Decisions:
    """As many entries as the pattern has, each on a random bar of its hour of the week."""
    base = pattern.filled
    first, end = pattern.starts[pattern.hours], pattern.starts[pattern.hours + 1]
    at = pattern.bars[first + (dice.random(len(base)) * (end - first)).astype(np.int64)]
    made: Decisions = np.zeros(len(base), DECISION)
    for name in DECISION.names or ():
        made[name] = base[name]
    side, scale = base["side"], ranges[at] / ranges[base["bar"]]
    before = np.where(base["order"] == MARKET, bars.close[base["bar"]], base["price"])
    least = np.maximum(bars.spread[at], 1) + 1
    for name in _PRICES:
        away = np.maximum(np.ceil(np.abs(base[name] - before) * scale).astype(np.int64), least)
        way = side if name == "target" else -side
        made[name] = np.where(base[name] == NO_PRICE, NO_PRICE, bars.close[at] + way * away)
    for name in _POINTS:
        made[name] = np.rint(base[name] * scale)
    for k in range(base["partial_at"].shape[1]):
        away = np.rint((base["partial_at"][:, k] - before) * scale).astype(np.int64)
        asked = base["partial_at"][:, k] != NO_PRICE
        made["partial_at"][:, k] = np.where(asked, bars.close[at] + away, NO_PRICE)
    late = base["flat"] - bars.ts_close[base["bar"]]
    made["flat"] = np.where(base["flat"] >= NEVER, NEVER, bars.ts_close[at] + late)
    for name, value in (("order", MARKET), ("price", 0), ("limit", 0), ("void_at", NO_PRICE), ("max_wait", 0),
                        ("expires", NEVER), ("group", 0), ("reduce_only", 0)):  # fmt: skip
        made[name] = value
    made["bar"] = made["formed"] = at
    made = made[np.argsort(at, kind="stable")]
    made["setup"] = np.arange(len(made))
    return made


def null_document(
    expectancy: float | None, runs: Sequence[tuple[int, float | None, int]], confidence: float
) -> dict[str, Any]:
    """How often random entries do as well as the run.

    The p-value is (1 + k) / (1 + N), with k of N random runs as good as the run or better; its interval is
    Wilson's of k / N.

    Raises:
        DataError: the run or its random entries have no expectancy in R.
    """
    values = np.array([value for _, value, _ in runs if value is not None])
    if expectancy is None or not len(values):
        raise DataError("trades without stops have no expectancy in R to compare", hint="Leave out --null.")
    as_good = int((values >= expectancy).sum())
    interval = wilson(as_good, len(values), confidence)
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
    return {
        "runs": len(values),
        "expectancy_r": expectancy,
        "random_mean": float(values.mean()),
        "random_p5": low,
        "random_p50": middle,
        "random_p95": high,
        "random_trades": float(np.mean([trades for _, _, trades in runs])),
        "as_good": as_good,
        "p": (1 + as_good) / (1 + len(values)),
        "low": interval.low,
        "high": interval.high,
    }


def hour_of_week(ts: Int64) -> Int64:
    """0 for Monday 00:00 to 167 for Sunday 23:00, New York time."""
    return (to_local(NEW_YORK, ts) // NS_PER_HOUR + 3 * 24) % _HOURS_PER_WEEK


def _ranges(floor: Floor, series: int, config: Config) -> Floats:
    """Average true range through the bar before each bar, points; 0 where undefined."""
    one = floor.series[series]
    described = describe(first_context(settings_of(one, config)), one.bars)
    return np.ascontiguousarray(described["atr"])
