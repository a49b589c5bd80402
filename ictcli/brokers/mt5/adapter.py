"""MetaTrader 5 as a broker, over any terminal that answers as its Python module does."""

from collections.abc import Callable
from typing import Any

from ictcli.brokers.broker import Health, never
from ictcli.brokers.mt5 import outcomes
from ictcli.brokers.mt5.breaker import Breaker, BreakerRule
from ictcli.brokers.mt5.calls import Calls, Retry, Surroundings
from ictcli.brokers.mt5.fillings import Fillings
from ictcli.brokers.mt5.fitness import Unfit, check
from ictcli.brokers.mt5.frozen import refuse_frozen
from ictcli.brokers.mt5.health import ClockState, health_of
from ictcli.brokers.mt5.passes import look
from ictcli.brokers.mt5.rates import closed_bars
from ictcli.brokers.mt5.records import account_report, instrument_of, is_netting, quote_of
from ictcli.brokers.mt5.requests import Wire, is_pending, takes_filling, wire
from ictcli.brokers.mt5.server_clock import Stamps
from ictcli.brokers.mt5.session import Session
from ictcli.brokers.mt5.timings import CallTimes, Timings
from ictcli.brokers.reports import AccountReport, Evidence, Instrument, Outcome, Quote
from ictcli.brokers.requests import Amend, Cancel, Place, Request
from ictcli.config.trading import BrokerConfig
from ictcli.errors import DataError, PolicyRefused, SourceUnavailable
from ictcli.market.bars import Bars
from ictcli.market.calendars import Calendar, calendar
from ictcli.market.timeframes import Timeframe
from ictcli.terminals.constants import Retcode
from ictcli.terminals.terminal import Terminal, TerminalSilent
from ictcli.terminals.times import ServerClock


def no_password() -> str:
    """For a terminal that is logged in already."""
    return ""


def _any_calendar(symbol: str) -> Calendar:
    return calendar("crypto" if symbol.startswith(("BTC", "ETH")) else "fx")


class Mt5Broker:
    """One account at a MetaTrader 5 terminal.

    Requests that the account, the symbol or the line forbid are held back and answered with an outcome
    that says so; whatever may have left is answered by ``order_send`` or is unknown. Nothing is ever sent
    twice. Symbols are the broker's names, or ours where ``settings.symbols`` maps them; reports carry the
    broker's.

    Args:
        terminal: who answers.
        settings: which account, and how symbols are called.
        world: clock, sleep and randomness.
        clock: the server's wall clock.
        password: gives the password when it is needed.
        calendar_of: trading calendar of a symbol, for the ends of W1 and MN1 bars.
        retry: how reads are repeated.
        rule, breaker: when reads stop for a while, and where that stood.
        bar_grace: ns after its end at which a bar counts as closed without a newer one.
    """

    deduplicates = False

    def __init__(
        self,
        terminal: Terminal,
        settings: BrokerConfig,
        world: Surroundings,
        clock: ServerClock,
        *,
        password: Callable[[], str] = no_password,
        calendar_of: Callable[[str], Calendar] = _any_calendar,
        retry: Retry | None = None,
        rule: BreakerRule | None = None,
        breaker: Breaker | None = None,
        bar_grace: int = 5_000_000_000,
    ) -> None:
        self._world = world
        self._stamps = Stamps(clock, world.now)
        self._names = settings.symbols
        self._calendar_of = calendar_of
        self._bar_grace = bar_grace
        self._calls = Calls(terminal, world, retry or Retry(), rule or BreakerRule(), breaker or Breaker())
        self._session = Session(self._calls, settings, password)
        self._fillings = Fillings()
        self._state = ClockState(clock)
        self._watched: dict[str, None] = {}

    @property
    def timings(self) -> dict[str, CallTimes]:
        """Times of the terminal's functions, and what requests spent here."""
        return self._calls.timings.read()

    @property
    def breaker(self) -> Breaker:
        """Where the circuit breaker stands; give it to the next broker of this account."""
        return self._calls.breaker

    def connect(self) -> AccountReport:
        """Connect, log in and check the account.

        Raises:
            SourceUnavailable: the terminal cannot be reached.
            PolicyRefused: it is at another account.
        """
        self._session.begin()
        self._fillings.forget()
        self._state.forget()
        return self.account()

    def close(self) -> None:
        """Let go of the terminal; orders, positions and the terminal itself stay."""
        try:
            self._session.end()
        except TerminalSilent:
            return

    def health(self) -> Health:
        """Connection, permission to trade, clock; never raises for what is wrong with them.

        The clock is judged by the quotes of the symbols that were asked for so far.
        """
        return health_of(self._calls, self._session, self._state, tuple(self._watched), self._world.now())

    def account(self) -> AccountReport:
        """The account, after checking that it is the configured one."""
        return account_report(self._session.require())

    def instrument(self, symbol: str) -> Instrument:
        """The contract as it is now.

        Raises:
            DataError: the broker has no such symbol.
        """
        return instrument_of(self._info(symbol))

    def quote(self, symbol: str) -> Quote:
        """The last prices.

        Raises:
            SourceUnavailable: there was no quote yet.
        """
        name = self._selected(symbol)
        tick = self._calls.read("symbol_info_tick", name)
        if tick.bid <= 0 or tick.ask <= 0:
            raise SourceUnavailable(f"{name} has no quote yet", hint="Wait until its market opens.")
        return quote_of(name, tick, self._stamps.to_utc)

    def bars(self, symbol: str, timeframe: Timeframe, start: int, end: int) -> Bars:
        """Closed bars that open from ``start`` up to but without ``end``."""
        info = self._info(symbol)
        return closed_bars(
            self._calls,
            self._stamps.clock,
            (str(info.name), int(info.digits), self._calendar_of(symbol)),
            timeframe,
            (start, end, self._world.now() - self._bar_grace),
        )

    def evidence(self, since: int) -> Evidence:
        """One pass over orders, deals and positions."""
        return look(
            self._calls,
            self._session.require,
            since,
            self._world.now,
            (self._stamps.to_server, self._stamps.to_utc),
        )

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        """Ask once; what ``hold`` keeps back after all checks were made is not sent."""
        begun, spent = self._world.monotonic(), self._calls.spent
        prepared = self._prepared(request)
        if isinstance(prepared, Outcome):
            return prepared
        if (reason := hold()) is not None:
            return outcomes.unsent("rejected", 0, reason)
        outcome = self._dispatch(prepared, request)
        took = self._world.monotonic() - begun
        self._calls.timings.note(Timings.ADDED, took - (self._calls.spent - spent))
        return outcome

    def preview(self, request: Request) -> Outcome:
        """What ``order_check`` says; nothing is executed."""
        prepared = self._prepared(request)
        if isinstance(prepared, Outcome):
            return prepared
        try:
            result = self._calls.read("order_check", prepared)
        except SourceUnavailable as error:
            return outcomes.unsent("retryable", 0, error.message)
        return outcomes.checked(result, request)

    def exact(self, request: Request) -> Wire:
        """The dictionary that ``order_send`` would get now.

        Raises:
            PolicyRefused: it would not be sent.
        """
        return self._wire(request)

    def _dispatch(self, prepared: Wire, request: Request) -> Outcome:
        try:
            result = self._calls.once("order_send", prepared)
        except (TerminalSilent, SystemError) as error:
            return outcomes.silent(str(error))
        if result is None:
            return outcomes.failed(self._calls.error())
        outcome = outcomes.told(result, request)
        if outcome.code == Retcode.INVALID_FILL and "type_filling" in prepared:
            self._fillings.refuse(prepared["symbol"], prepared["type_filling"], pending=is_pending(request))
        return outcomes.elsewhere(outcome) if self._session.left() else outcome

    def _prepared(self, request: Request) -> Wire | Outcome:
        """The request as a dictionary, or why it is held back."""
        try:
            return self._wire(request)
        except Unfit as error:
            return outcomes.held_back(error.retcode, error.message)
        except (PolicyRefused, DataError) as error:
            return outcomes.unsent("rejected", 0, error.message)
        except SourceUnavailable as error:
            return outcomes.unsent("retryable", 0, error.message)

    def _wire(self, request: Request) -> Wire:
        reduces = not isinstance(request, Place | Amend)
        netting = is_netting(self._session.require(forced=reduces))
        if isinstance(request, Cancel):
            return wire(request, None, self._stamps.to_server, netting=netting)
        info = self._info(request.symbol, forced=reduces)
        check(request, info)
        refuse_frozen(self._calls, request, info)
        made = wire(request, info, self._stamps.to_server, netting=netting)
        if takes_filling(request):
            made["type_filling"] = self._filling(made, info, pending=is_pending(request))
        return made

    def _filling(self, made: Wire, info: Any, *, pending: bool) -> int:
        def attempt(filling: int) -> int | None:
            try:
                return int(self._calls.read("order_check", made | {"type_filling": filling}).retcode)
            except SourceUnavailable:
                return None

        found = self._fillings.choose(info, attempt, pending=pending)
        if found is None:
            raise Unfit(Retcode.INVALID_FILL, f"{info.name} takes none of the filling modes it should")
        return found

    def _info(self, symbol: str, *, forced: bool = False) -> Any:
        """``SymbolInfo`` of a symbol, which is in the market watch from now on."""
        name = self._names.get(symbol, symbol)
        info = self._calls.look_up("symbol_info", name, forced=forced)
        if info is not None and not info.select:
            self._calls.look_up("symbol_select", name, True, forced=forced)  # noqa: FBT003 - by position
            info = self._calls.look_up("symbol_info", name, forced=forced)
        if info is None:
            raise DataError(
                f"the broker has no symbol {name!r}",
                hint=f'Map it in the table of the broker: symbols.{symbol} = "NAME".',
            )
        self._watched[name] = None
        return info

    def _selected(self, symbol: str) -> str:
        """The broker's name of a symbol that is in the market watch."""
        name = self._names.get(symbol, symbol)
        return name if name in self._watched else str(self._info(name).name)
