"""Proving on given bars that detectors do not rewrite their past (ICT.md §14, P1 and P2).

A prefix replay runs a detector over the first m bars only and compares every record with those of the
full run known by then; a difference is a rewritten record: the detector used bars it could not know.
From the same point the detector is then restored from the bytes of its state and driven one bar at a time;
a difference to the full run is a batch mismatch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.detector import Detector
from ictcli.detectors.drive import collect, push
from ictcli.detectors.events import EVENT, MOST_PER_BAR
from ictcli.market.bars import Bars
from ictcli.market.timeframes import Timeframe
from ictcli.telemetry import Progress, silent

_STEPS = 200
"""Bars driven one at a time after every prefix."""


@dataclass(frozen=True, slots=True)
class Offence:
    """The first record that differs.

    Attributes:
        what: ``rewritten`` or ``batch_mismatch``.
        prefix: bars the replay saw, or bars before the one-by-one part.
        at: bar of the record.
    """

    detector: str
    what: str
    prefix: int
    at: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What the replays showed.

    Attributes:
        detectors: names checked.
        prefixes: prefix replays made, over all detectors.
        rewritten: records that a replay knew differently from the full run.
        batch_mismatches: records that differ between batch and one bar at a time.
        first: the first difference, None where there is none.
    """

    detectors: tuple[str, ...]
    prefixes: int
    rewritten: int
    batch_mismatches: int
    first: Offence | None


def verify(
    detectors: Iterable[Detector],
    bars: Bars,
    timeframe: Timeframe,
    params: Mapping[str, msgspec.Struct] | None = None,
    *,
    prefixes: int = 40,
    progress: Progress = silent,
) -> Verification:
    """Replay ``prefixes`` evenly spread prefixes of ``bars`` (at most one per bar) for every detector."""
    cuts = np.unique(np.linspace(0, len(bars), prefixes + 1).astype(np.int64)[1:])
    names: list[str] = []
    rewritten = mismatches = 0
    offences: list[Offence] = []
    for detector in detectors:
        names.append(detector.name)
        own = (params or {}).get(detector.name) or detector.params()
        full = collect(detector, detector.init_state(own, timeframe.ns), bars)
        for done, cut in enumerate(cuts.tolist()):
            progress(f"replaying {detector.name}", done, len(cuts))
            state = detector.init_state(own, timeframe.ns)
            known = collect(detector, state, bars.slice(0, cut))
            bad = differences(known, _between(full, 0, cut))
            rewritten += len(bad)
            offences += [Offence(detector.name, "rewritten", cut, at) for at in bad[:1]]
            end = min(cut + _STEPS, len(bars))
            stepped = one_by_one(detector, detector.restore(state.tobytes()), bars, cut, end)
            bad = differences(stepped, _between(full, cut, end))
            mismatches += len(bad)
            offences += [Offence(detector.name, "batch_mismatch", cut, at) for at in bad[:1]]
    first = offences[0] if offences else None
    return Verification(tuple(names), len(names) * len(cuts), rewritten, mismatches, first)


def one_by_one(
    detector: Detector, state: NDArray[np.void], bars: Bars, first: int, end: int
) -> NDArray[np.void]:
    """The records of bars ``first`` up to but without ``end``, driven one bar at a time."""
    buffer = np.zeros(MOST_PER_BAR, EVENT)
    parts = [push(detector, state, bars, at, buffer) for at in range(first, end)]
    return np.concatenate([np.zeros(0, EVENT), *parts])


def differences(ours: NDArray[np.void], theirs: NDArray[np.void]) -> list[int]:
    """Bars of the records that only one of two runs of records has, ascending."""
    if ours.tobytes() == theirs.tobytes():
        return []
    left, right = _as_bytes(ours), _as_bytes(theirs)
    only = [row for row in ours if row.tobytes() not in right]
    only += [row for row in theirs if row.tobytes() not in left]
    return sorted(int(row["at"]) for row in only) or [int(ours["at"][0])]


def _as_bytes(records: NDArray[np.void]) -> set[bytes]:
    return {row.tobytes() for row in records}


def _between(records: NDArray[np.void], first: int, end: int) -> NDArray[np.void]:
    return records[(records["at"] >= first) & (records["at"] < end)]
