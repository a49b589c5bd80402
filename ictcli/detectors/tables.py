"""Detector records as Arrow tables: the append-only event log and the life of every object.

Instants are UTC: ``formed_at`` is the open of the anchor bar, ``confirmed_at`` and every other ``*_at``
the close of the bar at which the fact became known, the first moment one could act on it; what is known
when a bar opens (``known_on_open``) carries that open. Prices are decimals with the digits of the series.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors import arrays, columns
from ictcli.detectors.base.events import RECORD_NAMES
from ictcli.detectors.detector import COMMON_MARKS, Extra
from ictcli.detectors.ledger import MOST_PARENTS, confirmations
from ictcli.detectors.lives import Objects, Told
from ictcli.detectors.order import log_order
from ictcli.detectors.plan import Node
from ictcli.detectors.schemas import COMMON, MITIGATED, TIMES, event_schema, extra_type, zone_schema
from ictcli.market.bars import Int64, SeriesKey
from ictcli.store.columns import PRECISION

_LAYOUTS = {"ratio": columns.RATIO, "flag": columns.FLAG, "id": columns.ID} | dict.fromkeys(
    ("instant", "count", "signed"), columns.WHOLE
)
"""How the kinds of extras are laid out that are not decimals."""

_HALF = 5
"""Half a point in decimals of one digit more."""


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of the same columns below one another, with one dictionary per column."""
    if len(tables) == 1:
        return tables[0]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def sorted_zones(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of objects below one another, ordered by confirmation, then id."""
    return joined(tables).sort_by([("confirmed_at", "ascending"), ("id", "ascending")])


class _Sheet:
    """Memory for the columns that both tables have, all of as many rows."""

    def __init__(self, rows: int) -> None:
        self.words = np.empty((columns.WORD + 1, rows), np.int32)
        self.prices = np.empty((columns.ORIGIN + 1, rows, 2), np.int64)
        self.whole = np.empty((columns.BAR + 1, rows), np.int64)
        self.numbers = np.empty((columns.FILL + 1, rows), np.float64)
        self.flags = arrays.no_bits(columns.ON_OPEN + 1, rows)
        self.known = arrays.no_bits(columns.LAYER_KNOWN + 1, rows)

    def all(self) -> tuple[NDArray[Any], ...]:
        """As the loops take them."""
        return self.words, self.prices, self.whole, self.numbers, self.flags, self.known


@dataclass(frozen=True, slots=True)
class _Own:
    """The columns that only some detectors have.

    Attributes:
        places: layout and column of each, by name.
        specs: ``columns.EXTRA`` of every node, one node's after the other's.
        spans: where those of a node begin and end.
    """

    places: dict[str, tuple[int, int]]
    specs: NDArray[np.void]
    spans: list[tuple[int, int]]


class Tables:
    """What turns the records of one plan into tables.

    Args:
        nodes: of the plan.
        key: of the series.
        digits: of its prices.
        extras: columns beyond the common ones, of all detectors there are.
    """

    def __init__(self, nodes: Sequence[Node], key: SeriesKey, digits: int, extras: Sequence[Extra]) -> None:
        self._digits = digits
        self._extras = extras
        self._constant = {"source": key.source, "symbol": key.symbol, "timeframe": str(key.timeframe)}
        self._phases = np.array([node.detector.phase for node in nodes], np.int64)
        self._kinds, kind = _numbered([node.detector.name for node in nodes])
        self._layers, layer = _numbered([node.layer for node in nodes])
        self._words, self._labels = _label_numbers(nodes)
        self._own = _own_columns(nodes)
        self._nodes = np.zeros(len(nodes), columns.NODE)
        self._nodes["kind"], self._nodes["layer"] = kind, layer
        self._nodes["fills"] = [[column in node.detector.columns for column in COMMON] for node in nodes]
        self._nodes["is_point"] = [not node.detector.ends for node in nodes]
        aliases = [MITIGATED.get(getattr(node.params, "mitigation", ""), "") for node in nodes]
        self._nodes["mitigation"] = [TIMES.get(alias, -1) for alias in aliases]
        self._nodes["extras"] = self._own.spans

    def events(self, told: Told) -> tuple[pa.Table, Int64]:
        """The log: one row per record, ordered by the time it became known, then as C3 says.

        Returns:
            The rows, and the bar at which each became known.
        """
        order = log_order(told, self._phases)
        sheet = _Sheet(len(order))
        columns.put_events(told.events, told.owner, order, self._nodes, self._labels, *sheet.all())
        found = {
            "id": arrays.texts(told.ids[order]),
            **self._series(sheet),
            "record": arrays.words(sheet.words[columns.WORD], RECORD_NAMES),
            "at": arrays.instants(sheet.whole[columns.AT]),
            **self._object(sheet),
        }
        return pa.table(found, schema=event_schema(self._digits)), sheet.whole[columns.BAR]

    def zones(self, objects: Objects, shown: Int64) -> pa.Table:
        """One row per object in some rows, with its life so far, ordered by confirmation, then id."""
        lives = objects.lives
        latest = (objects.last, objects.events, objects.carried)
        known = np.empty(len(shown), np.int64)
        confirmations(*latest, shown, known)
        order = shown[np.lexsort((lives["id"][shown], known))]
        sheet = _Sheet(len(order))
        columns.put_zones(lives, *latest, order, self._nodes, self._labels, *sheet.all())
        found = {
            "id": arrays.texts(lives["id"][order]),
            **self._series(sheet),
            "state": arrays.words(sheet.words[columns.WORD], ("active", *RECORD_NAMES[1:], "point")),
            **self._object(sheet),
            "known_on_open": arrays.truths(sheet.flags[columns.ON_OPEN], len(order)),
            **self._times(lives, order),
            **self._own_columns(objects, order),
            "parents": _parents(lives, order),
        }
        return pa.table(found, schema=zone_schema(self._digits, self._extras))

    def _series(self, sheet: _Sheet) -> dict[str, pa.Array]:
        rows = sheet.words.shape[1]
        same = {name: arrays.words(np.zeros(rows, np.int32), [word]) for name, word in self._constant.items()}
        kind, direction = sheet.words[columns.KIND], sheet.words[columns.DIRECTION]
        return {
            **same,
            "kind": arrays.words(kind, self._kinds),
            "dir": arrays.words(direction, ("bear", "none", "bull")),
        }

    def _object(self, sheet: _Sheet) -> dict[str, pa.Array]:
        price = pa.decimal128(PRECISION, self._digits)
        known = dict(zip(COMMON, sheet.known, strict=False))
        rows = sheet.words.shape[1]
        prices = {"bottom": 0, "top": columns.TOP, "level": 0, "leg_origin": columns.ORIGIN}
        return {
            "formed_at": arrays.instants(sheet.whole[columns.FORMED]),
            "confirmed_at": arrays.instants(sheet.whole[columns.CONFIRMED_AT]),
            **{
                name: arrays.decimals(sheet.prices[column], price, known[name])
                for name, column in prices.items()
            },
            "leg_origin_at": arrays.instants(sheet.whole[columns.ORIGIN_AT], known["leg_origin_at"]),
            "label": arrays.words(sheet.words[columns.LABEL], self._words, known["label"]),
            "layer": arrays.words(sheet.words[columns.LAYER], self._layers, sheet.known[columns.LAYER_KNOWN]),
            **{
                name: arrays.truths(sheet.flags[mark], rows, known[name])
                for mark, name in enumerate(COMMON_MARKS)
            },
            "size_atr": arrays.floats(sheet.numbers[columns.SIZE], known["size_atr"]),
            "fill": arrays.floats(sheet.numbers[columns.FILL], known["fill"]),
            "touch_count": arrays.whole(sheet.whole[columns.TOUCHES], known["touch_count"]),
        }

    def _times(self, lives: NDArray[np.void], order: Int64) -> dict[str, pa.Array]:
        names = (*TIMES, "mitigated_at")
        times = np.empty((len(names), len(order)), np.int64)
        known = arrays.no_bits(len(names), len(order))
        columns.put_times(lives, order, self._nodes, times, known)
        return {name: arrays.instants(times[at], known[at]) for at, name in enumerate(names)}

    def _own_columns(self, objects: Objects, order: Int64) -> dict[str, pa.Array]:
        rows, places = len(order), self._own.places
        size = [sum(layout == one for layout, _ in places.values()) for one in range(columns.ID + 1)]
        known = arrays.no_bits(len(places), rows)
        held = (
            np.empty((size[columns.DECIMAL], rows, 2), np.int64),
            np.empty((size[columns.WHOLE], rows), np.int64),
            np.empty((size[columns.RATIO], rows), np.float64),
            arrays.no_bits(size[columns.FLAG], rows),
            np.zeros((size[columns.ID], rows), np.uint64),
        )
        latest = (objects.last, objects.events, objects.carried)
        columns.put_extras(objects.lives, *latest, order, self._nodes, self._own.specs, *held, known)
        present = dict(zip(places, known, strict=True))
        found = {}
        for extra in self._extras:
            kind = extra_type(extra, self._digits)
            if extra.name in places:
                layout, column = places[extra.name]
                found[extra.name] = _own_array(layout, held[layout][column], kind, rows, present[extra.name])
            else:
                found[extra.name] = pa.nulls(rows, kind)
        return found


def _own_array(
    layout: int, values: NDArray[Any], kind: pa.DataType, rows: int, known: arrays.Bits
) -> pa.Array:
    if layout == columns.DECIMAL:
        return arrays.decimals(values, kind, known)
    if layout == columns.RATIO:
        return arrays.floats(values, known)
    if layout == columns.FLAG:
        return arrays.truths(values, rows, known)
    if layout == columns.ID:
        return arrays.texts(values, known)
    return arrays.whole(values, known) if pa.types.is_integer(kind) else arrays.instants(values, known)


def _own_columns(nodes: Sequence[Node]) -> _Own:
    """Where the extras of wanted nodes are put; those of one name share a column."""
    places: dict[str, tuple[int, int]] = {}
    sizes = [0] * (columns.ID + 1)
    specs: list[tuple[int, ...]] = []
    spans: list[tuple[int, int]] = []
    for node in nodes:
        begun = len(specs)
        for extra in node.detector.extras if node.wanted else ():
            layout = _LAYOUTS.get(extra.kind, columns.DECIMAL)
            if extra.name not in places:
                places[extra.name] = layout, sizes[layout]
                sizes[layout] += 1
            none = -1 if extra.kind == "instant" else extra.none
            scale = _HALF if extra.kind == "twice" else 1
            at, known = places[extra.name][1], list(places).index(extra.name)
            specs.append((layout, at, known, extra.slot, scale, none or 0, none is not None))
        spans.append((begun, len(specs)))
    return _Own(places, np.array(specs, columns.EXTRA), spans)


def _parents(lives: NDArray[np.void], order: Int64) -> pa.Array:
    ends = np.zeros(len(order) + 1, np.int32)
    parents = np.empty(MOST_PARENTS * len(order), np.uint64)
    columns.put_parents(lives, order, ends, parents)
    return arrays.lists(ends, parents[: ends[-1]])


def _numbered(words: Sequence[str]) -> tuple[list[str], Int64]:
    """Distinct words, and the number of each; the empty word is number 0."""
    known = list(dict.fromkeys(["", *words]))
    return known, np.array([known.index(word) for word in words], np.int64)


def _label_numbers(nodes: Sequence[Node]) -> tuple[list[str], Int64]:
    """Distinct labels, and their number by node, direction + 1 and label; -1 for none."""
    words = list(dict.fromkeys(word for node in nodes for word in node.detector.labels.values()))
    most = max((number for node in nodes for _, number in node.detector.labels), default=0)
    index = np.full((len(nodes), 3, most + 1), -1, np.int64)
    for at, node in enumerate(nodes):
        for (direction, number), word in node.detector.labels.items():
            index[at, direction + 1, number] = words.index(word)
    return words, index
