"""Where a follower stands, kept so that nothing is said twice or left out, however it ended.

Before lines go out they are written down together with the size of the output. Where the output is a
regular file, its size after a crash tells how much of them arrived, down to the byte, and the rest follows.
A pipe cannot be asked: after a crash in the middle the lines written down last go out again, with the same
``seq``, by which the reader knows them.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ictcli.clock import now_ns
from ictcli.market.bars import SeriesKey
from ictcli.store.locks import exclusive
from ictcli.store.manifests import read_record, write_record

NO_FILE = (0, 0)
"""Identity of an output that is not a regular file."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """What a follower has said.

    Attributes:
        row: of the log, the first one that was not yet written down.
        generation: of the log.
        identity: of the log: what its rows depend on besides the bars.
        told: when the last record before ``row`` became known, nanoseconds UTC.
        lines: written down to go out now; empty when they did for certain.
        output: device and inode of the output, zeros when it is not a regular file.
        size: of the output before ``lines``, bytes.
    """

    row: int
    generation: int
    identity: str
    told: int
    lines: str = ""
    output: tuple[int, int] = NO_FILE
    size: int = 0
    schema: int = 1


class Cursor:
    """The kept position of one follower.

    Args:
        path: its file.
        descriptor: of the output.
        write: puts text on the output and flushes it.
    """

    def __init__(self, path: Path, descriptor: int, write: Callable[[str], None]) -> None:
        self._path = path
        self._descriptor = descriptor
        self._write = write

    def load(self) -> Position | None:
        """The kept position; None for a follower that never ran.

        Raises:
            DataError: the file is damaged.
        """
        return read_record(self._path, Position)

    def finish(self, position: Position) -> Position:
        """Put out what is left of the lines that were written down."""
        output, size = _output(self._descriptor)
        lines = position.lines.encode()
        arrived = size - position.size if output == position.output != NO_FILE else 0
        if 0 <= arrived < len(lines):
            self._write(lines[arrived:].decode())
        return msgspec.structs.replace(position, lines="")

    def say(self, lines: str, position: Position) -> Position:
        """Write down lines that bring the follower to a position, then put them out."""
        output, size = _output(self._descriptor)
        said = msgspec.structs.replace(position, lines="")
        write_record(self._path, msgspec.structs.replace(said, lines=lines, output=output, size=size))
        self._write(lines)
        if lines and output == NO_FILE:
            write_record(self._path, said)
        return said


@contextmanager
def cursor(
    state_dir: Path, key: SeriesKey, names: Iterable[str], descriptor: int, write: Callable[[str], None]
) -> Iterator[Cursor]:
    """The cursor of whoever follows these detectors of a series; only one may at a time.

    Raises:
        Busy: another process follows the same.
    """
    wish = hashlib.sha256(",".join(sorted(names)).encode()).hexdigest()[:12]
    name = f"{key.source}@{key.symbol}@{key.timeframe}@{wish}"
    lock = state_dir / "locks" / f"follow@{name}.lock"
    with exclusive(lock, f"the follower of {key}", now=now_ns()):
        yield Cursor(state_dir / "follow" / f"{name}.json", descriptor, write)


def _output(descriptor: int) -> tuple[tuple[int, int], int]:
    """Identity and size of the output; zeros when it is not a regular file."""
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        return NO_FILE, 0
    return (facts.st_dev, facts.st_ino), facts.st_size
