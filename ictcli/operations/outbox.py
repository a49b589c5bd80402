"""The outbox: every alert that was taken in, and what became of it on every channel, in ``state/outbox.db``.

One process writes it, whoever holds the lock. A message is written down as being sent before it leaves the
process and as sent when the channel took it, so a process that is killed anywhere loses nothing, and repeats
at most what was on its way at that moment.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from ictcli.clock import parse_duration
from ictcli.config.alerts import AlertsConfig
from ictcli.errors import Busy
from ictcli.operations.alerts import (
    Acknowledgement,
    Alert,
    channels_of,
    fingerprint,
    owner_of,
    severity_of,
    steps_to,
    tidied,
)
from ictcli.operations.outbox_file import FILE, VERSION, explained
from ictcli.operations.outbox_rows import Due, Position, Standing
from ictcli.store.locks import exclusive
from ictcli.store.side_file import prepared

MOST_DUE = 5_000
"""Deliveries that are looked at together; what is beyond comes next."""

_TABLES = """
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL, severity TEXT NOT NULL, text TEXT NOT NULL, source TEXT NOT NULL, owner TEXT NOT NULL,
  at INTEGER NOT NULL, taken INTEGER NOT NULL, fingerprint TEXT NOT NULL,
  acked INTEGER, acked_by TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
  step INTEGER NOT NULL DEFAULT 0, next_step INTEGER
) STRICT;
CREATE INDEX ix_alerts_fingerprint ON alerts (fingerprint, id);
CREATE INDEX ix_alerts_next_step ON alerts (next_step) WHERE next_step IS NOT NULL;
CREATE TABLE deliveries (
  alert INTEGER NOT NULL REFERENCES alerts, channel TEXT NOT NULL, step INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'failed', 'sent', 'dropped')),
  due INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, tried INTEGER, sent INTEGER,
  together INTEGER NOT NULL DEFAULT 0, doubtful INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (alert, channel, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_deliveries_due ON deliveries (channel, due) WHERE state IN ('pending', 'failed');
CREATE TABLE channels (
  name TEXT PRIMARY KEY, fails INTEGER NOT NULL, blocked INTEGER NOT NULL, spent INTEGER NOT NULL
) STRICT;
CREATE TABLE positions (
  source TEXT PRIMARY KEY, position INTEGER NOT NULL, mark TEXT NOT NULL
) STRICT;
"""
_OPEN = "state IN ('pending', 'failed')"
_DUE = f"""
SELECT d.alert, d.step, d.tries, d.doubtful, a.key, a.kind, a.severity, a.text, a.source, a.owner, a.at,
  a.fingerprint
FROM deliveries d JOIN alerts a ON a.id = d.alert
WHERE d.channel = ? AND d.{_OPEN} AND d.due <= ? ORDER BY d.tries - d.doubtful, d.alert LIMIT {MOST_DUE}
"""  # noqa: S608 - words of this file

_UNTOLD = """
SELECT id, kind, severity FROM alerts a
WHERE acked IS NULL AND NOT EXISTS (SELECT 1 FROM deliveries WHERE alert = a.id) ORDER BY id
"""


def _first_step(severity: str, config: AlertsConfig, now: int) -> int | None:
    """When an alert rises first that nobody acknowledges, ns UTC; None for one that does not."""
    urgent = severity == "critical" and config.escalate_steps
    return now + parse_duration(config.escalate_after) if urgent else None


@contextmanager
def only_notifier(state: Path, *, now: int, wait: float = 0.0) -> Iterator[None]:
    """Be the only one that writes to a workspace's outbox for the block.

    Args:
        state: the workspace's state folder.
        now: ns UTC.
        wait: seconds to wait for another process that does.

    Raises:
        Busy: another process does; names it.
    """
    with exclusive(_lock(state), "the outbox", now=now, wait=wait, doing="being delivered"):
        yield


def _lock(state: Path) -> Path:
    return state / "locks" / "outbox.lock"


def is_delivered(state: Path) -> bool:
    """Whether a process writes to a workspace's outbox right now."""
    try:
        with exclusive(_lock(state), "", now=0, sign=False):
            return False
    except Busy:
        return True


@contextmanager
def outbox(state: Path, *, now: int) -> Iterator["Outbox"]:
    """The outbox for its writer, made where there is none; the caller holds the lock.

    What a predecessor was sending when it was killed is due again, marked as perhaps known.

    Raises:
        DataError: it is damaged, of a later version, or the disk refuses.
    """
    path = state / FILE
    with explained(path):
        raw = prepared(path, _TABLES, VERSION)
    with closing(raw):
        box = Outbox(path, raw)
        box.settle(now)
        yield box


class Outbox:
    """The outbox, open to its one writer; every method may raise DataError when the disk refuses.

    Args:
        path: the file.
        raw: the connection.
    """

    def __init__(self, path: Path, raw: sqlite3.Connection) -> None:
        self._path = path
        self._raw = raw

    def settle(self, now: int) -> None:
        """What was on its way when a predecessor was killed is due; nobody knows whether it arrived."""
        with self._writing():
            self._raw.execute(
                "UPDATE deliveries SET state = 'failed', due = ?, doubtful = 1, "
                "error = 'the notifier ended while it was sent' WHERE state = 'sending'",
                (now,),
            )

    def position(self, source: str) -> Position:
        """Up to where a source was read."""
        sql = "SELECT position, mark FROM positions WHERE source = ?"
        with explained(self._path):
            found = self._raw.execute(sql, (source,)).fetchone()
        return Position(*found) if found else Position(0, "")

    def take(
        self,
        alerts: Sequence[Alert],
        config: AlertsConfig,
        now: int,
        read: tuple[str, Position] | None = None,
    ) -> int:
        """Take in alerts that are new, each with a delivery for every channel that it is for.

        Args:
            alerts: oldest first.
            config: owners and channels.
            now: ns UTC.
            read: source, and up to where it was read; kept together with the alerts or not at all.

        Returns:
            How many were new.
        """
        new = 0
        if not alerts and read is None:
            return new
        with self._writing():
            for alert in alerts:
                new += self._take(tidied(alert), config, now)
            if read is not None:
                sql = "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)"
                self._raw.execute(sql, (read[0], read[1].number, read[1].mark))
        return new

    def catch_up(self, config: AlertsConfig, now: int) -> int:
        """Have alerts told that came when no channel was for them and that nobody acknowledged; how many.

        Escalation begins anew: there was nobody to hear of it.
        """
        with explained(self._path):
            untold = self._raw.execute(_UNTOLD).fetchall()
        found = []
        for number, kind, severity in untold:
            owner = owner_of(kind, severity, config)
            found += [(number, severity, owner, channels_of(kind, severity, owner, 0, config))]
        reached = [one for one in found if one[3]]
        if not reached:
            return 0
        with self._writing():
            for number, severity, owner, channels in reached:
                sql = "UPDATE alerts SET owner = ?, step = 0, next_step = ? WHERE id = ?"
                self._raw.execute(sql, (owner, _first_step(severity, config, now), number))
                for channel in channels:
                    self._deliver(number, channel, 0, now)
        return len(reached)

    def acknowledge(self, said: Acknowledgement) -> list[int]:
        """Note that somebody takes care: nothing more is sent of these alerts. Those that were open."""
        done = []
        with self._writing():
            for number in said.ids:
                found = self._raw.execute(
                    "UPDATE alerts SET acked = ?, acked_by = ?, reason = ?, next_step = NULL "
                    "WHERE id = ? AND acked IS NULL",
                    (said.at, said.by, said.reason, number),
                )
                if found.rowcount:
                    done.append(number)
                    sql = f"UPDATE deliveries SET state = 'dropped' WHERE alert = ? AND {_OPEN}"  # noqa: S608 - our own names, values are bound
                    self._raw.execute(sql, (number,))
        return done

    def escalate(self, config: AlertsConfig, now: int) -> int:
        """Take critical alerts that nobody acknowledged one step further; how many."""
        wait = parse_duration(config.escalate_after)
        with explained(self._path):
            overdue = self._raw.execute(
                "SELECT id, kind, severity, owner, step FROM alerts WHERE next_step <= ? ORDER BY id", (now,)
            ).fetchall()
        if not overdue:
            return 0
        with self._writing():
            for number, kind, severity, owner, step in overdue:
                for channel in steps_to(kind, severity, owner, step + 1, config):
                    self._deliver(number, channel, step + 1, now)
                following = now + wait if step + 1 < config.escalate_steps else None
                sql = "UPDATE alerts SET step = ?, next_step = ? WHERE id = ?"
                self._raw.execute(sql, (step + 1, following, number))
        return len(overdue)

    def due(self, channel: str, now: int) -> list[Due]:
        """What is to be sent on a channel by now; what failed least first, then the oldest."""
        with explained(self._path):
            return [Due(*row) for row in self._raw.execute(_DUE, (channel, now))]

    def next_due(self, channel: str) -> int | None:
        """When the next delivery of a channel is due, ns UTC; None where nothing waits."""
        sql = f"SELECT min(due) FROM deliveries WHERE channel = ? AND {_OPEN}"  # noqa: S608 - our own names, values are bound
        with explained(self._path):
            (found,) = self._raw.execute(sql, (channel,)).fetchone()
        return None if found is None else int(found)

    def standing(self, channel: str) -> Standing:
        """How a channel does."""
        sql = "SELECT fails, blocked, spent FROM channels WHERE name = ?"
        with explained(self._path):
            found = self._raw.execute(sql, (channel,)).fetchone()
        return Standing(*found) if found else Standing(0, 0, 0)

    def sending(self, channel: str, rows: Sequence[Due], standing: Standing, now: int) -> None:
        """A message with these alerts is about to leave; durable before it does."""
        values = [(now, one.alert, channel, one.step) for one in rows]
        with self._writing():
            self._raw.executemany(
                "UPDATE deliveries SET state = 'sending', tries = tries + 1, tried = ? "
                "WHERE alert = ? AND channel = ? AND step = ?",
                values,
            )
            self._keep(channel, standing)

    def sent(self, channel: str, rows: Sequence[Due], now: int) -> None:
        """The channel took the message."""
        values = [(now, len(rows), one.alert, channel, one.step) for one in rows]
        with self._writing():
            self._raw.executemany(
                "UPDATE deliveries SET state = 'sent', sent = ?, together = ?, error = '' "
                "WHERE alert = ? AND channel = ? AND step = ?",
                values,
            )
            self._raw.execute("UPDATE channels SET fails = 0, blocked = 0 WHERE name = ?", (channel,))

    def failed(
        self, channel: str, rows: Sequence[tuple[Due, int]], why: str, standing: Standing, *, doubtful: bool
    ) -> None:
        """The message did not get through.

        Args:
            channel: name.
            rows: its alerts, each with when it is due again, ns UTC.
            why: in words without secrets.
            standing: of the channel from now on.
            doubtful: it may have arrived all the same.
        """
        values = [(due, why, int(doubtful), one.alert, channel, one.step) for one, due in rows]
        with self._writing():
            self._raw.executemany(
                "UPDATE deliveries SET state = 'failed', due = ?, error = ?, doubtful = doubtful OR ? "
                "WHERE alert = ? AND channel = ? AND step = ? AND state = 'sending'",
                values,
            )
            self._keep(channel, standing)

    def forget(self, before: int) -> int:
        """Remove alerts taken in before an instant, ns UTC, of which nothing is left to do; how many."""
        old = (
            "SELECT id FROM alerts WHERE taken < ? AND (acked IS NOT NULL OR severity <> 'critical') AND "
            "id NOT IN (SELECT alert FROM deliveries WHERE state IN ('pending', 'sending', 'failed'))"
        )
        with self._writing():
            self._raw.execute(f"DELETE FROM deliveries WHERE alert IN ({old})", (before,))  # noqa: S608 - our own names, values are bound
            return self._raw.execute(f"DELETE FROM alerts WHERE id IN ({old})", (before,)).rowcount  # noqa: S608 - our own names, values are bound

    def _take(self, alert: Alert, config: AlertsConfig, now: int) -> bool:
        if self._raw.execute("SELECT 1 FROM alerts WHERE key = ?", (alert.key,)).fetchone():
            return False
        severity = severity_of(alert, config)
        owner, mark = owner_of(alert.kind, severity, config), fingerprint(alert)
        same = "SELECT max(id) FROM alerts WHERE fingerprint = ?"
        (before,) = self._raw.execute(same, (mark,)).fetchone()
        done = self._raw.execute(
            "INSERT INTO alerts (key, kind, severity, text, source, owner, at, taken, fingerprint, "
            "next_step) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                alert.key, alert.kind, severity, alert.text, alert.source, owner, alert.at, now, mark,
                _first_step(severity, config, now),
            ),
        )  # fmt: skip
        number = int(done.lastrowid or 0)
        for channel in channels_of(alert.kind, severity, owner, 0, config):
            due = now if before is None else self._after(before, channel, config, now)
            self._deliver(number, channel, 0, due)
        return True

    def _after(self, before: int, channel: str, config: AlertsConfig, now: int) -> int:
        """When an alert is due that says what an earlier one said: with it, or a while after it."""
        sql = "SELECT sent, due FROM deliveries WHERE alert = ? AND channel = ? AND step = 0"
        found = self._raw.execute(sql, (before, channel)).fetchone()
        if found is None:
            return now
        sent, due = found
        return max(now, sent + parse_duration(config.repeat_after)) if sent is not None else int(due)

    def _deliver(self, alert: int, channel: str, step: int, due: int) -> None:
        self._raw.execute(
            "INSERT OR IGNORE INTO deliveries (alert, channel, step, state, due) "
            "VALUES (?, ?, ?, 'pending', ?)",
            (alert, channel, step, due),
        )

    def _keep(self, channel: str, standing: Standing) -> None:
        self._raw.execute(
            "INSERT OR REPLACE INTO channels VALUES (?, ?, ?, ?)",
            (channel, standing.fails, standing.blocked, standing.spent),
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(self._path):
            self._raw.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
                raise
            self._raw.execute("COMMIT")
