"""A trader under load, and the times it takes: what ``symbols`` and ``throughput`` measure."""

from dataclasses import dataclass, field

from ictcli.clock import monotonic
from ictcli.config.records import Config
from ictcli.market.symbols import SymbolSpec
from ictcli.research.choices import Choice, choose_strategies
from ictcli.stress.market import floor_of
from ictcli.stress.setting import Setting
from ictcli.stress.stopwatch import Stopwatch, WatchedBroker
from ictcli.stress.tally import Tally, tally_of
from ictcli.stress.world import Stage, begin_of, stage
from ictcli.telemetry import Progress

SETTLED = 20
"""Instants at the beginning that are not counted: what is used for the first time is made then."""
SLICE = 10
"""Trades whose time makes one rate."""
_HOUR = 3600.0
_REHEARSED, _OFTEN = (300, 80), 0.5
"""Bars of the rehearsal's warm-up and of itself; how often its load orders."""


@dataclass(frozen=True, slots=True)
class Times:
    """What was measured, in real seconds.

    Attributes:
        closes: from the close of bars until all that follows from them is decided and sent, per instant.
        orders: from the close to the broker's answer, of every order that opens something.
        rates: trades an hour, of every ``SLICE`` of them, with the simulated terminal's own time.
        bars: how many were traded.
        tally: what became of the orders.
    """

    closes: list[float]
    orders: list[float]
    rates: list[float]
    bars: int
    tally: Tally


@dataclass(slots=True)
class _Seen:
    """Notes of the time while bars are played."""

    watch: Stopwatch
    broker: WatchedBroker
    early: int = 0
    closes: list[float] = field(default_factory=list)
    marks: list[tuple[float, int]] = field(default_factory=list)

    def note(self, finished: int) -> None:
        """An instant is over; so many trades have ended by now."""
        self.closes.append(self.watch.since())
        if len(self.closes) <= SETTLED:
            self.early = len(self.broker.orders)
            return
        if not self.marks or finished - self.marks[-1][1] >= SLICE:
            self.marks.append((monotonic(), finished))

    def rates(self) -> list[float]:
        """Trades an hour between two marks."""
        return [
            (after - before) / (end - begin) * _HOUR
            for (begin, before), (end, after) in zip(self.marks[:-1], self.marks[1:], strict=True)
        ]


def load(probability: float, seed: int, hours: str = "") -> Choice:
    """Orders at random, whatever the market does: entered at the market, closed after a few bars.

    Args:
        probability: of an order on a bar where none is open.
        seed: of the coins.
        hours: New York times at which there are any, ``HH:MM-HH:MM``; empty: at all.
    """
    params = {"probability": str(probability), "windows": hours, "max_bars": "3", "seed": str(seed)}
    return choose_strategies([_LOAD], {}, params)[0]


_LOAD = "random_entry"


def rehearse(
    setting: Setting, specs: list[SymbolSpec], config: Config, seed: int, progress: Progress
) -> None:
    """Trade a little without taking the time: what is compiled or made on first use is there afterwards."""
    progress("rehearsing", 0, None)
    floor = floor_of(specs[:2], setting.timeframes, _REHEARSED[0] + _REHEARSED[1], seed)
    choices = [*setting.choices, load(_OFTEN, seed)]
    own = setting.within("rehearsal")
    with stage(own.folder, floor, choices, config, seed=seed, warm_up=_REHEARSED[0]) as shown:
        shown.play(lambda _now: setting.stopping())
        tally_of(shown)


def play(
    setting: Setting, specs: list[SymbolSpec], choices: list[Choice], config: Config, bars: int, seed: int,
    progress: Progress, *, enough: int = 0,
) -> Times:  # fmt: skip
    """Trade simulated symbols on a durable ledger and take the time.

    Args:
        setting: whose folder is written to.
        specs: symbols.
        choices: strategies; each trades every symbol.
        config: account, sizing, risk, costs.
        bars: of each symbol to trade, behind the warm-up.
        seed: of the market.
        progress: told how many bars were traded.
        enough: requests after which it ends; 0: only with the bars.
    """
    what = f"{len(specs)} symbols" if len(specs) > 1 else "one symbol"
    progress(f"{what}, warming up", 0, bars)
    warm_up = config.trade.warm_up
    floor = floor_of(specs, setting.timeframes, warm_up + bars, seed)
    watch = Stopwatch(begin_of(floor))
    broker = WatchedBroker(watch)
    seen = _Seen(watch, broker)
    with stage(
        setting.folder, floor, choices, config, seed=seed, warm_up=warm_up, clock=watch, wrap=broker.around
    ) as own:
        _play(own, seen, setting, progress, what, enough)
        tally = tally_of(own)
    return Times(
        seen.closes[SETTLED:], broker.orders[seen.early :], seen.rates(), own.one.trader.counts.bars, tally
    )


def _play(own: Stage, seen: _Seen, setting: Setting, progress: Progress, what: str, enough: int) -> None:
    account, counts, total = own.one.trader.account, own.one.trader.counts, own.bars

    def over(_now: int) -> bool:
        seen.note(account.finished)
        done = counts.wishes if enough else counts.bars
        progress(what, min(done, enough or total), enough or total)
        return setting.stopping() or bool(enough and counts.wishes >= enough)

    own.play(over)
