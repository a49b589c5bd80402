"""SQLite: write-ahead log, every commit durable, one writing connection; readers copy out and close."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Dialect, create_engine

from ictcli.errors import Busy, DataError, IctError, LedgerUnwritable
from ictcli.ledger.database import Values
from ictcli.ledger.faults import LedgerCorrupt, NoLedger
from ictcli.store.atomic import private_file

_SETTINGS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "wal_autocheckpoint=16000",  # pages; ``tidy`` comes first, at a better time
)


def _make_private(path: Path) -> None:
    """Make the file before SQLite does; its log and index files take its permissions."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):  # SQLite says in its words what is wrong
        private_file(path)


class SqliteDatabase:
    """One connection to an SQLite file.

    Args:
        path: the file; a writer makes it, and its folder.
        wait: seconds to wait for a lock that somebody else holds.
        writable: False: nothing can be written, whatever is asked.

    Raises:
        NoLedger: there is no such file to read.
        LedgerCorrupt: the file is no database.
        LedgerUnwritable: it cannot be opened.
    """

    broken: tuple[type[Exception], ...] = (sqlite3.Error,)
    refused: tuple[type[Exception], ...] = (OverflowError, sqlite3.DataError)
    url = "sqlite://"

    def __init__(self, path: Path, *, wait: float = 5.0, writable: bool = True) -> None:
        self.dialect: Dialect = create_engine(self.url, paramstyle="named").dialect
        self.path = path
        if writable:
            _make_private(path)
        elif not path.is_file():
            if path.exists():
                raise LedgerCorrupt(f"the ledger {path} is no file", hint="Move it away; restore a backup.")
            raise NoLedger(path)
        mode = "rwc" if writable else "ro"
        try:
            self._raw = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode={mode}",
                uri=True, isolation_level=None, timeout=wait, check_same_thread=False, cached_statements=256,
            )  # fmt: skip
            try:
                self._set_up(writable=writable)
            except BaseException:
                self._raw.close()  # or its lock would stay until somebody collects it
                raise
        except sqlite3.Error as error:
            raise self.explain(error) from error

    def _set_up(self, *, writable: bool) -> None:
        if writable:
            (mode,) = self._raw.execute("PRAGMA journal_mode=WAL").fetchone()
            if mode != "wal":
                raise DataError(
                    f"{self.path}: this disk cannot hold a write-ahead log", hint="Use a local disk."
                )
        for setting in _SETTINGS:
            self._raw.execute(f"PRAGMA {setting}")

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection."""
        return self._raw

    def execute(self, statement: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Run a statement; its rows, if it has any."""
        return self._raw.execute(statement, values or {}).fetchall()

    def many(self, statement: str, values: Sequence[Values]) -> None:
        """Run a statement once per set of values."""
        self._raw.executemany(statement, values)

    def pages(self, statement: str, values: Values, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a statement, so many at a time; within a transaction."""
        cursor = self._raw.execute(statement, values)
        while rows := cursor.fetchmany(size):
            yield rows

    def begin(self) -> None:
        """Start a transaction that may write: a deferred one could not wait for other writers later."""
        self._raw.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make it durable."""
        self._raw.execute("COMMIT")

    def rollback(self) -> None:
        """Undo it; nothing where there is none."""
        if self._raw.in_transaction:
            self._raw.execute("ROLLBACK")

    def claim(self) -> None:
        """Nothing: the lock file beside the ledger does it."""

    def relax(self) -> None:
        """From now on commits do not wait for the disk."""
        self._raw.execute("PRAGMA synchronous=OFF")

    def tidy(self) -> None:
        """Move what is in the write-ahead log into the file.

        Where that fails the log keeps it all, as when SQLite itself does it at a commit: a disk that is full
        or broken is found out by the next commit.
        """
        with suppress(sqlite3.Error):
            self._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def snapshot(self) -> None:
        """Start a transaction that only reads: what is written after its first look stays out of sight."""
        self._raw.execute("BEGIN")

    def explain(self, error: Exception) -> IctError:
        """Locked, damaged, or refused by the disk."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return Busy(f"{self.path} is locked by another process", hint="Try again when it is done.")
        garbled = "decode to UTF-8" in str(error)
        if garbled or code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return LedgerCorrupt(f"{self.path}: {error}", hint="Restore a backup: `ictcli ledger restore`.")
        return LedgerUnwritable(f"{self.path}: {error}", hint="Check permissions and free space.")

    def check(self) -> list[str]:
        """What ``integrity_check`` finds."""
        try:
            found = [row[0] for row in self._raw.execute("PRAGMA integrity_check")]
        except sqlite3.Error as error:
            return [str(error)]
        return [] if found == ["ok"] else found

    def tables(self) -> set[str]:
        """Names of the tables there are."""
        return {row[0] for row in self._raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def close(self) -> None:
        """Let go; the last writer folds the write-ahead log into the file."""
        self._raw.close()
