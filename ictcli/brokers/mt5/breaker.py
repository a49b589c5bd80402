"""A circuit breaker: after failures in a row nothing is asked for a while, then one call tries again.

The state is a record of numbers that can be stored and read back; the functions are pure.
"""

from dataclasses import dataclass, replace
from typing import Literal

Position = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """When a breaker opens and for how long.

    Attributes:
        failures: in a row that open it.
        pause: first time it stays open, ns; doubled each time the trial call fails.
        longest: it never stays open longer, ns.
    """

    failures: int = 5
    pause: int = 1_000_000_000
    longest: int = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Breaker:
    """Where a breaker stands.

    Attributes:
        position: closed: calls pass; open: none does before ``until``; half_open: one is under way.
        failures: in a row since the last success.
        opened: times in a row that it opened without a success between.
        until: when the next trial call may be made, ns of a monotonic clock; 0 while closed.
    """

    position: Position = "closed"
    failures: int = 0
    opened: int = 0
    until: int = 0


def admit(breaker: Breaker, now: int) -> tuple[Breaker, bool]:
    """Whether a call may be made at ``now``, and the breaker after that was decided."""
    if breaker.position == "closed":
        return breaker, True
    if now < breaker.until:
        return breaker, False
    return replace(breaker, position="half_open"), True


def succeeded(breaker: Breaker) -> Breaker:
    """The breaker after a call that was answered."""
    return breaker if breaker == _CLOSED else _CLOSED


def failed(breaker: Breaker, rule: BreakerRule, now: int) -> Breaker:
    """The breaker after a call that was not answered."""
    failures = breaker.failures + 1
    if breaker.position == "closed" and failures < rule.failures:
        return replace(breaker, failures=failures)
    opened = breaker.opened + 1
    pause = min(rule.pause << min(opened - 1, 32), rule.longest)
    return Breaker(position="open", failures=failures, opened=opened, until=now + pause)


_CLOSED = Breaker()
