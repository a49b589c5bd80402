"""What a backtest's market would have filled a trader's orders at: the same core, trading recorded bars."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ictcli.brokers.broker import Broker
from ictcli.brokers.simulated.server_records import ServerOptions
from ictcli.ledger.bodies import AnyBody, BarTaken, Filled, Intent, Start
from ictcli.ledger.log import Entry
from ictcli.market.bars import Bars
from ictcli.reconcile.recorded_bars import Taken, series_of
from ictcli.reconcile.same_core import Core
from ictcli.telemetry import Progress
from ictcli.trading.account import Account, Closed
from ictcli.trading.checkpoints import TraderState, restore
from ictcli.trading.feeds import feeds_of
from ictcli.trading.messages import Alert, Begin
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.paper_terminal import inherit
from ictcli.trading.playback import Playback, VirtualClock
from ictcli.trading.reckoning import Told
from ictcli.trading.simulated_world import simulated_world
from ictcli.trading.trader import Trader
from ictcli.trading.verifying import desk_of
from ictcli.trading.wishes import Header

_ZERO = Decimal(0)
_OFTEN = 500
"""Bars between two words of progress."""

Key = tuple[str, str]
"""Intent, and which part of its trade."""


@dataclass(frozen=True, slots=True)
class FillRow:
    """One order, or one end of a position by stop or target, on both sides.

    Attributes:
        intent: its name, which follows from what was decided.
        symbol, strategy: whose.
        part: order, or what ended the position: stop, target, stop_out.
        side: 1 bought, -1 sold.
        bar: close of the bar it was decided at, ns UTC.
        volume, price, ts: of the ledger, all its deals together, one that was booked twice counted twice;
            volume 0: it was not filled.
        model_volume, model_price, model_ts: the same of the model.
        slippage: points that the ledger's price is worse than the model's; None where one has none.
    """

    intent: str
    symbol: str
    strategy: str
    part: str
    side: int
    bar: int
    volume: Decimal
    price: Decimal
    ts: int
    model_volume: Decimal
    model_price: Decimal
    model_ts: int
    slippage: float | None

    @property
    def same(self) -> bool:
        """Whether as much was filled at the same price."""
        return self.as_much and self.price == self.model_price

    @property
    def as_much(self) -> bool:
        """Whether both filled it, and exactly as much of it, whatever the price."""
        return bool(self.volume) and self.volume == self.model_volume


@dataclass(slots=True)
class Pages:
    """A journal that lives as long as this process (``ledger.log.Log``)."""

    entries: list[Entry] = field(default_factory=list)

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        """Keep events; the last number."""
        for body in bodies:
            self.entries.append(Entry(len(self.entries) + 1, now, body))
        return self.last

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Events behind a number, in order."""
        return iter(self.entries[after:])

    @property
    def last(self) -> int:
        """The last number, 0 before the first."""
        return len(self.entries)


class AsTaken(Trader):
    """A trader to whom bars come as late as they came to the one of the ledger.

    Args:
        account, broker, header, now: as for ``Trader``.
        passed: symbol, timeframe and close of every bar that was only learned from.
    """

    def __init__(
        self,
        account: Account,
        broker: Broker,
        header: Header,
        now: Callable[[], int],
        passed: frozenset[tuple[str, str, int]],
    ) -> None:
        super().__init__(account, broker, header, now)
        self._passed = passed

    def closed(self, now: int, closed: Sequence[Closed], names: Sequence[str]) -> list[Told]:
        """Bars have closed: decide, or only learn."""
        first = closed[0].series
        if (self.account.units[first].symbol, names[first], now) not in self._passed:
            return super().closed(now, closed, names)
        self.late(now, closed, names)
        return []


def model_run(
    core: Core,
    state: TraderState,
    bars: Sequence[Taken],
    fine: Sequence[Bars | None],
    book: OrderBook,
    progress: Progress,
) -> list[Entry]:
    """The journal of the core trading recorded bars at a simulated terminal.

    Args:
        core: of the ledger's trader.
        state: of it, with nothing open.
        bars: behind that state.
        fine: shorter bars of each of its series, or None.
        book: the ledger up to there.
        progress: told as bars are played.
    """
    names = list(zip((one.spec.name for one in core.floor.series), core.timeframes, strict=True))
    own = series_of(bars, names)
    account, start = core.assemble().account, book.start
    clock = VirtualClock(int(bars[0].bar.ts))
    feeds, market = feeds_of(core.floor)
    world = simulated_world(market, core.shop.config, clock.now, clock.sleep)
    passed = frozenset((one.bar.symbol, one.bar.timeframe, one.bar.ts_close) for one in bars if one.bar.late)
    header = Header(start.account if start else 0, account.names, "")
    trader = AsTaken(account, world.broker, header, clock.now, passed)
    restore(trader, state)
    inherit(world.server, account.desk.balance, max([*book.deals, *book.by_ticket, 0]))
    log = Pages()
    alerts: list[Alert] = []
    dispatcher = desk_of(trader, log, world.broker, clock.now, alerts, core.shop.config.trade)
    world.broker.connect()
    dispatcher.handle(Begin(_start(core, start)))
    play = Playback(world.server, trader, clock, core.timeframes, world.typical, feeds)
    told = 0

    def over(_now: int) -> bool:
        nonlocal told
        if trader.counts.bars - told >= _OFTEN:
            told = trader.counts.bars
            progress("trading on paper", told, len(bars))
        return False

    play.play(own, fine, [0] * len(own), over)
    trader.flush()
    return log.entries


def _start(core: Core, then: Start | None) -> Start:
    return Start(
        run="model", epoch=1, mode="replay", account=then.account if then else 0,
        server=ServerOptions().server, currency=core.shop.config.account.currency, version="", config="",
        strategies=core.marks,
    )  # fmt: skip


def compare_fills(ledger: Sequence[Entry], model: Sequence[Entry], since: int, until: int) -> list[FillRow]:
    """Orders decided from an instant on, with what they were filled at on both sides.

    Args:
        ledger: its events.
        model: those of ``model_run``.
        since: close of the first bar that the model was shown, ns UTC.
        until: close of the last one.
    """
    ours, theirs = _Side.of(ledger, since, until), _Side.of(model, since, until)
    intents = theirs.intents | ours.intents
    digits = theirs.digits | ours.digits
    rows = [
        _row(key, intents[key[0]], ours, theirs, digits)
        for key in dict.fromkeys([*ours.fills, *theirs.fills])
    ]
    return sorted(rows, key=lambda row: (row.ts or row.model_ts, row.intent, row.part))


@dataclass(slots=True)
class _Side:
    """Fills of one side by what they are of."""

    intents: dict[str, Intent] = field(default_factory=dict)
    fills: dict[Key, list[Filled]] = field(default_factory=dict)
    digits: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(entries: Sequence[Entry], since: int, until: int) -> "_Side":
        """What was decided from an instant on and filled until another."""
        side, book = _Side(), OrderBook()
        book.apply_all(entries)
        booked: Counter[int] = Counter()
        for entry in entries:
            body = entry.body
            if isinstance(body, Filled):
                booked[body.deal] += 1
            elif isinstance(body, BarTaken):
                side.digits[body.symbol] = body.digits
            elif isinstance(body, Intent) and body.bar >= since:
                side.intents[body.id] = body
        for deal, fill in book.deals.items():
            if fill.id in side.intents and deal not in book.voided and fill.ts <= until:
                key = (fill.id, fill.reason if fill.of_position else "order")
                side.fills.setdefault(key, []).extend([fill] * booked[deal])
        return side

    def of_key(self, key: Key) -> tuple[Decimal, Decimal, int, int]:
        """Volume, mean price, instant of the first deal, and side."""
        deals = self.fills.get(key, [])
        volume = sum((one.volume for one in deals), _ZERO)
        paid = sum((one.volume * one.price for one in deals), _ZERO)
        if not deals:
            return _ZERO, _ZERO, 0, 0
        return volume, paid / volume, min(one.ts for one in deals), deals[0].side


def _row(key: Key, intent: Intent, ours: _Side, theirs: _Side, digits: dict[str, int]) -> FillRow:
    volume, price, ts, side = ours.of_key(key)
    model_volume, model_price, model_ts, model_side = theirs.of_key(key)
    side = side or model_side
    both = volume and model_volume
    points = (side * (price - model_price)).scaleb(digits.get(intent.symbol, 0))
    return FillRow(
        intent.id, intent.symbol, intent.strategy, key[1], side, intent.bar, volume, price, ts, model_volume,
        model_price, model_ts, float(points) + 0.0 if both else None,
    )  # fmt: skip
