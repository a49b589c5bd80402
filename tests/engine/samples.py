"""Bars, signals and accounts for engine tests."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from ictcli.engine.simulate import Account, account
from ictcli.market.bars import Bars, make_bars
from ictcli.market.symbols import SymbolSpec, load_symbols
from ictcli.strategies.signals import NO_ZONE, Signals

MINUTE = 60_000_000_000
BOOK = load_symbols(None)


def spec(symbol: str = "EURUSD", **changes: Any) -> SymbolSpec:
    """A built-in specification without commission, with changes."""
    plain = {"commission": Decimal(0), **changes}
    return msgspec.structs.replace(BOOK.require(symbol), **plain)


def bars(rows: Sequence[Sequence[int]], spreads: Sequence[int], digits: int = 5) -> Bars:
    """One-minute bars from open/high/low/close rows."""
    ts = np.arange(len(rows), dtype=np.int64) * MINUTE
    columns = [np.array([row[i] for row in rows], np.int64) for i in range(4)]
    return make_bars(
        digits,
        ts,
        ts + MINUTE,
        (columns[0], columns[1], columns[2], columns[3]),
        spread=np.array(spreads, np.int32),
    )


def signals(*rows: Sequence[int]) -> Signals:
    """Signals from (bar, side, stop, target, max_bars) rows."""
    table = np.array(rows, np.int64).reshape(-1, 5)
    return Signals(
        bar=table[:, 0].copy(),
        side=table[:, 1].astype(np.int8),
        stop=table[:, 2].copy(),
        target=table[:, 3].copy(),
        max_bars=table[:, 4].copy(),
        zone=np.full(len(table), NO_ZONE, np.int64),
    )


def on_account(
    balance: str = "10000.00", *, currency: str = "USD", slippage: int = 0, compound: bool = True
) -> Account:
    """An account that risks 0.5 % a trade."""
    return account(
        currency,
        Decimal(balance),
        0.005,
        compound=compound,
        slippage=slippage,
        same_as={"USDT": "USD", "USDC": "USD"},
    )
