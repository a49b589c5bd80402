"""Log lines on their way to files: put aside at once, written by a thread of its own.

Whoever logs never waits for the disk, and nothing that the disk does reaches them. Several processes append
to the same file of the day: each writes whole lines by single calls in append mode, and no file is ever
renamed, so nobody's lines are torn or lost by another's rotation.
"""

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ictcli.clock import NS_PER_DAY, iso, now_ns, parse_instant

FOLDER = "logs"
PATTERN = "log-*.jsonl"
_MOST_WAITING = 10_000
_RETRY_S = 1.0
_SETTLED_S = 0.1
_BATCH = 256
_MODE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def to_nobody(text: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept.

    Attributes:
        file: bytes after which a file of the same day is followed by another.
        age: ns; files of days longer ago are deleted.
        total: bytes of all files together.
    """

    file: int
    age: int
    total: int


class LogFiles:
    """The files of one workspace, as one process writes them.

    Args:
        folder: made when the first line is written; the folder above it must exist.
        limits: how much is kept.
        tell: hears once, from the writing thread, that lines cannot be written, and why.
        now: the instant, ns UTC.

    Attributes:
        lost: lines that were let go because the disk refused for too long.
        failure: why nothing can be written at the moment; empty while it can.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        tell: Callable[[str], None] = to_nobody,
        now: Callable[[], int] = now_ns,
    ) -> None:
        self.lost = 0
        self.failure = ""
        self._folder, self._limits, self._tell, self._now = folder, limits, tell, now
        self._waiting: deque[bytes] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._torn = False
        self._file: int | None = None
        self._day = ""
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._begun = False

    def put(self, line: bytes) -> None:
        """Take a line without its end; never waits, never fails."""
        if len(self._waiting) >= _MOST_WAITING:
            self.lost += 1
            return
        self._waiting.append(line)
        if not self._begun:
            self._begun = True
            self._thread.start()
        self._wake.set()

    def close(self, patience: float = 2.0) -> None:
        """Write what waits, for no longer than ``patience`` seconds; what is left then is lost."""
        self._closing.set()
        self._wake.set()
        if self._begun:
            self._thread.join(patience)

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            closing = self._closing.is_set()
            while self._waiting and self._write_some():
                pass
            if closing:
                self._let_go()
                return
            if self._waiting:
                self._closing.wait(_RETRY_S)
                self._wake.set()

    def _write_some(self) -> bool:
        """Write the next lines; whether the disk took them all."""
        lines = [self._waiting[at] for at in range(min(len(self._waiting), _BATCH))]
        try:
            file = self._open()
            for line in lines:
                self._write(file, line)
                self._waiting.popleft()
        except (OSError, ValueError) as error:
            self._fail(error)
            return False
        self.failure = ""
        return True

    def _write(self, file: int, line: bytes) -> None:
        """One line by one call; one that a full disk tore is ended before the next and written again."""
        whole = b"\n" * self._torn + line + b"\n"
        written = os.write(file, whole)
        self._torn = written < len(whole) and (self._torn or written > 0)
        if written < len(whole):
            raise OSError(f"only {written} of {len(whole)} bytes were taken")

    def _fail(self, error: Exception) -> None:
        known, self.failure = self.failure, (getattr(error, "strerror", None) or str(error)).lower()
        self._let_go()
        if not known:
            self._tell(f"logs cannot be written to {self._folder}: {self.failure}")

    def _open(self) -> int:
        """The file of the day, opened; another one when it is full, was removed, or the day is over."""
        day = iso(self._now() // NS_PER_DAY * NS_PER_DAY)[:10]
        if self._file is not None:
            state = os.fstat(self._file)
            if day == self._day and state.st_nlink and state.st_size < self._limits.file:
                return self._file
            self._let_go()
        with contextlib.suppress(FileExistsError):
            self._folder.mkdir(mode=0o700)
        path = self._folder / _name(day, _part(self._folder, day, self._limits.file))
        self._file = os.open(path, _MODE, 0o600)
        self._day = day
        self._torn = self._torn or _is_torn(path)
        forget(self._folder, self._limits, self._now())
        return self._file

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # its lines were written, or the failure is known
                os.close(file)


def log_files(folder: Path) -> list[Path]:
    """Files of a log folder, oldest first; none where there is no folder."""
    return sorted(folder.glob(PATTERN))


def forget(folder: Path, limits: Limits, now: int) -> list[Path]:
    """Delete files that are too old, and the oldest of those that are too many; which were deleted.

    The newest file stays, whatever its size. What cannot be deleted stays, too.
    """
    gone, total = [], 0
    for age, path in enumerate(reversed(log_files(folder))):
        total += _size(path)
        if age and (total > limits.total or now - _day_of(path) > limits.age + NS_PER_DAY):
            with contextlib.suppress(OSError):
                path.unlink()
                gone.append(path)
    return gone


def _name(day: str, part: int) -> str:
    return f"log-{day}-{part:04d}.jsonl"


def _part(folder: Path, day: str, full: int) -> int:
    """The number of the day's file that still has room."""
    own = sorted(folder.glob(f"log-{day}-*.jsonl"))
    if not own:
        return 1
    newest = int(own[-1].stem.rpartition("-")[2])
    return newest if _size(own[-1]) < full else newest + 1


def _day_of(path: Path) -> int:
    """The day of a file, ns UTC; its last change where its name tells none."""
    try:
        return parse_instant(path.stem[4:14], now=0)
    except ValueError:
        return int(path.stat().st_mtime_ns)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_torn(path: Path) -> bool:
    """Whether somebody who died, or a full disk, left a line without its end.

    A line that another process is writing shows its first part, too, for a moment: only an end that stands
    still is torn.
    """
    seen, last = _end(path)
    while last not in b"\n":
        time.sleep(_SETTLED_S)
        before, (seen, last) = seen, _end(path)
        if seen == before:
            return last not in b"\n"
    return False


def _end(path: Path) -> tuple[int, bytes]:
    """How long a file is, and its last byte; none where it is empty, or is no file."""
    if not path.is_file() or not _size(path):
        return 0, b""
    with path.open("rb") as file:
        return file.seek(-1, os.SEEK_END), file.read(1)
