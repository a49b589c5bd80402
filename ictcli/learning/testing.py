"""One series through cross-validation: what was tried, what came of it, the evidence for a verdict."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from ictcli.errors import DataError
from ictcli.learning.bench import Asked, Bench, attempt
from ictcli.learning.cross_validation import validate
from ictcli.learning.estimators.known import find
from ictcli.learning.evaluation import Acted, Evaluation, evaluate
from ictcli.learning.folds import Recipe
from ictcli.learning.request import TrainRequest
from ictcli.learning.subject import Subject
from ictcli.learning.trial_log import Attempt, add_attempts, attempts_known, by_day, daily, log_of
from ictcli.learning.trust.tripwire import ImplausibleResult, check_plausible
from ictcli.learning.trust.verdict import Evidence
from ictcli.telemetry import Progress

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Belief:
    """That results are true although the tripwire has stopped them.

    Attributes:
        reason: why, as the person said.
        doubt: what the tripwire found, one line.
        suspects: columns that it blames.
    """

    reason: str
    doubt: str
    suspects: tuple[str, ...]

    @property
    def line(self) -> str:
        """Both in one line."""
        return f"Believed against the tripwire: {self.reason} ({self.doubt})"


@dataclass(frozen=True, slots=True)
class Tested:
    """One series after cross-validation; ``belief`` where the tripwire was overruled."""

    asked: Asked
    subject: Subject
    recipe: Recipe
    found: Evaluation
    evidence: Evidence
    belief: Belief | None = None


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
    attempts = attempts_of(attempt(one, request, bench), found)
    log = log_of(bench.state, subject.series.key)
    try:
        belief = distrust(subject, found, request.believe)
    except DataError:
        add_attempts(log, [replace(tried, stopped=True) for tried in attempts], now=now)
        raise
    if belief is not None:
        tell(f"{one.name}: {belief.line}")
    tell(f"{one.name}: {len(found.events):,} events tested in {len(found.scores.folds)} folds")
    logged = add_attempts(log, attempts, now=now)
    known = attempts_known(bench.models, subject.series.key)
    if known > len(logged):
        tell(
            f"{one.name}: warning: the log of attempts holds {len(logged)}, a version counted {known}; "
            f"{known} are counted"
        )
    evidence = evidence_of(found, logged, attempts[-1].key, max(known, len(logged)))
    return Tested(one, subject, validated.recipe, found, evidence, belief)


def distrust(subject: Subject, found: Evaluation, believe: str = "") -> Belief | None:
    """Stop where results are beyond belief, unless a person has said why they are true.

    Args:
        subject: the series.
        found: what came of it.
        believe: why results are to be believed all the same; empty: they are not.

    Returns:
        What was believed, None where nothing is beyond belief.

    Raises:
        DataError: they are beyond belief; names the suspect columns.
    """
    close = subject.series.bars.close.astype(np.float64)
    moves = np.diff(close, prepend=close[:1])
    acted, events = found.acted, found.events
    try:
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
    except ImplausibleResult as doubt:
        if not believe:
            raise
        return Belief(believe, doubt.message, doubt.suspects)
    return None


def attempts_of(recipe: str, found: Evaluation) -> list[Attempt]:
    """Everything that was tried on this series, what decides last.

    Args:
        recipe: key of what was tried, whatever the bars.
        found: what came of it.
    """
    acted = dict(found.tried)
    if found.scores.probabilities.shape[1] > 1 or len(acted) > 1:
        acted["chosen"] = found.acted
    return [_attempt(f"{recipe}:{name}", one) for name, one in acted.items()]


def _attempt(key: str, acted: Acted) -> Attempt:
    days, returns = daily(acted.days, acted.net)
    return Attempt(key=key, days=days.tolist(), returns=returns.tolist())


def evidence_of(found: Evaluation, logged: list[Attempt], own: str, count: int) -> Evidence:
    """What the verdict is made from.

    Args:
        found: what came of the chosen models.
        logged: all attempts on the series.
        own: key of what decides.
        count: attempts ever made.
    """
    events, acted = found.events, found.acted
    (mine,) = (one for one in logged if one.key == own)
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
        trial_count=count,
        attempt=own,
        logged=np.asarray(mine.returns, np.float64),
    )
