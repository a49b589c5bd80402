"""Proving on given bars that detectors do not rewrite their past (ICT.md §14, P1 and P2).

A prefix replay runs a detector over the first m bars only and compares every record with those of the
full run known by then; a difference is a rewritten record: the detector used bars it could not know.
From the same point the detector is then restored from the bytes of its state and driven one bar at a time,
by separate steps and, where nearly all detectors are checked, by the fused call that live trading uses; a
difference to the full run is a batch mismatch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.drive import Memory, advance, describe, join, push, start
from ictcli.detectors.live import Live
from ictcli.detectors.plan import Plan
from ictcli.market.bars import Bars
from ictcli.telemetry import Progress, silent

_STEPS = 200
"""Bars driven one at a time after every prefix."""
_LIVE_FROM = 40
"""Nodes from which on the fused call of all detectors is worth compiling."""


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
    plan: Plan, bars: Bars, other: Bars | None = None, *, prefixes: int = 40, progress: Progress = silent
) -> Verification:
    """Replay ``prefixes`` evenly spread prefixes of ``bars`` (at most one per bar) for a whole plan."""
    cuts = np.unique(np.linspace(0, len(bars), prefixes + 1).astype(np.int64)[1:]).tolist()
    full = advance(plan, start(plan), bars, other)
    drives = [one_by_one, live] if len(plan.nodes) >= _LIVE_FROM and Live.fits(plan) else [one_by_one]
    rewritten = mismatches = 0
    offences: list[Offence] = []
    for done, cut in enumerate(cuts):
        progress("replaying prefixes", done, len(cuts))
        memory = start(plan)
        known = advance(plan, memory, bars.slice(0, cut), other)
        end = min(cut + _STEPS, len(bars))
        saved = memory.save()
        stepped = [drive(plan, Memory.load(plan, saved), bars, cut, end, other) for drive in drives]
        for at, node in enumerate(plan.nodes):
            bad = differences(known[at], _between(full[at], 0, cut))
            rewritten += len(bad)
            offences += [Offence(node.title, "rewritten", cut, bar) for bar in bad[:1]]
            for one in stepped:
                bad = differences(one[at], _between(full[at], cut, end))
                mismatches += len(bad)
                offences += [Offence(node.title, "batch_mismatch", cut, bar) for bar in bad[:1]]
    names = tuple(dict.fromkeys(node.detector.name for node in plan.nodes))
    replays = len(plan.nodes) * len(cuts)
    return Verification(names, replays, rewritten, mismatches, offences[0] if offences else None)


def one_by_one(
    plan: Plan, memory: Memory, bars: Bars, first: int, end: int, other: Bars | None = None
) -> list[NDArray[np.void]]:
    """The records of bars ``first`` up to but without ``end`` by node, driven one bar at a time."""
    rows: Sequence[list[NDArray[np.void]]] = [push(plan, memory, bars, at, other) for at in range(first, end)]
    empty = advance(plan, start(plan), bars.slice(0, 0))
    return [np.concatenate([empty[at], *(row[at] for row in rows)]) for at in range(len(plan.nodes))]


def live(
    plan: Plan, memory: Memory, bars: Bars, first: int, end: int, other: Bars | None = None
) -> list[NDArray[np.void]]:
    """The same through the fused call that live trading uses."""
    fused = Live(plan, memory)
    described = describe(memory.context, bars.slice(first, end), other)
    found: list[list[NDArray[np.void]]] = [[] for _ in plan.nodes]
    for at in range(len(described)):
        fused.push(described[at : at + 1])
        for node, own in enumerate(found):
            own.append(fused.records(node).copy())
    return [join(own) for own in found]


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
