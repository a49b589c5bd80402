"""A whole simulated broker from a few settings: market, account, trade server, faults, terminal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from ictcli.brokers.simulated.faults import Fault, FaultPlan, FaultRates
from ictcli.brokers.simulated.faults_server import FaultyServer
from ictcli.brokers.simulated.opening import open_server
from ictcli.brokers.simulated.served_market import ServedMarket
from ictcli.brokers.simulated.served_record import Hang, RequestFile, ServedListener
from ictcli.brokers.simulated.server_records import ServerOptions
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.brokers.simulated.surface_session import TerminalOptions
from ictcli.clock import now_ns, parse_duration, parse_instant
from ictcli.config.records import AccountConfig, Config
from ictcli.errors import UsageError
from ictcli.market.bars import Bars, SeriesKey, concat
from ictcli.market.clocks import parse_rule
from ictcli.market.symbols import SymbolBook, SymbolSpec, load_symbols
from ictcli.market.ticks import ticks_as_bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.research.accounts import Floor
from ictcli.research.series import Series
from ictcli.sources.sim.market import SimMarket

_M1 = TIMEFRAMES["M1"]
_SOURCE = "sim"


@dataclass(frozen=True, slots=True)
class ServedOptions:
    """What is served.

    Attributes:
        symbols: of the simulated market.
        seed: of the market and of the faults; the same seed and start make the same prices.
        edge: strength of the market's planted edge.
        spread: multiple of the market's own spread.
        start: instant at which serving begins, ISO-8601 UTC; empty: now.
        speed: seconds of the market per second of ours.
        history: bars before the start, as a duration such as ``5d``.
        ahead: market after the start; when it is over, prices stand still.
        balance, currency, mode: the account.
        login, server: its number and the name of its server.
        execution: see ``ServerOptions``.
        clock: rule of the server's clock.
        warm_up: see ``TerminalOptions``.
        faults: of the first requests, by name, in their order (see ``Fault``).
        rates: probability of each fault of the later ones.
        record: file that every request is kept in; empty for none.
        hang_before, hang_after: numbers of the requests that hang before or after the server acts on them.
        hang: for how many seconds.
    """

    symbols: tuple[str, ...] = ("BTCUSD",)
    seed: int = 7
    edge: float = 0.0
    spread: float = 1.0
    start: str = ""
    speed: float = 1.0
    history: str = "2d"
    ahead: str = "1d"
    balance: str = "100000"
    currency: str = "USD"
    mode: Literal["hedging", "netting"] = "hedging"
    login: int = 1
    server: str = "ictcli-Simulated"
    execution: Literal["next_quote", "immediate"] = "next_quote"
    clock: str = "ny+7"
    warm_up: int = 1
    faults: tuple[str, ...] = ()
    rates: Mapping[str, float] = field(default_factory=dict)
    record: str = ""
    hang_before: int = 0
    hang_after: int = 0
    hang: float = 60.0


def served(**options: Any) -> SimulatedTerminal:
    """A terminal whose market passes by itself; keyword arguments are those of ``ServedOptions``.

    A factory for ``python -m ictcli.terminals.bridge --serve`` and for child processes.

    Raises:
        UsageError: an option does not exist or does not fit.
    """
    unknown = options.keys() - ServedOptions.__dataclass_fields__.keys()
    if unknown:
        raise UsageError(f"cannot serve with {sorted(unknown)[0]!r}", hint="See docs/simulated-terminal.md.")
    try:
        chosen = msgspec.convert(options, ServedOptions)
    except msgspec.ValidationError as error:
        raise UsageError(f"cannot serve this: {error}", hint="See docs/simulated-terminal.md.") from error
    return served_terminal(chosen)


def served_terminal(options: ServedOptions, clock: Callable[[], int] | None = None) -> SimulatedTerminal:
    """The same from options; a clock, ns UTC, where the market is not to pass by the real one."""
    clock = clock or passing_clock(options)
    start = clock()
    book = load_symbols(None)
    floor = _floor(options, book, start)
    server = open_server(floor, _config(options), _server_options(options))
    market = ServedMarket(server, [one.bars for one in floor.series], floor.fine)
    plan = _plan(options)
    listener = ServedListener(
        lambda: market.advance(clock()),
        lambda: server.now,
        lambda: server.changes,
        RequestFile(Path(options.record)) if options.record else None,
        Hang(options.hang_before, options.hang_after, options.hang),
    )
    market.advance(start)
    return SimulatedTerminal(
        FaultyServer(server, plan),
        parse_rule(options.clock),
        TerminalOptions(warm_up=options.warm_up),
        listener=listener,
    )


def passing_clock(options: ServedOptions) -> Callable[[], int]:
    """The market's instant, ns UTC: from the start on, at the chosen speed."""
    if not 0 < options.speed <= 1e6:
        raise UsageError(
            f"speed {options.speed} must be above 0", hint="1 is real time, 60 a minute a second."
        )
    began = now_ns()
    start = _instant(options.start, began) if options.start else began
    return lambda: start + int((now_ns() - began) * options.speed)


def _instant(text: str, now: int) -> int:
    try:
        return parse_instant(text, now=now)
    except ValueError as error:
        raise UsageError(str(error), hint="Give the start as 2026-01-14T12:00Z.") from error


def _floor(options: ServedOptions, book: SymbolBook, start: int) -> Floor:
    try:
        begin, end = start - parse_duration(options.history), start + parse_duration(options.ahead)
    except ValueError as error:
        raise UsageError(str(error), hint="Give history and ahead as 5d or 12h.") from error
    market = SimMarket(book, options.symbols, options.seed, options.edge, begin)
    series, fine = [], []
    for symbol in options.symbols:
        spec = book.require(symbol)
        series.append(_series(spec, _widened(concat(list(market.bars(symbol, _M1, begin, end))), options)))
        fine.append(_widened(ticks_as_bars(list(market.ticks(symbol, start, end))), options))
    return Floor(tuple(series), len(series), tuple(fine))


def _widened(bars: Bars, options: ServedOptions) -> Bars:
    """Bars with another spread."""
    return replace(bars, spread=(bars.spread * options.spread).astype(np.int32))


def _series(spec: SymbolSpec, bars: Bars) -> Series:
    key = SeriesKey(_SOURCE, spec.name, _M1)
    return Series(key, key, "", spec, bars)


def _config(options: ServedOptions) -> Config:
    account = AccountConfig(currency=options.currency, balance=Decimal(options.balance), mode=options.mode)
    return Config(account=account)


def _server_options(options: ServedOptions) -> ServerOptions:
    return ServerOptions(
        login=options.login,
        server=options.server,
        currency=options.currency,
        execution=options.execution,
    )


def _plan(options: ServedOptions) -> FaultPlan:
    try:
        rates = {Fault(name): share for name, share in options.rates.items()}
        script = tuple(Fault(name) for name in options.faults)
        return FaultPlan(FaultRates(rates), np.random.default_rng(options.seed), script)
    except ValueError as error:
        raise UsageError(str(error), hint="Faults are: " + ", ".join(Fault) + ".") from error
