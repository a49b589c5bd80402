"""PostgreSQL: the same tables behind a URL; an advisory lock makes its writer the only one."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Dialect, make_url

from ictcli.errors import Busy, ConfigError, IctError, LedgerUnwritable, SourceUnavailable
from ictcli.ledger.address import Address
from ictcli.ledger.database import Values

if TYPE_CHECKING:
    import psycopg

_LOCK = 0x6963_7463_6C69  # the letters of the program's name
_IDLE_LIMIT = 600_000
_CONNECT_LIMIT = 5


class PostgresDatabase:
    """One connection to a PostgreSQL database.

    Args:
        address: where it is.
        wait: seconds that a statement may take.
        writable: False: sessions can only read.

    Raises:
        ConfigError: psycopg is not installed, or the URL is none.
        SourceUnavailable: the server does not answer, or does not let us in.
    """

    url = "postgresql+psycopg://"

    def __init__(self, address: Address, *, wait: float = 5.0, writable: bool = True) -> None:
        try:
            import psycopg  # noqa: PLC0415 - optional
        except ImportError as error:
            raise ConfigError(
                "PostgreSQL needs psycopg", hint='Run `pip install "ictcli[postgres]"`.'
            ) from error
        self.broken: tuple[type[Exception], ...] = (psycopg.Error,)
        self.refused: tuple[type[Exception], ...] = (psycopg.DataError, OverflowError)
        self.dialect: Dialect = make_url(self.url).get_dialect()()
        self.address = address
        settings = {
            "synchronous_commit": "on",
            "statement_timeout": int(wait * 1000),
            "idle_in_transaction_session_timeout": _IDLE_LIMIT,
            "default_transaction_read_only": "off" if writable else "on",
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        try:
            self._raw: psycopg.Connection[tuple[Any, ...]] = psycopg.connect(
                address.url, autocommit=True, options=options, connect_timeout=_CONNECT_LIMIT,
                application_name="ictcli ledger", client_encoding="utf8",
            )  # fmt: skip
        except psycopg.ProgrammingError as error:
            raise ConfigError(f"not a ledger URL: {address}") from error
        except psycopg.OperationalError as error:
            reason = " ".join(str(error).split())
            raise SourceUnavailable(
                f"cannot reach the ledger {address}: {reason}",
                hint="Check the server, and PGPASSWORD or ~/.pgpass.",
            ) from error

    @property
    def raw(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """The connection."""
        return self._raw

    def execute(self, statement: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Run a statement; its rows, if it has any."""
        cursor = self._raw.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []

    def many(self, statement: str, values: Sequence[Values]) -> None:
        """Run a statement once per set of values, without waiting for each."""
        with self._raw.cursor() as cursor:
            cursor.executemany(statement.encode(), values)

    def pages(self, statement: str, values: Values, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a statement, so many at a time; within a transaction."""
        with self._raw.cursor(name="pages") as cursor:
            cursor.execute(statement.encode(), values)
            while rows := cursor.fetchmany(size):
                yield rows

    def begin(self) -> None:
        """Start a transaction."""
        self._raw.execute("BEGIN")

    def commit(self) -> None:
        """Make it durable."""
        self._raw.execute("COMMIT")

    def rollback(self) -> None:
        """Undo it; nothing where there is none."""
        self._raw.rollback()

    def claim(self) -> None:
        """Take the advisory lock of ledgers in this database."""
        ((taken,),) = self.execute("SELECT pg_try_advisory_lock(%(key)s)", {"key": _LOCK})
        if taken:
            return
        found = self.execute(
            "SELECT a.pid, coalesce(host(a.client_addr), 'this machine'), a.backend_start::text "
            "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted "
            "AND l.classid::bigint << 32 | l.objid::bigint = %(key)s",
            {"key": _LOCK},
        )
        holder = f"pid {found[0][0]} from {found[0][1]} since {found[0][2]}" if found else "another process"
        raise Busy(f"the ledger is being written by {holder}", hint="Try again when it is done.")

    def relax(self) -> None:
        """From now on commits do not wait for the disk."""
        self._raw.execute("SET synchronous_commit = off")

    def tidy(self) -> None:
        """Nothing: the server does it by itself."""

    def snapshot(self) -> None:
        """Start a transaction that only reads one state of the database."""
        self._raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def explain(self, error: Exception) -> IctError:
        """The server's own words."""
        reason = " ".join(str(error).split())
        return LedgerUnwritable(f"ledger {self.address}: {reason}", hint="Check the server.")

    def check(self) -> list[str]:
        """Nothing: the server checks its own pages."""
        return []

    def tables(self) -> set[str]:
        """Names of the tables there are."""
        found = self.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {row[0] for row in found}

    def close(self) -> None:
        """Let go, and of the lock with it."""
        self._raw.close()
