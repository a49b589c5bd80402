"""Whether two sets of results differ by more than chance: intervals of differences, by the block bootstrap.

Days are paired: both sides are drawn on the same days, so that what the market did to both falls out.
Trades of two sides are not the same ones, so each side is drawn for itself.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from ictcli.research.metrics.days import daily_returns
from ictcli.research.metrics.resamples import quotient, resampled_sums
from ictcli.research.metrics.values import Resampling, Sample, floats
from ictcli.stats.intervals import NOWHERE
from ictcli.stats.sequences import Floats, sharpe_annualised_252

Pairing = Literal["same days", "same signals", "independent"]

_LEAST = 2
"""Days below which there is no deviation."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The second side less the first.

    Attributes:
        what: name of the number.
        unit: of it.
        pairing: what was drawn together.
        a, b: of each side; None where undefined.
        value, low, high: of the difference.
        n_a, n_b: observations.
    """

    what: str
    unit: str
    pairing: Pairing
    a: float | None
    b: float | None
    value: float | None
    low: float | None
    high: float | None
    n_a: int
    n_b: int

    @property
    def chance(self) -> bool:
        """Whether the difference cannot be told from chance."""
        return self.low is None or self.high is None or self.low <= 0 <= self.high


def compared(a: Sample, b: Sample, how: Resampling) -> list[Difference]:
    """All differences that have an interval; the first is the one that decides.

    Args:
        a: with the same trading days as ``b``.
        b: the other.
        how: resampling; the second of two independent draws takes the next seed.
    """
    returns = daily_returns(a), daily_returns(b)
    return [
        *_by_days(*returns, how),
        _by_trades("expectancy", "r", _multiples(a), _multiples(b), how),
        _by_trades("win rate", "share", _wins(a), _wins(b), how),
        *_by_signals(a.trades, b.trades, how),
    ]


def _by_days(a: Floats, b: Floats, how: Resampling) -> list[Difference]:
    n = len(a)
    sums = resampled_sums([a, b, a * a, b * b], how)
    means = (sums[1] - sums[0]) / n if n else sums[0]
    ratios = _sharpes(sums[1], sums[3], n) - _sharpes(sums[0], sums[2], n)
    mean_a, mean_b = (float(one.mean()) if n else math.nan for one in (a, b))
    sharpe_a, sharpe_b = (float(sharpe_annualised_252(one)) for one in (a, b))
    return [
        _difference("result a day", "share", "same days", (mean_a, mean_b), (n, n), means, how),
        _difference("Sharpe (daily)", "ratio", "same days", (sharpe_a, sharpe_b), (n, n), ratios, how),
    ]


def _sharpes(sums: Floats, squares: Floats, n: int) -> Floats:
    if n < _LEAST:
        return np.full(len(sums), math.nan)
    variance = np.maximum(squares - sums * sums / n, 0.0) / (n - 1)
    still = variance <= 1e-24 * (sums / n) ** 2
    return quotient(sums / n, np.where(still, 0.0, np.sqrt(variance))) * math.sqrt(252.0)


def _by_trades(what: str, unit: str, a: Floats, b: Floats, how: Resampling) -> Difference:
    other = Resampling(how.resamples, how.seed + 1, how.confidence)
    draws = [resampled_sums([one], drawn)[0] / max(len(one), 1) for one, drawn in ((a, how), (b, other))]
    means = tuple(float(one.mean()) if len(one) else math.nan for one in (a, b))
    return _difference(what, unit, "independent", means, (len(a), len(b)), draws[1] - draws[0], how)


def _by_signals(a: pa.Table, b: pa.Table, how: Resampling) -> list[Difference]:
    """Multiples of the trades that both made from the same signal; nothing where there are none."""
    mine, theirs = _by_signal(a), _by_signal(b)
    both = [key for key in mine if key in theirs]
    if not both:
        return []
    first, second = (np.array([one[key] for key in both]) for one in (mine, theirs))
    draws = resampled_sums([second - first], how)[0] / len(both)
    means = float(first.mean()), float(second.mean())
    n = (len(both), len(both))
    return [_difference("R of trades that both made", "r", "same signals", means, n, draws, how)]


def _by_signal(trades: pa.Table) -> Mapping[tuple[object, ...], float]:
    """Signal = multiple; a signal that several trades came from is left out."""
    columns = [trades.column(name).to_pylist() for name in ("symbol", "side", "signal_at")]
    keys = list(zip(*columns, strict=True))
    known = dict(zip(keys, trades.column("r_multiple").to_pylist(), strict=True))
    counts = Counter(keys)
    return {key: value for key, value in known.items() if value is not None and counts[key] == 1}


def _difference(
    what: str,
    unit: str,
    pairing: Pairing,
    sides: tuple[float, ...],
    counts: tuple[int, int],
    draws: Floats,
    how: Resampling,
) -> Difference:
    value = _known(sides[1] - sides[0])
    bounds = NOWHERE if value is None else how.interval(draws, min(counts))
    return Difference(
        what, unit, pairing, _known(sides[0]), _known(sides[1]), value, bounds.low, bounds.high, *counts
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _multiples(sample: Sample) -> Floats:
    values = floats(sample.trades, "r_multiple")
    known: Floats = values[~np.isnan(values)]
    return known


def _wins(sample: Sample) -> Floats:
    return (floats(sample.trades, "net") > 0).astype(np.float64)
