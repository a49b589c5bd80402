"""Scanning a series: all chosen detectors over all bars, as tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors.detector import Detector
from ictcli.detectors.drive import collect, require_sound
from ictcli.detectors.events import EVENT
from ictcli.detectors.identity import identifiers
from ictcli.detectors.registry import DETECTORS, choose
from ictcli.detectors.tables import Found, event_table, zone_table
from ictcli.market.bars import Bars, SeriesKey
from ictcli.telemetry import Progress, silent


@dataclass(frozen=True, slots=True)
class Detections:
    """What a scan found.

    Attributes:
        events: the append-only log, one row per record (``tables.event_schema``).
        zones: one row per object with its whole life so far (``tables.zone_schema``).
    """

    events: pa.Table
    zones: pa.Table


def scan(
    bars: Bars,
    key: SeriesKey,
    names: Iterable[str] = (),
    params: Mapping[str, msgspec.Struct] | None = None,
    progress: Progress = silent,
) -> Detections:
    """Run detectors over closed bars.

    What was known at an instant T is the scan of the bars with ``ts_close <= T``, exactly.

    Args:
        bars: closed bars of one series, oldest first.
        key: whose bars they are.
        names: detectors to run, all of them when empty.
        params: parameters by detector name; defaults for those not given.
        progress: told after each detector.

    Raises:
        UsageError: a detector is unknown.
        DataError: a bar is not sound; the message names the row.
    """
    require_sound(bars)
    chosen = choose(names)
    found = []
    for done, name in enumerate(chosen):
        progress(f"detecting {name}", done, len(chosen))
        detector = DETECTORS[name]
        own = (params or {}).get(name) or detector.params()
        found.append(find(detector, own, bars, key))
    return Detections(event_table(found, key, bars.digits), zone_table(found, key, bars.digits))


def find(detector: Detector, params: msgspec.Struct, bars: Bars, key: SeriesKey) -> Found:
    """Run one detector over closed bars."""
    state = detector.init_state(params, key.timeframe.ns)
    events = collect(detector, state, bars)
    ids = identifiers(detector, params, key, events)
    return Found(detector, getattr(params, "layer", ""), events, ids, alive(state))


def alive(state: NDArray[np.void]) -> NDArray[np.void]:
    """The live objects in a state, with their fill and touches up to the last bar."""
    if state.dtype.names is None or "book" not in state.dtype.names:
        return np.zeros(0, EVENT)
    book = state[0]["book"]
    used = [book["slot"][side, : book["count"][side]] for side in (0, 1)]
    return np.concatenate([book["held"][side, slots] for side, slots in enumerate(used)])
