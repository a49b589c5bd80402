"""Folding records into objects: one row per zone, level or point with its whole life so far.

All nodes of a plan are folded together, by compiled loops. Elsewhere records are moved as plain bytes,
because numpy copies them field by field otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors import ledger
from ictcli.detectors.base.book import BOOK
from ictcli.detectors.base.events import RECORD_NAMES
from ictcli.detectors.base.zones import ZONES
from ictcli.detectors.drive import NOTHING, Records
from ictcli.detectors.identity import prefixes
from ictcli.detectors.lanes import LANES_WORK
from ictcli.detectors.ledger import LIFE, NOBODY, STORY, UNBORN
from ictcli.detectors.plan import NO_NODE, Node
from ictcli.detectors.sha256 import new_work
from ictcli.market.bars import Int64, SeriesKey

_ENDS_AT_ONCE = 1
"""Bits of the records that end a point: its confirmation."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects that were open before, by node and serial, then those born since, likewise.

    Attributes:
        lives: ``STORY`` of all.
        serials: birth number of each.
        over: 1 for those that will never change again.
        last: position in ``events`` of the latest record of each, negative for those without.
        events: records, valid until their memory is used again.
        carried: ``LIFE`` of those that were open before.
    """

    lives: NDArray[np.void]
    serials: Int64
    over: NDArray[np.uint8]
    last: Int64
    events: Records
    carried: NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Told:
    """Records of a plan with the objects they tell of.

    Attributes:
        owner: position in the plan of the node behind every record, ``NO_NODE`` for those of nodes that
            are not wanted.
        events: the records, those of one node in the order in which they were written.
        ids: the object of every record that is wanted.
        objects: they tell of.
    """

    owner: Int64
    events: Records
    ids: NDArray[np.uint64]
    objects: Objects


def no_lives() -> NDArray[np.void]:
    """Nothing open yet."""
    return np.zeros(0, LIFE)


def recalled(carried: NDArray[np.void], births: int = 0, events: Records = NOTHING) -> Objects:
    """Objects as they were carried, with room for births."""
    size = len(carried) + births
    lives, serials = np.empty(size, STORY), np.full(size, UNBORN, np.int64)
    ledger.recall(carried, serials, lives)
    last = np.full(size, NOBODY, np.int64)
    return Objects(lives, serials, np.zeros(size, np.uint8), last, events, carried)


class Teller:
    """What brings the open objects of a plan up to date with the next records of its nodes.

    Args:
        nodes: of the plan.
        key: of the series.
    """

    def __init__(self, nodes: Sequence[Node], key: SeriesKey) -> None:
        self._begun = prefixes(nodes, key)
        self._work = new_work()
        self._lanes = np.zeros(1, LANES_WORK)
        self._sources = np.full((len(nodes), 1 + max(len(node.feeds) for node in nodes)), NO_NODE, np.int64)
        for at, node in enumerate(nodes):
            self._sources[at, : len(node.feeds) + 1] = (*node.feeds, at)
        ends = (sum(1 << RECORD_NAMES.index(name) for name in node.detector.ends) for node in nodes)
        self._ends = np.array([bits or _ENDS_AT_ONCE for bits in ends], np.int64)

    def tell(self, carried: NDArray[np.void], events: Records, owner: Int64) -> Told:
        """Bring objects up to date.

        Args:
            carried: ``LIFE`` of the objects open so far, by node and serial.
            events: the records since.
            owner: the node of each, as in ``Told``.
        """
        nodes, middle = len(self._begun), len(carried)
        born = np.zeros(nodes, np.int64)
        ledger.count_births(events, owner, born)
        found = recalled(carried, int(born.sum()), events)
        lives, serials = found.lives, found.serials
        bounds = np.zeros((2, nodes + 1), np.int64)
        bounds[0] = np.searchsorted(carried["node"], np.arange(nodes + 1))
        bounds[1] = middle + np.append(0, np.cumsum(born))
        first, row = np.empty(len(lives), np.int64), np.empty(len(events), np.int64)
        changed = (lives, first, found.last, found.over, row)
        ledger.fold(events, owner, serials, bounds, bounds[1, :-1].copy(), self._ends, *changed)
        known = (self._sources, serials, bounds, lives, self._begun, self._work)
        ledger.name_births(events, first, middle, lives, self._begun, self._work, self._lanes)
        ledger.name_parents(events, first, middle, *known)
        ledger.add_parents(events, row, *known)
        ids = np.empty(len(events), np.uint64)
        ledger.name_records(row, lives, ids)
        return Told(owner, events, ids, found)


def carry(objects: Objects) -> NDArray[np.void]:
    """``LIFE`` of the objects that are not over, by node and serial."""
    rows = np.flatnonzero(objects.over == 0)
    rows = rows[np.lexsort((objects.serials[rows], objects.lives["node"][rows]))]
    kept = np.empty(len(rows), LIFE)
    ledger.remember(objects.lives, objects.last, objects.events, objects.carried, rows, kept)
    return kept


def _by_node(owner: Int64) -> Iterator[tuple[int, slice]]:
    """The nodes in an ascending array of positions and where they stand in it."""
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    ends = np.append(starts, len(owner))[1:]
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        yield int(owner[first]), slice(first, last)


def refresh_open(lives: NDArray[np.void], states: Sequence[NDArray[np.void]]) -> None:
    """Take fill and touches of the live objects in the nodes' states, which change without a record."""
    for at, part in _by_node(lives["node"]):
        latest = lives["latest"][part]
        for book in _books(states[at][0]):
            for side in (0, 1):
                held = book["held"][side][book["slot"][side, : book["count"][side]]]
                _take_progress(latest, held)


def _take_progress(latest: NDArray[np.void], held: NDArray[np.void]) -> None:
    row = np.searchsorted(latest["serial"], held["serial"])
    held, row = held[row < len(latest)], row[row < len(latest)]
    own = np.ones(len(row), np.bool_)
    for name in ("serial", "formed_ts", "confirmed_ts"):
        own &= latest[name][row] == held[name]
    for name in ("fill", "touches"):
        latest[name][row[own]] = held[name][own]


def _books(record: np.void) -> list[np.void]:
    """The books of a state: the field ``book``, and that of ``zones``."""
    fields: Mapping[str, tuple[Any, ...]] = record.dtype.fields or {}
    found = [record["book"]] if "book" in fields and fields["book"][0] == BOOK else []
    return found + ([record["zones"]["book"]] if "zones" in fields and fields["zones"][0] == ZONES else [])
