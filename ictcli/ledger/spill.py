"""Events on a plain file, for as long as the database refuses; the next start takes them in."""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import msgspec

from ictcli.ledger.bodies import AnyBody, encode
from ictcli.ledger.chain import seal
from ictcli.ledger.faults import LedgerCorrupt
from ictcli.store.atomic import private_file


@dataclass(frozen=True, slots=True)
class Spilled:
    """One event that waits: ``after`` is the last number the database had acknowledged."""

    after: int
    ts: int
    body: str
    seal: str


def spill(path: Path, key: bytes, after: int, bodies: Sequence[AnyBody], ts: int) -> None:
    """Append events, durably; the line of a crash stays torn and counts for nothing.

    Raises:
        OSError: this file is refused as well.
    """
    lines = []
    for body in bodies:
        text = encode(body).decode()
        lines.append(
            msgspec.json.encode(Spilled(after, ts, text, seal(key, "spill", after, ts, text))) + b"\n"
        )
    private_file(path)
    with path.open("ab", buffering=0) as file:
        size = file.tell()
        try:
            for line in lines:
                _write(file, line)
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise


def _write(file: FileIO, line: bytes) -> None:
    if file.write(line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file.name))


def read_spilled(path: Path, key: bytes) -> list[Spilled]:
    """Events that wait, in order.

    Raises:
        LedgerCorrupt: a line is none of ours.
    """
    if not path.is_file():
        return []
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    found = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            one = msgspec.json.decode(line, type=Spilled)
        except msgspec.DecodeError as error:
            raise LedgerCorrupt(
                f"{path}, line {number}: {error}", hint="Look at it before moving it away."
            ) from error
        if one.seal != seal(key, "spill", one.after, one.ts, one.body):
            raise LedgerCorrupt(
                f"{path}, line {number}: not written with the workspace's key",
                hint="Look at it before moving it away.",
            )
        found.append(one)
    return found
