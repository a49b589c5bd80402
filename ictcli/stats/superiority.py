"""Is the best of many better than the benchmark, or just the best of many: Hansen's test.

Hansen, "A Test for Superior Predictive Ability" (Journal of Business and Economic Statistics 23(4), 2005).
The null hypothesis: no trial is better than the benchmark. The largest studentised mean advantage is
compared with what a stationary bootstrap shows when there is none.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.kernels import kernel
from ictcli.stats.bootstrap import block_length
from ictcli.stats.resampling import Int64, stationary_orders
from ictcli.stats.sequences import Floats


@dataclass(frozen=True, slots=True)
class Superiority:
    """Outcome of the test; a low p-value speaks for a trial that is truly better.

    Attributes:
        statistic: largest studentised mean advantage, at least 0.
        p_lower: p-value if trials worse than the benchmark keep their deficit; too small in general.
        p_consistent: the one to report: only clearly worse trials keep their deficit.
        p_upper: p-value if every trial is as good as the benchmark, White's reality check, studentised.
        best: trial with the largest studentised advantage; the lowest of equals.
        compared: trials that differ from the benchmark; the others cannot be studentised and are left out.
        resamples: draws behind the p-values, which are multiples of 1 over it.
        mean_block: mean length of a block.
    """

    statistic: float
    p_lower: float
    p_consistent: float
    p_upper: float
    best: int
    compared: int
    resamples: int
    mean_block: float


def spa_hansen_2005(
    returns: Floats, benchmark: Floats, resamples: int, seed: int, *, mean_block: float | None = None
) -> Superiority | None:
    """Test whether any trial's mean return exceeds that of the benchmark.

    Args:
        returns: periods by trials, all trials of the search, not only the survivors.
        benchmark: return of each period without the search: buy and hold, random entries, or zeros.
        resamples: number of bootstrap draws, above 0.
        seed: of the random generator.
        mean_block: of the stationary bootstrap; the cube root of the periods by default.

    Returns:
        The outcome, or None where it is undefined: fewer than three periods, or no trial differs from the
        benchmark by more than a constant.

    Raises:
        DataError: a return is not finite, or the periods do not match.
    """
    if len(returns) != len(benchmark):
        raise DataError(
            f"{len(returns)} periods of trials against {len(benchmark)} of the benchmark",
            hint="align both on the same periods",
        )
    if not (np.isfinite(returns).all() and np.isfinite(benchmark).all()):
        raise DataError("a return is not finite", hint="write 0 where a trial did not trade")
    advantage = returns - benchmark[:, None]
    n = len(advantage)
    if n < 3 or resamples < 1:
        return None
    length = float(block_length(n)) if mean_block is None else mean_block
    mean = advantage.mean(axis=0)
    spread = _long_run_deviation(advantage - mean, 1 / length)
    moving = np.flatnonzero(spread > 1e-9 * np.maximum(np.abs(mean), np.abs(advantage).max(axis=0)))
    if len(moving) == 0:
        return None
    studentised = math.sqrt(n) * mean[moving] / spread[moving]
    statistic = max(0.0, float(studentised.max()))
    exceeded = np.zeros(3, np.int64)
    centres = _centres(mean[moving], spread[moving], n)
    scaled = np.ascontiguousarray(advantage[:, moving])
    for orders in stationary_orders(n, n, length, resamples, seed):
        work, counts = np.empty(len(moving)), np.empty(n, np.int64)
        _exceedances(scaled, orders, centres, spread[moving], statistic, work, counts, exceeded)
    lower, consistent, upper = (
        float(one) / resamples if statistic > 0.0 else 1.0 for one in exceeded.tolist()
    )
    return Superiority(
        statistic=statistic,
        p_lower=lower,
        p_consistent=consistent,
        p_upper=upper,
        best=int(moving[studentised.argmax()]),
        compared=len(moving),
        resamples=resamples,
        mean_block=length,
    )


def _long_run_deviation(apart: Floats, chance: float) -> Floats:
    """Root of n times the variance of a resampled mean, exact for the stationary bootstrap.

    The sum over lags i of (1 - i/n)·(1 - q)^i times the autocovariance on the circle, which is Hansen's
    kernel with both its ends folded together.
    """
    n = len(apart)
    spectrum = np.abs(np.fft.rfft(apart, axis=0)) ** 2
    covariances = np.fft.irfft(spectrum, n, axis=0) / n
    lags = np.arange(n)
    weights = (1 - lags / n) * (1 - chance) ** lags
    weights[1:] *= 2
    return np.asarray(np.sqrt(np.maximum(0.0, weights @ covariances)), np.float64)


def _centres(mean: Floats, spread: Floats, n: int) -> Floats:
    """What is taken off the resampled means for the lower, the consistent and the upper p-value."""
    clearly_worse = mean < -spread * math.sqrt(2 * math.log(math.log(n)) / n)
    return np.stack([np.maximum(mean, 0.0), np.where(clearly_worse, 0.0, mean), mean])


@kernel
def _exceedances(
    advantage: Floats,
    orders: Int64,
    centres: Floats,
    spread: Floats,
    statistic: float,
    work: Floats,
    counts: NDArray[np.int64],
    exceeded: NDArray[np.int64],
) -> None:
    """Count the resamples whose statistic exceeds the observed one, for each way to centre."""
    n, trials = advantage.shape
    root = math.sqrt(n)
    for k in range(len(orders)):
        counts[:] = 0
        work[:] = 0.0
        for i in range(n):
            counts[orders[k, i]] += 1
        for i in range(n):
            if counts[i] > 0:
                for j in range(trials):
                    work[j] += counts[i] * advantage[i, j]
        for way in range(3):
            largest = 0.0
            for j in range(trials):
                largest = max(largest, root * (work[j] / n - centres[way, j]) / spread[j])
            if largest > statistic:
                exceeded[way] += 1
