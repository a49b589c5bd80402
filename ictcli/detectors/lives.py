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
from ictcli.detectors.drive import Records
from ictcli.detectors.identity import prefixes
from ictcli.detectors.ledger import LIFE, NOBODY, UNBORN
from ictcli.detectors.plan import NO_NODE, Node
from ictcli.detectors.sha256 import new_work
from ictcli.market.bars import Int64, SeriesKey

_LIFE_BYTES = np.dtype(f"V{LIFE.itemsize}")


@dataclass(frozen=True, slots=True)
class Told:
    """Records of a plan with the objects they tell of.

    Attributes:
        owner: position in the plan of the node behind every record, ``NO_NODE`` for those of nodes that
            are not wanted.
        events: the records, those of one node in the order in which they were written.
        ids: the object of every record that is wanted.
        lives: ``LIFE`` of the objects that were open before, by node and serial, then of those born since,
            likewise.
    """

    owner: Int64
    events: Records
    ids: NDArray[np.uint64]
    lives: NDArray[np.void]


def no_lives() -> NDArray[np.void]:
    """Nothing open yet."""
    return np.zeros(0, LIFE)


def chosen(lives: NDArray[np.void], rows: NDArray[Any]) -> NDArray[np.void]:
    """Some rows of lives, by position or mask."""
    found: NDArray[np.void] = lives.view(_LIFE_BYTES)[rows].view(LIFE)
    return found


class Teller:
    """What brings the open objects of a plan up to date with the next records of its nodes.

    Args:
        nodes: of the plan.
        key: of the series.
    """

    def __init__(self, nodes: Sequence[Node], key: SeriesKey) -> None:
        self._begun = prefixes(nodes, key)
        self._work = new_work()
        self._sources = np.full((len(nodes), 1 + max(len(node.feeds) for node in nodes)), NO_NODE, np.int64)
        for at, node in enumerate(nodes):
            self._sources[at, : len(node.feeds) + 1] = (*node.feeds, at)

    def tell(self, carried: NDArray[np.void], events: Records, owner: Int64) -> Told:
        """Bring objects up to date.

        Args:
            carried: ``LIFE`` of the objects open so far, by node and serial.
            events: the records since.
            owner: the node of each, as in ``Told``.
        """
        nodes = len(self._begun)
        born = np.zeros(nodes, np.int64)
        ledger.count_births(events, owner, born)
        middle, size = len(carried), len(carried) + int(born.sum())
        lives = np.empty(size, LIFE)
        lives.view(_LIFE_BYTES)[:middle] = carried.view(_LIFE_BYTES)
        bounds = np.zeros((2, nodes + 1), np.int64)
        bounds[0] = np.searchsorted(carried["node"], np.arange(nodes + 1))
        bounds[1, 0] = middle
        bounds[1, 1:] = middle + np.cumsum(born)
        serials = np.full(size, UNBORN, np.int64)
        serials[:middle] = carried["latest"]["serial"]
        first, last = np.empty(size, np.int64), np.full(size, NOBODY, np.int64)
        row, ids = np.empty(len(events), np.int64), np.empty(len(events), np.uint64)
        ledger.fold(events, owner, serials, bounds, bounds[1, :-1].copy(), lives, first, last, row)
        known = (self._sources, serials, bounds, lives, self._begun, self._work)
        ledger.name_births(events, first, middle, lives, self._begun, self._work)
        ledger.name_parents(events, first, middle, *known)
        ledger.add_parents(events, row, *known)
        ledger.show_latest(events, last, row, lives, ids)
        return Told(owner, events, ids, lives)


def carry(lives: NDArray[np.void], over: NDArray[np.bool_]) -> NDArray[np.void]:
    """The objects of ``lives`` that are not over, by node and serial."""
    left = chosen(lives, ~over)
    return chosen(left, np.argsort(_rank(left["node"], left["latest"]["serial"])))


def _rank(node: Int64, serial: Int64) -> Int64:
    """Numbers in the order of node, then serial."""
    return (node << 44) + serial


def _by_node(owner: Int64) -> Iterator[tuple[int, slice]]:
    """The nodes in an ascending array of positions and where they stand in it."""
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    ends = np.append(starts, len(owner))[1:]
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        yield int(owner[first]), slice(first, last)


def ended(nodes: Sequence[Node], lives: NDArray[np.void]) -> NDArray[np.bool_]:
    """Which objects will never change again; points end with their confirmation."""
    bits = [sum(1 << RECORD_NAMES.index(name) for name in node.detector.ends) or 1 for node in nodes]
    own = np.array(bits, np.int64)[lives["node"]]
    return np.asarray(lives["latest"]["reached"] & own != 0)


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
