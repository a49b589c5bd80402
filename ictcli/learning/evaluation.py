"""From scores out of fold to decisions and results, each known by what was known before or elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ictcli.config.records import TrainConfig
from ictcli.learning.ensembles import Run, finish, run_ensemble, select_members
from ictcli.learning.events import Events
from ictcli.learning.finishing import Trust
from ictcli.learning.folds import OutOfFold
from ictcli.learning.paths import path_scores
from ictcli.learning.subject import Subject
from ictcli.learning.thresholds import fit_thresholds, results_of
from ictcli.learning.trust.calibrating import choose_calibration, fit_calibration
from ictcli.learning.trust.conformal_fit import fit_conformal
from ictcli.market.calendars import calendar
from ictcli.market.trading_day import trading_day
from ictcli.models.calibration import Calibration
from ictcli.models.conformal import decide_sides, decide_signals
from ictcli.models.ensemble import Ensemble

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

CAUSAL = ("walk-forward", "rolling")
"""Ways of splitting in which a fold knows nothing of later ones, not even for its calibration."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What probabilities would have led to.

    Attributes:
        probability: calibrated, of each tested event.
        sides: +1, -1 or 0 for doing nothing.
        net: result of each, as a fraction of the entry price; 0 where nothing was done.
        days: trading day on which each ends, days since 1970-01-01.
    """

    probability: Floats
    sides: Int64
    net: Floats
    days: Int64


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All tested events and what the models made of them.

    Attributes:
        events: the tested ones, in order.
        scores: as the folds gave them.
        combined: probability of the ensemble before calibration, of members that other folds would keep.
        acted: what came of it.
        trust: for the version that is kept.
        tried: what came of every candidate, by name.
        kept: columns of the members of the version that is kept.
        refused: why other models are no members, by name.
        paths: what came of every backtest path of combinatorial splits.
    """

    events: Events
    scores: OutOfFold
    combined: Floats
    acted: Acted
    trust: Trust
    tried: Mapping[str, Acted]
    kept: Sequence[int]
    refused: Mapping[str, str]
    paths: tuple[Acted, ...]


def evaluate(
    subject: Subject,
    scores: OutOfFold,
    tried: Mapping[str, OutOfFold],
    names: Sequence[str],
    plan: TrainConfig,
) -> Evaluation:
    """Combine, calibrate and act on scores out of fold.

    Args:
        subject: the series.
        scores: of the chosen models, one column each.
        tried: of every candidate, one column each.
        names: of the models.
        plan: how folds, calibration and the band of indifference are chosen.
    """
    events = subject.usable.take(scores.which)
    regimes = subject.regimes(events)
    allowed = _allowed(scores, events, names, plan)
    run = _combine(allowed, events, regimes, names)
    kept, refused = _select(scores.probabilities, events, names)
    members = np.ascontiguousarray(scores.probabilities[:, kept])
    last = _combine(members, events, regimes, [names[at] for at in kept])
    ensemble = finish(last, members, events.label, regimes, events.weight)
    acted = act(subject, scores, run.p, plan)
    calibration = _learnt(plan, run.p, events, scores.fold)
    low, high = fit_thresholds(subject.usable, plan.abstain)
    conformal = fit_conformal(acted.probability, events.label, plan.alpha)
    others = _all_acted(subject, tried, plan) if len(tried) > 1 else dict.fromkeys(tried, acted)
    trust = Trust(ensemble, calibration, conformal, low, high)
    paths = tuple(_act_path(subject, one, names, plan) for one in path_scores(scores))
    return Evaluation(events, scores, run.p, acted, trust, others, kept, refused, paths)


def _act_path(subject: Subject, path: OutOfFold, names: Sequence[str], plan: TrainConfig) -> Acted:
    """What came of one path, combined, calibrated and acted upon like all of them together."""
    events = subject.usable.take(path.which)
    run = _combine(_allowed(path, events, names, plan), events, subject.regimes(events), names)
    return act(subject, path, run.p, plan)


def _all_acted(subject: Subject, tried: Mapping[str, OutOfFold], plan: TrainConfig) -> dict[str, Acted]:
    """What came of every candidate; a map is not chosen anew for each of them."""
    simple = replace(plan, calibration="sigmoid") if plan.calibration == "auto" else plan
    return {name: act(subject, one, one.probabilities[:, 0], simple) for name, one in tried.items()}


def _combine(members: Floats, events: Events, regimes: Int64, names: Sequence[str]) -> Run:
    ensemble = Ensemble(members=tuple(names))
    return run_ensemble(members, events.label, regimes, events.start, events.end, events.weight, ensemble)


def _select(members: Floats, events: Events, names: Sequence[str]) -> tuple[list[int], dict[str, str]]:
    """Columns of the members to keep, ascending, and why the others are not."""
    if members.shape[1] == 1:
        return [0], {}
    found = select_members(members, events.label, events.weight, names)
    return sorted(found.kept), found.refused


def _allowed(scores: OutOfFold, events: Events, names: Sequence[str], plan: TrainConfig) -> Floats:
    """Probabilities of the members that other folds would have kept; NaN for those they would not."""
    allowed = scores.probabilities.copy()
    for fold in np.unique(scores.fold).tolist():
        known = teachers(events, scores.fold, fold, causal=plan.cv in CAUSAL)
        if known.any():
            kept, _ = _select(scores.probabilities[known], events.take(known), names)
            left_out = np.setdiff1d(np.arange(len(names)), kept)
            allowed[np.ix_(scores.fold == fold, left_out)] = np.nan
    return allowed


def act(subject: Subject, scores: OutOfFold, raw: Floats, plan: TrainConfig) -> Acted:
    """What raw probabilities lead to, every fold calibrated and acted upon by what others taught.

    Args:
        subject: the series.
        scores: folds of the events.
        raw: probability of each event, not calibrated.
        plan: see ``evaluate``.
    """
    events = subject.usable.take(scores.which)
    probability, sides = np.empty(len(raw)), np.zeros(len(raw), np.int64)
    for fold in np.unique(scores.fold).tolist():
        own = scores.fold == fold
        known = teachers(events, scores.fold, fold, causal=plan.cv in CAUSAL)
        calibration = _learnt(plan, raw[known], events.take(known), scores.fold[known])
        probability[own] = calibration.apply(raw[own])
        first = scores.tested_by(fold)[0]
        low, high = fit_thresholds(subject.usable.take(first.split.train), plan.abstain)
        sides[own] = chosen_sides(probability[own], events.take(own), low, high)
    bars = subject.series.bars
    days = trading_day(bars.ts_close[events.end] - 1, calendar(subject.series.spec.calendar))
    return Acted(probability, sides, results_of(events, sides), days)


def chosen_sides(probability: Floats, events: Events, low: float, high: float) -> Int64:
    """The side that each probability asks for."""
    if events.has_side:
        return decide_signals(probability, events.side, high)
    return decide_sides(probability, low, high)


def teachers(events: Events, folds: Int64, fold: int, *, causal: bool) -> Flags:
    """Events of other folds, or of earlier ones, whose labels do not overlap those of a fold."""
    own = folds == fold
    first, last = int(events.start[own].min()), int(events.end[own].max())
    apart = (events.end < first) | (events.start > last)
    return apart & (folds < fold if causal else folds != fold)


def _learnt(plan: TrainConfig, raw: Floats, events: Events, folds: Int64) -> Calibration:
    """The calibration that events teach; none where they hold too little to teach one."""
    if len(np.unique(events.label)) < 2 or len(np.unique(raw)) < 2:
        return Calibration(kind="identity")
    if plan.calibration == "auto":
        return choose_calibration(raw, events.label, events.weight, folds)[0]
    return fit_calibration(plan.calibration, raw, events.label, events.weight)
