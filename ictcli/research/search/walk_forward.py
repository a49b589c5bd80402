"""Folds of a walk-forward: choose parameters on one span, trade the next one with them, move on."""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_SECOND, from_datetime, iso
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Int64
from ictcli.research.accounts import Floor
from ictcli.research.search.spans import Span

Unit = Literal["M", "W", "D", "B"]

MOST_FOLDS = 1000
_UNITS: dict[str, Unit] = {"M": "M", "W": "W", "D": "D", "B": "B"}
_LENGTH = re.compile(r"(?P<count>[1-9][0-9]{0,3})(?P<unit>[MWD])|(?P<bars>[1-9][0-9]{0,8})B")
_HINT = "Example: --walk-forward train=12M,test=3M or train=5000B,test=1000B,anchored."


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time in months, weeks or days of the calendar, or in bars."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class WalkForward:
    """How folds are cut.

    Attributes:
        train: length of the span on which parameters are chosen.
        test: length of the span that is traded with them; folds follow each other by it.
        anchored: every training span begins with the first bar and grows.
    """

    train: Length
    test: Length
    anchored: bool

    def __str__(self) -> str:
        return f"train={self.train},test={self.test}" + (",anchored" if self.anchored else "")


@dataclass(frozen=True, slots=True)
class Fold:
    """One step: the training span ends where the test span begins."""

    train: Span
    test: Span


def parse_walk_forward(text: str) -> WalkForward:
    """``train=12M,test=3M[,anchored]``: M months, W weeks, D days, B bars.

    Raises:
        UsageError: the text is not like that, or mixes bars with the calendar.
    """
    lengths: dict[str, Length] = {}
    anchored = False
    for part in (part.strip() for part in text.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        fits = _LENGTH.fullmatch(value)
        if part == "anchored" and not anchored:
            anchored = True
        elif equals and fits and name in ("train", "test") and name not in lengths:
            lengths[name] = Length(int(fits["count"] or fits["bars"]), _UNITS[value[-1]])
        else:
            raise UsageError(f"--walk-forward: {part!r} is not understood", hint=_HINT)
    if len(lengths) < 2:
        raise UsageError(f"--walk-forward {text!r} needs both train and test", hint=_HINT)
    train, test = lengths["train"], lengths["test"]
    if (train.unit == "B") != (test.unit == "B"):
        raise UsageError("--walk-forward mixes bars with the calendar", hint=_HINT)
    return WalkForward(train, test, anchored)


def make_folds(floor: Floor, how: WalkForward) -> list[Fold]:
    """All folds whose test span is whole.

    Months, weeks and days count from 00:00 UTC of the first bar's day, and the last bar's day counts whole;
    bars are the distinct opens of all traded series.

    Raises:
        DataError: the bars are too short for one fold.
        UsageError: there would be more than ``MOST_FOLDS``.
    """
    opens = np.unique(np.concatenate([one.bars.ts for one in floor.series[: floor.traded]]))
    end = max(int(one.bars.ts_close[-1]) for one in floor.series[: floor.traded])
    edges = _edges(opens, end, how)
    folds = []
    for number in range(len(edges) - 1):
        first = edges[0][0] if how.anchored else edges[number][0]
        folds.append(Fold((first, edges[number][1]), (edges[number][1], edges[number + 1][1])))
    if not folds:
        raise DataError(
            f"{iso(int(opens[0]))} to {iso(end)} ({len(opens):,} bars) is too short for one fold of {how}",
            hint="Fetch more history, or take shorter spans.",
        )
    return folds


def _edges(opens: Int64, end: int, how: WalkForward) -> list[Span]:
    """Training spans, each shifted by a test span; the last one only ends the last test."""
    found: list[Span] = []
    while True:
        shift = how.test.count * len(found)
        span = _span(opens, end, how.train, Length(max(shift, 0), how.test.unit))
        if span is None:
            return found
        found.append(span)
        if len(found) > MOST_FOLDS + 1:
            raise UsageError(
                f"--walk-forward {how} makes more than {MOST_FOLDS:,} folds", hint="Take a longer test span."
            )


def _span(opens: Int64, end: int, train: Length, shift: Length) -> Span | None:
    """A training span that begins ``shift`` after the first bar; None where bars end before it does."""
    if train.unit == "B":
        first, last = shift.count, shift.count + train.count
        if last > len(opens):
            return None
        return int(opens[first]), int(opens[last]) if last < len(opens) else end
    start = _later(int(opens[0]) // NS_PER_DAY * NS_PER_DAY, shift)
    stop = _later(start, train)
    return (start, stop) if stop <= -(-end // NS_PER_DAY) * NS_PER_DAY else None


def _later(instant: int, length: Length) -> int:
    """An instant moved by a length; a day that a month does not have becomes its last one."""
    if length.unit == "M":
        moment = datetime.fromtimestamp(instant // NS_PER_SECOND, UTC)
        months = moment.year * 12 + moment.month - 1 + length.count
        year, month = divmod(months, 12)
        day = min(moment.day, monthrange(year, month + 1)[1])
        return from_datetime(moment.replace(year=year, month=month + 1, day=day))
    days = length.count * (7 if length.unit == "W" else 1)
    return instant + days * NS_PER_DAY


def traded_span(folds: Sequence[Fold]) -> Span:
    """From the first test span's begin to the last one's end."""
    return folds[0].test[0], folds[-1].test[1]
