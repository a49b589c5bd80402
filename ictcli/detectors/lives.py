"""Folding records into objects: one row per zone, level or point with its whole life so far.

All nodes of a plan are folded together: few large arrays cost less than many small ones. Records are
moved as plain bytes, because numpy copies them field by field otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK
from ictcli.detectors.base.events import CONFIRMED, EVENT, PARENT_ADDED, RECORD_NAMES
from ictcli.detectors.base.zones import ZONES
from ictcli.detectors.drive import NOTHING, Records, join
from ictcli.detectors.identity import NO_ID, identifiers
from ictcli.detectors.plan import Node
from ictcli.market.bars import Int64, SeriesKey

MOST_PARENTS = 6
"""Parents kept per object; the log has all of them."""

LIFE = np.dtype(
    [
        ("node", np.int64),  # position in the plan
        ("id", np.uint64),
        ("state", np.int64),  # number of the last record that changed the state
        ("latest", EVENT),  # the object as its latest record, or its live copy, shows it
        ("times", np.int64, len(RECORD_NAMES)),  # instant of each kind of record, -1 for none
        ("parents", np.uint64, MOST_PARENTS),  # ids, NO_ID from the last one on
    ]
)

_RECORD_BYTES = np.dtype(f"V{EVENT.itemsize}")
_LATEST_BYTES = np.dtype(
    {
        "names": ["latest"],
        "formats": [_RECORD_BYTES],
        "offsets": [3 * 8],
        "itemsize": LIFE.itemsize,
    }
)
_LIFE_BYTES = np.dtype(f"V{LIFE.itemsize}")


@dataclass(frozen=True, slots=True)
class Told:
    """Records of the wanted nodes of a plan with the objects they tell of.

    Attributes:
        owner: position in the plan of the node behind every record, ascending.
        events: the records, by node in the order in which they were written.
        ids: the object of every record.
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


def tell(
    nodes: Sequence[Node], key: SeriesKey, carried: NDArray[np.void], found: Sequence[Sequence[Records]]
) -> Told:
    """Bring the open objects of a plan up to date with the next records of its nodes.

    Args:
        nodes: of the plan.
        key: of the series.
        carried: ``LIFE`` of the objects open so far, by node and serial.
        found: the records since, by node, in parts; those of nodes that are not wanted are passed over.
    """
    wanted = [at for at, node in enumerate(nodes) if node.wanted]
    events = join([NOTHING, *(part for at in wanted for part in found[at])])
    sizes = [sum(len(part) for part in found[at]) for at in wanted]
    owner = np.repeat(np.array(wanted, np.int64), sizes)
    lives = _with_births(carried, owner, events)
    known = _Known(lives, len(carried))
    _name(nodes, key, known)
    row, _ = known.rows(owner, events["serial"])
    lives.view(_LATEST_BYTES)["latest"][row] = events.view(_RECORD_BYTES)
    record = events["record"]
    changes = record > PARENT_ADDED
    lives["state"][row[changes]] = record[changes]
    lives["times"][row, record] = events["at_ts"]
    _add_parents(nodes, key, known, row, owner, events)
    return Told(owner, events, lives["id"][row], lives)


def carry(lives: NDArray[np.void], over: NDArray[np.bool_]) -> NDArray[np.void]:
    """The objects of ``lives`` that are not over, by node and serial."""
    left = chosen(lives, ~over)
    return chosen(left, np.argsort(_rank(left["node"], left["latest"]["serial"])))


def _rank(node: Int64, serial: Int64) -> Int64:
    """Numbers in the order of node, then serial."""
    return (node << 44) + serial


class _Known:
    """Objects at hand, found by node and serial.

    Args:
        lives: two stretches, each by node and serial.
        middle: where the second one begins.
    """

    def __init__(self, lives: NDArray[np.void], middle: int) -> None:
        ranks = _rank(lives["node"], lives["latest"]["serial"])
        self.lives = lives
        self.middle = middle
        self._old, self._young = ranks[:middle], ranks[middle:]

    def rows(self, node: Int64, serial: Int64) -> tuple[Int64, NDArray[np.bool_]]:
        """Where objects stand, and whether they are there at all."""
        ranks = _rank(node, serial)
        row = np.searchsorted(self._young, ranks)
        here = _hits(self._young, row, ranks)
        row += self.middle
        older = np.flatnonzero(~here)
        place = np.searchsorted(self._old, ranks[older])
        row[older] = place
        here[older] = _hits(self._old, place, ranks[older])
        return row, here


def _hits(ranks: Int64, row: Int64, wanted: Int64) -> NDArray[np.bool_]:
    if not len(ranks):
        return np.zeros(len(wanted), np.bool_)
    return np.asarray(ranks[np.minimum(row, len(ranks) - 1)] == wanted)


def _with_births(carried: NDArray[np.void], owner: Int64, events: Records) -> NDArray[np.void]:
    """The carried objects, then those that records confirm."""
    rows = np.flatnonzero(events["record"] == CONFIRMED)
    lives = np.empty(len(carried) + len(rows), LIFE)
    lives.view(_LIFE_BYTES)[: len(carried)] = carried.view(_LIFE_BYTES)
    births = lives[len(carried) :]
    births.view(_LATEST_BYTES)["latest"] = events.view(_RECORD_BYTES)[rows]
    births["node"] = owner[rows]
    births["state"] = 0
    births["times"] = -1
    births["parents"] = NO_ID
    return lives


def _name(nodes: Sequence[Node], key: SeriesKey, known: _Known) -> None:
    """Give the objects born since their ids and those of their parents."""
    births = known.lives[known.middle :]
    for at, part in _by_node(births["node"]):
        births["id"][part] = identifiers(nodes[at], key, births["latest"][part])
    for at, part in _by_node(births["node"]):
        parents = births["latest"]["parent"][part]
        births["parents"][part, :2] = _parent_ids(nodes, at, key, known, parents)


def _parent_ids(
    nodes: Sequence[Node], at: int, key: SeriesKey, known: _Known, parents: NDArray[np.void]
) -> NDArray[np.uint64]:
    """The ids of both parents of some objects of a node: known ones are looked up, others computed."""
    found = np.full(parents.shape, NO_ID, np.uint64)
    for feed, source in enumerate((*nodes[at].feeds, at)):
        rows, slots = np.nonzero(parents["feed"] == feed)
        if not len(rows):
            continue
        own = parents[rows, slots]
        place, here = known.rows(np.full(len(own), source), own["serial"])
        ids = np.full(len(own), NO_ID, np.uint64)
        ids[here] = known.lives["id"][place[here]]
        ids[~here] = identifiers(nodes[source], key, own[~here])
        found[rows, slots] = ids
    return found


def _by_node(owner: Int64) -> Iterator[tuple[int, slice]]:
    """The nodes in an ascending array of positions and where they stand in it."""
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    ends = np.append(starts, len(owner))[1:]
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        yield int(owner[first]), slice(first, last)


def _add_parents(
    nodes: Sequence[Node], key: SeriesKey, known: _Known, row: Int64, owner: Int64, events: Records
) -> None:
    """Append the parents that ``parent_added`` records bring, which carry them as their second parent."""
    more = np.flatnonzero(events["record"] == PARENT_ADDED)
    for node, part in _by_node(owner[more]):
        added = _parent_ids(nodes, node, key, known, events["parent"][more[part]])[:, 1]
        for at, own in zip(row[more[part]].tolist(), added, strict=True):
            told = known.lives["parents"][at]
            free = np.flatnonzero(told == NO_ID)
            if len(free) and own not in told:
                told[free[0]] = own


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
