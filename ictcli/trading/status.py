"""Where an order stands (RELIABILITY.md 3.3). A timeout is a state, and only evidence leaves it."""

from enum import StrEnum


class Status(StrEnum):
    """The state of an order; requests to cancel or change it are flags beside it."""

    INTENT = "intent"
    DENIED = "denied"
    SENT = "sent"
    UNKNOWN = "unknown"
    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    ABSENT = "absent"


OVER = frozenset(
    {Status.DENIED, Status.FILLED, Status.CANCELLED, Status.EXPIRED, Status.REJECTED, Status.ABSENT}
)
"""States that are the end for us, though not for late fills."""


class TaskStatus(StrEnum):
    """The state of a request that makes no order of its own: cancel, protect, amend."""

    INTENT = "intent"
    DENIED = "denied"
    SENT = "sent"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"
