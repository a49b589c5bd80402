"""What ledgers have to tell, read beside the trader that writes them.

A process that notifies stays up for weeks beside a trader, so it reads files of SQLite by the standard
library alone: the ledger's own machinery takes three times its memory. One short look each; nothing is held.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ictcli.ledger.bodies import Alerted, Latched, Released, decode
from ictcli.operations.alerts import Alert
from ictcli.operations.outbox_file import explained
from ictcli.operations.outbox_rows import Position
from ictcli.store.side_file import connect

Ask = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs a statement without parameters."""

_ELSEWHERE = {"halted", "reconcile_findings"}
"""Codes of alerts that are told from what they are about: the latch, and the runs of reconcile."""
_KINDS = "('alerted', 'latched', 'released')"
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger to read.

    Attributes:
        name: broker, paper or replay.
        looking: opens it for one look, in one state.
    """

    name: str
    looking: Callable[[], AbstractContextManager[Ask]]


def file_ledger(name: str, path: Path) -> Ledger:
    """A ledger in a file."""

    @contextmanager
    def looking() -> Iterator[Ask]:
        with explained(path), closing(connect(path, "ro")) as raw:
            raw.execute("BEGIN")
            yield lambda sql: raw.execute(sql).fetchall()

    return Ledger(name, looking)


def read_alerts(ledger: Ledger, last: Position, back: int) -> tuple[list[Alert], Position]:
    """What a ledger has to tell behind a position, oldest first, and the position behind it.

    Args:
        ledger: the ledger.
        last: up to where it was read.
        back: of a ledger that was never looked at, or that another one has replaced, how much is told: ns
            before its last event, by its own clock, which on paper is that of the market.

    Raises:
        DataError: it cannot be read.
    """
    with ledger.looking() as ask:
        known = ask(f"SELECT hash FROM events WHERE seq = {last.number}")  # noqa: S608 - a number
        same = bool(known) and known[0][0] == last.mark
        head = ask("SELECT seq, hash, ts FROM events ORDER BY seq DESC LIMIT 1")
        if not head:
            return [], last
        since = f"seq > {last.number}" if same else f"ts >= {head[0][2] - back}"
        rows = ask(
            f"SELECT seq, ts, body, hash FROM events WHERE {since} AND kind IN {_KINDS} "  # noqa: S608 - our own names, values are bound
            f"ORDER BY seq LIMIT {_PAGE}"
        )
    told = [one for row in rows if (one := _alert(ledger.name, *row)) is not None]
    if len(rows) == _PAGE:
        return told, Position(rows[-1][0], rows[-1][3])
    return told, Position(head[0][0], head[0][1])


def halted(epoch: int, reason: str, at: int, *, flatten: bool) -> Alert:
    """The emergency stop: of one epoch it is told once, whoever tells it first."""
    text = f"the emergency stop is on: {reason}" + (", positions are to be closed" if flatten else "")
    return Alert(f"halt:{epoch}:{int(flatten)}", "halted", "critical", text, at)


def _alert(name: str, seq: int, ts: int, body: str, mark: str) -> Alert | None:
    key = f"{name}:{mark[:20]}"
    try:
        event = decode(body)
    except msgspec.DecodeError:
        text = f"event {seq} of ledger {name} cannot be read: run `ictcli ledger verify`"
        return Alert(key, "event_unreadable", "critical", text, ts, name)
    if isinstance(event, Alerted):
        if event.code in _ELSEWHERE:
            return None
        return Alert(key, event.code, event.severity, event.text, ts, name)
    if isinstance(event, Latched):
        return halted(event.epoch, event.reason, ts, flatten=event.flatten)
    if isinstance(event, Released):
        text = f"the emergency stop was lifted{f' by {event.by}' if event.by else ''}: {event.reason}"
        return Alert(key, "halt_lifted", "info", text, ts, name)
    return None
