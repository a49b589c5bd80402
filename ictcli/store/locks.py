"""One writer at a time: a lock that names its holder and dies with it."""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ictcli.clock import iso
from ictcli.errors import Busy, DataError
from ictcli.plain_file import open_own
from ictcli.store.atomic import private_folder

_PAUSE = 0.01
_SIGNING = 20
"""Looks at a lock without a signature before giving up on it."""
_LOCKED_BYTE = 1 << 30
"""Offset of the byte that is locked: beyond the text, which Windows would otherwise hide from others."""


@contextmanager
def exclusive(
    path: Path, what: str, *, now: int, wait: float = 0.0, doing: str = "being written", sign: bool = True
) -> Iterator[None]:
    """Hold the lock file ``path`` for the block.

    The operating system releases the lock when its holder ends, however it ends, so a lock is never
    stale. The file itself stays; its text says who held it last.

    Args:
        path: lock file on a local disk; made if absent, its folder for its owner alone.
        what: what is locked, for the error message.
        now: nanoseconds UTC, written beside the holder's name.
        wait: seconds to wait for the present holder.
        doing: what the holder does with it, for the error message.
        sign: leave a name; a mere look at whether somebody holds the lock leaves none.

    Raises:
        Busy: another process (or another writer of this one) holds the lock.
        DataError: the lock file cannot be made.
    """
    try:
        private_folder(path.parent)
        file = os.fdopen(open_own(path, os.O_RDWR | os.O_CREAT), "r+b")
    except OSError as error:
        raise DataError(f"cannot open lock {path}: {error.strerror}", hint="Check permissions.") from error
    with file:
        for _ in range(int(wait / _PAUSE)):
            if _try_lock(file):
                break
            time.sleep(_PAUSE)
        else:
            if not _try_lock(file):
                raise Busy(f"{what} is {doing} by {_holder(file)}", hint="Try again when it is done.")
        if sign:
            _sign(file, now)
        try:
            yield
        finally:
            _unlock(file)


def _sign(file: BinaryIO, now: int) -> None:
    file.seek(0)
    line = {"pid": os.getpid(), "host": socket.gethostname(), "since": iso(now)}
    file.write(json.dumps(line).encode() + b"\n")
    file.truncate()  # behind the line: emptying a file first costs milliseconds on some disks
    file.flush()


def _holder(file: BinaryIO) -> str:
    """Who signed the lock; a holder that has only just begun is given time to sign."""
    for _ in range(_SIGNING):
        file.seek(0)
        try:
            line = json.loads(file.read(4096))
            return f"pid {line['pid']} on {line['host']} since {line['since']}"
        except (ValueError, KeyError, TypeError):
            time.sleep(_PAUSE)
    return "another process that has only just started"


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: BinaryIO) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
