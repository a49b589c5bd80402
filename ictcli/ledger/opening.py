"""Opening ledgers: the writer's connection, and readers that copy out and close."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ictcli.errors import LedgerUnwritable
from ictcli.ledger.address import Address, Place
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.database import Database, explained, require_head
from ictcli.ledger.faults import NoLedger
from ictcli.ledger.postgres_database import PostgresDatabase
from ictcli.ledger.sqlite_database import SqliteDatabase
from ictcli.ledger.stored import Stored
from ictcli.store.atomic import private_file

PATIENCE = 60.0
"""Seconds that one look at a large ledger may take; only a trader is in a hurry."""


def open_database(address: Address, *, wait: float = 5.0, writable: bool = True) -> Database:
    """A connection to a ledger's database.

    Raises:
        IctError: it cannot be opened; which one says why.
    """
    if address.file is not None:
        return SqliteDatabase(address.file, wait=wait, writable=writable)
    return PostgresDatabase(address, wait=wait, writable=writable)


@contextmanager
def reading(address: Address, *, wait: float = PATIENCE) -> Iterator[Stored]:
    """A ledger as it is now, read-only and in one state.

    Copy out and leave: a long look keeps the writer's log from being folded in.

    Raises:
        NoLedger: there is none.
        DataError: it is of another schema.
    """
    database = open_database(address, wait=wait, writable=False)
    with closing(database), explained(database):
        if not database.tables():
            raise NoLedger(address, emptied=address.file is not None)
        require_head(database)
        database.snapshot()
        yield Stored(database)


def no_ledger(place: Place, *, emptied: bool = False) -> NoLedger:
    """What there is to say of a place without a ledger: whether there ever was one.

    Args:
        place: where it is not.
        emptied: its file is there, and holds nothing.
    """
    anchored = read_anchors(place.anchors, place.key).last
    return NoLedger(place.address, anchored=anchored, emptied=emptied, trace=place.trace)


@contextmanager
def copied(place: Place) -> Iterator[Stored]:
    """A ledger as it is now, in a copy that may be looked at for long.

    PostgreSQL needs none: its readers hold nobody up. Where the state folder is read-only, the copy is in
    the system's folder for temporary files, for its owner alone.

    Raises:
        NoLedger: there is none, or none any more.
    """
    if place.address.file is None:
        with reading(place.address) as stored:
            yield stored
        return
    if place.lost:
        raise no_ledger(place)
    folder = _scratch(place.backups)
    try:
        copy = folder / "ledger.db"
        _copy_anyhow(place.address.file, copy)
        if not _has_tables(copy):
            raise NoLedger(place.address, emptied=True)
        with reading(Address(file=copy)) as stored:
            yield stored
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_tables(file: Path) -> bool:
    database = SqliteDatabase(file, writable=False)
    with closing(database), explained(database):
        return bool(database.tables())


def _scratch(backups: Path) -> Path:
    try:
        backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".tmp-", dir=backups))
    except OSError:  # read-only
        return Path(tempfile.mkdtemp(prefix="ictcli-ledger-"))


def _copy_anyhow(source: Path, target: Path) -> None:
    """Copy a ledger, also out of a read-only folder, where SQLite cannot make the index of its log."""
    try:
        copy_file(source, target)
    except LedgerUnwritable:
        if source.with_name(f"{source.name}-shm").exists():
            raise  # somebody may be writing: bytes that are copied one after the other could be of two states
        shutil.copyfile(source, target)
        log = source.with_name(f"{source.name}-wal")
        if log.exists():
            shutil.copyfile(log, target.with_name(log.name))


def copy_file(source: Path, target: Path) -> None:
    """Copy a live SQLite ledger, its write-ahead log included, into one file that stands alone.

    Whoever keeps the copy syncs it: a disk that takes it down at once holds up the writer's commits.

    Raises:
        LedgerCorrupt: the source is damaged.
    """
    database = SqliteDatabase(source, writable=False)
    with suppress(OSError):  # SQLite says in its words what is wrong
        private_file(target)
    with closing(database), explained(database), closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA synchronous=OFF")
        database.raw.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
