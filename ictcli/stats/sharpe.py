"""What a Sharpe ratio is judged by: the moments of a track record, and the Sharpe ratio of plain bets.

Every Sharpe ratio here is per period and never annualised, without a risk-free rate. Returns within a day
hang together: add them up to days before anything here is asked.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import UsageError

Floats = NDArray[np.float64]

AUTOCORRELATION_LIMIT = 0.9
"""An estimated autocorrelation is clipped to this size: beyond it the variance of the ratio explodes."""
NORMAL_KURTOSIS = 3.0
FLAT = 1e-12
"""A deviation below this share of the mean is rounding, not variance."""


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What the Sharpe formulas need to know of a series of returns; NaN where it is undefined.

    Attributes:
        sharpe: mean over sample deviation (ddof 1), per period.
        periods: number of returns.
        skew: population skewness, without bias correction.
        kurtosis: population kurtosis after Pearson: 3 for a normal distribution.
        autocorrelation: lag-1 autocorrelation about the mean, within -0.9..0.9.
    """

    sharpe: float
    periods: int
    skew: float = 0.0
    kurtosis: float = NORMAL_KURTOSIS
    autocorrelation: float = 0.0

    @property
    def defined(self) -> bool:
        """Whether there is a Sharpe ratio to judge."""
        numbers = (self.sharpe, self.skew, self.kurtosis, self.autocorrelation)
        return self.periods >= 2 and all(map(math.isfinite, numbers))


def track_record(returns: Floats) -> TrackRecord:
    """Moments of ``returns``; all NaN for fewer than two returns, without variance, or with a gap in them."""
    n = len(returns)
    undefined = TrackRecord(math.nan, n, math.nan, math.nan, math.nan)
    if n < 2 or not np.isfinite(returns).all():
        return undefined
    centre = float(returns.mean())
    apart = returns - centre
    variance = float(apart @ apart) / n
    if math.sqrt(variance) <= FLAT * abs(centre) or variance == 0:
        return undefined
    scaled = apart / math.sqrt(variance)
    lagged = float(scaled[:-1] @ scaled[1:]) / n
    return TrackRecord(
        sharpe=centre / math.sqrt(variance * n / (n - 1)),
        periods=n,
        skew=float((scaled**3).mean()),
        kurtosis=float((scaled**4).mean()),
        autocorrelation=min(AUTOCORRELATION_LIMIT, max(-AUTOCORRELATION_LIMIT, lagged)),
    )


def sharpe_of_bets(p: float, gain: float, loss: float) -> float | None:
    """Sharpe ratio per bet that returns ``gain`` with probability ``p`` and ``-loss`` otherwise.

    Times the root of the number of bets in a year it is the annual one (Lopez de Prado 2018, ch. 15). None
    where the outcome is certain.
    """
    spread = (gain + loss) * math.sqrt(p * (1 - p))
    return (p * gain - (1 - p) * loss) / spread if spread > 0 else None


def bets_for_sharpe(p: float, gain: float, loss: float, sharpe: float) -> float:
    """Independent bets per year that make an annual Sharpe ratio of ``sharpe``; infinite without an edge.

    Rounded up to whole bets.
    """
    edge = sharpe_of_bets(p, gain, loss)
    if edge is None or edge <= 0:
        return math.inf
    return math.ceil((sharpe / edge) ** 2 - 1e-9)


def precision_for_sharpe(bets: float, gain: float, loss: float, sharpe: float) -> float:
    """Smallest probability of a gain at which ``bets`` bets a year make the annual Sharpe ratio ``sharpe``.

    The root of (p·gain - q·loss)·√bets = sharpe·(gain + loss)·√(pq) (Lopez de Prado 2018, ch. 15).

    Raises:
        UsageError: ``bets`` or the spread between gain and loss is not above 0.
    """
    spread = gain + loss
    if bets <= 0 or spread <= 0:
        raise UsageError(
            f"{bets:g} bets with gain {gain:g} and loss {loss:g} have no Sharpe ratio",
            hint="give a number of bets above 0 and a gain above minus the loss",
        )
    weight = sharpe * sharpe / bets
    a, b, c = spread * spread * (1 + weight), -spread * (2 * loss + spread * weight), loss * loss
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b + math.copysign(root, sharpe)) / (2 * a)
