"""Scanning a series: all chosen detectors over all bars, as tables."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from ictcli.detectors.drive import advance, require_sound, start
from ictcli.detectors.lives import no_lives, refresh_open, tell
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS, all_extras, choose
from ictcli.detectors.tables import event_table, zone_table
from ictcli.market.bars import Bars, SeriesKey


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


def scan(bars: Bars, key: SeriesKey, plan: Plan, other: Bars | None = None) -> Detections:
    """Run a plan over closed bars, all in memory.

    What was known at an instant T is the scan of the bars with ``ts_close <= T``, exactly.

    Args:
        bars: closed bars of one series, oldest first.
        key: whose bars they are.
        plan: what to run; only wanted nodes are shown.
        other: bars of the second symbol, for detectors that compare.

    Raises:
        DataError: a bar is not sound; the message names the row.
    """
    require_sound(bars)
    memory = start(plan)
    told = []
    for node, events, state in zip(
        plan.nodes, advance(plan, memory, bars, other), memory.states, strict=True
    ):
        if node.wanted:
            told.append(tell(plan.nodes, node, key, no_lives(), events))
            refresh_open(told[-1].lives, state)
    lives = [(item.node, item.lives) for item in told]
    return Detections(
        event_table(told, key, bars.digits), zone_table(lives, key, bars.digits, all_extras())
    )
