"""A small SQLite file beside the ledger: one writer under a lock, readers beside it, errors told in words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ictcli.errors import DataError
from ictcli.store.atomic import private_file

_SETTINGS = ("synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "cell_size_check=ON")


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection: ``ro``, or ``rwc`` to make and write the file."""
    place = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(place, uri=True, isolation_level=None, timeout=5.0)


def version(raw: sqlite3.Connection, path: Path, newest: int) -> int:
    """Version of the tables, 0 where there are none yet.

    Raises:
        DataError: it is later than ``newest``.
    """
    (found,) = raw.execute("PRAGMA user_version").fetchone()
    if found > newest:
        raise DataError(f"{path} was written by a later version of ictcli", hint="Use that version.")
    return int(found)


def prepared(path: Path, tables: str, newest: int) -> sqlite3.Connection:
    """A connection for the writer; file and tables are made where there are none, for their owner only.

    Args:
        path: the file.
        tables: statements that make the tables.
        newest: version of these.

    Raises:
        DataError: the file is of a later version.
        sqlite3.Error, OSError: it cannot be used; see :func:`explained`.
    """
    private_file(path)
    raw = connect(path, "rwc")
    try:
        raw.execute("PRAGMA journal_mode=WAL")
        for setting in _SETTINGS:
            raw.execute(f"PRAGMA {setting}")
        if not version(raw, path, newest):
            raw.executescript(f"BEGIN IMMEDIATE; {tables} PRAGMA user_version = {newest}; COMMIT;")
    except BaseException:
        raw.close()
        raise
    return raw


@contextmanager
def explained(path: Path, damaged: str) -> Iterator[None]:
    """Errors of the database in words of the user.

    Args:
        path: the file.
        damaged: what is lost when it is moved away.

    Raises:
        DataError: in their place.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split()).lower()
        raise DataError(
            f"cannot use {path}: {reason}",
            hint=f"Check disk and permissions; if it is damaged, move it away: {damaged}.",
        ) from error
