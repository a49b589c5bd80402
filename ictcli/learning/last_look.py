"""The last look: a finished version tested on the bars of the lockbox, logged before it happens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ictcli.errors import DataError
from ictcli.learning.document import score_part
from ictcli.learning.evaluation import Acted, chosen_sides
from ictcli.learning.lockbox import Opening, open_lockbox, require_shut
from ictcli.learning.subject import Subject
from ictcli.learning.thresholds import results_of
from ictcli.market.calendars import calendar
from ictcli.market.trading_day import trading_day
from ictcli.models.predictor import load_predictor
from ictcli.models.version import Version


def opening_of(subject: Subject, model: str, reason: str, argv: Sequence[str], now: int) -> Opening:
    """The look at a subject's withheld bars, as the log keeps it."""
    bars = subject.series.bars
    return Opening(
        opened=now,
        series=str(subject.series.key),
        first=int(bars.ts[min(subject.first_locked, len(bars) - 1)]),
        last=int(bars.ts_close[-1]),
        content=subject.series.content,
        model=model,
        argv=tuple(argv),
        reason=reason,
    )


def learning_of(subject: Subject, model: str, argv: Sequence[str], now: int) -> Opening:
    """The bars that a training learns from, as the log keeps them."""
    bars = subject.series.bars
    return Opening(
        opened=now,
        series=str(subject.series.key),
        first=int(bars.ts[0]),
        last=int(bars.ts_close[subject.first_locked - 1]) - 1,
        content=subject.series.content,
        model=model,
        argv=tuple(argv),
        kind="learning",
    )


def require_openable(subject: Subject, log: Path, reason: str, argv: Sequence[str], now: int) -> None:
    """Refuse before anything is learned what ``last_look`` would refuse after it.

    Raises:
        DataError: nothing is withheld, or the log is damaged.
        PolicyRefused: these days were looked at or learned from before, and there is no reason.
    """
    if not len(subject.locked):
        raise DataError(
            "the lockbox holds no event to look at", hint="Train with a lockbox above 0 on a longer span."
        )
    require_shut(log, opening_of(subject, "", reason, argv, now))


def last_look(
    subject: Subject, version: Version, log: Path, reason: str, argv: Sequence[str], now: int
) -> dict[str, Any]:
    """Scores of a version on the withheld events.

    Args:
        subject: the series.
        version: to be tested; it saw nothing of these bars.
        log: of all openings.
        reason: why the lockbox is opened again; empty the first time.
        argv: the command line.
        now: nanoseconds UTC.

    Raises:
        DataError: nothing is withheld, or it gave no event.
        PolicyRefused: it was opened before and there is no reason.
    """
    events, bars = subject.locked, subject.series.bars
    require_openable(subject, log, reason, argv, now)
    opened = open_lockbox(log, opening_of(subject, version.reference, reason, argv, now))
    found = load_predictor(version).probabilities(subject.matrix.values, events.start, events.extra)
    low, high = version.card.thresholds["low"], version.card.thresholds["high"]
    sides = chosen_sides(found, events, low, high)
    days = trading_day(bars.ts_close[events.end] - 1, calendar(subject.series.spec.calendar))
    acted = Acted(found, sides, results_of(events, sides), days)
    base = np.full(len(events), float(np.average(subject.usable.label, weights=subject.usable.weight)))
    return {
        "opened": opened,
        "events": len(events),
        **score_part(events, acted, base, version.card.seed),
    }
