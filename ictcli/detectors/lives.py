"""Folding records into objects: one row per zone, level or point with its whole life so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.book import BOOK
from ictcli.detectors.base.events import CONFIRMED, EVENT, PARENT_ADDED, RECORD_NAMES
from ictcli.detectors.base.zones import ZONES
from ictcli.detectors.detector import Detector
from ictcli.detectors.identity import NO_ID, identifiers, parent_ids
from ictcli.detectors.plan import Node
from ictcli.market.bars import SeriesKey

MOST_PARENTS = 6
"""Parents kept per object; the log has all of them."""

LIFE = np.dtype(
    [
        ("id", np.uint64),
        ("latest", EVENT),  # the object as its latest record, or its live copy, shows it
        ("state", np.int64),  # number of the last record that changed the state
        ("times", np.int64, len(RECORD_NAMES)),  # instant of each kind of record, -1 for none
        ("parents", np.uint64, MOST_PARENTS),  # ids, NO_ID from the last one on
    ]
)


@dataclass(frozen=True, slots=True)
class Told:
    """Records of one node with the objects they tell of.

    Attributes:
        events: ``EVENT`` records.
        ids: the object of every record.
        lives: ``LIFE`` of the objects that were open before and of those born since, by serial.
    """

    node: Node
    events: NDArray[np.void]
    ids: NDArray[np.uint64]
    lives: NDArray[np.void]


def no_lives() -> NDArray[np.void]:
    """Nothing open yet."""
    return np.zeros(0, LIFE)


def tell(
    nodes: Sequence[Node], node: Node, key: SeriesKey, carried: NDArray[np.void], events: NDArray[np.void]
) -> Told:
    """Bring the open objects of a node up to date with its next records.

    Args:
        nodes: of the plan, to name parents.
        node: whose records these are.
        key: of the series.
        carried: ``LIFE`` of the objects open so far, by serial.
        events: the records since, in order.
    """
    lives = np.concatenate((carried, _births(nodes, node, key, events)))
    row = np.searchsorted(lives["latest"]["serial"], events["serial"])
    lives["latest"][row] = events
    changes = events["record"] > PARENT_ADDED
    lives["state"][row[changes]] = events["record"][changes]
    lives["times"][row, events["record"]] = events["at_ts"]
    _add_parents(nodes, node, key, lives, row, events)
    return Told(node, events, lives["id"][row], lives)


def _births(nodes: Sequence[Node], node: Node, key: SeriesKey, events: NDArray[np.void]) -> NDArray[np.void]:
    born = events[events["record"] == CONFIRMED]
    lives = np.zeros(len(born), LIFE)
    lives["latest"] = born
    lives["id"] = identifiers(node, key, born)
    lives["times"] = -1
    lives["parents"] = NO_ID
    lives["parents"][:, :2] = parent_ids(nodes, node, key, born)
    return lives


def _add_parents(
    nodes: Sequence[Node],
    node: Node,
    key: SeriesKey,
    lives: NDArray[np.void],
    row: NDArray[np.int64],
    events: NDArray[np.void],
) -> None:
    """Append the parents that ``parent_added`` records bring, which carry them as their second parent."""
    more = np.flatnonzero(events["record"] == PARENT_ADDED)
    for at, own in zip(more.tolist(), parent_ids(nodes, node, key, events[more])[:, 1], strict=True):
        known = lives["parents"][row[at]]
        free = np.flatnonzero(known == NO_ID)
        if len(free) and own not in known:
            known[free[0]] = own


def ended(detector: Detector, lives: NDArray[np.void]) -> NDArray[np.bool_]:
    """Which objects will never change again."""
    if not detector.ends:
        return np.ones(len(lives), np.bool_)
    bits = sum(1 << RECORD_NAMES.index(name) for name in detector.ends)
    return np.asarray(lives["latest"]["reached"] & bits != 0)


def refresh_open(lives: NDArray[np.void], state: NDArray[np.void]) -> None:
    """Take fill and touches of the live objects in a detector's state, which change without a record."""
    latest = lives["latest"]
    for book in _books(state[0]):
        for side in (0, 1):
            held = book["held"][side][book["slot"][side, : book["count"][side]]]
            row = np.searchsorted(latest["serial"], held["serial"])
            held, row = held[row < len(lives)], row[row < len(lives)]
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
