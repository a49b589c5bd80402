"""The rows of a query as plain values, CSV text or Parquet.

Decimals become strings in full, instants ISO-8601 with ``Z``; a stamp without a zone keeps none.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.clock import NS_PER_MINUTE

_HUGE_INTEGER = pa.decimal128(38, 0)
"""How DuckDB hands out sums of integers."""


def records(reader: pa.RecordBatchReader) -> Iterator[dict[str, Any]]:
    """Every row as column = JSON-ready value."""
    names = unique_names(reader.schema)
    for row in rows(reader):
        yield dict(zip(names, row, strict=True))


def rows(reader: pa.RecordBatchReader) -> Iterator[list[Any]]:
    """Every row as JSON-ready values in column order."""
    for batch in _batches(reader):
        columns = [
            [_integer(value) for value in column.to_pylist()]
            if column.type == _HUGE_INTEGER
            else [plain(value) for value in column.to_pylist()]
            for column in batch.columns
        ]
        yield from ([column[i] for column in columns] for i in range(batch.num_rows))


def csv_text(reader: pa.RecordBatchReader) -> Iterator[str]:
    """CSV with a header line, in pieces; NULL is an empty field."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(unique_names(reader.schema))
    for row in rows(reader):
        writer.writerow(["" if value is None else _word(value) for value in row])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def write_parquet(reader: pa.RecordBatchReader, file: BinaryIO) -> None:
    """One Parquet file with the types that DuckDB answered."""
    schema = _named(reader.schema)
    with pq.ParquetWriter(file, schema, compression="zstd", store_decimal_as_integer=True) as writer:
        for batch in reader:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def unique_names(schema: pa.Schema) -> list[str]:
    """Column names; a repeated one gets a number, so that no column is lost."""
    names: list[str] = []
    for name in schema.names:
        candidate, number = name, 1
        while candidate in names:
            number += 1
            candidate = f"{name}_{number}"
        names.append(candidate)
    return names


def plain(value: Any) -> Any:
    """A value of any SQL type as JSON knows it."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    for kind, convert in _CONVERSIONS.items():
        if isinstance(value, kind):
            return convert(value)
    return str(value)


def _instant(moment: datetime) -> str:
    if moment.tzinfo is None:
        return moment.isoformat()
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _interval(span: pa.MonthDayNano) -> str:
    """ISO-8601: ``P1Y2M3DT4H5M6.5S``; every part has its own sign, ``PT0S`` is nothing."""
    date = _units((("Y", _whole(span.months, 12)), ("M", _rest(span.months, 12)), ("D", span.days)))
    minutes, ns = _whole(span.nanoseconds, NS_PER_MINUTE), _rest(span.nanoseconds, NS_PER_MINUTE)
    seconds = Decimal(ns).scaleb(-9)
    clock = _units((("H", _whole(minutes, 60)), ("M", _rest(minutes, 60))))
    clock += f"{seconds.normalize():f}S" if ns else ""
    return f"P{date}{'T' + clock if clock else ''}" if date or clock else "PT0S"


def _whole(value: int, unit: int) -> int:
    return abs(value) // unit * (-1 if value < 0 else 1)


def _rest(value: int, unit: int) -> int:
    return value - _whole(value, unit) * unit


def _units(values: Iterable[tuple[str, int]]) -> str:
    return "".join(f"{value}{name}" for name, value in values if value)


_CONVERSIONS: dict[type, Callable[[Any], Any]] = {
    Decimal: lambda value: format(value, "f"),
    datetime: _instant,
    date: date.isoformat,
    time: time.isoformat,
    bytes: bytes.hex,
    dict: lambda value: {str(key): plain(item) for key, item in value.items()},
    pa.MonthDayNano: _interval,
    tuple: lambda value: [plain(item) for item in value],
    list: lambda value: [plain(item) for item in value],
}


def _integer(value: Decimal | None) -> int | None:
    return None if value is None else int(value)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named(schema: pa.Schema) -> pa.Schema:
    names = unique_names(schema)
    return pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Batches whose stamps are in microseconds: Python knows nothing finer."""
    for batch in reader:
        columns = [_coarser(column) for column in batch.columns]
        yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _coarser(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    return column
