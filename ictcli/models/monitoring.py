"""The health of every member of an ensemble, from events whose labels are known by now.

Few events scatter, so nothing is called worse than it must be: log-loss, Brier score and slope are judged by
the end of their one-sided 95 % interval that speaks for the member, PSI by what is left after the part that
chance alone gives. Both take events that do not overlap.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.ensemble import log_losses
from ictcli.stats.stability import column_stability, fit_bins

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

State = Literal["ok", "warn", "bad"]

BINS = 10
_EDGE = 1e-6
"""Probabilities are kept this far from 0 and 1 where their logarithm is taken."""
_STEPS = 50
_PRECISION = 1e-10
_Z = 1.6448536269514722
"""95 % quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Pairs ``(warn, bad)``; a value beyond one of them has that state.

    Attributes:
        log_loss: above the log-loss that the version had when it was validated.
        brier: the same of the Brier score.
        slope: calibration slope below; 1 is right, 0 means that the probability says nothing.
        psi: population stability index of the probabilities above.
        unknown: share of events without a number above.
        latency: share of the allowed 99th percentile above.
        fewest: matured events below which only missing numbers and time are judged.
    """

    log_loss: tuple[float, float] = (0.01, 0.03)
    brier: tuple[float, float] = (0.005, 0.015)
    slope: tuple[float, float] = (0.5, 0.0)
    psi: tuple[float, float] = (0.1, 0.25)
    unknown: tuple[float, float] = (0.0, 0.01)
    latency: tuple[float, float] = (0.8, 1.0)
    fewest: int = 100


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What a member was like when its version was validated.

    Attributes:
        name: of the member.
        probabilities: out-of-fold, of many events, none NaN.
        log_loss: their mean log-loss.
        brier: their mean Brier score.
    """

    name: str
    probabilities: Floats
    log_loss: float
    brier: float


@dataclass(frozen=True, slots=True)
class Health:
    """One member now.

    Attributes:
        name: of the member.
        events: matured events it had a number for.
        unknown: events without a number.
        log_loss: mean; NaN without events.
        brier: mean; NaN without events.
        slope: of the calibration; NaN where it is undefined.
        slope_error: its standard error.
        psi: of its probabilities against the reference; NaN without events.
        p99_us: 99th percentile of the time of a decision; NaN when it was not measured.
        state: the worst of all findings.
        findings: what is not as it should be, the worst first.
    """

    name: str
    events: int
    unknown: int
    log_loss: float
    brier: float
    slope: float
    slope_error: float
    psi: float
    p99_us: float
    state: State
    findings: tuple[str, ...]


_RANK: dict[State, int] = {"ok": 0, "warn": 1, "bad": 2}


def member_health(
    reference: Reference,
    probabilities: Floats,
    labels: Int64,
    *,
    times_us: Floats | None = None,
    allowed_us: float = math.inf,
    thresholds: Thresholds | None = None,
) -> Health:
    """Judge one member by matured events.

    Args:
        reference: what it was like.
        probabilities: of the events, NaN where it had none.
        labels: 0 or 1.
        times_us: microseconds of its decisions; None: not measured.
        allowed_us: longest allowed 99th percentile of them.
        thresholds: None: the usual ones.

    Raises:
        DataError: there are not as many labels as probabilities.
    """
    if len(probabilities) != len(labels):
        raise DataError(f"{len(probabilities)} probabilities, {len(labels)} labels")
    known = ~np.isnan(probabilities)
    p, y = probabilities[known], labels[known]
    losses, squares = _losses(p, y), (p - y) ** 2
    slope, slope_error = calibration_slope(p, y)
    health = Health(
        name=reference.name,
        events=len(p),
        unknown=len(labels) - len(p),
        log_loss=_mean(losses),
        brier=_mean(squares),
        slope=slope,
        slope_error=slope_error,
        psi=stability_index(reference.probabilities, p),
        p99_us=math.nan if times_us is None or not len(times_us) else float(np.quantile(times_us, 0.99)),
        state="ok",
        findings=(),
    )
    found = _judged(health, reference, losses, squares, allowed_us, thresholds or Thresholds())
    found.sort(key=lambda one: -_RANK[one[0]])
    texts = tuple(f"{state}: {text}" for state, text in found if state != "ok")
    return replace(health, state=found[0][0], findings=texts)


def _judged(
    health: Health,
    reference: Reference,
    losses: Floats,
    squares: Floats,
    allowed_us: float,
    limits: Thresholds,
) -> list[tuple[State, str]]:
    events = health.events + health.unknown
    found = [
        _above("share without a number", health.unknown / max(1, events), limits.unknown),
        _above("share of the allowed time", health.p99_us / allowed_us, limits.latency),
    ]
    if health.events >= limits.fewest:
        chance = (BINS - 1) * (1 / health.events + 1 / len(reference.probabilities))
        found += [
            _above(
                "log-loss above validation, at least", _least(losses) - reference.log_loss, limits.log_loss
            ),
            _above("Brier score above validation, at least", _least(squares) - reference.brier, limits.brier),
            _below("calibration slope, at most", health.slope + _Z * health.slope_error, limits.slope),
            _above("PSI beyond chance", health.psi - chance, limits.psi),
        ]
    return found


def ensemble_state(members: Sequence[Health]) -> State:
    """The state of an ensemble: bad when half of its members or more are, warn when any member is not ok."""
    bad = sum(member.state == "bad" for member in members)
    if not members or 2 * bad >= len(members):
        return "bad"
    return "ok" if all(member.state == "ok" for member in members) else "warn"


def stability_index(reference: Floats, current: Floats, bins: int = BINS) -> float:
    """Population stability index: sum of (current - reference) * ln(current / reference) over bins.

    The bins hold equal shares of the reference; equal values stay together. NaN where either has no number.
    """
    if np.isnan(reference).all():
        return math.nan
    found = column_stability(fit_bins(reference, bins), current)
    return math.nan if found is None else found


def calibration_slope(probabilities: Floats, labels: Int64) -> tuple[float, float]:
    """Slope of a logistic regression of the labels on the logit of the probabilities, and its standard error.

    Cox 1958. 1: as sure as it may be; below 1: too sure; 0: no information. NaN where it is undefined: one
    label only, equal probabilities, or labels that the probabilities separate.
    """
    if not len(labels) or labels.min() == labels.max() or probabilities.min() == probabilities.max():
        return math.nan, math.nan
    inside = np.clip(probabilities, _EDGE, 1 - _EDGE)
    logits = np.log(inside) - np.log1p(-inside)
    design = np.column_stack([np.ones(len(logits)), logits])
    found = np.zeros(2)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        curvature = (design * (p * (1 - p))[:, None]).T @ design
        if np.linalg.cond(curvature) > 1 / _PRECISION:
            return math.nan, math.nan
        step = np.linalg.solve(curvature, design.T @ (labels - p))
        found += step
        if np.abs(step).max() < _PRECISION:
            return float(found[1]), math.sqrt(float(np.linalg.inv(curvature)[1, 1]))
    return math.nan, math.nan


def _losses(p: Floats, y: Int64) -> Floats:
    return np.where(y == 1, log_losses(p, 1), log_losses(p, 0))


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan


def _least(values: Floats) -> float:
    """Lower end of the one-sided 95 % interval of a mean."""
    return float(values.mean() - _Z * values.std(ddof=1) / math.sqrt(len(values)))


def _above(name: str, value: float, limits: tuple[float, float]) -> tuple[State, str]:
    warn, bad = limits
    state: State = "bad" if value > bad else "warn" if value > warn else "ok"
    return state, f"{name} {value:.4g}, allowed {warn:g}"


def _below(name: str, value: float, limits: tuple[float, float]) -> tuple[State, str]:
    warn, bad = limits
    state: State = "bad" if value <= bad else "warn" if value < warn else "ok"
    return state, f"{name} {value:.4g}, expected at least {warn:g}"
