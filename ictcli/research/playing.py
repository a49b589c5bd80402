"""Strategies played on an account over history, without disk or clock: the core of every backtest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.config.records import Config
from ictcli.detectors.plan import Settings
from ictcli.engine.lows import with_lows
from ictcli.engine.money import minor_digits
from ictcli.engine.order_log import equity_table, order_table
from ictcli.engine.portfolio import Asked, Books, Desk, Stream, ask, joined, market_of
from ictcli.engine.trades import trade_table
from ictcli.errors import UsageError
from ictcli.market.bars import Bars
from ictcli.market.calendars import calendar
from ictcli.research.accounts import Floor, open_desk, traded_series
from ictcli.research.choices import Choice
from ictcli.research.judging import judged
from ictcli.research.series import Series
from ictcli.strategies.decide import decide
from ictcli.strategies.expression import Expression
from ictcli.strategies.forecast import Forecast, ForecastParams
from ictcli.strategies.forecasting import decide_forecast
from ictcli.strategies.protocol import Strategy

Decisions = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Line:
    """One strategy on one series and what it decided there, notes included where they were asked for."""

    choice: int
    series: int
    decisions: Decisions


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it.

    Attributes:
        trades, orders, equity: see ``engine.trades`` and ``engine.order_log``.
        lines: what each strategy decided on each series.
        asked: the decisions that asked for something, as the account took them.
        books: the account's records.
        balance: closing balance in minor units.
        money_digits: decimals of the account's money.
        typical: spread in points of each series where a bar has none.
    """

    trades: pa.Table
    orders: pa.Table
    equity: pa.Table
    lines: tuple[Line, ...]
    asked: Asked
    books: Books
    balance: int
    money_digits: int
    typical: tuple[int, ...]


def play(floor: Floor, choices: Sequence[Choice], config: Config, *, notes: bool = False) -> Played:
    """Let strategies trade one account over all bars of its series; what is open at the end is closed.

    Args:
        floor: what is traded.
        choices: strategies with their parameters; each trades every traded series.
        config: account, sizing, risk, costs.
        notes: whether to keep decisions that ask for nothing; they explain why there was no trade.

    Raises:
        ConfigError: money cannot be counted, or parameters do not fit.
        DataError: a bar is not sound.
        UsageError: a strategy does not work on such bars.
    """
    lines = decide_all(floor, choices, config, notes=notes)
    return settle(floor, choices, config, lines)


def decide_all(floor: Floor, choices: Sequence[Choice], config: Config, *, notes: bool = False) -> list[Line]:
    """What every strategy decides on every traded series; the account plays no part in it."""
    lines = []
    for s, series in enumerate(floor.series[: floor.traded]):
        settings = _shared(series, config, choices)
        for c, choice in enumerate(choices):
            lines.append(Line(c, s, decisions_of(choice, series, settings, notes=notes)))
    return lines


def decisions_of(choice: Choice, series: Series, settings: Settings, *, notes: bool = False) -> Decisions:
    """What one strategy decides on one series, and its model of that."""
    model = choice.model
    if isinstance(choice.strategy, Forecast):
        return _forecast(choice, series.bars)
    found = _alone(choice.strategy, choice.params, series, settings, notes=notes)
    if model is None:
        return found
    return judged(found, series.bars, model, len(choice.own_reasons), notes=notes)


def _forecast(choice: Choice, bars: Bars) -> Decisions:
    """What a model decides without a strategy."""
    model, params = choice.model, choice.params
    if model is None or not isinstance(params, ForecastParams):
        raise UsageError("a forecast trades a model", hint="Add --model NAME.")
    return decide_forecast(params, bars, *model.of_bars(bars), model.low, model.high)


def _alone(
    strategy: Strategy | Expression, params: Any, series: Series, settings: Settings, *, notes: bool
) -> Decisions:
    """What a strategy decides without a model."""
    if isinstance(strategy, Expression):
        from ictcli.strategies.expressions import decide_expression  # noqa: PLC0415 - imports polars

        return decide_expression(strategy, series.bars, settings, series.key)
    return decide(strategy, params, series.bars, settings, notes=notes)


def _shared(series: Series, config: Config, choices: Sequence[Choice]) -> Settings:
    """What detectors share on one series; where nobody listens to any, without the parameters of each."""
    idle = all(
        isinstance(one.strategy, Forecast)
        or (isinstance(one.strategy, Strategy) and one.strategy.sees == "prices")
        for one in choices
    )
    if not idle or config.detect.params:
        return settings_of(series, config)
    always_open = calendar(series.spec.calendar).always_open
    return Settings(series.key.timeframe.ns, always_open, config.detect.atr_length)


def settings_of(series: Series, config: Config) -> Settings:
    """What detectors share on one series."""
    from ictcli.detectors.registry import configured  # noqa: PLC0415 - imports every detector

    always_open = calendar(series.spec.calendar).always_open
    return configured(config.detect, series.key.timeframe.ns, always_open=always_open)


def settle(floor: Floor, choices: Sequence[Choice], config: Config, lines: Sequence[Line]) -> Played:
    """Let the account take what the strategies decided."""
    asked = ask([Stream(line.series, line.choice, line.decisions) for line in lines], len(floor.series))
    desk = open_desk(floor, config, trails=bool((asked.decisions["trail_atr"] > 0).any()))
    bars = [one.bars for one in floor.series]
    books = _joined(
        desk.advance(bars, asked, floor.fine), desk.finish(max(int(one.ts_close[-1]) for one in bars))
    )
    return played_of(desk, floor, choices, config, tuple(lines), asked, books)


def played_of(
    desk: Desk,
    floor: Floor,
    choices: Sequence[Choice],
    config: Config,
    lines: tuple[Line, ...],
    asked: Asked,
    books: Books,
) -> Played:
    """Tables of an account whose bars are over.

    Args:
        desk: after its last bar.
        floor: what was traded.
        choices: strategies.
        config: account, costs.
        lines: what each strategy decided on each series.
        asked: the decisions that asked for something, as the account took them.
        books: everything the account wrote.
    """
    marks = with_lows(desk, *market_of([one.bars for one in floor.series]), books)
    names = strategy_names(choices)
    traded, digits = traded_series(desk, floor), minor_digits(config.account.currency)
    return Played(
        trades=trade_table(books, asked, traded, names, digits),
        orders=order_table(books, asked, traded, names),
        equity=equity_table(marks, digits),
        lines=lines,
        asked=asked,
        books=replace(books, marks=marks),
        balance=desk.balance,
        money_digits=digits,
        typical=tuple(one.typical for one in traded),
    )


def strategy_names(choices: Sequence[Choice]) -> list[str]:
    """What tables call the strategies: their names, numbered where one trades with several parameters."""
    return numbered([choice.strategy.name for choice in choices])


def numbered(names: Sequence[str]) -> list[str]:
    """Names, with a number behind each that occurs more than once."""
    return [
        name if names.count(name) == 1 else f"{name}#{names[: at + 1].count(name)}"
        for at, name in enumerate(names)
    ]


def _joined(*parts: Books) -> Books:
    names = ("trades", "deals", "events", "marks")
    return Books(*(joined([getattr(part, name) for part in parts]) for name in names))
