"""The trade table: exact decimals, instants, multiples of risk."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from ictcli.engine.simulate import Account, simulate
from ictcli.engine.trades import PRICE, TRADES, decimals, trade_table
from ictcli.market.bars import SeriesKey
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import parse_timeframe
from tests.engine import samples

KEY = SeriesKey("real", "EURUSD", parse_timeframe("M1"))
ROWS = [
    (100_000, 100_020, 99_990, 100_000),
    (100_000, 100_210, 99_960, 100_000),
    (100_000, 100_000, 99_000, 99_000),
]


def table(spec: SymbolSpec, on: Account, *orders: tuple[int, ...], digits: int = 5) -> list[dict[str, Any]]:
    bars = samples.bars(ROWS, [10] * 3, digits)
    signals = samples.signals(*orders)
    result = trade_table(KEY, bars, signals, spec, simulate(bars, signals, spec, on))
    assert result.schema == TRADES
    rows: list[dict[str, Any]] = result.to_pylist()
    return rows


def test_a_trade_reads_as_a_trader_would_write_it() -> None:
    spec = samples.spec(commission=Decimal("7.00"))
    (row,) = table(spec, samples.on_account(), (0, 1, 99_900, 100_200, 5))
    at = [datetime(1970, 1, 1, 0, minute, tzinfo=UTC) for minute in range(4)]
    assert (row["signal_at"], row["opened_at"], row["closed_at"]) == (at[1], at[1], at[2])
    assert (row["entry"], row["stop"], row["target"], row["exit"]) == (
        Decimal("1.00010"), Decimal("0.99900"), Decimal("1.00200"), Decimal("1.00200"),
    )  # fmt: skip
    # 40 steps: 190 points are 76.00, two sides of 0.40 lot at 7.00 are 5.60, the way to the stop is 44.00.
    assert (row["volume"], row["gross"], row["commission"]) == (
        Decimal("0.40"),
        Decimal("76.00"),
        Decimal("5.60"),
    )
    assert (row["net"], row["risk"]) == (Decimal("70.40"), Decimal("44.00"))
    assert row["costs"] == Decimal("9.60")  # 10 points of spread on 40 steps are 4.00
    assert row["r_multiple"] == 70.40 / 44.00
    assert (row["mae_r"], row["mfe_r"]) == (50 / 110, 190 / 110)
    assert (row["side"], row["exit_reason"], row["bars_held"], row["zone"]) == ("long", "target", 1, None)


def test_no_target_is_null_and_the_end_of_data_is_a_reason() -> None:
    (row,) = table(samples.spec(), samples.on_account(), (1, -1, 100_100, 0, 0))
    assert row["target"] is None
    assert (row["side"], row["exit_reason"], row["exit"]) == ("short", "end", Decimal("0.99010"))


def test_costs_in_another_currency_are_converted_at_the_exit() -> None:
    (row,) = table(samples.spec("USDJPY"), samples.on_account(), (0, 1, 99_900, 100_200, 5), digits=3)
    # 10 points on 0.45 lot are 450 JPY; at 100.200 that is 4.49 USD.
    assert row["costs"] == Decimal("4.49")


def test_yen_money_keeps_its_size() -> None:
    on = samples.on_account("1000000", currency="JPY")
    (row,) = table(samples.spec("USDJPY"), on, (0, 1, 99_900, 100_200, 5), digits=3)
    assert row["gross"] == Decimal(8550)


def test_no_trades_make_an_empty_table_of_the_same_columns() -> None:
    assert table(samples.spec(), samples.on_account()) == []


def test_decimal_columns_are_exact_for_both_signs() -> None:
    values = np.array([0, 1, -1, 10**17, -(10**17)], np.int64)
    expected = [Decimal(int(value)).scaleb(-8) for value in values]
    assert decimals(values, PRICE).to_pylist() == expected
