"""``backtest --verify-paper``: the same bars through order manager, ledger, adapter and terminal."""

import secrets
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.simulated.server_records import ServerOptions
from ictcli.config.records import Config
from ictcli.config.trading import TradeConfig
from ictcli.engine.portfolio import Books
from ictcli.ledger.address import place_in
from ictcli.ledger.bodies import Start
from ictcli.ledger.journal import open_journal
from ictcli.ledger.log import Log
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Found
from ictcli.telemetry import Progress
from ictcli.trading.account import Account
from ictcli.trading.assembly import assemble
from ictcli.trading.dispatch import Dispatcher
from ictcli.trading.feeds import one_each
from ictcli.trading.lock import LOGIN
from ictcli.trading.manager import OrderManager
from ictcli.trading.messages import Alert, Begin
from ictcli.trading.minds import ModelStream
from ictcli.trading.orderbook import Notice, OrderBook
from ictcli.trading.parity import parity_document
from ictcli.trading.playback import Playback, VirtualClock
from ictcli.trading.simulated_world import simulated_world
from ictcli.trading.trader import Trader
from ictcli.trading.wishes import Header


class NeverHalted:
    """The emergency stop of a world that nobody but its own test looks at."""

    def flattens(self) -> bool:
        """It never asks for positions to be closed."""
        return False

    def reason(self) -> str | None:
        """Nothing keeps a request back."""
        return None


@dataclass(frozen=True, slots=True)
class Paper:
    """What trading on paper came to: the account's own records, and what people were told."""

    books: Books
    account: Account
    alerts: tuple[Alert, ...]


def verify_paper(found: Found, models: Sequence[ModelStream | None], progress: Progress) -> dict[str, Any]:
    """The ``paper`` part of a backtest's document: trades compared, and those that differ.

    Args:
        found: the backtest.
        models: of its strategies.
        progress: told as bars are played.

    Raises:
        ConfigError: a strategy does not decide bar by bar.
    """
    paper = trade_on_paper(found.floor, found.choices, found.config, models, progress)
    document = parity_document(found.played.books.trades, paper.books.trades)
    return document | {"alerts": [f"{one.code}: {one.text}" for one in paper.alerts[:20]]}


def trade_on_paper(
    floor: Floor,
    choices: Sequence[Any],
    config: Config,
    models: Sequence[ModelStream | None],
    progress: Progress,
) -> Paper:
    """Play all bars of a floor through the whole path of paper trading, in a ledger that is thrown away."""
    assembled = assemble(floor, choices, config, models)
    account = assembled.account
    clock = VirtualClock(assembled.start)
    alerts: list[Alert] = []
    world = simulated_world(floor, config, clock.now, clock.sleep)
    broker = world.broker
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ictcli-paper-")))
        journal = stack.enter_context(
            open_journal(place_in(folder, secrets.token_bytes(32)), now=assembled.start, durable=False)
        )
        header = Header(LOGIN, account.names, "")
        trader = Trader(account, broker, header, clock.now)
        dispatcher = desk_of(trader, journal, broker, clock.now, alerts, config.trade)
        broker.connect()
        dispatcher.handle(Begin(_start(account, config)))
        bars = [one.bars for one in floor.series]
        names = [one.key.timeframe.name for one in floor.series]
        play = Playback(world.server, trader, clock, names, world.typical, one_each(len(bars), floor.traded))
        total, told = sum(len(one) for one in bars), 0

        def over(_now: int) -> bool:
            nonlocal told
            if trader.counts.bars - told >= _OFTEN:
                told = trader.counts.bars
                progress("trading on paper", told, total)
            return False

        play.play(bars, floor.fine, [0] * len(bars), over)
        last = max(int(one.ts_close[-1]) for one in bars)
        account.keep(account.desk.finish(last))
    return Paper(account.written.together(), account, tuple(alerts))


_OFTEN = 500
"""Bars between two words of progress."""


def desk_of(
    trader: Trader,
    log: Log,
    broker: Mt5Broker,
    now: Callable[[], int],
    alerts: list[Alert],
    settings: TradeConfig,
) -> Dispatcher:
    """An order manager with its shell, whose limits of the live loop never bind.

    Args:
        trader: that it is attached to.
        log: empty.
        broker: over a simulated terminal.
        now: the instant, ns UTC.
        alerts: take what people would be told.
        settings: the ``[trade]`` table.
    """
    manager = OrderManager(_limits(settings), OrderBook())

    def tell(what: Notice | Alert) -> None:
        if isinstance(what, Alert):
            alerts.append(what)
        else:
            trader.bookings.told(what)

    dispatcher = Dispatcher(manager, log, broker, now, NeverHalted(), tell)
    trader.attach(dispatcher, manager.since)
    return dispatcher


def _start(account: Account, config: Config) -> Start:
    return Start(
        run="paper", epoch=1, mode="replay", account=LOGIN, server=ServerOptions().server,
        currency=config.account.currency, version="", config="", strategies=account.names,
    )  # fmt: skip


def _limits(settings: TradeConfig) -> TradeConfig:
    """Limits of the live loop that no backtest has: rates, ages, lots and breakers never bind here."""
    return TradeConfig(
        orders_per_minute=10_000, quote_age="520w", bar_age="520w", most_rejects=1_000,
        most_volume=settings.most_volume.scaleb(9), deviation=settings.deviation,
    )  # fmt: skip
