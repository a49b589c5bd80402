"""A run's trades for other programs: CSV, NDJSON rows, Parquet."""

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from ictcli.reports import breakdown


def trades_csv(trades: pa.Table) -> bytes:
    """Comma-separated, one header line, decimals in full, instants ISO-8601 with ``Z``."""
    stamps = [field.name for field in trades.schema if pa.types.is_timestamp(field.type)]
    for name in stamps:
        at = trades.schema.get_field_index(name)
        text = pa.compute.strftime(trades.column(name), format="%Y-%m-%dT%H:%M:%SZ")
        trades = trades.set_column(at, name, text)
    sink = io.BytesIO()
    pacsv.write_csv(trades, sink, pacsv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


def trades_parquet(trades: pa.Table) -> bytes:
    """One Parquet file with the table's exact decimals."""
    sink = io.BytesIO()
    pq.write_table(trades, sink, compression="zstd", store_decimal_as_integer=True)
    return sink.getvalue()


def trades_rows(trades: pa.Table, series: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One plain row per trade, prices with their symbol's decimals."""
    yield from breakdown.trade_rows(trades, {one["symbol"]: one["digits"] for one in series})
