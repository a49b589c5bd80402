"""The last look: a finished version tested on the bars of the lockbox, logged before it happens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ictcli.errors import DataError
from ictcli.learning.document import score_part
from ictcli.learning.evaluation import Acted, chosen_sides
from ictcli.learning.lockbox import Opening, open_lockbox
from ictcli.learning.subject import Subject
from ictcli.learning.thresholds import results_of
from ictcli.market.calendars import calendar
from ictcli.market.trading_day import trading_day
from ictcli.models.predictor import load_predictor
from ictcli.models.version import Version


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
    if not len(events):
        raise DataError(
            "the lockbox holds no event to look at", hint="Train with a lockbox above 0 on a longer span."
        )
    opening = Opening(
        opened=now,
        series=str(subject.series.key),
        first=int(bars.ts[subject.first_locked]),
        last=int(bars.ts_close[-1]),
        content=subject.series.content,
        model=version.reference,
        argv=tuple(argv),
        reason=reason,
    )
    opened = open_lockbox(log, opening)
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
