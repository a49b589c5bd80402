"""What a broker and the line to it do to a trader: the kinds of faults, and a seeded plan of them."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from numpy.random import Generator

from ictcli.clock import NS_PER_SECOND


class Fault(StrEnum):
    """What happens to one request."""

    NONE = "none"
    REQUOTE = "requote"
    """10004, for some calls in a row."""
    REJECT = "reject"
    """10006."""
    BUSY = "busy"
    """10024, for some calls in a row."""
    PART = "part"
    """A part of a deal is executed, the rest is cancelled."""
    CUT = "cut"
    """10031, not executed; the line is down for a while."""
    CUT_DONE = "cut_done"
    """10031, executed; the line is down for a while."""
    TIMEOUT = "timeout"
    """10012, not executed."""
    TIMEOUT_DONE = "timeout_done"
    """10012, executed."""
    LOST = "lost"
    """No answer, not executed."""
    LOST_DONE = "lost_done"
    """No answer, executed."""
    LATE = "late"
    """No answer, executed some seconds later."""
    TWICE = "twice"
    """The line delivers the request twice; without de-duplication both are executed."""
    SWITCHED = "switched"
    """The terminal is logged in to another account for a while; the request goes there."""
    RESTART = "restart"
    """No answer, not executed; the terminal restarts and its next calls fail with -10004."""


@dataclass(frozen=True, slots=True)
class FaultRates:
    """How often and how badly.

    Attributes:
        rates: probability of each fault for each request; their sum is at most 1.
        longest: calls that a run of requotes or of 10024 lasts at most.
        outage: ns that the line is down, or another account is logged in, at most.
        history_delay: ns that history hides a deal or an order that is over from whoever first looks, at
            most.
        comments: ``cut`` leaves eight characters of them, ``replaced`` writes the broker's own.
    """

    rates: dict[Fault, float] = field(default_factory=dict)
    longest: int = 3
    outage: int = 10 * NS_PER_SECOND
    history_delay: int = 0
    comments: Literal["kept", "cut", "replaced"] = "kept"


class FaultPlan:
    """Which fault comes next: the scripted ones first, then drawn ones.

    Args:
        rates: of the drawn ones.
        rng: draws them.
        script: faults of the first requests.
    """

    def __init__(self, rates: FaultRates, rng: Generator, script: tuple[Fault, ...] = ()) -> None:
        self.rates, self.rng, self.script = rates, rng, deque(script)
        self._kinds = [*rates.rates, Fault.NONE]
        shares = list(rates.rates.values())
        if min(shares, default=0.0) < 0.0 or sum(shares) > 1.0 + 1e-9:
            raise ValueError("rates of faults are shares that add up to at most 1")
        self._shares = [*shares, max(0.0, 1.0 - sum(shares))]

    def next(self) -> Fault:
        """The fault of the next request."""
        if self.script:
            return self.script.popleft()
        at, left = self.rng.random(), 0.0
        for kind, share in zip(self._kinds, self._shares, strict=True):
            left += share
            if at < left:
                return kind
        return Fault.NONE

    def up_to(self, most: int) -> int:
        """A number from 1 to ``most``."""
        return int(self.rng.integers(1, max(1, most) + 1))
