"""Kelly over several assets at once: F = C⁻¹(M - R), kept within limits.

C⁻¹ amplifies the error of the expected returns. Prefer the scalar fraction of each asset times
``kelly.correlation_factor``; shrink the covariance before it is inverted.
"""

import numpy as np

from ictcli.errors import DataError
from ictcli.stats.sharpe import Floats


def kelly_multivariate(covariance: Floats, excess: Floats) -> Floats:
    """Fractions of the balance that maximise growth, unlimited (Thorp 2006, section 7).

    Args:
        covariance: n by n, symmetric and positive definite.
        excess: expected return of each asset above the riskless rate, in the time unit of the covariance.

    Raises:
        DataError: the covariance is not finite or not positive definite.
    """
    if not (np.isfinite(covariance).all() and np.isfinite(excess).all()):
        raise DataError("the covariance or an expected return is not finite", hint="leave the asset out")
    if np.abs(covariance - covariance.T).max() > 1e-12 * np.abs(covariance).max():
        raise DataError("the covariance is not symmetric", hint="check how it was estimated")
    if not np.linalg.eigvalsh(covariance)[0] > 0:
        raise DataError(
            "the covariance is not positive definite",
            hint="shrink it, or leave out an asset that another copies",
        )
    return np.asarray(np.linalg.solve(covariance, excess), np.float64)


def limited_fractions(fractions: Floats, most: float, gross: float, *, long_only: bool = False) -> Floats:
    """Clip each fraction to ``most``, then scale all down so that their sizes add up to ``gross`` at most.

    Args:
        fractions: signed fractions of the balance.
        most: largest size of one of them, 0 or above.
        gross: largest sum of their sizes, 0 or above.
        long_only: whether negative fractions become 0.
    """
    clipped = np.clip(fractions, 0.0 if long_only else -most, most)
    total = float(np.abs(clipped).sum())
    return clipped * (gross / total) if total > gross else clipped


def covariance_ledoit_wolf_2004(returns: Floats) -> Floats:
    """Covariance (ddof 0) of a periods by assets matrix, shrunk towards equal variances without covariance.

    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices" (Journal of
    Multivariate Analysis 88, 2004): the weight of the target is the estimated sampling error of the sample
    covariance over its distance from the target.

    Raises:
        DataError: there is no return, or one is not finite.
    """
    rows, assets = returns.shape
    if rows == 0 or assets == 0 or not np.isfinite(returns).all():
        raise DataError("a covariance needs finite returns", hint="leave out assets with gaps")
    apart = returns - returns.mean(axis=0)
    sample = apart.T @ apart / rows
    level = float(np.trace(sample)) / assets
    target = level * np.eye(assets)
    distance = float(((sample - target) ** 2).sum())
    fourth = float(((apart**2).sum(axis=1) ** 2).sum()) / rows
    error = (fourth - float((sample**2).sum())) / rows
    weight = min(1.0, error / distance) if distance > 0 else 1.0
    return np.asarray(weight * target + (1 - weight) * sample, np.float64)
