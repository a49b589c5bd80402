"""Trades as bytes: what a page reads is what the table holds."""

import base64
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from ictcli.reports.run_trades import NOTHING, trade_columns, whole
from tests.reports.stories import trades_of

DIGITS = {"EURUSD": 5, "XAUUSD": 2}


def read(column: dict[str, Any]) -> Any:
    return np.frombuffer(base64.b64decode(column["data"]), column["type"])


def test_every_trade_is_read_back_exactly(trades: pa.Table) -> None:
    columns, rows = trade_columns(trades, DIGITS), trades.to_pylist()
    for name in ("symbol", "setup", "exit_reason"):
        words = columns[name]["words"]
        assert [words[at] for at in read(columns[name])] == [row[name] for row in rows]
    assert read(columns["side"]).tolist() == [1 if row["side"] == "long" else -1 for row in rows]
    for name in ("opened_at", "closed_at"):
        assert read(columns[name]).tolist() == [int(row[name].timestamp()) for row in rows]
    for name in ("net", "costs"):
        assert [Decimal(int(cents)) / 100 for cents in read(columns[name])] == [row[name] for row in rows]
    scales = [Decimal(10) ** DIGITS[row["symbol"]] for row in rows]
    for name in ("entry", "exit"):
        found = read(columns[name]).tolist()
        assert found == [int(row[name] * scale) for row, scale in zip(rows, scales, strict=True)]


def test_what_is_null_stays_null(trades: pa.Table) -> None:
    targets = read(trade_columns(trades, DIGITS)["target"]).tolist()
    assert [points == NOTHING for points in targets] == [row is None for row in trades["target"].to_pylist()]
    assert targets[0] == NOTHING


def test_numbers_too_large_for_four_bytes_are_kept_as_floats() -> None:
    column = whole(np.array([3e9, np.nan]), 2)
    assert column["type"] == "f8"
    assert read(column).tolist()[0] == 3e9


def test_a_hundred_thousand_trades_take_less_than_sixty_bytes_each() -> None:
    columns = trade_columns(trades_of(1_000), DIGITS)
    assert sum(len(one["data"]) for one in columns.values()) / 1_000 < 4 / 3 * 60
