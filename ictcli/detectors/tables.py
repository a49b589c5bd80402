"""Detector records as Arrow tables: the append-only event log and the life of every object.

Instants are UTC: ``formed_at`` is the open of the anchor bar, ``confirmed_at`` and every other ``*_at``
the close of the bar at which the fact became known, the first moment one could act on it; what is known
when a bar opens (``known_on_open``) carries that open. Prices are decimals with the digits of the series.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, KNOWN_ON_OPEN, NO_BAR, PARENT_ADDED, RECORD_NAMES
from ictcli.detectors.detector import COMMON_MARKS, Detector, Extra
from ictcli.detectors.identity import NO_ID
from ictcli.detectors.lives import Told
from ictcli.detectors.plan import Node
from ictcli.market.bars import SeriesKey
from ictcli.store.columns import INSTANT, PRECISION

WORD = pa.dictionary(pa.int32(), pa.string())
"""Repeated words: kinds, directions, records."""

TIMES = {f"{name}_at": record for record, name in enumerate(RECORD_NAMES) if record > PARENT_ADDED}
"""Life columns by the record that fills them."""

MITIGATED = {"touch": "tapped_at", "ce": "ce_at", "full": "filled_at", "close": "invalidated_at"}

_PRICES = {"bottom": "bottom", "top": "top", "level": "bottom", "leg_origin": "origin_level"}

COMMON = (*_PRICES, "leg_origin_at", "label", *COMMON_MARKS, "size_atr", "fill", "touch_count")
"""Columns that a detector may fill by naming them."""


def event_table(told: Sequence[Told], key: SeriesKey, digits: int) -> pa.Table:
    """The log: one row per record, ordered by the time it became known, then as C3 says."""
    tables = [_events_of(item, key, digits) for item in told if len(item.events)]
    if not tables:
        return event_schema(digits).empty_table()
    return pa.concat_tables(tables).unify_dictionaries().take(_log_order(told))


def zone_table(
    lives: Sequence[tuple[Node, NDArray[np.void]]], key: SeriesKey, digits: int, extras: Iterable[Extra]
) -> pa.Table:
    """One row per object with its whole life so far, ordered by confirmation, then id.

    Args:
        lives: ``LIFE`` records by node.
        key: of the series.
        digits: of its prices.
        extras: columns beyond the common ones, of all detectors there are.
    """
    wanted = list(extras)
    schema = zone_schema(digits, wanted)
    tables = [_zones_of(node, own, key, digits, schema) for node, own in lives if len(own)]
    if not tables:
        return schema.empty_table()
    known = np.concatenate([own["latest"]["confirmed_ts"] for _, own in lives if len(own)])
    ids = np.concatenate([own["id"] for _, own in lives if len(own)])
    return pa.concat_tables(tables).unify_dictionaries().take(np.lexsort((ids, known)))


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of the same columns below one another, with one dictionary per column."""
    if len(tables) == 1:
        return tables[0]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def sorted_zones(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of objects below one another, ordered by confirmation, then id."""
    return joined(tables).sort_by([("confirmed_at", "ascending"), ("id", "ascending")])


def event_schema(digits: int) -> pa.Schema:
    """Columns of ``detection_events``."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            *_series_fields(),
            pa.field("record", WORD, nullable=False),
            pa.field("at", INSTANT, nullable=False),
            *_object_fields(digits),
        ]
    )


def zone_schema(digits: int, extras: Iterable[Extra]) -> pa.Schema:
    """Columns of ``detections``."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            *_series_fields(),
            pa.field("state", WORD, nullable=False),
            *_object_fields(digits),
            pa.field("known_on_open", pa.bool_(), nullable=False),
            *(pa.field(name, INSTANT) for name in (*TIMES, "mitigated_at")),
            *(pa.field(extra.name, _extra_type(extra, digits)) for extra in extras),
            pa.field("parents", pa.list_(pa.string()), nullable=False),
        ]
    )


def _extra_type(extra: Extra, digits: int) -> pa.DataType:
    return {
        "price": pa.decimal128(PRECISION, digits),
        "twice": pa.decimal128(PRECISION, digits + 1),
        "points": pa.decimal128(PRECISION, digits),
        "instant": INSTANT,
        "count": pa.int64(),
        "signed": pa.int64(),
        "ratio": pa.float64(),
        "flag": pa.bool_(),
        "id": pa.string(),
    }[extra.kind]


def _series_fields() -> list[pa.Field]:
    return [pa.field(name, WORD, nullable=False) for name in ("source", "symbol", "timeframe", "kind", "dir")]


def _object_fields(digits: int) -> list[pa.Field]:
    price = pa.decimal128(PRECISION, digits)
    return [
        pa.field("formed_at", INSTANT, nullable=False),
        pa.field("confirmed_at", INSTANT, nullable=False),
        *(pa.field(name, price) for name in _PRICES),
        pa.field("leg_origin_at", INSTANT),
        pa.field("label", WORD),
        pa.field("layer", WORD),
        *(pa.field(name, pa.bool_()) for name in COMMON_MARKS),
        pa.field("size_atr", pa.float64()),
        pa.field("fill", pa.float64()),
        pa.field("touch_count", pa.int64()),
    ]


def _log_order(told: Sequence[Told]) -> NDArray[np.int64]:
    """Row order by time, phase, bull before bear, anchor, id, record (C3)."""
    full = [item for item in told if len(item.events)]

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([item.events[name] for item in full])

    phase = np.concatenate(
        [np.where(item.events["record"] == CONFIRMED, item.node.detector.phase, 1) for item in full]
    )
    at = joined("at")
    rank = ((at - at.min()) * 16 + phase) * 4 + 1 - joined("direction")
    order = np.argsort(rank, kind="stable")
    ranked = rank[order]
    tied = np.flatnonzero((np.diff(ranked, prepend=-1) == 0) | (np.diff(ranked, append=-1) == 0))
    rows = order[tied]
    ids = np.concatenate([item.ids for item in full])[rows]
    order[tied] = rows[np.lexsort((joined("record")[rows], ids, joined("formed")[rows], ranked[tied]))]
    return order


def _events_of(item: Told, key: SeriesKey, digits: int) -> pa.Table:
    events = item.events
    columns = {
        "id": texts(item.ids),
        **_series_columns(item.node, key, events),
        "record": _words(RECORD_NAMES, events["record"]),
        "at": _instants(events["at_ts"]),
        **_object_columns(item.node, events, digits),
    }
    return pa.table(columns, schema=event_schema(digits))


def _zones_of(
    node: Node, lives: NDArray[np.void], key: SeriesKey, digits: int, schema: pa.Schema
) -> pa.Table:
    latest = lives["latest"]
    states = ("active" if node.detector.ends else "point", *RECORD_NAMES[1:])
    times = {name: _instants(lives["times"][:, record]) for name, record in TIMES.items()}
    mitigation = MITIGATED.get(getattr(node.params, "mitigation", ""), "")
    own = {extra.name: _extra(extra, lives, digits) for extra in node.detector.extras}
    columns = {
        "id": texts(lives["id"]),
        **_series_columns(node, key, latest),
        "state": _words(states, lives["state"]),
        **_object_columns(node, latest, digits),
        "known_on_open": pa.array(latest["marks"] & KNOWN_ON_OPEN != 0),
        **times,
        "mitigated_at": times.get(mitigation, pa.nulls(len(lives), INSTANT)),
        **own,
        "parents": _parents(lives["parents"]),
    }
    absent = {
        name: pa.nulls(len(lives), schema.field(name).type) for name in schema.names if name not in columns
    }
    return pa.table({**columns, **absent}, schema=schema)


def _extra(extra: Extra, lives: NDArray[np.void], digits: int) -> pa.Array:
    latest = lives["latest"]
    if extra.kind == "ratio":
        return pa.array(latest["ratio"][:, extra.slot], from_pandas=True)
    if extra.kind == "flag":
        return pa.array(latest["marks"] & extra.slot != 0)
    if extra.kind == "id":
        ids = lives["parents"][:, extra.slot]
        return texts(ids, ids == NO_ID)
    values = latest["extra"][:, extra.slot]
    if extra.kind == "instant":
        return _instants(values)
    missing = values == extra.none if extra.none is not None else None
    if extra.kind in ("count", "signed"):
        return pa.array(np.ascontiguousarray(values), mask=missing)
    kind = _extra_type(extra, digits)
    return _decimals(values * 5 if extra.kind == "twice" else values, kind, missing)


def _series_columns(node: Node, key: SeriesKey, events: NDArray[np.void]) -> dict[str, pa.Array]:
    constant = {
        "source": key.source,
        "symbol": key.symbol,
        "timeframe": str(key.timeframe),
        "kind": node.detector.name,
    }
    columns = {name: _same(value, len(events)) for name, value in constant.items()}
    return {**columns, "dir": _words(("bear", "none", "bull"), events["direction"] + 1)}


def _object_columns(node: Node, events: NDArray[np.void], digits: int) -> dict[str, pa.Array]:
    size = len(events)
    kind = pa.decimal128(PRECISION, digits)
    filled = node.detector.columns
    unlabelled = pa.DictionaryArray.from_arrays(pa.nulls(size, pa.int32()), pa.array([], pa.string()))
    undefined = events["size_atr"] == 0.0
    rootless = {"leg_origin": events["origin"] == NO_BAR}
    return {
        "formed_at": _instants(events["formed_ts"]),
        "confirmed_at": _instants(events["confirmed_ts"]),
        **{
            name: _decimals(events[field], kind, rootless.get(name))
            if name in filled
            else pa.nulls(size, kind)
            for name, field in _PRICES.items()
        },
        "leg_origin_at": _instants(events["origin_ts"])
        if "leg_origin_at" in filled
        else pa.nulls(size, INSTANT),
        "label": _labels(node.detector, events) if "label" in filled else unlabelled,
        "layer": _same(node.layer, size) if node.layer else unlabelled,
        **{
            name: pa.array(events["marks"] & mark != 0) if name in filled else pa.nulls(size, pa.bool_())
            for name, mark in COMMON_MARKS.items()
        },
        "size_atr": pa.array(np.ascontiguousarray(events["size_atr"]), mask=undefined)
        if "size_atr" in filled
        else pa.nulls(size, pa.float64()),
        "fill": pa.array(events["fill"] / np.maximum(events["top"] - events["bottom"], 1))
        if "fill" in filled
        else pa.nulls(size, pa.float64()),
        "touch_count": pa.array(np.ascontiguousarray(events["touches"]))
        if "touch_count" in filled
        else pa.nulls(size, pa.int64()),
    }


def _labels(detector: Detector, events: NDArray[np.void]) -> pa.Array:
    labels: Mapping[tuple[int, int], str] = detector.labels
    words = ["", *dict.fromkeys(labels.values())]
    size = max(number for _, number in labels) + 1
    index = np.zeros((3, size), np.int32)
    for (direction, label), word in labels.items():
        index[direction + 1, label] = words.index(word)
    chosen = index[events["direction"] + 1, events["label"]]
    return pa.DictionaryArray.from_arrays(pa.array(chosen, mask=chosen == 0), pa.array(words))


def _same(word: str, size: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array([word]))


def _words(words: Sequence[str], index: NDArray[Any]) -> pa.Array:
    chosen = pa.array(np.ascontiguousarray(index, np.int32))
    return pa.DictionaryArray.from_arrays(chosen, pa.array(words))


def texts(ids: NDArray[np.uint64], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Ids as an array of 16 hexadecimal digits each, null where ``missing``."""
    ends = pa.py_buffer(np.arange(0, 16 * len(ids) + 1, 16, dtype=np.int32))
    digits = pa.py_buffer(ids.astype(">u8").tobytes().hex().encode())
    every = pa.StringArray.from_buffers(len(ids), ends, digits)
    return every if missing is None else pa.compute.if_else(pa.array(missing), None, every)


def _parents(ids: NDArray[np.uint64]) -> pa.Array:
    present = ids != NO_ID
    ends = np.concatenate(([0], np.cumsum(present.sum(axis=1)))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), texts(ids[present]))


def _instants(values: NDArray[np.int64]) -> pa.Array:
    return pa.array(np.ascontiguousarray(values), mask=values == -1).cast(INSTANT)


def _decimals(
    points: NDArray[np.int64], kind: pa.DataType, missing: NDArray[np.bool_] | None = None
) -> pa.Array:
    words = np.empty((len(points), 2), "<i8")
    words[:, 0] = points
    words[:, 1] = points >> 63
    every = pa.Array.from_buffers(kind, len(points), [None, pa.py_buffer(words)])
    return every if missing is None else pa.compute.if_else(pa.array(missing), pa.scalar(None, kind), every)
