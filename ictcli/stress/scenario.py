"""What a scenario is, and what it hands back: claims, each with its sample size and the bound behind it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ictcli.stress.setting import Setting
from ictcli.telemetry import Progress

Direction = Literal["<", "<=", ">", ">="]


class Verdict(StrEnum):
    """What may be said of a claim."""

    PASS = "pass"  # noqa: S105 - the word
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a sample says of everything it was drawn from.

    Attributes:
        method: how the bounds follow from the sample, in words.
        low, high: in the unit of the claim, each with the confidence alone; None where n is too small.
        confidence: between 0 and 1; 1 where every case there is was tried and nothing is inferred: then the
            value must count cases, as one measurement of anything else bounds nothing.
        estimate: the value is no count but an estimate that scatters around the truth, as a slope is: it
            fails where its whole interval misses, not where it lies beyond the threshold by chance.
    """

    method: str
    low: float | None
    high: float | None
    confidence: float
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """One number that is held against a threshold.

    Attributes:
        name: what is claimed, in words, lower case.
        value: as measured; None where nothing was.
        unit: of value, bounds and threshold; "share" for one of 1.
        n: how many independent measurements it rests on.
        of: what these are: "orders", "recoveries", "cases".
        bound: behind the value.
        threshold: that must not be missed.
        direction: how value and bound must lie to the threshold.
        note: what else must be known to read it; may be empty.
        quantile: which one the value is, between 0 and 1; None for no quantile.
    """

    name: str
    value: float | None
    unit: str
    n: int
    of: str
    bound: Bound
    threshold: float
    direction: Direction
    note: str = ""
    quantile: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Fail where the measured value misses, pass where its bound holds, inconclusive in between."""
        if self.n == 0 or self.value is None or math.isnan(self.value):
            return Verdict.INCONCLUSIVE
        end, other = (None, None) if self._without_inference else (self.bound.high, self.bound.low)
        if self.direction.startswith(">"):
            end, other = other, end
        if not _holds(self.value, self.direction, self.threshold):
            by_chance = other is not None and _holds(other, self.direction, self.threshold)
            return Verdict.INCONCLUSIVE if self.bound.estimate and by_chance else Verdict.FAIL
        if end is None or not _holds(end, self.direction, self.threshold):
            return Verdict.INCONCLUSIVE
        return Verdict.PASS

    @property
    def _without_inference(self) -> bool:
        """Its bound says that all was tried, though it is no count of cases."""
        return self.bound.confidence >= 1.0 and self.unit != self.of


def _holds(value: float, direction: Direction, threshold: float) -> bool:
    if direction == "<":
        return value < threshold
    if direction == "<=":
        return value <= threshold
    return value > threshold if direction == ">" else value >= threshold


Measured = list[Claim]
"""What a scenario hands back; never empty, also when it was stopped early."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to bring the production code into trouble.

    Attributes:
        name: as given to ``--scenario``; that of its module in ``ictcli/stress/scenarios``.
        line: what it does, one line.
        heeds: options of the command, without dashes, that change what it does; besides them all of it is as
            the profile says.
        traded: it trades the strategies of the set-up.
        beside: it may run beside others: it trades no strategies of the set-up, and times nothing closely.
        told: what it does with a setting, one line; None: ``line``.
        run: measures. Takes the setting, the first seed (``setting.seeds`` of them follow each other) and
            where to tell how far it is. It asks ``setting.stopping()`` at each turn, and when that is true
            returns what it has measured so far. It writes below ``setting.folder`` only. What it raises is
            a failure of the code under stress, and stands in the certificate.
    """

    name: str
    line: str
    run: Callable[[Setting, int, Progress], Measured]
    heeds: frozenset[str] = frozenset()
    traded: bool = False
    beside: bool = False
    told: Callable[[Setting], str] | None = None

    def line_of(self, setting: Setting) -> str:
        """What it does with a setting, one line."""
        return self.line if self.told is None else self.told(setting)
