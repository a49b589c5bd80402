"""Trades for other programs keep every digit."""

import csv
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ictcli.reports.breakdown import plain_rows
from ictcli.reports.export import as_csv, as_parquet

DIGITS = {"EURUSD": 5, "XAUUSD": 2}


def test_parquet_gives_the_same_table_back(trades: pa.Table) -> None:
    assert pq.read_table(io.BytesIO(as_parquet(trades))).equals(trades)


def test_csv_holds_exact_decimals_and_instants(trades: pa.Table) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(trades, DIGITS).decode())))
    assert [Decimal(row["net"]) for row in rows] == trades.column("net").to_pylist()
    assert rows[0]["opened_at"] == "2024-01-30T09:00:00Z"
    assert (rows[0]["entry"], rows[0]["target"], rows[1]["ambiguous"]) == ("1.10000", "", "true")


def test_rows_are_one_per_trade_in_order(trades: pa.Table) -> None:
    rows = plain_rows(trades, DIGITS)
    assert [row["net"] for row in rows] == trades.column("net").to_pylist()


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("1.10000000", "1.10000"),
        ("1.10000250", "1.1000025"),
        ("2650.00000000", "2650.00000"),
        ("0", "0.00000"),
    ],
)
def test_an_average_price_keeps_the_places_that_it_needs(trades: pa.Table, kept: str, shown: str) -> None:
    row = trades.slice(0, 1).to_pylist()[0] | {"entry": Decimal(kept)}
    (found,) = plain_rows(pa.Table.from_pylist([row], schema=trades.schema), DIGITS)
    assert str(found["entry"]) == shown


def test_a_table_longer_than_what_is_made_plain_at_once_is_whole(trades: pa.Table) -> None:
    many = pa.concat_tables([trades] * 4_001)
    lines = as_csv(many, DIGITS).splitlines()
    assert len(lines) == 5 * 4_001 + 1
    assert len(set(lines)) == 6
