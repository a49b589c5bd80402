"""Copying a workspace's files, databases and ledgers into a draft, while others write them."""

import errno
import os
import shutil
import sqlite3
import stat
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from ictcli.errors import DataError
from ictcli.ledger.address import Address, LedgerName, Place
from ictcli.ledger.copies import back_up
from ictcli.ledger.opening import reading
from ictcli.operations.backup_contents import Contents, anchors_name, ledger_name
from ictcli.operations.backup_manifest import BackupLedger
from ictcli.store.atomic import private_folder
from ictcli.trading.paper_history import HINT
from ictcli.trading.paper_state import check_terminal

PAPER = "state/paper"
"""Folder of the paper terminal in a backup."""
_TRIES = 20
_PAUSE = 0.05
_CHUNK = 1 << 20
_ROOM = 64 * 2**20
"""Bytes that stay free beside a backup."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def copy_contents(contents: Contents, draft: Path) -> tuple[tuple[BackupLedger, ...], bool]:
    """Copy everything; the ledgers as they were copied, and whether the paper terminal stood still.

    What a ledger relies on is copied before it, what relies on a ledger behind it. A terminal of a paper
    account must be of one instant with its ledger, so both are copied again until it stood still meanwhile.

    Raises:
        DataError: the disk refuses, or a database is damaged.
        LedgerCorrupt: a ledger is not what was written.
    """
    try:
        for name, path in contents.before.items():
            copy_plain(path, target_of(draft, name))
        for name, path in contents.databases.items():
            _copy_database(path, target_of(draft, name))
        ledgers, settled = [], True
        for ledger, place in contents.ledgers.items():
            if ledger == "paper":
                copied, settled = _copy_paper(place, draft)
            else:
                copied = _copy_ledger(ledger, place, draft)
            ledgers.append(copied)
        for name, path in contents.after.items():
            if not (target_of(draft, name)).exists():
                copy_plain(path, target_of(draft, name))
    except OSError as error:
        raise refused(error, draft.parent) from error
    return tuple(ledgers), settled


def target_of(draft: Path, name: str) -> Path:
    """Where a file of a backup lies."""
    return draft / PurePosixPath(name)


def copy_plain(source: Path, target: Path) -> None:
    """Copy a file for its owner alone, durably; one that is gone meanwhile is passed over.

    Raises:
        OSError: it cannot be read or written, or is no plain file any more.
    """
    try:
        handle = os.open(source, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "no plain file any more", str(source))
        private_folder(target.parent)
        made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(made, "wb") as copy:
            shutil.copyfileobj(file, copy, _CHUNK)
            copy.flush()
            os.fsync(copy.fileno())


def require_room(folder: Path, need: int, free: int) -> None:
    """Refuse to begin what the disk cannot hold.

    Args:
        folder: where it goes.
        need: bytes that it takes.
        free: bytes that are free there.

    Raises:
        DataError: there is not enough room.
    """
    if need + _ROOM > free:
        raise DataError(
            f"{folder}: {free / 2**20:,.0f} MiB are free, and a backup takes about {need / 2**20:,.0f} MiB",
            hint="Free some space, keep fewer backups, or set backup.folder to another disk.",
        )


def refused(error: OSError, folder: Path) -> DataError:
    """What a disk's refusal means; older backups are as they were."""
    reason = "the disk is full" if error.errno in _FULL else (error.strerror or str(error)).lower()
    hint = "Older backups are untouched. Free some space, or set backup.folder to another disk."
    return DataError(
        f"no backup was made in {folder}: {reason}: {error.filename or ''}".rstrip(": "), hint=hint
    )


def _copy_ledger(ledger: LedgerName, place: Place, draft: Path) -> BackupLedger:
    """Copy a ledger, verified; only heads that were noted before count, later ones may lie beyond it."""
    target = target_of(draft, ledger_name(ledger))
    anchors = target_of(draft, anchors_name(ledger))
    if not anchors.exists() and place.anchors.is_file():
        copy_plain(place.anchors, anchors)
    private_folder(target.parent)
    report = back_up(replace(place, anchors=anchors), target)
    return BackupLedger(
        ledger, ledger_name(ledger), anchors_name(ledger), report.events, report.head, report.rows,
        place.address.file.name if place.address.file is not None else str(place.address),
    )  # fmt: skip


def _copy_paper(place: Place, draft: Path) -> tuple[BackupLedger, bool]:
    """Copy the paper ledger with its terminal, and whether both are of one instant.

    Raises:
        DataError: no trader could go on from that terminal.
    """
    (terminal,) = place.traces
    settled = False
    for attempt in range(_TRIES):
        marks = _marks(terminal)
        copied = _copy_ledger("paper", place, draft)
        for path in [terminal, *sorted(terminal.parent.glob("terminal-*.history"))]:
            copy_plain(path, target_of(draft, f"{PAPER}/{path.name}"))
        settled = marks == _marks(terminal)
        if settled:
            break
        time.sleep(_PAUSE * min(attempt, 4))
    if copied.events and (fault := terminal_fault(draft, terminal.parent)):
        raise DataError(f"no backup was made: {fault}", hint=HINT)
    return copied, settled


def terminal_fault(draft: Path, shown: Path) -> str:
    """Why no trader could go on from the paper terminal of a backup; empty where one could.

    Args:
        draft: folder of the backup.
        shown: what the terminal's folder is called for people.
    """
    folder = target_of(draft, PAPER)
    try:
        with reading(Address(file=target_of(draft, ledger_name("paper")))) as stored:
            tickets = stored.tickets()
        check_terminal(folder, tickets)
    except DataError as error:
        return error.message.replace(str(folder), str(shown))
    return ""


def _marks(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite file, its log included, as of one instant."""
    private_folder(target.parent)
    target.touch(mode=0o600)
    place = f"file:{quote(str(source.absolute()))}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(place, uri=True, timeout=60)) as original,
            closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            found = [row[0] for row in copy.execute("PRAGMA quick_check")]
    except sqlite3.Error as error:
        if _is_full(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
        raise _damaged(source, str(error)) from error
    if found != ["ok"]:
        raise _damaged(source, found[0])


def _damaged(source: Path, why: str) -> DataError:
    return DataError(
        f"no backup was made: {source.name} is damaged: {why}",
        hint=f"Keep {source} for a look at it, move it away or restore it, then back up again.",
    )


def _is_full(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
