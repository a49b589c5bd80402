"""What the outbox holds, for people: read beside the process that writes it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ictcli.operations.outbox_file import FILE, explained, version
from ictcli.store.side_file import connect

_ALERTS = """
SELECT id, key, kind, severity, text, source, owner, at, taken, acked, acked_by, reason, step FROM alerts
"""
_DELIVERIES = """
SELECT alert, channel, step, state, due, tries, sent, together, doubtful, error FROM deliveries
WHERE alert >= ? AND alert <= ? ORDER BY alert, step, channel
"""


class Delivery(msgspec.Struct, frozen=True):
    """One telling of an alert on a channel.

    Attributes:
        alert: its number.
        channel: where.
        step: of escalation, 0 is the first telling.
        state: pending, sending, failed (it is tried again), sent, dropped (acknowledged before).
        due: when it is tried next, or was due, ns UTC.
        tries: so far.
        sent: when the channel took it, ns UTC.
        together: alerts in the same message.
        doubtful: an earlier try may have arrived.
        error: of the last try.
    """

    alert: int
    channel: str
    step: int
    state: str
    due: int
    tries: int
    sent: int | None
    together: int
    doubtful: int
    error: str


class Listed(msgspec.Struct, frozen=True):
    """An alert as it is kept; instants are ns UTC.

    Attributes:
        id: its number.
        key, kind, severity, text, source, at: see ``Alert``.
        owner: who answers for it.
        taken: when it was taken in.
        acked, acked_by, reason: who takes care of it, and how; None and empty while nobody does.
        step: of escalation that it has reached.
        deliveries: what became of it.
    """

    id: int
    key: str
    kind: str
    severity: str
    text: str
    source: str
    owner: str
    at: int
    taken: int
    acked: int | None
    acked_by: str
    reason: str
    step: int
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """The outbox in numbers.

    Attributes:
        unacknowledged: alerts that nobody acknowledged, by severity.
        waiting, failed: deliveries.
        oldest: when the oldest of those alerts was taken in, ns UTC.
    """

    unacknowledged: dict[str, int]
    waiting: int
    failed: int
    oldest: int | None


def listing(state: Path, *, everything: bool = False, last: int = 0) -> list[Listed]:
    """Alerts, oldest first.

    Args:
        state: the workspace's state folder.
        everything: also those that were acknowledged.
        last: only so many of the newest; 0 for all.

    Raises:
        DataError: the outbox is damaged or of a later version.
    """
    path = state / FILE
    if not path.is_file():
        return []
    only = "" if everything else " WHERE acked IS NULL"
    limit = f" LIMIT {last}" if last else ""
    with explained(path), closing(connect(path, "ro")) as raw:
        if not version(raw, path):
            return []
        raw.execute("BEGIN")
        rows = raw.execute(f"{_ALERTS}{only} ORDER BY id DESC{limit}").fetchall()[::-1]
        span = (rows[0][0], rows[-1][0]) if rows else (0, 0)
        told: dict[int, list[Delivery]] = {}
        for row in raw.execute(_DELIVERIES, span):
            told.setdefault(row[0], []).append(Delivery(*row))
    listed = (Listed(*row) for row in rows)
    return [msgspec.structs.replace(one, deliveries=tuple(told.get(one.id, ()))) for one in listed]


def known_ids(state: Path, ids: Sequence[int]) -> set[int]:
    """Which of these numbers are alerts.

    Raises:
        DataError: the outbox is damaged or of a later version.
    """
    path = state / FILE
    if not path.is_file():
        return set()
    with explained(path), closing(connect(path, "ro")) as raw:
        if not version(raw, path):
            return set()
        sql = "SELECT 1 FROM alerts WHERE id = ?"
        return {number for number in ids if raw.execute(sql, (number,)).fetchone()}


def summary(state: Path) -> Summary:
    """The outbox in numbers, for `status`, `doctor` and metrics.

    Raises:
        DataError: the outbox is damaged or of a later version.
    """
    path = state / FILE
    counted = {"info": 0, "warning": 0, "critical": 0}
    if not path.is_file():
        return Summary(counted, 0, 0, None)
    with explained(path), closing(connect(path, "ro")) as raw:
        if not version(raw, path):
            return Summary(counted, 0, 0, None)
        raw.execute("BEGIN")
        by = "SELECT severity, count(*) FROM alerts WHERE acked IS NULL GROUP BY severity"
        counted |= dict(raw.execute(by).fetchall())
        (oldest,) = raw.execute("SELECT min(taken) FROM alerts WHERE acked IS NULL").fetchone()
        sql = (
            "SELECT count(*), coalesce(sum(state = 'failed'), 0) FROM deliveries "
            "WHERE state IN ('pending', 'sending', 'failed')"
        )
        waiting, failed = raw.execute(sql).fetchone()
    return Summary(counted, waiting, failed, oldest)
