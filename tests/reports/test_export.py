"""Trades for other programs keep every digit."""

import csv
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.reports.export import trades_csv, trades_parquet, trades_rows


def test_parquet_gives_the_same_table_back(trades: pa.Table) -> None:
    assert pq.read_table(io.BytesIO(trades_parquet(trades))).equals(trades)


def test_csv_holds_exact_decimals_and_instants(trades: pa.Table, document: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(trades_csv(trades, document["series"]).decode())))
    assert [Decimal(row["net"]) for row in rows] == trades.column("net").to_pylist()
    assert rows[0]["opened_at"] == "2024-01-30T09:00:00Z"
    assert (rows[0]["entry"], rows[0]["target"], rows[1]["ambiguous"]) == ("1.10000", "", "true")


def test_rows_are_one_per_trade_in_order(trades: pa.Table, document: dict[str, Any]) -> None:
    rows = list(trades_rows(trades, document["series"]))
    assert [row["net"] for row in rows] == trades.column("net").to_pylist()
