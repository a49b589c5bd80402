"""What the ledger needs of a database: one connection, explicit transactions, plain rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from ictcli.errors import DataError, IctError
from ictcli.ledger.migrating import upgrade
from ictcli.ledger.schema import HEAD

Values = Mapping[str, str | int | None]


class Database(Protocol):
    """One connection. ``broken`` are its errors, ``refused`` those that are about a value alone."""

    dialect: Dialect
    broken: tuple[type[Exception], ...]
    refused: tuple[type[Exception], ...]
    url: str

    def execute(self, statement: str, values: Values = ...) -> list[tuple[Any, ...]]:
        """Run a statement; its rows, if it has any."""
        ...

    def many(self, statement: str, values: Sequence[Values]) -> None:
        """Run a statement once per set of values."""
        ...

    def pages(self, statement: str, values: Values, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a statement, so many at a time; within a transaction."""
        ...

    def begin(self) -> None:
        """Start a transaction that may write; waits a bounded time for other writers."""
        ...

    def commit(self) -> None:
        """Make it durable."""
        ...

    def rollback(self) -> None:
        """Undo it; nothing where there is none."""
        ...

    def claim(self) -> None:
        """Become the one writer, for as long as the connection lasts.

        Raises:
            Busy: another one is.
        """
        ...

    def relax(self) -> None:
        """From now on commits do not wait for the disk."""
        ...

    def tidy(self) -> None:
        """Do now what would have to be done at some commit, and takes longer than one."""
        ...

    def snapshot(self) -> None:
        """Start a transaction that only reads, and sees one state of the database throughout."""
        ...

    def explain(self, error: Exception) -> IctError:
        """What an error of the engine means for the user."""
        ...

    def check(self) -> list[str]:
        """What the engine itself finds wrong with its files."""
        ...

    def tables(self) -> set[str]:
        """Names of the tables there are."""
        ...

    def close(self) -> None:
        """Let go."""
        ...

    @property
    def raw(self) -> Any:
        """The connection, for SQLAlchemy."""
        ...


@contextmanager
def transaction(database: Database) -> Iterator[None]:
    """A transaction around the block; undone when it raises."""
    database.begin()
    try:
        yield
        database.commit()
    except BaseException:
        database.rollback()
        raise


@contextmanager
def explained(database: Database) -> Iterator[None]:
    """Errors of the engine in the block leave it in words of the ledger."""
    try:
        yield
    except database.broken as error:
        raise database.explain(error) from error


@contextmanager
def connected(database: Database) -> Iterator[Connection]:
    """SQLAlchemy over the same connection, in one transaction."""
    engine = create_engine(database.url, creator=lambda: database.raw, poolclass=StaticPool)
    if database.dialect.name == "sqlite":
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        cause = error.orig if isinstance(error.orig, Exception) else error
        raise database.explain(cause) from error


def prepare(database: Database) -> None:
    """Give an empty database its tables; leave one of this program's revision as it is.

    Raises:
        DataError: it is of another revision, or no ledger.
    """
    if not database.tables():
        with connected(database) as connection:
            upgrade(connection)
        return
    require_head(database)


def require_head(database: Database) -> None:
    """Refuse a database that this program does not know.

    Raises:
        DataError: it is of another revision, or no ledger.
    """
    tables = database.tables()
    if "alembic_version" not in tables or "events" not in tables:
        raise DataError("the database is no ledger", hint="Name an empty database, or the ledger's own.")
    found = [row[0] for row in database.execute("SELECT version_num FROM alembic_version")]
    if found != [HEAD]:
        shown = ", ".join(found) or "none"
        raise DataError(
            f"the ledger has schema revision {shown}, this program knows {HEAD}",
            hint="Use the version of ictcli that wrote it, or restore a backup.",
        )
