"""Tables of a run or a ledger for other programs: CSV, plain rows, Parquet."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.clock import from_datetime, iso
from ictcli.reports.breakdown import Row, plain_rows

_AT_ONCE = 20_000
"""Rows that are made plain at once."""


def as_csv(table: pa.Table, digits: Mapping[str, int]) -> bytes:
    """Comma-separated with one header line; exact decimals, instants ISO-8601 with ``Z``, empty for null.

    Args:
        table: trades, orders, signals or equity.
        digits: symbol = decimals of its prices.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in rows_of(table, digits):
        writer.writerow([_cell(row[name]) for name in table.column_names])
    return text.getvalue().encode()


def rows_of(table: pa.Table, digits: Mapping[str, int]) -> Iterator[Row]:
    """Plain rows one after another, as ``breakdown.plain_rows`` makes them, few of them at once in memory."""
    for first in range(0, len(table), _AT_ONCE):
        yield from plain_rows(table.slice(first, _AT_ONCE), digits)


def as_parquet(table: pa.Table) -> bytes:
    """One Parquet file with the table's exact decimals."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", store_decimal_as_integer=True)
    return sink.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(from_datetime(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value).lower() if isinstance(value, bool) else str(value)
