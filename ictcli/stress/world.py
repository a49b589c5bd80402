"""A whole trader at a simulated terminal, put together as ``trade --replay`` does, on a ledger of its own."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from ictcli import __version__
from ictcli.brokers.broker import Broker
from ictcli.brokers.simulated.server import TradeServer
from ictcli.clock import iso
from ictcli.config.loading import fingerprint
from ictcli.config.records import Config
from ictcli.config.trading import TradeConfig
from ictcli.ledger.address import find_place
from ictcli.ledger.bodies import Start
from ictcli.ledger.journal import Journal, open_journal
from ictcli.market.bars import Bars
from ictcli.research.accounts import Floor
from ictcli.research.choices import Choice
from ictcli.trading.assembly import assemble
from ictcli.trading.control import control_folder
from ictcli.trading.engagement import Engagement, Terms
from ictcli.trading.feeds import feeds_of
from ictcli.trading.graduation import strategy_mark
from ictcli.trading.latch import Latch
from ictcli.trading.lock import LOGIN
from ictcli.trading.playback import Playback, VirtualClock
from ictcli.trading.simulated_world import SimulatedWorld, simulated_world
from ictcli.trading.wishes import Header

_SHOWN = 64
"""Bars before the first one traded that the terminal is shown: more than its charts hold."""
_NO_AGE = "520w"
_LOTS, _BALANCE = Decimal("0.10"), Decimal(10_000_000)

Wrap = Callable[[Broker], Broker]


def as_it_is(broker: Broker) -> Broker:
    """The broker itself."""
    return broker


@dataclass(frozen=True, slots=True)
class Stage:
    """A trader before its first bar, and the world it trades in.

    Attributes:
        floor: what is traded, warm-up included.
        first: for each series, the number of the first bar that is traded.
        world: server, terminal and adapter.
        one: the trader with its order manager.
        journal: its ledger.
        clock: the simulated world's.
        playback: shows it the bars.
    """

    floor: Floor
    first: tuple[int, ...]
    world: SimulatedWorld
    one: Engagement
    journal: Journal
    clock: VirtualClock
    playback: Playback

    @property
    def bars(self) -> int:
        """How many bars there are to trade, of all series together."""
        return sum(len(one.bars) - first for one, first in zip(self.floor.series, self.first, strict=True))

    def play(self, over: Callable[[int], bool]) -> int:
        """Play all bars but those of the warm-up; ``over`` as in ``Playback.play``, which ``True`` ends.

        Every instant is written down and checkpoints are made, as ``trade --paper`` does.
        """

        def end_of(now: int) -> bool:
            self.one.at = now
            self.one.trader.flush()
            self.one.checkpoint()
            return over(now)

        return self.playback.play(_tail(self.floor, self.first), self.floor.fine, self.first, end_of)


@contextmanager
def stage(
    folder: Path,
    floor: Floor,
    choices: Sequence[Choice],
    config: Config,
    *,
    seed: int,
    warm_up: int = 0,
    durable: bool = True,
    clock: VirtualClock | None = None,
    make: type[TradeServer] = TradeServer,
    wrap: Wrap = as_it_is,
) -> Iterator[Stage]:
    """A trader with a ledger of its own, begun.

    Args:
        folder: of ledger, checkpoints and control files; exists.
        floor: what is traded.
        choices: strategies; each trades every series.
        config: account, sizing, risk, costs, limits of the order manager.
        seed: of what is random at the adapter.
        warm_up: bars of the shortest timeframe that strategies learn from before the first is traded.
        durable: whether commits wait for the disk.
        clock: of the simulated world, at ``begin_of(floor)``.
        make: kind of trade server.
        wrap: puts something between the trader and its broker.

    Raises:
        ConfigError: strategies or money terms do not fit.
        LedgerUnwritable: the disk refuses.
    """
    key = hashlib.sha256(f"stress {seed}".encode()).hexdigest()  # guards nothing: the ledger is thrown away
    (folder / "secret.key").write_text(key, encoding="ascii")
    assembled = assemble(floor, choices, config, [None] * len(choices), keeps=False)
    account, first = assembled.account, _first(floor, warm_up)
    own = clock or VirtualClock(assembled.start)
    names = tuple(one.key.timeframe.name for one in floor.series)
    terms = Terms(
        patient(config.trade), Header(LOGIN, account.names, fingerprint(config)), names, "stress",
        assembled.start, folder / "checkpoints",
    )  # fmt: skip
    with open_journal(find_place(folder, {}), now=own.now(), durable=durable) as journal:
        feeds, market = feeds_of(floor)
        world = simulated_world(market, config, own.now, own.sleep, seed=seed, make=make)
        broker = wrap(world.broker)
        one = Engagement(account, broker, journal, Latch(control_folder(folder)), own.now, terms, _unheard)
        playback = Playback(world.server, one.trader, own, names, world.typical, feeds)
        if warm_up:
            _learn(one, playback, floor, first)
        report = broker.connect()
        one.begin(start_of(config, choices, report.server, own.now()))
        yield Stage(floor, first, world, one, journal, own, playback)


def begin_of(floor: Floor) -> int:
    """The first instant of a world, ns UTC."""
    return min(int(one.bars.ts[0]) for one in floor.series)


def start_of(config: Config, choices: Sequence[Choice], server: str, now: int) -> Start:
    """The event that a session begins with."""
    return Start(
        run=iso(now), epoch=0, mode="paper", account=LOGIN, server=server, currency=config.account.currency,
        version=__version__, config=fingerprint(config),
        strategies=tuple(strategy_mark(choice, None) for choice in choices),
    )  # fmt: skip


def patient(settings: TradeConfig) -> TradeConfig:
    """The limits without those of real time, which bars that are played back have not."""
    return replace(settings, quote_age=_NO_AGE, bar_age=_NO_AGE, orders_per_minute=10_000, most_rejects=1_000)


def without_limits(config: Config) -> Config:
    """The configuration with nothing in it that would end or thin out trading: for load, not for profit.

    Sizes are a volume that any account can carry.
    """
    risk = replace(
        config.risk, per_trade=0, per_symbol=0, per_group=0, heat=0, correlated_heat=0, daily_loss=0,
        drawdown=0, losses_in_a_row=0, orders_per_day=0, spread=0, news="",
    )  # fmt: skip
    sizing = replace(config.sizing, method="lots", lots=_LOTS)
    return replace(config, risk=risk, sizing=sizing, account=replace(config.account, balance=_BALANCE))


def _unheard(_line: str) -> None:
    """What a trader says to people; what counts of it stands in its ledger."""


def _first(floor: Floor, warm_up: int) -> tuple[int, ...]:
    if not warm_up:
        return (0,) * len(floor.series)
    begin = max(int(one.bars.ts_close[min(warm_up, len(one.bars)) - 1]) for one in floor.series[:1])
    return tuple(int(one.bars.ts_close.searchsorted(begin, side="right")) for one in floor.series)


def _tail(floor: Floor, first: Sequence[int]) -> list[Bars]:
    return [one.bars.slice(begin, len(one.bars)) for one, begin in zip(floor.series, first, strict=True)]


def _learn(one: Engagement, playback: Playback, floor: Floor, first: Sequence[int]) -> None:
    bars = [own.bars.slice(0, begin) for own, begin in zip(floor.series, first, strict=True)]
    one.trader.account.learn(bars)
    begins = [max(0, len(own) - _SHOWN) for own in bars]
    playback.load_history([own.slice(at, len(own)) for own, at in zip(bars, begins, strict=True)], begins)
    one.at = max(int(own.ts_close[-1]) for own in bars if len(own))
