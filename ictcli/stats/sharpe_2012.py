"""Is a Sharpe ratio skill, after the papers of 2012 and 2014: returns independent, variance at the ratio.

Bailey and Lopez de Prado, "The Sharpe Ratio Efficient Frontier" (Journal of Risk 15(2), 2012) and "The
Deflated Sharpe Ratio" (Journal of Portfolio Management 40(5), 2014); the least length of a backtest from
Bailey, Borwein, Lopez de Prado and Zhu (Notices of the AMS 61(5), 2014). On one track record these give
other numbers than the formulas of 2026: never compare across.
"""

import math
from statistics import NormalDist

from ictcli.stats.sharpe import TrackRecord

EULER_MASCHERONI = 0.5772156649015329
_NORMAL = NormalDist()


def psr_2012(record: TrackRecord, benchmark: float = 0.0) -> float | None:
    """Probability that the true Sharpe ratio exceeds ``benchmark``; None where it is undefined.

    Φ((SR - SR0)·√(T - 1) / √(1 - skew·SR + (kurtosis - 1)/4·SR²)), everything per period.
    """
    spread = _variance_factor(record)
    if spread is None:
        return None
    return _NORMAL.cdf((record.sharpe - benchmark) * math.sqrt((record.periods - 1) / spread))


def min_trl_2012(record: TrackRecord, benchmark: float = 0.0, confidence: float = 0.95) -> float | None:
    """Returns needed to say with ``confidence`` that the Sharpe ratio exceeds ``benchmark``, not rounded.

    1 + (1 - skew·SR + (kurtosis - 1)/4·SR²)·(z/(SR - SR0))². Infinite where the ratio does not exceed
    the benchmark: no length would do. None where it is undefined. The record's own length plays no part.
    """
    spread = _variance_factor(record)
    if spread is None:
        return None
    if record.sharpe <= benchmark:
        return math.inf
    return 1 + spread * (_NORMAL.inv_cdf(confidence) / (record.sharpe - benchmark)) ** 2


def expected_max_factor(trials: float) -> float | None:
    """Expected best of ``trials`` standard normal draws, by the approximation of the papers.

    (1 - g)·Φ⁻¹(1 - 1/N) + g·Φ⁻¹(1 - 1/(N·e)) with g of Euler and Mascheroni. ``trials`` may be
    fractional, being an effective number. Just above one trial the approximation falls below 0, where the
    expectation cannot be: 0 there. None for one trial or less: nothing was selected.
    """
    if not 1 < trials < math.inf:
        return None
    first, second = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return max(0.0, (1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second)


def dsr_2014(record: TrackRecord, trials: float, trial_variance: float) -> float | None:
    """Probability that the best of ``trials`` beats what the best of as many without skill would show.

    PSR against √V·m(N). One trial was not selected: its PSR against 0.

    Args:
        record: the selected trial.
        trials: effective number of trials (``trials.trial_set``).
        trial_variance: variance of the Sharpe ratios across the trials, per period.

    Returns:
        The probability, or None where the record or the variance is undefined.
    """
    if trials <= 1:
        return psr_2012(record)
    factor = expected_max_factor(trials)
    if factor is None or not trial_variance >= 0:
        return None
    return psr_2012(record, math.sqrt(trial_variance) * factor)


def min_btl(trials: float, sharpe_annual: float) -> float | None:
    """Years a backtest must be long for the best of ``trials`` without skill to stay below ``sharpe_annual``.

    In expectation: (m(N)/E)² years. Infinite for a target of 0 or below; None for one trial or less.
    """
    factor = expected_max_factor(trials)
    if factor is None:
        return None
    return (factor / sharpe_annual) ** 2 if sharpe_annual > 0 else math.inf


def _variance_factor(record: TrackRecord) -> float | None:
    """Variance of √T·SR for independent returns; None where moments that cannot be make it 0 or below."""
    if not record.defined:
        return None
    curve = (record.kurtosis - 1) / 4 * record.sharpe**2
    factor = 1 - record.skew * record.sharpe + curve
    return factor if factor > 0 else None
