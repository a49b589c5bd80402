"""Scanning a series in memory: all chosen detectors over all bars, as tables."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from ictcli.detectors.drive import require_sound
from ictcli.detectors.fold import Fold
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS, choose
from ictcli.detectors.tables import joined, sorted_zones
from ictcli.market.bars import Bars, SeriesKey

CHUNK = 1 << 14
"""Bars that are computed and written together; more would only need more memory."""


@dataclass(frozen=True, slots=True)
class Detections:
    """What a scan found.

    Attributes:
        events: the append-only log, one row per record (``tables.event_schema``).
        zones: one row per object with its whole life so far (``tables.zone_schema``).
    """

    events: pa.Table
    zones: pa.Table


def plan_for(names: Iterable[str], settings: Settings, *, pair: bool = False) -> Plan:
    """The plan for the named detectors, all of them when none is named.

    Raises:
        UsageError: a name is unknown.
    """
    chosen = [DETECTORS[name] for name in choose(names)]
    return make_plan(chosen, DETECTORS, settings, pair=pair)


def scan(
    bars: Bars,
    key: SeriesKey,
    plan: Plan,
    other: Bars | None = None,
    *,
    opened: tuple[Bars, int] | None = None,
) -> Detections:
    """Run a plan over closed bars, all in memory.

    What was known at an instant T is the scan of the bars with ``ts_close <= T`` and, of the bar that is
    open at T, what is known on its open: exactly that and no more.

    Args:
        bars: closed bars of one series, oldest first.
        key: whose bars they are.
        plan: what to run; only wanted nodes are shown.
        other: bars of the second symbol, for detectors that compare.
        opened: the bar that is open (one bar) and the instant of interest.

    Raises:
        DataError: a bar is not sound; the message names the row.
    """
    require_sound(bars)
    fold = Fold(plan, key, bars.digits)
    events, zones = [], []
    for first in range(0, max(len(bars), 1), CHUNK):
        piece = fold.take(bars.slice(first, first + CHUNK), other)
        events.append(piece.events)
        zones.append(piece.ended)
    if opened is not None and len(opened[0]):
        piece = fold.take_opened(*opened)
        events.append(piece.events)
        zones.append(piece.ended)
    zones.append(fold.open_zones())
    return Detections(joined(events), sorted_zones(zones))
