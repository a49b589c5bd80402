"""Sums by every part of a run's trades, and the extremes."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ictcli.reports import breakdown
from ictcli.research.metrics.parts import DIMENSIONS
from ictcli.research.metrics.values import Resampling

DIGITS = {"EURUSD": 5, "XAUUSD": 2}
HOW = Resampling(200, 1, 0.95)


def test_prices_have_their_symbols_decimals(trades: pa.Table) -> None:
    rows = breakdown.plain_rows(trades, DIGITS)
    assert [str(row["entry"]) for row in rows[:2]] == ["1.10000", "1.10"]
    assert rows[0]["target"] is None
    assert str(rows[0]["volume"]) == "0.5"


def test_every_part_adds_up_to_the_whole(trades: pa.Table, document: dict[str, Any]) -> None:
    whole = sum(trades.column("net").to_pylist(), Decimal())
    parts = breakdown.breakdowns(trades, document)
    assert list(parts) == list(DIMENSIONS)
    for dimension, rows in parts.items():
        if not rows:
            assert dimension in {"strategy", "setup"}  # the trades do not tell
            continue
        assert sum((row["net"] for row in rows), Decimal()) == whole
        assert sum(row["trades"] for row in rows) == len(trades)
        assert sum(row["ambiguous"] for row in rows) == 1


def test_a_symbol_in_numbers(trades: pa.Table, document: dict[str, Any]) -> None:
    eurusd = breakdown.breakdowns(trades, document)["symbol"][0]
    # 120.00, -50.50 and 0.00
    assert (eurusd["trades"], eurusd["net"]) == (3, Decimal("69.50"))
    assert eurusd["win_rate"] == pytest.approx(1 / 3)
    assert eurusd["win_rate_low"] < 1 / 3 < eurusd["win_rate_high"]
    assert eurusd["profit_factor"] == pytest.approx(120 / 50.5)
    assert eurusd["expectancy_r"] == pytest.approx(69.5 / 50 / 3)
    assert (eurusd["expectancy_r_low"], eurusd["expectancy_r_high"]) == (None, None)


def test_a_part_has_the_numbers_that_a_run_of_it_alone_would_have(trades: pa.Table) -> None:
    alone = trades.filter(pa.array([side == "long" for side in trades.column("side").to_pylist()]))
    (whole,) = breakdown.by_dimension(alone, "side", HOW)
    assert breakdown.by_dimension(trades, "side", HOW)[0] == whole


def test_a_series_without_trades_has_a_row_without_numbers(
    trades: pa.Table, document: dict[str, Any]
) -> None:
    first, _ = breakdown.breakdowns(trades.slice(0, 0), document)["symbol"]
    assert (first["trades"], first["net"]) == (0, Decimal(0))
    assert (first["win_rate"], first["profit_factor"], first["expectancy_r"]) == (None, None, None)


def test_exits_come_most_frequent_first(trades: pa.Table) -> None:
    rows = breakdown.by_dimension(trades, "exit", HOW)
    assert [(row["exit"], row["trades"], row["ambiguous"]) for row in rows] == [
        ("stop", 3, 1),
        ("target", 2, 0),
    ]


def test_extremes_are_gains_and_losses_only(trades: pa.Table) -> None:
    best, worst = breakdown.extremes(trades, DIGITS)
    assert [str(row["net"]) for row in best] == ["120.00", "75.25"]
    assert [str(row["net"]) for row in worst] == ["-50.50", "-50.00"]
    assert str(best[0]["exit"]) == "1.10200"


def test_refusals_are_added_over_series(document: dict[str, Any]) -> None:
    assert breakdown.refusals(document["series"]) == [{"reason": "in_position", "signals": 2}]
