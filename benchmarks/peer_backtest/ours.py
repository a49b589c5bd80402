"""Our side of the comparison: an account with every limit switched on, none so tight that it refuses."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.peer_backtest.answer import Asked, Columns
from ictcli.config.records import AccountConfig, BacktestConfig, Config, RiskConfig, SizingConfig
from ictcli.engine.portfolio import Stream, ask, joined
from ictcli.engine.refusals import ExitReason
from ictcli.market.bars import Bars, SeriesKey, make_bars
from ictcli.market.symbols import SymbolSpec, load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.research.accounts import Floor, open_desk
from ictcli.research.choices import Choice, choose_strategies
from ictcli.research.playing import decide_all
from ictcli.research.series import Series
from ictcli.strategies.baselines.sma_cross import STRATEGY, SmaCrossParams

END = int(ExitReason.END)
_DIGITS = 5


def bars_of(columns: Columns) -> Bars:
    """The bars of a market file, spread nought."""
    points = [np.rint(columns[name] * 10.0**_DIGITS) for name in ("open", "high", "low", "close")]
    opened, high, low, close = (column.astype(np.int64) for column in points)
    spread = np.zeros(len(opened), np.int32)
    return make_bars(_DIGITS, columns["ts"], columns["ts_close"], (opened, high, low, close), spread=spread)


def account(asked: Asked) -> Config:
    """Fixed units and fixed fees, as the others have them; every limit is checked at every entry."""
    return Config(
        account=AccountConfig(balance=Decimal(int(asked.cash))),
        backtest=BacktestConfig(timeframe="M1"),
        sizing=SizingConfig(method="lots", lots=Decimal(asked.units) / 100_000, throttle=0.0),
        risk=RiskConfig(
            per_trade=0.5,
            per_symbol=0.5,
            per_group=0.5,
            heat=0.5,
            correlated_heat=0.5,
            daily_loss=0.9,
            drawdown=0.9,
            losses_in_a_row=10_000,
            orders_per_day=10_000,
        ),
    )


def by_risk(asked: Asked) -> Config:
    """The same account, every entry sized by what its stop may cost."""
    own = AccountConfig(balance=Decimal(int(asked.cash)), risk_per_trade=0.001)
    return msgspec.structs.replace(
        account(asked), account=own, sizing=SizingConfig(method="risk", throttle=0.0)
    )


def chosen(asked: Asked) -> Choice:
    """The strategy; the cross with what is asked, others with their defaults."""
    if asked.strategy != STRATEGY.name:
        return choose_strategies([asked.strategy], {}, {})[0]
    params = SmaCrossParams(
        fast=asked.fast,
        slow=asked.slow,
        stop_percent=asked.stop_percent,
        target_percent=asked.target_percent,
    )
    return Choice(STRATEGY, params)


@lru_cache
def specification(units: int, fee: float) -> SymbolSpec:
    """EURUSD, its commission such that ``units`` cost ``fee``; no swap.

    Read once: the other programs read no file of instruments while they are timed.
    """
    return msgspec.structs.replace(
        load_symbols(Path("absent.toml")).require("EURUSD"),
        commission=Decimal(str(fee)) / (Decimal(units) / 100_000),
        swap_long=Decimal(0),
        swap_short=Decimal(0),
    )


def floor_of(bars: Bars, asked: Asked) -> Floor:
    """What is traded, as ``asked``."""
    key = SeriesKey("bootstrap", "EURUSD", TIMEFRAMES["M1"])
    return Floor((Series(key, key, "", specification(asked.units, asked.fee), bars),), 1, (None,))


def trade_records(bars: Bars, asked: Asked) -> NDArray[np.void]:
    """``TRADE`` records of the account."""
    config = by_risk(asked) if asked.by_risk else account(asked)
    return trade(floor_of(bars, asked), chosen(asked), config)


def trade(floor: Floor, choice: Choice, config: Config) -> NDArray[Any]:
    """What a backtest does between reading bars and writing tables; its ``TRADE`` records."""
    lines = decide_all(floor, [choice], config)
    asked = ask([Stream(line.series, line.choice, line.decisions) for line in lines], len(floor.series))
    desk = open_desk(floor, config, trails=bool((asked.decisions["trail_atr"] > 0).any()))
    bars = [one.bars for one in floor.series]
    books = desk.advance(bars, asked, floor.fine)
    last = desk.finish(int(bars[0].ts_close[-1]))
    return joined([books.trades, last.trades])
