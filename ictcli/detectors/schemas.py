"""Columns of the two tables of detections."""

from collections.abc import Iterable

import pyarrow as pa

from ictcli.detectors.base.events import PARENT_ADDED, RECORD_NAMES
from ictcli.detectors.detector import COMMON_MARKS, Extra
from ictcli.store.columns import INSTANT, PRECISION

WORD = pa.dictionary(pa.int32(), pa.string())
"""Repeated words: kinds, directions, records."""

TIMES = {f"{name}_at": record for record, name in enumerate(RECORD_NAMES) if record > PARENT_ADDED}
"""Life columns by the record that fills them."""

MITIGATED = {"touch": "tapped_at", "ce": "ce_at", "full": "filled_at", "close": "invalidated_at"}
"""The life column that ``mitigated_at`` repeats, by the parameter ``mitigation``."""

PRICES = {"bottom": "bottom", "top": "top", "level": "bottom", "leg_origin": "origin_level"}
"""Price columns by the field of a record that fills them."""

COMMON = (*PRICES, "leg_origin_at", "label", *COMMON_MARKS, "size_atr", "fill", "touch_count")
"""Columns that a detector may fill by naming them."""


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
            *(pa.field(extra.name, extra_type(extra, digits)) for extra in extras),
            pa.field("parents", pa.list_(pa.string()), nullable=False),
        ]
    )


def extra_type(extra: Extra, digits: int) -> pa.DataType:
    """How a column of its own is stored."""
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
        *(pa.field(name, price) for name in PRICES),
        pa.field("leg_origin_at", INSTANT),
        pa.field("label", WORD),
        pa.field("layer", WORD),
        *(pa.field(name, pa.bool_()) for name in COMMON_MARKS),
        pa.field("size_atr", pa.float64()),
        pa.field("fill", pa.float64()),
        pa.field("touch_count", pa.int64()),
    ]
