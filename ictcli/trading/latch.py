"""The emergency stop: a file that exists or does not, so that nothing but the file system must work.

Whatever ``HALT`` holds, its existence stops every send; its text only says why. A reserve of the same size
lies ready beside it, so that a full disk cannot keep the stop from being set: it is filled in place and
renamed. Lifting the stop renames it back. Neither name is ever written to where it is a link, a FIFO or a
second name of another file, and reading one never waits.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ictcli.errors import DataError, UsageError
from ictcli.plain_file import IRREGULAR, open_own, read_plain
from ictcli.store.atomic import private_file, private_folder, replace, sync_folder, write_file

LATCH_FILE, RESERVE_FILE = "HALT", "HALT.ready"
_SIZE = 4096
_LONGEST, _LONGEST_NAME = 500, 100
"""Characters of a reason or name that are kept: the text must fit into the reserve in any script."""
_UNREADABLE = "the halt file exists and cannot be read"


class Release(msgspec.Struct, frozen=True):
    """Who lifted a stop, why and when (ns UTC)."""

    reason: str
    by: str
    ts: int


class Halt(msgspec.Struct, frozen=True):
    """A stop as its file tells of it.

    Attributes:
        epoch: above that of every earlier stop; 0 where the file does not tell.
        reason: why, in words.
        by: who set it.
        ts: when, ns UTC.
        flatten: open positions are to be closed, too.
        released: how it was lifted; None while it holds.
    """

    epoch: int
    reason: str
    by: str
    ts: int
    flatten: bool = False
    released: Release | None = None


@dataclass(slots=True)
class _Known:
    """What was read of a file last, and by which marks it is known again."""

    marks: tuple[int, int, int]
    halt: Halt


class Latch:
    """The stop of one workspace.

    Args:
        control: folder of the control files; made when the stop is set.
    """

    def __init__(self, control: Path) -> None:
        self._control = control
        self._path = control / LATCH_FILE
        self._reserve = control / RESERVE_FILE
        self._name = os.fspath(self._path)
        self._known: _Known | None = None

    def reason(self) -> str | None:
        """Why nothing may be sent, None while sending is allowed: one look at the file system, microseconds.

        A stop that cannot be read, or a folder that cannot be looked into, is a stop.
        """
        halt = self.halt()
        return None if halt is None else halt.reason

    def flattens(self) -> bool:
        """Whether the stop that holds asks for positions to be closed, so that closing them is no sending."""
        halt = self.halt()
        return halt is not None and halt.flatten

    def halt(self) -> Halt | None:
        """The stop that holds, None for none."""
        try:
            found = os.lstat(self._name)  # asked before every send
        except FileNotFoundError:
            return None
        except OSError as error:
            return Halt(0, f"{_UNREADABLE}: {error.strerror}", "", 0)
        if not stat.S_ISREG(found.st_mode):
            return Halt(0, f"{_UNREADABLE}: {IRREGULAR.lower()}", "", found.st_mtime_ns)
        marks = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._known is not None and self._known.marks == marks:
            return self._known.halt
        halt = _read(self._path)
        if halt is None:
            return Halt(0, _UNREADABLE, "", found.st_mtime_ns)
        self._known = _Known(marks, halt)
        return halt

    def engage(self, reason: str, by: str, now: int, *, flatten: bool = False) -> Halt:
        """Set the stop; it holds durably when this returns, also on a full disk.

        A stop that holds already stays as it is, unless it did not ask for flattening and now does.

        Args:
            reason: why.
            by: who.
            now: ns UTC.
            flatten: ask for open positions to be closed, too.

        Returns:
            The stop that holds now.

        Raises:
            DataError: not even an empty file can be made.
        """
        held = self.halt()
        if held is not None and held.epoch and (held.flatten or not flatten):
            return held
        wanted = Halt(self._next_epoch(now), reason[:_LONGEST], by[:_LONGEST_NAME], now, flatten)
        try:
            private_folder(self._control)
            if held is not None:
                return wanted if _overwrite(self._path, wanted) else held
            return self._set(wanted)
        except OSError as error:
            raise DataError(
                f"cannot set the emergency stop {self._path}: {error.strerror}",
                hint="Stop the trader by its process id, and close at the broker by hand.",
            ) from error

    def release(self, reason: str, by: str, now: int) -> Halt | None:
        """Lift the stop, keeping its file as the reserve of the next one.

        Returns:
            The stop that was lifted, None where none held.

        Raises:
            UsageError: the reason is empty.
            DataError: the file cannot be moved away.
        """
        if not reason.strip():
            raise UsageError("a stop is lifted with a reason", hint="Add --reason TEXT.")
        held = self.halt()
        if held is None:
            return None
        lifted = Halt(
            held.epoch or self._next_epoch(now),
            held.reason,
            held.by,
            held.ts,
            held.flatten,
            Release(reason[:_LONGEST], by[:_LONGEST_NAME], now),
        )
        try:
            if _is_file(self._path):
                _overwrite(self._path, lifted)
                _clear(self._reserve)
                replace(self._path, self._reserve)
            else:
                self._path.unlink()
            sync_folder(self._control)
        except OSError as error:
            raise DataError(
                f"cannot lift the stop {self._path}: {error.strerror}",
                hint="Look who made it what it is, and move it away by hand.",
            ) from error
        self._known = None
        return lifted

    def released(self) -> Halt | None:
        """The last stop that was lifted, as far as it is still known."""
        last = _read(self._reserve)
        return last if last is not None and last.released is not None else None

    def reserve(self) -> None:
        """Lay the reserve ready where there is none.

        Raises:
            DataError: the disk refuses.
        """
        try:
            if _is_file(self._reserve) and self._reserve.stat().st_size >= _SIZE:
                return
            _clear(self._reserve)
        except OSError:
            pass  # writing says why
        write_file(self._reserve, b" " * _SIZE, private=True)

    def _set(self, wanted: Halt) -> Halt:
        if _overwrite(self._reserve, wanted):
            replace(self._reserve, self._path)
            sync_folder(self._control)
            return wanted
        try:
            write_file(self._path, _padded(wanted), private=True)
        except DataError:
            private_file(self._path)
            sync_folder(self._control)
            return Halt(0, _UNREADABLE, "", wanted.ts, wanted.flatten)
        return wanted

    def _next_epoch(self, now: int) -> int:
        """A number above all that were used, also where a file was lost or the clock went back."""
        kept = (_read(self._path), _read(self._reserve))
        return max([now, *(halt.epoch + 1 for halt in kept if halt is not None)])


def _overwrite(path: Path, halt: Halt) -> bool:
    """Write into the blocks that a file has already; False where that is not possible."""
    try:
        with os.fdopen(open_own(path, os.O_RDWR), "r+b") as file:
            file.write(_padded(halt))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    return True


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _clear(path: Path) -> None:
    """Remove what somebody laid where a file of ours belongs."""
    if os.path.lexists(path) and not _is_file(path):
        path.unlink()


def _padded(halt: Halt) -> bytes:
    return msgspec.json.encode(halt).ljust(_SIZE)


def _read(path: Path) -> Halt | None:
    """What a file says; None where it is absent, blank or damaged."""
    try:
        return msgspec.json.decode(read_plain(path), type=Halt)
    except (OSError, msgspec.DecodeError):
        return None
