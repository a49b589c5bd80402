"""Monte Carlo over paths of an account: the same trades in another order, or at other costs.

A path is ruined when the balance closes at the ruin level or below; it stops there, as the account would.
A result of 0 is a loss, as in the win rate. Trades depend on their neighbours: the block bootstrap keeps
neighbours together, the shuffle does not and shows what the order alone did.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError, UsageError
from ictcli.kernels import kernel
from ictcli.stats.bootstrap import block_length
from ictcli.stats.intervals import Interval, wilson
from ictcli.stats.resampling import Int64, circular_block_orders, shuffled_orders
from ictcli.stats.sequences import Floats

Growth = Literal["added", "compounded"]
"""Results are money added to the balance, or returns that multiply it by 1 + result."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Outcomes of simulated paths, one entry per path.

    Attributes:
        final: closed balance at the end, or where the path was ruined.
        max_drawdown: largest fall of the closed balance from its peak, as a fraction of that peak.
        losing_streak: most losing trades in a row.
        ruined: whether the balance fell to the ruin level.
    """

    final: Floats
    max_drawdown: Floats
    losing_streak: Int64
    ruined: NDArray[np.bool_]

    def ruin(self, confidence: float = 0.95) -> "Share":
        """Probability of ruin."""
        return _share(self.ruined, confidence)

    def drawdown_beyond(self, limit: float, confidence: float = 0.95) -> "Share":
        """Probability that the maximum drawdown exceeds ``limit`` (0.1 for 10 %)."""
        return _share(self.max_drawdown > limit, confidence)

    def final_below(self, balance: float, confidence: float = 0.95) -> "Share":
        """Probability of ending below ``balance``."""
        return _share(self.final < balance, confidence)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of paths with Wilson's interval, which says how exact the simulation is, not the model."""

    value: float | None
    interval: Interval
    n: int


def shuffled_paths(
    results: Floats,
    opening: float,
    paths: int,
    seed: int,
    *,
    growth: Growth = "added",
    ruin_level: float = 0.0,
) -> Paths:
    """The same trades in random order, each exactly once.

    Args:
        results: result of each trade: money where it is added, a fraction where it is compounded.
        opening: balance before the first trade, above 0.
        paths: number of paths.
        seed: of the random generator.
        growth: how results move the balance.
        ruin_level: balance at which or below which an account is ruined.
    """
    chunks = _gathered(results, shuffled_orders(len(results), paths, seed))
    return _simulate(chunks, opening, paths, growth, ruin_level)


def block_bootstrap_paths(
    results: Floats,
    opening: float,
    paths: int,
    seed: int,
    *,
    length: int | None = None,
    block: int | None = None,
    growth: Growth = "added",
    ruin_level: float = 0.0,
) -> Paths:
    """Trades (or days) drawn with replacement in circular blocks of neighbours.

    Args:
        results: see ``shuffled_paths``; results per day keep what trades of one day share.
        opening: see ``shuffled_paths``.
        paths: see ``shuffled_paths``.
        seed: see ``shuffled_paths``.
        length: trades in a path; as many as there are by default.
        block: trades in a block; the cube root of their number by default, 1 draws single trades.
        growth: see ``shuffled_paths``.
        ruin_level: see ``shuffled_paths``.
    """
    steps = len(results) if length is None else length
    size = block_length(len(results)) if block is None else block
    orders = circular_block_orders(len(results), steps, size, paths, seed) if len(results) else iter(())
    return _simulate(_gathered(results, orders), opening, paths, growth, ruin_level)


def varied_cost_paths(
    gross: Floats,
    costs: Floats,
    opening: float,
    paths: int,
    seed: int,
    *,
    low: float = 0.5,
    high: float = 2.0,
    per: Literal["trade", "path"] = "trade",
    ruin_level: float = 0.0,
) -> Paths:
    """The trades as they came, their costs multiplied by random factors.

    The logarithm of a factor is uniform between ``low`` and ``high``: half and double are equally likely.

    Args:
        gross: money made by each trade before costs.
        costs: money each trade cost, 0 or above.
        opening: balance before the first trade, above 0.
        paths: number of paths.
        seed: of the random generator.
        low: least factor, above 0.
        high: largest factor.
        per: a factor for each trade, which averages out, or one for the whole path, which does not.
        ruin_level: balance at which or below which an account is ruined.

    Raises:
        UsageError: ``low`` is not above 0 or exceeds ``high``.
        DataError: a cost is negative, or a number is not finite.
    """
    if not 0 < low <= high:
        raise UsageError(f"cost factors from {low:g} to {high:g} are no range", hint="give 0 < low <= high")
    _check_costs(gross, costs)
    factors = len(gross) if per == "trade" else 1
    chunks = _varied(gross, costs, (math.log(low), math.log(high)), factors, paths, seed)
    return _simulate(chunks, opening, paths, "added", ruin_level)


def break_even_cost_multiplier(gross: Floats, costs: Floats) -> float | None:
    """By how much all costs may be multiplied until nothing is left; None where there are no costs.

    Below 1 where the trades lose at the costs they had, below 0 where they lose without any.
    """
    paid = float(costs.sum())
    return float(gross.sum()) / paid if paid > 0 else None


def _check_costs(gross: Floats, costs: Floats) -> None:
    if not (np.isfinite(gross).all() and np.isfinite(costs).all() and (costs >= 0).all()):
        raise DataError("a trade's result or cost is not finite, or its cost is negative",
                        hint="give results before costs and costs of 0 or above")  # fmt: skip


def _share(hits: NDArray[np.bool_], confidence: float) -> Share:
    n, found = len(hits), int(hits.sum())
    return Share(found / n if n else None, wilson(found, n, confidence), n)


def _gathered(results: Floats, orders: Iterator[Int64]) -> Iterator[Floats]:
    for order in orders:
        yield results[order]


def _varied(
    gross: Floats, costs: Floats, logs: tuple[float, float], factors: int, paths: int, seed: int
) -> Iterator[Floats]:
    generator = np.random.Generator(np.random.PCG64(seed))
    for _ in range(paths):
        yield (gross - np.exp(generator.uniform(*logs, factors)) * costs)[None, :]


def _simulate(
    chunks: Iterator[Floats], opening: float, paths: int, growth: Growth, ruin_level: float
) -> Paths:
    """Walk the paths whose results come in chunks of rows; without any results nothing moves."""
    if not opening > max(0.0, ruin_level):
        raise UsageError(
            f"an account of {opening:g} is ruined at {ruin_level:g} before its first trade",
            hint="open with more than 0 and more than the ruin level",
        )
    final, drawdown = np.full(paths, float(opening)), np.zeros(paths)
    streak, ruined = np.zeros(paths, np.int64), np.zeros(paths, np.bool_)
    done = 0
    for chunk in chunks:
        if not np.isfinite(chunk).all():
            raise DataError("a trade has a result that is not finite", hint="leave out trades without result")
        part = slice(done, done + len(chunk))
        _walk(chunk, opening, int(growth == "compounded"), ruin_level,
              final[part], drawdown[part], streak[part], ruined[part])  # fmt: skip
        done += len(chunk)
    return Paths(final, drawdown, streak, ruined)


@kernel
def _walk(
    results: Floats,
    opening: float,
    compounded: int,
    ruin_level: float,
    final: Floats,
    drawdown: Floats,
    streak: Int64,
    ruined: NDArray[np.bool_],
) -> None:
    for k in range(len(results)):
        balance, peak, deepest, losses = opening, opening, 0.0, 0
        for i in range(results.shape[1]):
            result = results[k, i]
            balance += balance * result if compounded != 0 else result
            peak = max(peak, balance)
            deepest = max(deepest, (peak - balance) / peak)
            losses = 0 if result > 0 else losses + 1
            streak[k] = max(streak[k], losses)
            if balance <= ruin_level:
                ruined[k] = True
                break
        final[k] = balance
        drawdown[k] = deepest
