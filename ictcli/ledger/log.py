"""The journal as trading sees it: append durably, read back in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ictcli.ledger.bodies import AnyBody


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in its place: ``seq`` from 1 without gaps, ``ts`` when it was written, ns UTC."""

    seq: int
    ts: int
    body: AnyBody


class Log(Protocol):
    """An append-only journal with one writer."""

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        """Write events in one transaction; the last sequence number.

        When this returns they survive a crash of the machine. When it raises none of them was written,
        or the journal is unusable and says so.
        """
        ...

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Events behind a sequence number, in order."""
        ...

    @property
    def last(self) -> int:
        """The last sequence number, 0 for an empty journal."""
        ...
