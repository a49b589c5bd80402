"""Sums by symbol, month and exit, and the extremes."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ictcli.reports import breakdown


@pytest.fixture
def rows(trades: pa.Table) -> list[dict[str, Any]]:
    return breakdown.trade_rows(trades, {"EURUSD": 5, "XAUUSD": 2})


def test_prices_have_their_symbols_decimals(rows: list[dict[str, Any]]) -> None:
    assert [str(row["entry"]) for row in rows[:2]] == ["1.10000", "1.10"]
    assert rows[0]["target"] is None
    assert str(rows[0]["volume"]) == "0.5"


def test_every_group_adds_up_to_the_whole(rows: list[dict[str, Any]], document: dict[str, Any]) -> None:
    whole = sum((row["net"] for row in rows), Decimal())
    for groups in (
        breakdown.by_symbol(rows, document["series"]),
        breakdown.by_month(rows),
        breakdown.by_exit(rows),
    ):
        assert sum((group["net"] for group in groups), Decimal()) == whole
        assert sum(group["trades"] for group in groups) == len(rows)


def test_a_symbol_in_numbers(rows: list[dict[str, Any]], document: dict[str, Any]) -> None:
    eurusd = breakdown.by_symbol(rows, document["series"])[0]
    # 120.00, -50.50 and 0.00
    assert (eurusd["trades"], eurusd["net"]) == (3, Decimal("69.50"))
    assert eurusd["win_rate"] == pytest.approx(1 / 3)
    assert eurusd["profit_factor"] == pytest.approx(120 / 50.5)
    assert eurusd["expectancy_r"] == pytest.approx(69.5 / 50 / 3)


def test_a_series_without_trades_has_a_row_without_numbers(document: dict[str, Any]) -> None:
    (first, _) = breakdown.by_symbol([], document["series"])
    assert (first["trades"], first["net"]) == (0, Decimal(0))
    assert (first["win_rate"], first["profit_factor"], first["expectancy_r"]) == (None, None, None)


def test_exits_come_most_frequent_first(rows: list[dict[str, Any]]) -> None:
    assert [(row["exit"], row["trades"], row["ambiguous"]) for row in breakdown.by_exit(rows)] == [
        ("stop", 3, 1),
        ("target", 2, 0),
    ]


def test_extremes_are_gains_and_losses_only(rows: list[dict[str, Any]]) -> None:
    best, worst = breakdown.extremes(rows)
    assert [str(row["net"]) for row in best] == ["120.00", "75.25"]
    assert [str(row["net"]) for row in worst] == ["-50.50", "-50.00"]


def test_refusals_are_added_over_series(document: dict[str, Any]) -> None:
    assert breakdown.refusals(document["series"]) == [{"reason": "in_position", "signals": 2}]
