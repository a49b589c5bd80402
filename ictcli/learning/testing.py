"""One series through cross-validation: what was tried, what came of it, the evidence for a verdict."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ictcli.learning.bench import Asked, Bench
from ictcli.learning.cross_validation import validate
from ictcli.learning.estimators.known import find
from ictcli.learning.evaluation import Acted, Evaluation, evaluate
from ictcli.learning.folds import Recipe
from ictcli.learning.request import TrainRequest
from ictcli.learning.subject import Subject
from ictcli.learning.trial_log import Attempt, add_attempts, by_day, daily
from ictcli.learning.trust.tripwire import check_plausible
from ictcli.learning.trust.verdict import Evidence
from ictcli.research.series import Series
from ictcli.telemetry import Progress

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tested:
    """One series after cross-validation."""

    asked: Asked
    subject: Subject
    recipe: Recipe
    found: Evaluation
    evidence: Evidence


def recipe_of(request: TrainRequest) -> Recipe:
    """What is fitted in every fold.

    Raises:
        ConfigError: a model needs a package that is not installed.
    """
    plan = request.plan
    return Recipe(
        estimators=tuple(find(name) for name in plan.models),
        params=plan.params,
        select=plan.select,
        seed=plan.seed,
        jobs=request.jobs,
    )


def test(
    one: Asked,
    subject: Subject,
    recipe: Recipe,
    request: TrainRequest,
    bench: Bench,
    now: int,
    progress: Progress,
    tell: Tell,
) -> Tested:
    """Cross-validate, combine, calibrate, act; log every attempt.

    Raises:
        DataError: a fold is too short, a class is empty, or the accuracy is implausible.
    """
    plan, columns = request.plan, subject.columns
    kept = bench.state / "tuning"
    validated = validate(
        columns,
        subject.names,
        subject.usable,
        plan,
        recipe,
        tune_count=request.tune,
        kept=kept,
        progress=progress,
    )
    names = [estimator.name for estimator in recipe.estimators]
    progress(f"{one.name}: combining, calibrating and deciding", 0, None)
    found = evaluate(subject, validated.scores, validated.tried, names, plan)
    progress(f"{one.name}: looking for results beyond belief", 0, None)
    distrust(subject, found)
    tell(f"{one.name}: {len(found.events):,} events tested in {len(found.scores.folds)} folds")
    attempts = attempts_of(subject, found)
    log = bench.state / "attempts" / f"{_slug(subject.series)}.jsonl"
    logged = add_attempts(log, attempts, now=now)
    evidence = evidence_of(found, logged)
    return Tested(one, subject, validated.recipe, found, evidence)


def distrust(subject: Subject, found: Evaluation) -> None:
    """Stop where results are beyond belief.

    Raises:
        DataError: they are; names the suspect columns.
    """
    close = subject.series.bars.close.astype(np.float64)
    moves = np.diff(close, prepend=close[:1])
    acted, events = found.acted, found.events
    check_plausible(
        events.label,
        acted.probability,
        events.start,
        events.end,
        subject.columns,
        subject.names,
        net=np.where(acted.sides != 0, acted.net, np.nan),
        moves=moves,
    )


def attempts_of(subject: Subject, found: Evaluation) -> list[Attempt]:
    """Everything that was tried on this series, the combination of several models last."""
    acted = dict(found.tried)
    if found.scores.probabilities.shape[1] > 1 or len(acted) > 1:
        acted["chosen"] = found.acted
    return [_attempt(f"{subject.identity}:{name}", one) for name, one in acted.items()]


def _attempt(key: str, acted: Acted) -> Attempt:
    days, returns = daily(acted.days, acted.net)
    return Attempt(key=key, days=days.tolist(), returns=returns.tolist())


def evidence_of(found: Evaluation, logged: list[Attempt]) -> Evidence:
    """What the verdict is made from."""
    events, acted = found.events, found.acted
    return Evidence(
        day=acted.days,
        start=events.start,
        end=events.end,
        label=events.label,
        probability=acted.probability,
        side=acted.sides,
        net=acted.net,
        base=found.scores.base,
        trials=by_day(logged),
        trial_count=len(logged),
    )


def _slug(series: Series) -> str:
    return f"{series.key.source}-{series.key.symbol}-{series.key.timeframe}"
