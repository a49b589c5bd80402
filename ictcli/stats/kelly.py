"""How much to bet: Kelly's fraction and what tames it, as compiled functions of plain numbers.

Thorp, "The Kelly Criterion in Blackjack, Sports Betting, and the Stock Market" (Handbook of Asset and
Liability Management, 2006, ch. 9). Two meanings of "b" are kept apart by name: ``ratio`` is the average
gain over the average loss, ``gain`` and ``loss`` are fractions of the stake. NaN stands for "undefined"
and must refuse the trade; 0 or below means there is no edge to bet on.
"""

import math

from ictcli.kernels import kernel


@kernel
def kelly_ratio(p: float, ratio: float) -> float:
    """Kelly's fraction p - q/R of the money at risk, for a bet that loses 1 or gains ``ratio``.

    Not clipped: 0 or below means no trade. NaN for a probability outside 0..1 or a ratio not above 0.
    """
    if not (0.0 <= p <= 1.0) or not (0.0 < ratio < math.inf):
        return math.nan
    return p - (1.0 - p) / ratio


@kernel
def kelly_fraction(p: float, loss: float, gain: float) -> float:
    """Kelly's fraction p/a - q/b of the balance, for a bet that loses or gains a fraction of the stake.

    Above 1 means leverage; 0 or below means no trade. NaN for a probability outside 0..1, or a loss or
    gain not above 0: without a known loss or gain there is nothing to size by.

    Args:
        p: probability of the gain.
        loss: a, fraction of the stake lost, above 0.
        gain: b, fraction of the stake gained, above 0; not the ratio of gain to loss.
    """
    if not (0.0 <= p <= 1.0) or not (0.0 < loss < math.inf) or not (0.0 < gain < math.inf):
        return math.nan
    return p / loss - (1.0 - p) / gain


@kernel
def growth_rate(p: float, loss: float, gain: float, fraction: float) -> float:
    """Expected growth of the logarithm of the balance per bet, p·ln(1 + b·f) + q·ln(1 - a·f).

    Minus infinity where a loss that can happen takes everything. NaN where ``kelly_fraction`` is.
    """
    if not (0.0 <= p <= 1.0) or not (0.0 < loss < math.inf) or not (0.0 < gain < math.inf):
        return math.nan
    after_gain, after_loss = 1.0 + gain * fraction, 1.0 - loss * fraction
    if (p > 0.0 and after_gain <= 0.0) or (p < 1.0 and after_loss <= 0.0):
        return -math.inf
    growth = p * math.log(after_gain) if p > 0.0 else 0.0
    return growth + (1.0 - p) * math.log(after_loss) if p < 1.0 else growth


@kernel
def kelly_continuous(drift: float, rate: float, deviation: float) -> float:
    """Kelly's fraction (m - r)/s² of an asset with normal returns; NaN without deviation."""
    if not (0.0 < deviation < math.inf):
        return math.nan
    return (drift - rate) / (deviation * deviation)


@kernel
def growth_rate_continuous(drift: float, rate: float, deviation: float, fraction: float) -> float:
    """Growth r + f·(m - r) - f²·s²/2 of the logarithm of the balance, per unit of time of the inputs."""
    return rate + fraction * (drift - rate) - fraction * fraction * deviation * deviation / 2.0


@kernel
def fractional_growth(multiple: float) -> float:
    """Share c·(2 - c) of the full Kelly growth that is left when ``multiple`` times Kelly is bet."""
    return multiple * (2.0 - multiple)


@kernel
def chance_of_falling_to(share: float, multiple: float) -> float:
    """Probability x^(2/c - 1) that the balance ever falls to ``share`` of what it is now (Thorp 2006).

    For small bets without end at ``multiple`` times Kelly. 1 from twice Kelly on.

    Args:
        share: x, 0 < x <= 1.
        multiple: c, above 0; 0.25 for quarter Kelly.
    """
    if not (0.0 < share <= 1.0) or not multiple > 0.0:
        return math.nan
    if multiple >= 2.0:
        return 1.0
    return math.exp((2.0 / multiple - 1.0) * math.log(share))


@kernel
def correlation_factor(n: int, correlation: float) -> float:
    """Factor 1/(1 + (n - 1)·r) on the Kelly fraction of each of ``n`` positions of equal correlation.

    A correlation below 0 counts as 0: it is no reason to bet more. NaN for a correlation that is none.
    """
    if n < 1 or not (-1.0 <= correlation <= 1.0):
        return math.nan
    return 1.0 / (1.0 + (n - 1) * max(0.0, correlation))


@kernel
def ewma_variance(previous: float, result: float, decay: float) -> float:
    """Next variance d·v + (1 - d)·r² (RiskMetrics 1996, d = 0.94 for days); variances, not deviations."""
    return decay * previous + (1.0 - decay) * result * result


@kernel
def volatility_multiplier(target: float, forecast: float, low: float, high: float) -> float:
    """Factor target/forecast within ``low``..``high``; NaN where the forecast is not above 0."""
    if not (0.0 < forecast < math.inf) or not (0.0 <= target < math.inf):
        return math.nan
    return min(high, max(low, target / forecast))


@kernel
def drawdown_multiplier_linear(drawdown: float, limit: float) -> float:
    """Factor max(0, 1 - drawdown/limit): 1 at the peak, 0 from ``limit`` on.

    It throttles and guarantees nothing: prices can gap. NaN for a drawdown below 0 or a limit not above 0.
    """
    if not drawdown >= 0.0 or not limit > 0.0:
        return math.nan
    return max(0.0, 1.0 - drawdown / limit)


@kernel
def drawdown_multiplier_cushion(equity: float, peak: float, floor: float) -> float:
    """Cushion above the floor, (W - aM)/W, over its value at the peak, within 0..1.

    After Grossman and Zhou 1993. The cushion at the peak is 1 - a.

    Args:
        equity: W, above 0.
        peak: M, the running peak of the equity.
        floor: a, share of the peak not to be lost, 0 <= a < 1; 0.9 for a drawdown of at most 10 %.
    """
    if not equity > 0.0 or not peak >= equity or not (0.0 <= floor < 1.0):
        return math.nan
    cushion = (equity - floor * peak) / equity / (1.0 - floor)
    return min(1.0, max(0.0, cushion))


@kernel
def bet_size_afml(p: float) -> float:
    """Bet size 2·Φ(z) - 1 with z = (p - ½)/√(p·q) (Lopez de Prado 2018, ch. 10), within -1..1."""
    if not (0.0 <= p <= 1.0):
        return math.nan
    spread = 2.0 * p * (1.0 - p)
    return math.erf((p - 0.5) / math.sqrt(spread)) if spread > 0.0 else 2.0 * p - 1.0
