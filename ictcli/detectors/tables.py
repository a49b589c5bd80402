"""Detector records as Arrow tables: the append-only event log and the life of every object.

Instants are UTC: ``formed_at`` is the open of the anchor bar, ``confirmed_at`` and every other ``*_at``
the close of the bar at which the fact became known, the first moment one could act on it. Prices are
decimals with the digits of the series.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors.detector import Detector
from ictcli.detectors.events import (
    BROKEN,
    CE,
    CONFIRMED,
    EVICTED,
    EXPIRED,
    FAILED,
    FILLED,
    INITIAL,
    INVALIDATED,
    MSS,
    RECORD_NAMES,
    SPANS_GAP,
    SWEPT,
    TAPPED,
)
from ictcli.detectors.identity import as_text
from ictcli.market.bars import SeriesKey
from ictcli.store.columns import INSTANT, PRECISION

_TIMES = {
    "tapped_at": TAPPED,
    "ce_at": CE,
    "filled_at": FILLED,
    "swept_at": SWEPT,
    "broken_at": BROKEN,
    "failed_at": FAILED,
    "invalidated_at": INVALIDATED,
    "expired_at": EXPIRED,
    "evicted_at": EVICTED,
}
_OWN_PRICES = ("bottom", "top", "level", "leg_origin")


@dataclass(frozen=True, slots=True)
class Found:
    """What one detector found: its records in order, their ids, and the objects alive at the end.

    Attributes:
        layer: name of the swing size, empty for detectors without layers.
        events: ``EVENT`` records.
        ids: the object of every record.
        alive: latest ``EVENT`` record of every live object, with its fill and touches up to now.
    """

    detector: Detector
    layer: str
    events: NDArray[np.void]
    ids: NDArray[np.uint64]
    alive: NDArray[np.void]


def event_table(found: Sequence[Found], key: SeriesKey, digits: int) -> pa.Table:
    """The log: one row per record, ordered by the time it became known, then as C3 says."""
    tables = [_events_of(item, key, digits) for item in found]
    order = _log_order(found)
    return pa.concat_tables(tables).take(order) if tables else event_schema(digits).empty_table()


def zone_table(found: Sequence[Found], key: SeriesKey, digits: int) -> pa.Table:
    """One row per object with its whole life so far, ordered by confirmation."""
    born = [
        Found(item.detector, item.layer, item.events[at], item.ids[at], item.alive)
        for item in found
        for at in (np.flatnonzero(item.events["record"] == CONFIRMED),)
    ]
    tables = [_zones_of(item, birth, key, digits) for item, birth in zip(found, born, strict=True)]
    return pa.concat_tables(tables).take(_log_order(born)) if tables else zone_schema(digits).empty_table()


def event_schema(digits: int) -> pa.Schema:
    """Columns of ``detection_events``."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            *_series_fields(),
            pa.field("record", pa.string(), nullable=False),
            pa.field("at", INSTANT, nullable=False),
            *_object_fields(digits),
            pa.field("fill", pa.float64()),
            pa.field("touch_count", pa.int64()),
        ]
    )


def zone_schema(digits: int) -> pa.Schema:
    """Columns of ``detections``."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            *_series_fields(),
            pa.field("state", pa.string(), nullable=False),
            *_object_fields(digits),
            *(pa.field(name, INSTANT) for name in _TIMES),
            pa.field("fill", pa.float64()),
            pa.field("touch_count", pa.int64()),
            pa.field("parents", pa.list_(pa.string()), nullable=False),
        ]
    )


def _series_fields() -> list[pa.Field]:
    names = ("source", "symbol", "timeframe", "kind", "dir")
    return [pa.field(name, pa.string(), nullable=False) for name in names]


def _object_fields(digits: int) -> list[pa.Field]:
    price = pa.decimal128(PRECISION, digits)
    return [
        pa.field("formed_at", INSTANT, nullable=False),
        pa.field("confirmed_at", INSTANT, nullable=False),
        *(pa.field(name, price) for name in _OWN_PRICES),
        pa.field("leg_origin_at", INSTANT),
        pa.field("label", pa.string()),
        pa.field("layer", pa.string()),
        pa.field("initial", pa.bool_()),
        pa.field("mss", pa.bool_()),
        pa.field("spans_gap", pa.bool_()),
        pa.field("size_atr", pa.float64()),
    ]


def _log_order(found: Sequence[Found]) -> NDArray[np.int64]:
    """Row order by time, phase, bull before bear, anchor, id, record (C3)."""

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([item.events[name] for item in found]) if found else np.zeros(0, np.int64)

    phase = [np.where(item.events["record"] == CONFIRMED, item.detector.phase, 1) for item in found]
    ids = [item.ids for item in found]
    return np.lexsort(
        (
            joined("record"),
            np.concatenate(ids) if ids else np.zeros(0, np.uint64),
            joined("formed"),
            -joined("direction"),
            np.concatenate(phase) if phase else np.zeros(0, np.int64),
            joined("at"),
        )
    )


def _events_of(item: Found, key: SeriesKey, digits: int) -> pa.Table:
    events = item.events
    columns = {
        "id": pa.array(as_text(item.ids)),
        **_series_columns(item, key, events),
        "record": _words(RECORD_NAMES, events["record"]),
        "at": _instants(events["at_ts"]),
        **_object_columns(item, events, digits),
        "fill": _fill(item, events["fill"], events),
        "touch_count": _integers(item, "touch_count", events["touches"]),
    }
    return pa.table(columns, schema=event_schema(digits))


def _zones_of(item: Found, birth: Found, key: SeriesKey, digits: int) -> pa.Table:
    born = birth.events
    row = np.searchsorted(born["serial"], item.events["serial"])
    states = np.zeros(len(born), np.int64)
    states[row] = item.events["record"]
    fill, touches = born["fill"].copy(), born["touches"].copy()
    fill[row], touches[row] = item.events["fill"], item.events["touches"]
    living = np.searchsorted(born["serial"], item.alive["serial"])
    fill[living], touches[living] = item.alive["fill"], item.alive["touches"]
    times = {}
    for name, code in _TIMES.items():
        at = np.full(len(born), -1, np.int64)
        chosen = item.events["record"] == code
        at[row[chosen]] = item.events["at_ts"][chosen]
        times[name] = _instants(at, at < 0)
    columns = {
        "id": pa.array(as_text(birth.ids)),
        **_series_columns(item, key, born),
        "state": _words((_first_state(item.detector), *RECORD_NAMES[1:]), states),
        **_object_columns(item, born, digits),
        **times,
        "fill": _fill(item, fill, born),
        "touch_count": _integers(item, "touch_count", touches),
        "parents": pa.array([[]] * len(born), pa.list_(pa.string())),
    }
    return pa.table(columns, schema=zone_schema(digits))


def _first_state(detector: Detector) -> str:
    return "point" if not any(name in _TIMES for name in detector.columns) else "active"


def _series_columns(item: Found, key: SeriesKey, events: NDArray[np.void]) -> dict[str, pa.Array]:
    constant = {
        "source": key.source,
        "symbol": key.symbol,
        "timeframe": str(key.timeframe),
        "kind": item.detector.name,
    }
    columns = {name: pa.repeat(pa.scalar(value), len(events)) for name, value in constant.items()}
    return {**columns, "dir": _words(("bear", "none", "bull"), events["direction"] + 1)}


def _object_columns(item: Found, events: NDArray[np.void], digits: int) -> dict[str, pa.Array]:
    kind = pa.decimal128(PRECISION, digits)
    filled = item.detector.columns
    prices = {"bottom": "bottom", "top": "top", "level": "bottom", "leg_origin": "origin_level"}
    marks = {"initial": INITIAL, "mss": MSS, "spans_gap": SPANS_GAP}
    unlabelled = pa.nulls(len(events), pa.string())
    undefined = (events["size_atr"] == 0.0) | ("size_atr" not in filled)
    return {
        "formed_at": _instants(events["formed_ts"]),
        "confirmed_at": _instants(events["confirmed_ts"]),
        **{
            name: _decimals(events[field], kind) if name in filled else pa.nulls(len(events), kind)
            for name, field in prices.items()
        },
        "leg_origin_at": _instants(events["origin_ts"], events["origin_ts"] < 0),
        "label": _labels(item, events) if "label" in filled else unlabelled,
        "layer": pa.repeat(pa.scalar(item.layer), len(events)) if "layer" in filled else unlabelled,
        **{
            name: pa.array(events["marks"] & mark != 0, mask=np.full(len(events), name not in filled))
            for name, mark in marks.items()
        },
        "size_atr": pa.array(events["size_atr"], mask=undefined),
    }


def _labels(item: Found, events: NDArray[np.void]) -> pa.Array:
    labels = item.detector.labels
    words = ["", *dict.fromkeys(labels.values())]
    size = max(number for _, number in labels) + 1
    index = np.zeros((2, size), np.int64)
    for (direction, number), word in labels.items():
        index[(direction + 1) // 2, number] = words.index(word)
    chosen = index[(events["direction"] + 1) // 2, events["label"]]
    return pa.DictionaryArray.from_arrays(pa.array(chosen, mask=chosen == 0), pa.array(words)).cast(
        pa.string()
    )


def _words(words: Sequence[str], index: NDArray[Any]) -> pa.Array:
    chosen = pa.array(np.ascontiguousarray(index, np.int32))
    return pa.DictionaryArray.from_arrays(chosen, pa.array(words)).cast(pa.string())


def _fill(item: Found, fill: NDArray[np.int64], events: NDArray[np.void]) -> pa.Array:
    if "fill" not in item.detector.columns:
        return pa.nulls(len(events), pa.float64())
    return pa.array(fill / (events["top"] - events["bottom"]))


def _integers(item: Found, name: str, values: NDArray[np.int64]) -> pa.Array:
    return pa.array(values) if name in item.detector.columns else pa.nulls(len(values), pa.int64())


def _instants(values: NDArray[np.int64], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(np.ascontiguousarray(values), mask=missing).cast(INSTANT)


def _decimals(points: NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    words = np.empty((len(points), 2), "<i8")
    words[:, 0] = points
    words[:, 1] = points >> 63
    return pa.Array.from_buffers(kind, len(points), [None, pa.py_buffer(words)])
