"""A run's trades for other programs: CSV, plain rows, Parquet."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.clock import from_datetime, iso
from ictcli.reports.breakdown import Row, trade_rows


def trades_rows(trades: pa.Table, series: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """One plain row per trade, prices with their symbol's decimals."""
    yield from trade_rows(trades, {one["symbol"]: one["digits"] for one in series})


def trades_csv(trades: pa.Table, series: Sequence[Mapping[str, Any]]) -> bytes:
    """Comma-separated with one header line; exact decimals, instants ISO-8601 with ``Z``, empty for null."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(trades.column_names)
    for row in trades_rows(trades, series):
        writer.writerow([_cell(row[name]) for name in trades.column_names])
    return text.getvalue().encode()


def trades_parquet(trades: pa.Table) -> bytes:
    """One Parquet file with the table's exact decimals."""
    sink = io.BytesIO()
    pq.write_table(trades, sink, compression="zstd", store_decimal_as_integer=True)
    return sink.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(from_datetime(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value).lower() if isinstance(value, bool) else str(value)
