"""A whole trader at a simulated terminal over simulated minutes: ledger, order manager, adapter, account."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ictcli.brokers.broker import Broker
from ictcli.config.loading import fingerprint
from ictcli.config.records import Config
from ictcli.config.trading import TradeConfig
from ictcli.ledger.address import find_place
from ictcli.ledger.bodies import Start
from ictcli.ledger.journal import Journal, open_journal
from ictcli.market.bars import SeriesKey
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.research.accounts import Floor
from ictcli.research.choices import choose_strategies
from ictcli.research.series import Series
from ictcli.trading.assembly import Assembled, assemble
from ictcli.trading.control import control_folder
from ictcli.trading.engagement import Engagement, Terms
from ictcli.trading.feeds import one_each
from ictcli.trading.latch import Latch
from ictcli.trading.lock import LOGIN
from ictcli.trading.playback import Playback, VirtualClock
from ictcli.trading.simulated_world import SimulatedWorld, simulated_world
from ictcli.trading.wishes import Header

sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.market.tiled import simulated, tiled

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = TradeConfig(
    orders_per_minute=10_000, quote_age="520w", bar_age="520w", most_rejects=1_000_000, checkpoint_bars=10_000
)


def floor_of(bars: int) -> Floor:
    """So many minutes of EURUSD."""
    spec = load_symbols(Path("absent.toml")).require("EURUSD")
    key = SeriesKey("sim", spec.name, TIMEFRAMES["M1"])
    return Floor((Series(key, key, "", spec, tiled(simulated(), bars)),), 1, (None,))


def unbound() -> Config:
    """Small volumes on a large account, and no limit that would end the trading."""
    plain = Config()
    risk = replace(plain.risk, orders_per_day=0, losses_in_a_row=0)
    return replace(
        plain, risk=risk, sizing=replace(plain.sizing, method="lots", lots=Decimal("0.10")),
        account=replace(plain.account, balance=Decimal(10_000_000)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Who:
    """A shipped strategy and its parameters."""

    strategy: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Session:
    """A trader before its first bar, and the world it trades in."""

    floor: Floor
    world: SimulatedWorld
    one: Engagement
    clock: VirtualClock

    def play(self, over: Callable[[int], bool]) -> int:
        """Play all bars, as ``Playback.play`` does."""
        typical, bars = self.world.typical, [self.floor.series[0].bars]
        feeds = one_each(1, 1)
        play = Playback(self.world.server, self.one.trader, self.clock, ("M1",), typical, feeds)
        return play.play(bars, (None,), [0], over)


def engagement(
    folder: Path, floor: Floor, journal: Journal, clock: VirtualClock, broker: Broker, who: Who
) -> Engagement:
    """A trader as it is before its first bar, or before it catches up.

    Args:
        folder: of the ledger; checkpoints lie beside it.
        floor: what is traded.
        journal: of the account.
        clock: the simulated world's.
        broker: connected.
        who: decides.
    """
    assembled = assembled_of(floor, who)
    terms = Terms(
        LIMITS,
        Header(LOGIN, assembled.account.names, fingerprint(unbound())),
        ("M1",),
        "benchmark",
        assembled.start,
        folder / "checkpoints",
    )
    latch = Latch(control_folder(folder))
    return Engagement(assembled.account, broker, journal, latch, clock.now, terms, lambda _: None)


def assembled_of(floor: Floor, who: Who) -> Assembled:
    """An account and its strategy."""
    choices = choose_strategies([who.strategy], {}, who.params)
    return assemble(floor, choices, unbound(), [None], keeps=False)


@contextmanager
def session(folder: Path, floor: Floor, who: Who, *, durable: bool) -> "Iterator[Session]":
    """A trader with a ledger of its own.

    Args:
        folder: of the ledger.
        floor: what is traded.
        who: decides.
        durable: whether commits wait for the disk.
    """
    (folder / "secret.key").write_text("5c" * 32)
    clock = VirtualClock(assembled_of(floor, who).start)
    with opened(folder, clock.now(), durable=durable) as journal:
        world = simulated_world(floor, unbound(), clock.now, lambda _: None)
        report = world.broker.connect()
        one = engagement(folder, floor, journal, clock, world.broker, who)
        one.begin(start_of(report.server))
        yield Session(floor, world, one, clock)


def opened(folder: Path, now: int, *, durable: bool = True) -> AbstractContextManager[Journal]:
    """The ledger of a folder."""
    return open_journal(find_place(folder, {}), now=now, durable=durable)


def start_of(server: str) -> Start:
    """The event that a session begins with."""
    return Start(
        run="r", epoch=0, mode="paper", account=LOGIN, server=server, currency="USD", version="1",
        config="c", strategies=("benchmark@1:0000",),
    )  # fmt: skip
