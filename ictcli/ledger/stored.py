"""Events and projections in a database: read, and written together in one transaction."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from ictcli.ledger.bodies import Start, decode
from ictcli.ledger.chain import GENESIS, Event
from ictcli.ledger.database import Database, Values
from ictcli.ledger.faults import LedgerCorrupt
from ictcli.ledger.log import Entry
from ictcli.ledger.projections import Fold, account_of
from ictcli.ledger.rows import FillRow, R, Row, key_of
from ictcli.ledger.schema import PROJECTIONS
from ictcli.ledger.statements import Statements, statements_of

_PAGE = 1_000
_COLUMNS = {kind: tuple(str(column.name) for column in table.c) for kind, table in PROJECTIONS.items()}


class StoredRows:
    """Projections in a database. What is put is seen at once and written by ``flush``."""

    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements
        self._fresh: dict[tuple[type[Row], str, str | int], Row] = {}

    def get(self, kind: type[R], account: str, key: str | int) -> R | None:
        """One row, None where there is none."""
        fresh = self._fresh.get((kind, account, key))
        if isinstance(fresh, kind):
            return fresh
        place: Values = {"account": account, "key": key}
        found = self._database.execute(self._statements.get[kind], place)
        return row_of(kind, found[0]) if found else None

    def put(self, row: Row) -> None:
        """Keep a row in place of the one with its key."""
        self._fresh[type(row), row.account, key_of(row)] = row

    def fills(self, account: str, position: int) -> list[FillRow]:
        """Deals of a position, in the order they were written."""
        self.flush()
        values: Values = {"account": account, "position": position}
        return [row_of(FillRow, row) for row in self._database.execute(self._statements.fills, values)]

    def flush(self) -> None:
        """Write what was put."""
        for row in self._fresh.values():
            self._database.execute(self._statements.put[type(row)], values_of(row))
        self._fresh.clear()

    def forget(self) -> None:
        """Drop what was put: its transaction is undone."""
        self._fresh.clear()

    def every(self, kind: type[R]) -> list[R]:
        """All rows of a table, in the order they were made."""
        return [row_of(kind, row) for row in self._database.execute(self._statements.every[kind])]


class Stored:
    """A ledger's content: the chain and its projections."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.statements = statements_of(database.dialect)
        self.rows = StoredRows(database, self.statements)

    def head(self) -> tuple[int, str]:
        """Number and hash of the last event."""
        found = self.database.execute(self.statements.head)
        return found[0] if found else (0, GENESIS)

    def begun(self) -> Start | None:
        """How the last trader began; None where there was none."""
        found = self.database.execute(self.statements.start)
        body = decode(found[0][0]) if found else None
        return body if isinstance(body, Start) else None

    def account(self) -> str:
        """Whose tickets the last events name."""
        start = self.begun()
        return account_of(start) if start is not None else ""

    def tickets(self) -> tuple[int, int]:
        """The highest ticket of an order and of a deal; 0 for none."""
        ((order,),) = self.database.execute("SELECT max(ticket) FROM orders")
        ((deal,),) = self.database.execute("SELECT max(deal) FROM fills")
        return order or 0, deal or 0

    def event(self, seq: int) -> Event | None:
        """One event, None where there is none."""
        found = self.database.execute(self.statements.event, {"seq": seq})
        return Event(*found[0]) if found else None

    def events(self, after: int = 0) -> Iterator[Event]:
        """Events behind a number, in order; no read transaction stays open between pages of them."""
        last = self.head()[0]
        while after < last:
            values = {"after": after, "until": after + _PAGE}
            for row in self.database.execute(self.statements.events, values):
                yield Event(*row)
            after += _PAGE

    def write(self, fold: Fold, events: Sequence[Event], entries: Sequence[Entry]) -> None:
        """Add events and what follows from them; the caller holds a transaction."""
        add = self.statements.add_event
        if len(events) == 1:
            self.database.execute(add, _values(events[0]))
        else:
            self.database.many(add, [_values(event) for event in events])
        for entry in entries:
            fold.apply(entry)
        self.rows.flush()


def entry_of(event: Event) -> Entry:
    """The event with its body decoded.

    Raises:
        LedgerCorrupt: the body is none, or of another kind than it says.
    """
    try:
        body = decode(event.body)
    except msgspec.ValidationError as error:
        raise LedgerCorrupt(f"event {event.seq} cannot be read: {error}") from error
    except msgspec.DecodeError as error:
        raise LedgerCorrupt(f"event {event.seq} is no JSON: {error}") from error
    return Entry(event.seq, event.ts, body)


def row_of(kind: type[R], values: Sequence[Any]) -> R:
    """A record of what the database holds.

    Raises:
        LedgerCorrupt: it is none, such as an amount that is no number.
    """
    try:
        return msgspec.convert(dict(zip(_COLUMNS[kind], values, strict=True)), kind)
    except msgspec.ValidationError as error:
        raise LedgerCorrupt(f"a row of {kind.table} cannot be read: {error}") from error


def values_of(row: Row) -> Values:
    """A record as the database holds it."""
    return {name: _plain(value) for name, value in msgspec.structs.asdict(row).items()}


def _plain(value: Any) -> str | int | None:
    return format(value, "f") if isinstance(value, Decimal) else value


def _values(event: Event) -> Values:
    return {
        "seq": event.seq,
        "ts": event.ts,
        "kind": event.kind,
        "body": event.body,
        "prev": event.prev,
        "hash": event.hash,
    }
