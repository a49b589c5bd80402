"""The outbox's file: where it is, the version of its tables, and what it means to lose it."""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from ictcli.store import side_file

FILE = "outbox.db"
VERSION = 1
"""Of the tables, kept as ``user_version``."""


def version(raw: sqlite3.Connection, path: Path) -> int:
    """Version of the tables, 0 where there are none yet.

    Raises:
        DataError: it is a later one.
    """
    return side_file.version(raw, path, VERSION)


def explained(path: Path) -> AbstractContextManager[None]:
    """Errors of the database in words of the user."""
    return side_file.explained(path, "ledgers are read again")
