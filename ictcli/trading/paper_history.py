"""Blocks of a paper terminal's history in a file that is only added to; its state says how far it counts.

What is added is durable before the state that counts it is written, so a state never counts what is not
there. What a killed writer added and no state counts is written over. A state of another account under the
same folder has a file of its own; the one before is removed when no state names it any more.
"""

import os
import struct
import zlib
from pathlib import Path

import msgspec

from ictcli.brokers.simulated.server_history import Blocks
from ictcli.errors import DataError
from ictcli.store.atomic import private_file, sync_folder

_FRAME = struct.Struct("<BII")
"""In front of a block: 0 of orders or 1 of deals, its length, its CRC-32."""
_NAME = "terminal-{}.history"


class Extent(msgspec.Struct, frozen=True):
    """How far a file of history counts: its number, its bytes, and the CRC-32 of all of them."""

    number: int
    length: int = 0
    crc: int = 0


class HistoryFile:
    """The file of one terminal.

    Args:
        folder: where it lies.

    Attributes:
        extent: what the state is to name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = [0, 0]
        self.extent = Extent(1 + max(_numbers(folder), default=0))

    @property
    def path(self) -> Path:
        """The file; there is none before the first block."""
        return self._folder / _NAME.format(self.extent.number)

    def add(self, blocks: Blocks) -> None:
        """Write the blocks that are not there yet.

        Raises:
            DataError: the disk refuses.
        """
        frames = b"".join(
            _FRAME.pack(kind, len(block), zlib.crc32(block)) + block
            for kind, own in enumerate(blocks)
            for block in own[self._written[kind] :]
        )
        if not frames:
            return
        try:
            self._append(frames)
        except OSError as error:
            raise DataError(
                f"cannot write {self.path}: {error.strerror}", hint="Check permissions and free space."
            ) from error
        extent = self.extent
        self.extent = Extent(extent.number, extent.length + len(frames), zlib.crc32(frames, extent.crc))
        self._written = [len(own) for own in blocks]

    def read(self, extent: Extent) -> Blocks:
        """The blocks that a state counts; what is added follows them.

        Raises:
            DataError: the file is missing, shorter than the state says, or damaged.
        """
        self.extent = extent
        try:
            content = self.path.read_bytes()[: extent.length] if extent.length else b""
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror}", hint=HINT) from error
        if (len(content), zlib.crc32(content)) != (extent.length, extent.crc):
            raise DataError(f"{self.path} is not the history of this terminal", hint=HINT)
        blocks: Blocks = ([], [])
        at = 0
        while at < len(content):
            kind, length, _ = _FRAME.unpack_from(content, at)
            at += _FRAME.size + length
            blocks[kind].append(content[at - length : at])
        self._written = [len(own) for own in blocks]
        return blocks

    def sweep(self) -> None:
        """Remove files that no state names any more; one that cannot be removed does no harm."""
        for number in _numbers(self._folder):
            if number != self.extent.number:
                (self._folder / _NAME.format(number)).unlink(missing_ok=True)

    def _append(self, frames: bytes) -> None:
        fresh = not self.path.exists()
        private_file(self.path)
        with self.path.open("r+b") as file:
            file.truncate(self.extent.length)
            file.seek(self.extent.length)
            file.write(frames)
            file.flush()
            os.fsync(file.fileno())
        if fresh:
            sync_folder(self._folder)


def _numbers(folder: Path) -> list[int]:
    """Numbers of the files of history in a folder."""
    found = (path.stem.partition("-")[2] for path in folder.glob(_NAME.format("*")))
    return [int(number) for number in found if number.isdecimal()]


HINT = "Restore it from a backup, or move all of state/paper away to begin with a new account."
