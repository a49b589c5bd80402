"""What the outbox holds, and how people see it: read-only, beside the process that writes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a source was read: a number, and a mark by which the place is known again."""

    number: int
    mark: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel does.

    Attributes:
        fails: messages that failed in a row.
        blocked: no message before this instant, ns UTC.
        spent: instant up to which its allowance of messages is used up, ns UTC.
    """

    fails: int
    blocked: int
    spent: int


@dataclass(frozen=True, slots=True)
class Due:
    """One alert that is to be told on one channel.

    Attributes:
        alert: its number.
        step: of escalation; 0 is the first telling.
        tries: how often it was tried.
        doubtful: an earlier try may have arrived.
        key, kind, severity, text, source, owner, at: of the alert.
        fingerprint: equal for alerts that say the same.
    """

    alert: int
    step: int
    tries: int
    doubtful: int
    key: str
    kind: str
    severity: str
    text: str
    source: str
    owner: str
    at: int
    fingerprint: str
