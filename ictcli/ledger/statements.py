"""The SQL of the ledger, compiled once for a database from the one schema; values go by name."""

from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import Dialect, Table, bindparam, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ClauseElement

from ictcli.ledger.rows import Row
from ictcli.ledger.schema import EPOCHS, EVENTS, PROJECTIONS


class Statements:
    """Texts for one dialect.

    Attributes:
        add_event, add_epoch: one row more.
        epochs: all of them, oldest first.
        guard: the newest epoch and the last sequence number.
        head: number and hash of the last event.
        event: one event, by ``seq``.
        events: events behind ``after``, up to ``until``, in order.
        start: body of the last ``Start``.
        fills: deals of ``account`` and ``position``, in the order they were written.
        get, put, every: of a projection: one row by ``account`` and ``key``, one row in place of another,
            all rows in the order they were made.
    """

    def __init__(self, dialect: Dialect) -> None:
        def text(statement: ClauseElement) -> str:
            return str(statement.compile(dialect=dialect))

        events = select(EVENTS)
        deals = EVENTS.metadata.tables["fills"]
        newest = select(func.max(EPOCHS.c.epoch)).scalar_subquery()
        last = select(func.max(EVENTS.c.seq)).scalar_subquery()
        self.add_event = text(EVENTS.insert())
        self.add_epoch = text(EPOCHS.insert())
        self.epochs = text(select(EPOCHS).order_by(EPOCHS.c.epoch))
        self.guard = text(select(newest, last))
        self.head = text(select(EVENTS.c.seq, EVENTS.c.hash).where(EVENTS.c.seq == last))
        self.event = text(events.where(EVENTS.c.seq == bindparam("seq")))
        self.events = text(
            events.where(EVENTS.c.seq > bindparam("after"), EVENTS.c.seq <= bindparam("until")).order_by(
                EVENTS.c.seq
            )
        )
        started = (
            select(func.max(EVENTS.c.seq)).where(EVENTS.c.kind == literal_column("'start'")).scalar_subquery()
        )
        self.start = text(select(EVENTS.c.body).where(EVENTS.c.seq == started))
        self.fills = text(
            select(deals)
            .where(deals.c.account == bindparam("account"), deals.c.position == bindparam("position"))
            .order_by(deals.c.seq)
        )
        self.get = {kind: text(_get(kind, table)) for kind, table in PROJECTIONS.items()}
        self.put = {kind: text(_put(table, dialect)) for kind, table in PROJECTIONS.items()}
        self.every = {kind: text(select(table).order_by(table.c.seq)) for kind, table in PROJECTIONS.items()}


@dataclass(frozen=True, slots=True)
class _Kind:
    """What tells dialects apart whose texts differ."""

    name: str
    paramstyle: str
    dialect: Dialect = field(compare=False)


def statements_of(dialect: Dialect) -> Statements:
    """The texts for a dialect, compiled once a process: that takes as long as dozens of commits."""
    return _compiled(_Kind(dialect.name, dialect.paramstyle, dialect))


@lru_cache
def _compiled(kind: _Kind) -> Statements:
    return Statements(kind.dialect)


def _get(kind: type[Row], table: Table) -> ClauseElement:
    return select(table).where(table.c.account == bindparam("account"), table.c[kind.key] == bindparam("key"))


def _put(table: Table, dialect: Dialect) -> ClauseElement:
    keys = [column.name for column in table.primary_key]
    insert = sqlite.insert(table) if dialect.name == "sqlite" else postgresql.insert(table)
    fresh = {column.name: insert.excluded[column.name] for column in table.c if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=fresh)
