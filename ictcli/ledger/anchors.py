"""Heads of the chain, remembered outside of the database: a ledger that lost its tail is found out."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ictcli.ledger.chain import seal
from ictcli.store.atomic import private_file

What = Literal["anchor", "restored"]
ANCHOR_EVERY = 16
"""Events after which the head is noted outside of the database, where a damaged tail is found out by it."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head as it was at ``ts``; ``restored``: a backup was put in place, later heads are void."""

    seq: int
    hash: str
    ts: int
    what: What
    seal: str


@dataclass(frozen=True, slots=True)
class Anchors:
    """Heads that hold, oldest first, and what is wrong with the file.

    ``foreign``: no line of it was written with the workspace's key.
    """

    holding: tuple[Anchor, ...]
    faults: tuple[str, ...]
    foreign: bool = False

    @property
    def last(self) -> int:
        """The last event that was anchored; 0 for none."""
        return max((anchor.seq for anchor in self.holding), default=0)

    def lacking(self, last: int) -> int:
        """Events of a ledger of so many that no anchor vouches for, though one should; 0 where all is well.

        A writer begins with an anchor, and a running one is never far behind.
        """
        behind = last - self.last
        return behind if behind > 2 * ANCHOR_EVERY or (last and not self.holding) else 0


def write_anchor(
    path: Path, key: bytes, seq: int, head: str, ts: int, what: What = "anchor", *, sync: bool = True
) -> None:
    """Append a head; ``sync``: durably, also through a power cut.

    Raises:
        OSError: the disk refuses.
    """
    anchor = Anchor(seq, head, ts, what, _seal(key, seq, head, ts, what))
    private_file(path)
    with path.open("ab") as file:
        # behind a line that a power cut tore
        torn = file.tell() and not _ends_a_line(path)
        file.write((b"\n" if torn else b"") + msgspec.json.encode(anchor) + b"\n")
        file.flush()
        if sync:
            os.fsync(file.fileno())


def read_anchors(path: Path, key: bytes) -> Anchors:
    """Every head that holds. A torn line at the end of a write is no fault: nothing relied on it."""
    if not path.is_file():
        return Anchors((), ())
    holding: list[Anchor] = []
    faults: list[str] = []
    strange: list[int] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line:
            continue
        try:
            anchor = msgspec.json.decode(line, type=Anchor)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if line.startswith(b"{") and line.endswith(b"}"):
                faults.append(f"line {number} cannot be read")
            continue
        if anchor.seal != _seal(key, anchor.seq, anchor.hash, anchor.ts, anchor.what):
            strange.append(number)
            continue
        if anchor.what == "restored":
            holding = [one for one in holding if one.seq <= anchor.seq]
        holding.append(anchor)
    return Anchors(tuple(holding), (*_of_another_key(strange), *faults), bool(strange) and not holding)


def _of_another_key(lines: list[int]) -> tuple[str, ...]:
    """One fault, however many lines there are: another key is one thing that is wrong."""
    if len(lines) < 2:
        return tuple(f"line {number} was not written with the workspace's key" for number in lines)
    where = f"the first is line {lines[0]}"
    return (f"{len(lines)} anchor lines were not written with the workspace's key; {where}",)


def _seal(key: bytes, seq: int, head: str, ts: int, what: str) -> str:
    return seal(key, what, seq, head, ts)


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
