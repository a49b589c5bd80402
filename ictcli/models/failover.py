"""Opening a model for decisions: the version asked for, else one that worked before, else no trades.

A version serves only when its files are whole, it was made for the features that the program computes, its
golden rows come out as they did, and a decision takes no longer than is allowed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError, IctError, Interrupted, PolicyRefused
from ictcli.models.audit import Entry
from ictcli.models.golden import GOLDEN_FILE, TOLERANCE, Golden, decode_golden, replay
from ictcli.models.store import ModelStore
from ictcli.models.version import Version

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

FLAT = "flat"
"""What stands in the audit for the model that never trades."""


class Servable(Protocol):
    """A version at work: for tables of events, and bar after bar."""

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        """P(label = 1) of events."""
        ...

    def push(self, row: Floats) -> None:
        """Take the features of the next closed bar."""
        ...

    def probability(self, extra: Floats) -> float:
        """P(label = 1) of an event at the bar taken last."""
        ...


class Flat:
    """The model that is left when no other can be trusted: it has no opinion, so nothing is traded."""

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        """NaN for every event."""
        return np.full(len(rows), math.nan)

    def push(self, row: Floats) -> None:
        """Take a bar, and learn nothing from it."""

    def probability(self, extra: Floats) -> float:
        """NaN."""
        return math.nan


@dataclass(frozen=True, slots=True)
class Limits:
    """What a version must keep to.

    Attributes:
        features: identity of the features that the program computes.
        p99_us: longest time of one decision that is allowed, as its 99th percentile; None: not measured.
        clock: nanoseconds from an arbitrary origin.
        decisions: decisions that are timed, after as many that only warm up.
    """

    features: str
    p99_us: float | None
    clock: Callable[[], int]
    decisions: int = 300


@dataclass(frozen=True, slots=True)
class Step:
    """A version that was tried and left.

    Attributes:
        version: its id, or the alias when that pointed nowhere.
        reason: why it does not serve.
    """

    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Served:
    """What decides from now on.

    Attributes:
        predictor: the loaded model, or one without opinions.
        version: what was loaded; None when nothing is traded.
        steps: what was tried before it, in order.
        p99_us: measured time of one decision; None when it was not measured.
    """

    predictor: Servable
    version: Version | None
    steps: tuple[Step, ...]
    p99_us: float | None

    @property
    def flat(self) -> bool:
        """Whether nothing is traded."""
        return self.version is None


def open_for_serving(
    store: ModelStore,
    name: str,
    which: str,
    loader: Callable[[Version], Servable],
    limits: Limits,
    *,
    now: int,
) -> Served:
    """Load the first version that may serve: the one asked for, the champion, the champions before it.

    Every step away from the version asked for is put into the audit, with its reason.

    Args:
        store: of the model.
        name: the model.
        which: a version or an alias.
        loader: makes a version ready.
        limits: what it must keep to.
        now: nanoseconds UTC.

    Raises:
        UsageError: the name is not a plain word.
        DataError: there is no such model, or its audit cannot be written.
        Busy: another process has been changing models for half a minute.
    """
    steps: list[Step] = []
    for candidate in _candidates(store, name, which, steps):
        try:
            version = store.open(name, candidate)
            p99_us = check_servable(version, loader(version), limits)
            predictor = loader(version)  # the one that was timed has seen the golden bars
        except Interrupted:
            raise
        except Exception as error:  # whatever stops a version must not stop the one behind it
            steps.append(Step(candidate, _reason(error)))
            continue
        _report(store, name, steps, candidate, now)
        return Served(predictor, version, tuple(steps), p99_us)
    _report(store, name, steps, FLAT, now)
    return Served(Flat(), None, tuple(steps), None)


def check_servable(version: Version, predictor: Servable, limits: Limits) -> float | None:
    """Refuse a loaded version that must not decide; gives the measured time of a decision.

    Raises:
        DataError: a file is damaged, or the golden rows come out otherwise.
        PolicyRefused: it was made for other features, or it is too slow.
    """
    version.verify()
    card = version.card
    if card.feature_identity != limits.features:
        raise PolicyRefused(
            f"{version.reference} was made for other features ({card.feature_identity[:12]}) "
            f"than are computed ({limits.features[:12]})",
            hint="Train it again.",
        )
    golden = decode_golden(version.read(GOLDEN_FILE), f"{version.reference}/{GOLDEN_FILE}")
    worst = replay(golden, predictor)
    if not worst <= TOLERANCE:
        raise DataError(
            f"golden rows of {version.reference} come out {worst:.3g} apart", hint="Train it again."
        )
    if limits.p99_us is None:
        return None
    p99_us = time_decisions(predictor, golden, limits)
    if p99_us > limits.p99_us:
        raise PolicyRefused(
            f"{version.reference} takes {p99_us:.1f} us for a decision, {limits.p99_us:g} are allowed",
            hint="Train a smaller one.",
        )
    return p99_us


def time_decisions(predictor: Servable, golden: Golden, limits: Limits) -> float:
    """The 99th percentile of the time of one decision over the golden bars, microseconds."""
    event_of = {int(bar): at for at, bar in enumerate(golden.rows)}
    bars, taken = len(golden.matrix), np.zeros(limits.decisions)
    for number in range(2 * limits.decisions):
        bar = number % bars
        extra = golden.extra[event_of.get(bar, 0)]
        began = limits.clock()
        predictor.push(golden.matrix[bar])
        predictor.probability(extra)
        taken[number % limits.decisions] = limits.clock() - began
    return float(np.quantile(taken, 0.99)) / 1000


def _candidates(store: ModelStore, name: str, which: str, steps: list[Step]) -> Sequence[str]:
    """Ids to be tried, in order; what cannot even be found is a step."""
    if not store.ids(name):
        store.resolve(name, which)  # names the models there are
    found = []
    try:
        found.append(store.resolve(name, which))
    except IctError as error:
        steps.append(Step(which, error.message))
    try:
        aliases = store.aliases(name)
    except DataError as error:
        steps.append(Step("champion", error.message))
    else:
        found += [aliases.champion, *reversed(aliases.history)]
    return [candidate for candidate in dict.fromkeys(found) if candidate]


def _report(store: ModelStore, name: str, steps: Sequence[Step], last: str, now: int) -> None:
    """Put the way from the first version to the last into the audit."""
    if not steps:
        return
    targets = [*(step.version for step in steps[1:]), last]
    with store.locked(now):
        for step, target in zip(steps, targets, strict=True):
            done = Entry(action="failover", before=step.version, after=target, reason=step.reason)
            store.record(name, now, done)


def _reason(error: Exception) -> str:
    if isinstance(error, IctError):
        return error.message
    return (f"{type(error).__name__}: {error}".splitlines() or [""])[0]
