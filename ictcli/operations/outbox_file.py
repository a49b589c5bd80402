"""The outbox's file: opened for its one writer or for readers beside it, its errors in words of the user."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ictcli.errors import DataError

FILE = "outbox.db"
VERSION = 1
"""Of the tables, kept as ``user_version``."""


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection to a database of SQLite: ``ro``, or ``rwc`` to make and write it."""
    place = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(place, uri=True, isolation_level=None, timeout=5.0)


def version(raw: sqlite3.Connection, path: Path) -> int:
    """Version of the tables, 0 where there are none yet.

    Raises:
        DataError: it is a later one.
    """
    (found,) = raw.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        raise DataError(f"{path} was written by a later version of ictcli", hint="Use that version.")
    return int(found)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Errors of the database in words of the user."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split()).lower()
        raise DataError(
            f"cannot use {path}: {reason}",
            hint="Check disk and permissions; if it is damaged, move it away: ledgers are read again.",
        ) from error
