"""Bars and ticks as Arrow tables: prices become decimals, UNKNOWN becomes null, and back."""

import sys
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.market.bars import ARRAY_FIELDS, UNKNOWN, VOLUME_SCALE, Bars, Int64
from ictcli.market.ticks import Ticks

Rows = Bars | Ticks
"""What a series is made of."""

PRECISION = 18
"""Decimal digits that fit a Parquet INT64."""

INSTANT = pa.timestamp("ns", "UTC")
BAR_PRICES = ("open", "high", "low", "close")
TICK_FIELDS = ("ts", "bid", "ask")
_LIMIT = 10**PRECISION
_LOW_WORD = 0 if sys.byteorder == "little" else 1


def bar_schema(digits: int) -> pa.Schema:
    """Columns of a part that holds bars."""
    price = pa.decimal128(PRECISION, digits)
    return pa.schema(
        [
            pa.field("ts", INSTANT, nullable=False),
            pa.field("ts_close", INSTANT, nullable=False),
            *(pa.field(name, price, nullable=False) for name in BAR_PRICES),
            pa.field("tick_volume", pa.int64()),
            pa.field("real_volume", pa.decimal128(PRECISION, VOLUME_SCALE)),
            pa.field("spread", pa.int32()),
        ]
    )


def tick_schema(digits: int) -> pa.Schema:
    """Columns of a part that holds ticks."""
    price = pa.decimal128(PRECISION, digits)
    return pa.schema(
        [
            pa.field("ts", INSTANT, nullable=False),
            pa.field("bid", price, nullable=False),
            pa.field("ask", price, nullable=False),
        ]
    )


def to_table(rows: Rows) -> pa.Table:
    """The stored form of bars or ticks.

    Raises:
        DataError: a price or volume has more than 18 digits.
    """
    if isinstance(rows, Ticks):
        price = pa.decimal128(PRECISION, rows.digits)
        columns = [_instants(rows.ts), _decimals("bid", rows.bid, price), _decimals("ask", rows.ask, price)]
        return pa.Table.from_arrays(columns, schema=tick_schema(rows.digits))
    price = pa.decimal128(PRECISION, rows.digits)
    volume = pa.decimal128(PRECISION, VOLUME_SCALE)
    columns = [
        _instants(rows.ts),
        _instants(rows.ts_close),
        *(_decimals(name, getattr(rows, name), price) for name in BAR_PRICES),
        _nullable(rows.tick_volume, pa.int64()),
        _decimals("real_volume", rows.real_volume, volume, rows.real_volume == UNKNOWN),
        _nullable(rows.spread, pa.int32()),
    ]
    return pa.Table.from_arrays(columns, schema=bar_schema(rows.digits))


def to_bars(table: pa.Table, digits: int) -> Bars:
    """Bars from their stored form.

    Raises:
        DataError: the table's columns are not those of bars with these digits.
    """
    _expect(table.schema, bar_schema(digits))
    arrays: dict[str, Any] = {
        "ts": _integers(table["ts"]),
        "ts_close": _integers(table["ts_close"]),
        **{name: _points(table[name]) for name in BAR_PRICES},
        "tick_volume": _integers(table["tick_volume"]),
        "real_volume": _points(table["real_volume"]),
        "spread": _integers(table["spread"]).astype(np.int32),
    }
    return Bars(digits=digits, **arrays)


def to_ticks(table: pa.Table, digits: int) -> Ticks:
    """Ticks from their stored form.

    Raises:
        DataError: the table's columns are not those of ticks with these digits.
    """
    _expect(table.schema, tick_schema(digits))
    return Ticks(digits, _integers(table["ts"]), _points(table["bid"]), _points(table["ask"]))


def join(parts: list[Bars]) -> Bars:
    """Consecutive runs of bars with the same digits, as one."""
    if len(parts) == 1:
        return parts[0]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAY_FIELDS
    }
    return Bars(digits=parts[0].digits, **arrays)


def join_ticks(parts: list[Ticks]) -> Ticks:
    """Consecutive runs of ticks with the same digits, as one."""
    if len(parts) == 1:
        return parts[0]
    ts, bid, ask = (np.concatenate([getattr(part, name) for part in parts]) for name in TICK_FIELDS)
    return Ticks(parts[0].digits, ts, bid, ask)


def empty_bars(digits: int) -> Bars:
    """No bars."""
    none = np.zeros(0, np.int64)
    arrays: dict[str, Any] = dict.fromkeys(ARRAY_FIELDS, none) | {"spread": none.astype(np.int32)}
    return Bars(digits=digits, **arrays)


def empty_ticks(digits: int) -> Ticks:
    """No ticks."""
    none = np.zeros(0, np.int64)
    return Ticks(digits, none, none, none)


def take(rows: Rows, index: NDArray[Any]) -> Rows:
    """The rows that an index or mask array selects."""
    names = [field.name for field in fields(rows) if field.name != "digits"]
    picked: dict[str, Any] = {name: getattr(rows, name)[index] for name in names}
    return Bars(digits=rows.digits, **picked) if isinstance(rows, Bars) else Ticks(rows.digits, **picked)


def _instants(values: Int64) -> pa.Array:
    return pa.array(values).cast(INSTANT)


def _nullable(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    unknown = values == UNKNOWN
    return pa.array(values, kind, mask=unknown if unknown.any() else None)


def _decimals(
    name: str, values: Int64, kind: pa.DataType, unknown: NDArray[np.bool_] | None = None
) -> pa.Array:
    if len(values) and (int(values.min()) <= -_LIMIT or int(values.max()) >= _LIMIT):
        raise DataError(f"{name} needs more than {PRECISION} digits", hint="Fewer price digits would fit.")
    words = np.empty((len(values), 2), np.int64)
    words[:, _LOW_WORD] = values
    words[:, 1 - _LOW_WORD] = values >> 63
    validity = None
    if unknown is not None and unknown.any():
        validity = pa.py_buffer(np.packbits(~unknown, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(words)])


def _points(column: pa.ChunkedArray) -> Int64:
    array = _single(column)
    words = np.frombuffer(array.buffers()[1] or b"", np.int64)[2 * array.offset + _LOW_WORD :: 2]
    values = words[: len(array)].copy()
    if array.null_count:
        values[array.is_null().to_numpy(zero_copy_only=False)] = UNKNOWN
    return values


def _integers(column: pa.ChunkedArray) -> Int64:
    array = _single(column)
    array = array.cast(pa.int64())
    if array.null_count:
        array = array.fill_null(UNKNOWN)
    # Arrow lends its memory read-only, and kernels are compiled anew for read-only arrays: a series of one
    # part would pay for the whole engine a second time.
    return np.array(array.to_numpy(zero_copy_only=False), np.int64)


def _single(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else joined.chunk(0)


def _expect(found: pa.Schema, wanted: pa.Schema) -> None:
    for field in wanted:
        at = found.get_field_index(field.name)
        if at < 0 or found.field(at).type != field.type:
            have = "missing" if at < 0 else str(found.field(at).type)
            raise DataError(f"column {field.name} is {have}, expected {field.type}")
