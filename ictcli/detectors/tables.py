"""Detector records as Arrow tables: the append-only event log and the life of every object.

Instants are UTC: ``formed_at`` is the open of the anchor bar, ``confirmed_at`` and every other ``*_at``
the close of the bar at which the fact became known, the first moment one could act on it; what is known
when a bar opens (``known_on_open``) carries that open. Prices are decimals with the digits of the series.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, KNOWN_ON_OPEN, RECORD_NAMES
from ictcli.detectors.detector import COMMON_MARKS, Extra
from ictcli.detectors.identity import NO_ID
from ictcli.detectors.lives import Told
from ictcli.detectors.plan import Node
from ictcli.detectors.schemas import MITIGATED, PRICES, TIMES, event_schema, extra_type, zone_schema
from ictcli.market.bars import Int64, SeriesKey
from ictcli.store.columns import INSTANT, PRECISION

Mask = NDArray[np.bool_]
Columns = dict[str, NDArray[Any]]
"""Fields of records, each as an array of its own."""

_STRETCH = 4096


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of the same columns below one another, with one dictionary per column."""
    if len(tables) == 1:
        return tables[0]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def sorted_zones(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of objects below one another, ordered by confirmation, then id."""
    return joined(tables).sort_by([("confirmed_at", "ascending"), ("id", "ascending")])


class Tables:
    """What turns the records of one plan into tables.

    Args:
        nodes: of the plan.
        key: of the series.
        digits: of its prices.
        extras: columns beyond the common ones, of all detectors there are.
    """

    def __init__(self, nodes: Sequence[Node], key: SeriesKey, digits: int, extras: Sequence[Extra]) -> None:
        self._nodes = nodes
        self._digits = digits
        self._extras = extras
        self._constant = {"source": key.source, "symbol": key.symbol, "timeframe": str(key.timeframe)}
        self._phase = np.array([node.detector.phase for node in nodes], np.int64)
        self._kinds, self._kind = _numbered([node.detector.name for node in nodes])
        self._layers, self._layer = _numbered([node.layer for node in nodes])
        self._words, self._label = _label_numbers(nodes)
        self._point = np.array([not node.detector.ends for node in nodes], np.bool_)
        aliases = [MITIGATED.get(getattr(node.params, "mitigation", ""), "") for node in nodes]
        self._mitigation = np.array([TIMES.get(alias, -1) for alias in aliases], np.int64)

    def events(self, told: Told) -> pa.Table:
        """The log: one row per record, ordered by the time it became known, then as C3 says."""
        order = self._log_order(told)
        events = columns_of(told.events, order)
        owner = told.owner[order]
        columns = {
            "id": texts(told.ids[order]),
            **self._series(owner, events),
            "record": _words(RECORD_NAMES, events["record"]),
            "at": _instants(events["at_ts"]),
            **self._object(owner, events),
        }
        return pa.table(columns, schema=event_schema(self._digits))

    def zones(self, lives: NDArray[np.void], shown: Mask | None = None) -> pa.Table:
        """One row per object (that is ``shown``) with its life so far, ordered by confirmation, then id."""
        rows = np.arange(len(lives)) if shown is None else np.flatnonzero(shown)
        known = lives["latest"]["confirmed_ts"][rows]
        order = rows[np.lexsort((lives["id"][rows], known))]
        told = columns_of(lives, order)
        latest, owner = columns_of(lives["latest"], order), told["node"]
        states = np.where((told["state"] == 0) & self._point[owner], len(RECORD_NAMES), told["state"])
        columns = {
            "id": texts(told["id"]),
            **self._series(owner, latest),
            "state": _words(("active", *RECORD_NAMES[1:], "point"), states),
            **self._object(owner, latest),
            "known_on_open": pa.array(latest["marks"] & KNOWN_ON_OPEN != 0),
            **{name: _instants(told["times"][:, record]) for name, record in TIMES.items()},
            "mitigated_at": self._mitigated(owner, told["times"]),
            **self._extra_columns(owner, latest, told["parents"]),
            "parents": _parents(told["parents"]),
        }
        return pa.table(columns, schema=zone_schema(self._digits, self._extras))

    def _log_order(self, told: Told) -> Int64:
        """Row order by time, phase, bull before bear, anchor, id, record (C3)."""
        events = told.events
        at = events["at"]
        phase = np.where(events["record"] == CONFIRMED, self._phase[told.owner], 1)
        first = int(at.min()) if len(at) else 0
        rank = ((at - first) * 16 + phase) * 4 + 1 - events["direction"]
        order = np.argsort(rank, kind="stable")
        ranked = rank[order]
        tied = np.flatnonzero((np.diff(ranked, prepend=-1) == 0) | (np.diff(ranked, append=-1) == 0))
        rows = order[tied]
        keys = (events["record"][rows], told.ids[rows], events["formed"][rows], ranked[tied])
        order[tied] = rows[np.lexsort(keys)]
        return order

    def _series(self, owner: Int64, events: Columns) -> dict[str, pa.Array]:
        columns = {name: _same(value, len(owner)) for name, value in self._constant.items()}
        columns["kind"] = _words(self._kinds, self._kind[owner])
        return {**columns, "dir": _words(("bear", "none", "bull"), events["direction"] + 1)}

    def _object(self, owner: Int64, events: Columns) -> dict[str, pa.Array]:
        price = pa.decimal128(PRECISION, self._digits)
        label = self._label[owner, events["direction"] + 1, events["label"]]
        height = np.maximum(events["top"] - events["bottom"], 1)
        return {
            "formed_at": _instants(events["formed_ts"]),
            "confirmed_at": _instants(events["confirmed_ts"]),
            **{
                name: _decimals(events[field], price, self._without(name, owner, events))
                for name, field in PRICES.items()
            },
            "leg_origin_at": _instants(events["origin_ts"], self._without("leg_origin_at", owner, events)),
            "label": _words(self._words, label, label < 0),
            "layer": _words(self._layers, self._layer[owner], self._layer[owner] == 0),
            **{
                name: pa.array(events["marks"] & mark != 0, mask=self._without(name, owner, events))
                for name, mark in COMMON_MARKS.items()
            },
            "size_atr": _numbers(
                events["size_atr"], self._without("size_atr", owner, events) | (events["size_atr"] == 0.0)
            ),
            "fill": _numbers(events["fill"] / height, self._without("fill", owner, events)),
            "touch_count": _numbers(events["touches"], self._without("touch_count", owner, events)),
        }

    def _without(self, column: str, owner: Int64, events: Columns) -> Mask:
        """Which records do not fill a common column."""
        missing = np.array([column not in node.detector.columns for node in self._nodes], np.bool_)[owner]
        return missing | (events["origin"] < 0) if column.startswith("leg_origin") else missing

    def _mitigated(self, owner: Int64, times: NDArray[np.int64]) -> pa.Array:
        record = self._mitigation[owner]
        chosen_times = np.take_along_axis(times, np.maximum(record, 0)[:, None], axis=1)[:, 0]
        return _instants(chosen_times, record < 0)

    def _extra_columns(
        self, owner: Int64, latest: Columns, parents: NDArray[np.uint64]
    ) -> dict[str, pa.Array]:
        rows = {at: np.flatnonzero(owner == at) for at in np.unique(owner).tolist()}
        filled = {one.name for at in rows for one in self._nodes[at].detector.extras}
        return {
            extra.name: self._extra(extra, rows, latest, parents)
            if extra.name in filled
            else pa.nulls(len(owner), extra_type(extra, self._digits))
            for extra in self._extras
        }

    def _extra(
        self, extra: Extra, rows: dict[int, Int64], latest: Columns, parents: NDArray[np.uint64]
    ) -> pa.Array:
        """One column, filled by the nodes that have an extra of its name."""
        values = np.zeros(len(parents), np.float64 if extra.kind == "ratio" else np.uint64)
        missing = np.ones(len(parents), np.bool_)
        for at, own in rows.items():
            for one in self._nodes[at].detector.extras:
                if one.name == extra.name:
                    found, none = _extra_values(one, latest, parents, own)
                    values[own] = found if extra.kind == "ratio" else found.view(np.uint64)
                    missing[own] = none
        return self._extra_array(extra, values, missing)

    def _extra_array(self, extra: Extra, values: NDArray[Any], missing: Mask) -> pa.Array:
        if extra.kind == "ratio":
            return pa.array(values, mask=missing)
        if extra.kind == "id":
            return texts(values, missing)
        whole = values.view(np.int64)
        if extra.kind == "flag":
            return pa.array(whole != 0, mask=missing)
        if extra.kind == "instant":
            return _instants(whole, missing)
        if extra.kind in ("count", "signed"):
            return pa.array(whole, mask=missing)
        return _decimals(
            whole * 5 if extra.kind == "twice" else whole, extra_type(extra, self._digits), missing
        )


def columns_of(records: NDArray[np.void], order: Int64) -> Columns:
    """The fields of records, in a new order, each as an array of its own.

    Records are wide: they are taken in stretches that stay in the processor's cache until all their
    fields are read. Fields that are arrays themselves are laid out column by column.
    """
    raw = records.view(f"V{records.dtype.itemsize}")
    fields: Mapping[str, Any] = records.dtype.fields or {}
    plain = {name: kind[0] for name, kind in fields.items() if kind[0].base.names is None}
    found = {name: np.empty((len(order), *kind.shape), kind.base, order="F") for name, kind in plain.items()}
    for first in range(0, len(order), _STRETCH):
        rows = order[first : first + _STRETCH]
        some = raw[rows].view(records.dtype)
        for name, column in found.items():
            column[first : first + _STRETCH] = some[name]
    return found


def _extra_values(
    extra: Extra, latest: Columns, parents: NDArray[np.uint64], rows: Int64
) -> tuple[NDArray[Any], Mask | bool]:
    """An extra of some objects as 64-bit numbers, and where there is none."""
    if extra.kind == "id":
        ids = np.ascontiguousarray(parents[rows, extra.slot])
        return ids, ids == NO_ID
    if extra.kind == "ratio":
        ratios = latest["ratio"][rows, extra.slot]
        return ratios, np.isnan(ratios)
    if extra.kind == "flag":
        return (latest["marks"][rows] & extra.slot).astype(np.int64), False
    values = np.ascontiguousarray(latest["extra"][rows, extra.slot])
    if extra.kind == "instant":
        return values, values == -1
    return values, values == extra.none if extra.none is not None else False


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


def _same(word: str, size: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array([word]))


def _words(words: Sequence[str], index: NDArray[Any], missing: Mask | None = None) -> pa.Array:
    numbers = pa.array(np.ascontiguousarray(index, np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(numbers, pa.array(words, pa.string()))


def texts(ids: NDArray[np.uint64], missing: Mask | None = None) -> pa.Array:
    """Ids as an array of 16 hexadecimal digits each, null where ``missing``."""
    ends = pa.py_buffer(np.arange(0, 16 * len(ids) + 1, 16, dtype=np.int32))
    digits = pa.py_buffer(ids.astype(">u8").tobytes().hex().encode())
    return pa.StringArray.from_buffers(len(ids), ends, digits, _present(missing))


def _present(missing: Mask | None) -> pa.Buffer | None:
    """A validity bitmap."""
    return None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))


def _parents(ids: NDArray[np.uint64]) -> pa.Array:
    present = ids != NO_ID
    ends = np.concatenate(([0], np.cumsum(present.sum(axis=1)))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), texts(ids[present]))


def _instants(values: NDArray[np.int64], missing: Mask | None = None) -> pa.Array:
    absent = values == -1 if missing is None else missing | (values == -1)
    return pa.array(np.ascontiguousarray(values), mask=absent).cast(INSTANT)


def _numbers(values: NDArray[Any], missing: Mask) -> pa.Array:
    return pa.array(np.ascontiguousarray(values), mask=missing)


def _decimals(points: NDArray[np.int64], kind: pa.DataType, missing: Mask) -> pa.Array:
    words = np.empty((len(points), 2), "<i8")
    words[:, 0] = points
    words[:, 1] = points >> 63
    return pa.Array.from_buffers(kind, len(points), [_present(missing), pa.py_buffer(words)])
