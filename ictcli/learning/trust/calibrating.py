"""Fitting calibration maps on out-of-fold probabilities, and saying how well calibrated they are.

Only probabilities of events that the model was not trained on belong here: in sample every model looks
calibrated. Sigmoid and beta learn from Platt's smoothed targets (1999), so that separable labels do not
send them to infinity; weights count as numbers of events.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.calibration import EDGE, IDENTITY, Calibration, Kind
from ictcli.stats.intervals import Interval, normal_quantile, wilson

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

ISOTONIC_EVENTS = 1000
"""Events below which an isotonic map follows noise."""
ISOTONIC_LIMITS = (0.01, 0.99)
"""An isotonic map says 0 and 1 at its ends, on which one would bet everything."""

_STEPS = 100
_SMALL = 1e-10


@dataclass(frozen=True, slots=True)
class Slope:
    """Regression of the label on the log-odds of its probability: 1 and 0 where these are calibrated.

    Attributes:
        slope: below 1 the probabilities are too bold, above too timid; around 0 they say nothing.
        intercept: of the same regression.
        interval: of the slope, 95 %, with weights as numbers of events.
    """

    slope: float
    intercept: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Bin:
    """Events whose probabilities are alike.

    Attributes:
        predicted: mean probability.
        observed: share of label 1.
        interval: of ``observed``, Wilson 95 %, for as many events as their weights add up to.
        events: number of events.
    """

    predicted: float
    observed: float
    interval: Interval
    events: int


@dataclass(frozen=True, slots=True)
class Quality:
    """Losses of probabilities, weighted.

    Attributes:
        log_loss: mean -ln of the probability of the label.
        brier: mean squared distance from the label.
        calibration_error: mean distance of predicted and observed over ten bins of equal mass (ECE).
    """

    log_loss: float
    brier: float
    calibration_error: float


def platt_targets(y: Floats, weights: Floats) -> Floats:
    """(N1 + 1)/(N1 + 2) for label 1 and 1/(N0 + 2) for label 0, N the sums of weights (Platt 1999)."""
    ones = float(weights[y > 0.5].sum())
    zeros = float(weights[y <= 0.5].sum())
    return np.where(y > 0.5, (ones + 1) / (ones + 2), 1 / (zeros + 2))


def pava(y: Floats, weights: Floats) -> Floats:
    """Non-decreasing values nearest to ``y`` in weighted squares: pool adjacent violators."""
    means: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, weight in zip(y.tolist(), weights.tolist(), strict=True):
        mean, mass, size = value, weight, 1
        while means and means[-1] >= mean:
            other = masses.pop()
            mean = (means.pop() * other + mean * mass) / (other + mass)
            mass += other
            size += sizes.pop()
        means.append(mean)
        masses.append(mass)
        sizes.append(size)
    return np.repeat(np.array(means, np.float64), sizes)


def fit_calibration(kind: Kind, p: Floats, y: Floats | Int64, weights: Floats) -> Calibration:
    """Learn a map from probabilities to calibrated ones.

    Args:
        kind: of the map.
        p: out-of-fold probabilities; events whose is not a number are left out.
        y: labels, 0 or 1.
        weights: above 0.

    Raises:
        DataError: no event has a probability, or only one label occurs.
    """
    if kind == "identity":
        return IDENTITY
    known = ~np.isnan(p)
    p, labels, weights = p[known], y[known].astype(np.float64), weights[known]
    if not len(p) or labels.min() == labels.max():
        raise DataError(
            "calibration needs events of both labels", hint="Take fewer folds, a longer span or other labels."
        )
    if kind == "isotonic":
        return _fit_isotonic(p, labels, weights)
    gain, loss = _logs(p)
    targets = platt_targets(labels, weights)
    one = np.ones(len(p))
    if kind == "sigmoid":
        numbers = _logistic(np.stack([gain - loss, one], axis=1), targets, weights)
        return Calibration(kind=kind, numbers=tuple(_not_falling(numbers, targets, weights)))
    return Calibration(kind="beta", numbers=_fit_beta(gain, loss, targets, weights))


def _not_falling(numbers: Floats, targets: Floats, weights: Floats) -> list[float]:
    """A slope below 0 would turn the model round, which is a matter for training; then none is left."""
    if numbers[0] >= 0:
        return list(numbers.tolist())
    return [0.0, _log_odds(float(np.average(targets, weights=weights)))]


def _fit_beta(gain: Floats, loss: Floats, targets: Floats, weights: Floats) -> tuple[float, float, float]:
    """a, b >= 0 and c with the least loss: of the fits with a or b or both at 0, the best that is allowed.

    A fit that is allowed is no worse than those with more at 0, which are then not looked at.
    """
    columns = (gain, -loss)
    best, numbers = math.inf, (0.0, 0.0, 0.0)
    for level in (((0, 1),), ((0,), (1,)), ((),)):
        for used in level:
            design = np.stack([*(columns[i] for i in used), np.ones(len(gain))], axis=1)
            found = _logistic(design, targets, weights)
            if (found[:-1] < 0).any():
                continue
            cost = _loss(design @ found, targets, weights)
            if cost < best - _SMALL:
                slopes = dict(zip(used, found.tolist(), strict=False))
                best, numbers = cost, (slopes.get(0, 0.0), slopes.get(1, 0.0), float(found[-1]))
        if best < math.inf:
            break
    return numbers


def _fit_isotonic(p: Floats, y: Floats, weights: Floats) -> Calibration:
    scores, group = np.unique(p, return_inverse=True)
    mass = np.bincount(group, weights=weights).astype(np.float64)
    values = pava(np.bincount(group, weights=weights * y) / mass, mass)
    values = np.clip(values, *ISOTONIC_LIMITS)
    ends = np.ones(len(scores), np.bool_)
    ends[1:-1] = (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:])
    scores, values = scores[ends], values[ends]
    return Calibration(kind="isotonic", numbers=tuple(chain(scores.tolist(), values.tolist())))


def _logs(p: Floats) -> tuple[Floats, Floats]:
    """Logarithms of p and 1 - p, away from the ends."""
    clipped = np.clip(p, EDGE, 1 - EDGE)
    return np.log(clipped), np.log1p(-clipped)


def _log_odds(p: float) -> float:
    return math.log(p) - math.log1p(-p)


def _loss(logits: Floats, targets: Floats, weights: Floats) -> float:
    """Weighted mean log-loss of ``targets`` within 0..1."""
    soft = np.maximum(logits, 0.0) + np.log(1.0 + np.exp(-np.abs(logits)))
    return float(weights @ (soft - targets * logits)) / float(weights.sum())


def _logistic(design: Floats, targets: Floats, weights: Floats) -> Floats:
    """Maximum-likelihood coefficients by Newton's method, steps halved while they would make it worse."""
    found = np.zeros(design.shape[1])
    cost = _loss(design @ found, targets, weights)
    for _ in range(_STEPS):
        gradient, curvature = _slopes(design, found, targets, weights)
        step = np.linalg.solve(curvature, gradient)
        before, size = cost, 1.0
        cost = _loss(design @ (found - step), targets, weights)
        while size > _SMALL and cost > before:
            size /= 2
            cost = _loss(design @ (found - size * step), targets, weights)
        found = found - size * step
        if float(np.abs(size * step).max()) < _SMALL or before - cost <= 0:
            break
    return found


def _slopes(design: Floats, found: Floats, targets: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Gradient and curvature of the summed loss, with a ridge that only keeps it invertible."""
    given = 1 / (1 + np.exp(-np.clip(design @ found, -500, 500)))
    gradient = design.T @ (weights * (given - targets))
    curvature = (design * (weights * given * (1 - given))[:, None]).T @ design
    ridge = 1e-10 * max(1.0, float(np.trace(curvature))) * np.eye(design.shape[1])
    return gradient, curvature + ridge


def default_kinds(events: int) -> tuple[Kind, ...]:
    """Maps worth trying with so many events, the plainest first."""
    plain: tuple[Kind, ...] = ("identity", "sigmoid", "beta")
    return (*plain, "isotonic") if events >= ISOTONIC_EVENTS else plain


def cross_calibrated(
    p: Floats, y: Floats | Int64, weights: Floats, folds: Int64, kind: Kind, own: Sequence[int] = ()
) -> Floats:
    """Calibrated probabilities, those of each fold by a map that was learned from the other folds.

    Args:
        p: out-of-fold probabilities; NaN stays NaN.
        y: labels.
        weights: above 0.
        folds: fold in which each event was tested; below 0 for none, which is neither learned from nor
            calibrated.
        kind: of the maps.
        own: folds to calibrate; all by default.

    Raises:
        DataError: the other folds have no events of both labels.
    """
    out = np.full(len(p), np.nan)
    for fold in own or np.unique(folds[folds >= 0]).tolist():
        inside = folds == fold
        others = ~inside & (folds >= 0)
        out[inside] = fit_calibration(kind, p[others], y[others], weights[others]).apply(p[inside])
    return out


def choose_calibration(
    p: Floats, y: Floats | Int64, weights: Floats, folds: Int64, kinds: Sequence[Kind] = ()
) -> tuple[Calibration, dict[str, float]]:
    """Learn the map with the least log-loss across folds, each fold's map learned from the others.

    A map replaces a plainer one only where it is better by more than the standard error of the difference,
    weights being numbers of events: less than that is noise, and the plainer map bends less.

    Args:
        p: out-of-fold probabilities; NaN is left out.
        y: labels.
        weights: above 0.
        folds: fold in which each event was tested; below 0 for none. With a single fold nothing can be
            compared and the identity is chosen.
        kinds: to choose from; ``default_kinds`` by default.

    Returns:
        The map, learned from all folds, and the cross-fitted log-loss by kind.

    Raises:
        DataError: a fold leaves the others without events of both labels.
    """
    used = (folds >= 0) & ~np.isnan(p)
    p, y, weights, folds = p[used], y[used], weights[used], folds[used]
    if len(np.unique(folds)) < 2:
        return IDENTITY, {"identity": quality(p, y, weights).log_loss}
    losses: dict[str, float] = {}
    best: Kind = "identity"
    ones, least = y > 0.5, np.full(len(p), math.inf)
    for kind in kinds or default_kinds(len(p)):
        gain, loss = _logs(cross_calibrated(p, y, weights, folds, kind))
        own = -np.where(ones, gain, loss)
        losses[kind] = float(np.average(own, weights=weights))
        if np.isinf(least[0]) or _clearly_less(own, least, weights):
            best, least = kind, own
    return fit_calibration(best, p, y, weights), losses


def _clearly_less(losses: Floats, others: Floats, weights: Floats) -> bool:
    """Whether losses are lower by more than one standard error of their paired difference."""
    apart = others - losses
    worth = float(weights.sum())
    mean = float(weights @ apart) / worth
    return mean > math.sqrt(float(weights @ (apart - mean) ** 2) / worth / worth) + _SMALL


def quality(p: Floats, y: Floats | Int64, weights: Floats) -> Quality:
    """Log-loss, Brier score and calibration error; all NaN without events."""
    known = ~np.isnan(p)
    p, labels, weights = p[known], y[known].astype(np.float64), weights[known]
    if not len(p):
        return Quality(math.nan, math.nan, math.nan)
    gain, loss = _logs(p)
    total = float(weights.sum())
    bins = reliability_curve(p, labels, weights)
    events = sum(one.events for one in bins)
    return Quality(
        log_loss=-float(weights @ np.where(labels > 0.5, gain, loss)) / total,
        brier=float(weights @ (p - labels) ** 2) / total,
        calibration_error=sum(one.events * abs(one.predicted - one.observed) for one in bins) / events,
    )


def reliability_curve(p: Floats, y: Floats | Int64, weights: Floats, bins: int = 10) -> tuple[Bin, ...]:
    """Predicted against observed, in bins of equally many events; equal probabilities stay together."""
    known = ~np.isnan(p)
    p, labels, weights = p[known], y[known].astype(np.float64), weights[known]
    if not len(p):
        return ()
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    group = np.searchsorted(edges, p, side="left")
    found = []
    for which in np.unique(group).tolist():
        inside = group == which
        mass = weights[inside]
        worth = float(mass.sum())
        hits = min(float(mass @ labels[inside]), worth)
        found.append(
            Bin(
                predicted=float(mass @ p[inside]) / worth,
                observed=hits / worth,
                interval=wilson(hits, worth, 0.95),
                events=int(inside.sum()),
            )
        )
    return tuple(found)


def calibration_slope(
    p: Floats, y: Floats | Int64, weights: Floats, confidence: float = 0.95
) -> Slope | None:
    """Slope and intercept of the calibration (Cox 1958) and the slope's interval.

    None where it is undefined: one label only, or all probabilities alike. Weights are average uniqueness,
    so that overlapping labels count for what they are worth.
    """
    known = ~np.isnan(p)
    p, labels, weights = p[known], y[known].astype(np.float64), weights[known]
    if not len(p) or labels.min() == labels.max() or p.min() == p.max():
        return None
    gain, loss = _logs(p)
    design = np.stack([gain - loss, np.ones(len(p))], axis=1)
    found = _logistic(design, labels, weights)
    _, curvature = _slopes(design, found, labels, weights)
    half = normal_quantile(confidence) * math.sqrt(float(np.linalg.inv(curvature)[0, 0]))
    return Slope(float(found[0]), float(found[1]), Interval(float(found[0]) - half, float(found[0]) + half))
