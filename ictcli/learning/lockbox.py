"""The lockbox: the last part of a series, withheld until a model is finished, and the log of its openings.

A result on data that was looked at before is no longer a test of anything. So the period is opened once
for a model that is finished, every opening is written down for good, and a second one needs a reason,
which stands beside it.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from ictcli.clock import iso
from ictcli.errors import DataError, PolicyRefused, UsageError
from ictcli.learning.events import Events
from ictcli.store.atomic import sync_folder
from ictcli.store.locks import exclusive

LOCKBOX_LOG = "lockbox.jsonl"
"""In the workspace's state."""
_WAIT = 10.0
"""Seconds to wait for another opener."""
_LARGEST_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Lockbox:
    """What is withheld.

    Attributes:
        first: the first withheld bar; the number of bars where nothing is.

    Raises:
        UsageError: the bar is negative.
    """

    first: int

    def __post_init__(self) -> None:
        if self.first < 0:
            raise UsageError(f"a lockbox cannot begin at bar {self.first}", hint="Use bar 0 or a later one.")

    def training(self, events: Events) -> Events:
        """What may be learned from: labels that ended before the first withheld bar."""
        return events.take(events.end < self.first)

    def withheld(self, events: Events) -> Events:
        """What is tested when the lockbox is opened: decisions from the first withheld bar on."""
        return events.take(events.start >= self.first)

    def purged(self, events: Events) -> int:
        """How many events are neither: decided before the lockbox, with labels that reach into it."""
        return int(np.count_nonzero((events.start < self.first) & (events.end >= self.first)))


def lockbox_of(share: float, bars: int) -> Lockbox:
    """A lockbox of the last share of a series, rounded up to whole bars.

    Args:
        share: from 0 (nothing is withheld) to 0.9.
        bars: length of the series.

    Raises:
        UsageError: the share is not possible.
    """
    if not 0.0 <= share <= _LARGEST_SHARE:
        raise UsageError(
            f"a lockbox of {share:g} of the bars is not possible",
            hint=f"Use a share from 0 to {_LARGEST_SHARE:g}, such as 0.2.",
        )
    return Lockbox(int(bars * (1.0 - share) + 1e-9))


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the log.

    Attributes:
        opened: instant, ns UTC.
        series: source, symbol and timeframe, as ``source/SYMBOL/M15``.
        first, last: first and last instant of the bars, ns UTC, both included.
        content: content hash of the series.
        model: version that is tested, or name of the model that learned.
        argv: the command line.
        reason: why it is opened again; empty the first time.
        kind: "look" where withheld bars were tested, "learning" where bars were learned from.
    """

    opened: int
    series: str
    first: int
    last: int
    content: str
    model: str
    argv: tuple[str, ...]
    reason: str = ""
    kind: Literal["look", "learning"] = "look"

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("a period ends before it begins")

    @property
    def symbol(self) -> str:
        """The market, whoever quotes it and in whatever bars."""
        return self.series.split("/")[1]

    def meets(self, other: "Opening") -> bool:
        """Whether both saw some of the same days of one market."""
        return self.symbol == other.symbol and self.first <= other.last and other.first <= self.last

    def holds(self, other: "Opening") -> bool:
        """Whether another one of the same kind saw nothing that this one did not."""
        same = (self.kind, self.series) == (other.kind, other.series)
        return same and self.first <= other.first and other.last <= self.last


def open_lockbox(log: Path, record: Opening) -> int:
    """Write an opening down, before anything of the period is looked at.

    Openers on one machine take turns; a line that was written is on the disk when this returns.

    Args:
        log: file of one line per opening, made if absent and only ever appended to.
        record: the opening.

    Returns:
        How often bars of this period have been opened, this time included.

    Raises:
        PolicyRefused: some of the period was opened before and no reason is given.
        DataError: the log cannot be read or written.
        Busy: another opener does not finish.
    """
    with exclusive(log.with_name(f"{log.name}.lock"), str(log), now=record.opened, wait=_WAIT):
        earlier = require_shut(log, record)
        _append(log, record)
        return sum(one.kind == "look" for one in earlier) + 1


def require_shut(log: Path, record: Opening) -> list[Opening]:
    """Refuse to look at days of a market that were looked at, or learned from, before.

    Returns:
        What was written of those days, where a reason allows another look.

    Raises:
        PolicyRefused: there is something, and no reason.
        DataError: the log cannot be read.
    """
    earlier = [one for one in openings(log) if one.meets(record)]
    if earlier and not record.reason.strip():
        last = max(earlier, key=lambda one: one.opened)
        looks = sum(one.kind == "look" for one in earlier)
        what = f"opened {_times(looks)}" if looks else "learned from"
        raise PolicyRefused(
            f"the lockbox of {record.series} was {what} before, last at {iso(last.opened)} for {last.model}",
            hint="Test on later bars; or give --reason, which is logged beside every result.",
        )
    return earlier


def note_learning(log: Path, record: Opening) -> None:
    """Write down which bars a training learns from, unless the log says so already.

    Raises:
        DataError: the log cannot be read or written.
        Busy: another writer does not finish.
    """
    with exclusive(log.with_name(f"{log.name}.lock"), str(log), now=record.opened, wait=_WAIT):
        if not any(one.holds(record) for one in openings(log)):
            _append(log, record)


def openings(log: Path) -> list[Opening]:
    """All openings in the order in which they were written; none where there is no log.

    Raises:
        DataError: the log cannot be read, or a line of it is no opening.
    """
    try:
        lines = log.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"cannot read {log}: {error.strerror}", hint="Check permissions.") from error
    return [_parsed(log, number, line) for number, line in enumerate(lines, start=1)]


def _parsed(log: Path, number: int, line: bytes) -> Opening:
    try:
        return msgspec.json.decode(line, type=Opening)
    except msgspec.DecodeError as error:
        raise DataError(
            f"line {number} of {log} is no opening of a lockbox",
            hint="Restore the log from a copy: without it nobody knows what was looked at.",
        ) from error


def _append(log: Path, record: Opening) -> None:
    """Add one line and wait until it is on the disk."""
    try:
        with log.open("ab") as file:
            file.write(msgspec.json.encode(record) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(log.parent)
    except OSError as error:
        raise DataError(
            f"cannot write {log}: {error.strerror}", hint="Check permissions and free space."
        ) from error


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
