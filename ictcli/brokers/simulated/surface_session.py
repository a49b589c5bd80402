"""What one simulated terminal holds between calls, and how it is set up and disturbed."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ictcli.brokers.simulated.records import Server, ServerRequest, ServerResult
from ictcli.brokers.simulated.surface_arguments import Refusal, Unconverted
from ictcli.brokers.simulated.surface_clock import WallClock
from ictcli.brokers.simulated.surface_numbers import Units, units_of
from ictcli.market.clocks import ClockRule
from ictcli.market.symbols import SymbolSpec
from ictcli.terminals.constants import ERROR_TEXTS, ErrorCode
from ictcli.terminals.symbol_constants import (
    SymbolExpiration,
    SymbolFilling,
    SymbolOrder,
    SymbolTradeExecution,
    SymbolTradeMode,
)

SUCCESS = (int(ErrorCode.S_OK), ERROR_TEXTS[ErrorCode.S_OK])


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a broker permits in a symbol: numbers and bits of MT5 that no specification of ours holds."""

    execution: int = SymbolTradeExecution.MARKET
    filling: int = SymbolFilling.FOK | SymbolFilling.IOC
    trading: int = SymbolTradeMode.FULL
    orders: int = sum(SymbolOrder)
    expiration: int = sum(SymbolExpiration)


@dataclass(frozen=True, slots=True)
class TerminalOptions:
    """How a simulated terminal is set up.

    Attributes:
        warm_up: history requests of a symbol and timeframe that fail before the first that is answered, as
            while a terminal downloads it.
        max_bars: bars that charts keep; older ones are not given.
        empty_is_none: a range of bars or ticks without any is answered by None instead of an empty array.
        selected: symbols in MarketWatch at the start; None for all.
        permissions: by symbol; others have the default.
        same_as: currencies counted one for one as another when profit and margin are calculated.
        password: of every account; empty takes any.
        fifo: positions of the account must be closed oldest first (shown, and kept by the trade server).
        build: of the terminal.
        path: of the terminal's program.
    """

    warm_up: int = 1
    max_bars: int = 100_000
    empty_is_none: bool = False
    selected: tuple[str, ...] | None = ()
    permissions: Mapping[str, Permissions] = field(default_factory=dict)
    same_as: Mapping[str, str] = field(default_factory=dict)
    password: str = ""
    fifo: bool = False
    build: int = 6199
    path: str = r"C:\Program Files\MetaTrader 5\terminal64.exe"


@dataclass(slots=True)
class Controls:
    """What a person in front of the terminal, or its fate, can change at any time.

    Attributes:
        trade_allowed: the button for automated trading; off: requests are answered 10027.
        api_disabled: trading through Python is switched off in the options; requests fail with -8.
        account_trade_allowed: off: 10017, as for an investor's password.
        account_expert_allowed: off: the server refuses automated trading with 10026.
        starts: whether a terminal that does not run can be started.
        hang: seconds for which the next call blocks. Only for a terminal in a child process: there is no
            way out of it within the process, as with the real module.
    """

    trade_allowed: bool = True
    api_disabled: bool = False
    account_trade_allowed: bool = True
    account_expert_allowed: bool = True
    starts: bool = True
    hang: float = 0.0


class Listener:
    """Told of every call and of every request that reaches the trade server; this one does nothing."""

    def asked(self) -> None:
        """Before a call looks at the server: whoever drives the market lets it pass."""

    def arrived(self, request: ServerRequest) -> None:
        """Before the server executes it."""

    def answered(self, result: ServerResult | None) -> None:
        """After it did; None where the answer was lost."""


class Session:
    """State of one terminal process.

    Args:
        servers: trade servers of the accounts it can be logged in to; the first one at the start.
        rule: clock of the servers.
        options: see ``TerminalOptions``.
        listener: told of requests.
    """

    def __init__(
        self, servers: Sequence[Server], rule: ClockRule, options: TerminalOptions, listener: Listener
    ) -> None:
        self.servers = tuple(servers)
        self.server = self.servers[0]
        self.clock = WallClock(rule)
        self.options = options
        self.listener = listener
        self.controls = Controls()
        self.error = SUCCESS
        self.initialized = False
        self.calling = ""
        self.requests = 0
        self._units: dict[tuple[int, Decimal, Decimal], Units] = {}
        self._specs: tuple[tuple[SymbolSpec, ...], dict[str, SymbolSpec]] = ((), {})
        self.books: set[str] = set()
        self.warmed: dict[tuple[str, str], int] = {}
        chosen = options.selected
        self.selected = {spec.name for spec in self.server.symbols()} if chosen is None else set(chosen)

    def answer(self, name: str, failure: Any, function: Callable[[], Any]) -> Any:
        """Run one call: forget the last error, and turn refusals into it."""
        self.error = SUCCESS
        self.calling = name
        try:
            return function()
        except Refusal as refusal:
            self.error = (refusal.code, str(refusal))
            return failure if refusal.answer is None else refusal.answer
        except Unconverted as error:
            self.error = (int(ErrorCode.E_INVALID_PARAMS), ERROR_TEXTS[ErrorCode.E_INVALID_PARAMS])
            raise SystemError(
                f"<built-in function {name}> returned a result with an exception set"
            ) from error

    def reach(self) -> Server:
        """The server, for a call whose arguments are good.

        Raises:
            Refusal: there is no connection to the terminal, or a planned error of this function is due.
        """
        self.begin()
        if not self.initialized:
            raise Refusal(ErrorCode.E_INTERNAL_FAIL_CONNECT)
        self.fail_as_planned()
        return self.server

    def begin(self) -> None:
        """Let time pass: hang once, where told to, then let the market catch up."""
        hang, self.controls.hang = self.controls.hang, 0.0
        if hang > 0:
            time.sleep(hang)
        self.listener.asked()

    def fail_as_planned(self) -> None:
        """Raise the next error that the server's line holds for this function."""
        planned = self.server.line.errors.get(self.calling)
        if planned:
            raise Refusal(planned.pop(0))

    def spec(self, symbol: str) -> SymbolSpec | None:
        """The specification of the symbol of exactly this name."""
        listed, by_name = self._specs
        specs = self.server.symbols()
        if specs is not listed:
            by_name = {spec.name: spec for spec in specs}
            self._specs = (specs, by_name)
        return by_name.get(symbol)

    def require_symbol(self, symbol: str, *, selected: bool = False) -> SymbolSpec:
        """The same, or a refusal as not found; also of a symbol that is not in MarketWatch."""
        spec = self.spec(symbol)
        if spec is None or (selected and not self.is_selected(symbol)):
            raise Refusal(ErrorCode.E_NOT_FOUND)
        return spec

    def is_selected(self, symbol: str) -> bool:
        """Whether a symbol is in MarketWatch, by choice or for its positions and orders."""
        return symbol in self.selected or self.in_use(symbol)

    def in_use(self, symbol: str) -> bool:
        """Whether a symbol has open positions or orders."""
        used = {position.symbol for position in self.server.positions()}
        return symbol in used | {order.symbol for order in self.server.open_orders()}

    def units(self, spec: SymbolSpec) -> Units:
        """What the symbol's numbers are counted in."""
        digits = self.server.digits(spec.name)
        key = (digits, spec.tick_size, spec.volume_step)
        known = self._units.get(key)
        if known is None:
            known = self._units[key] = units_of(spec, digits)
        return known

    def permissions(self, symbol: str) -> Permissions:
        """What may be done in a symbol."""
        return self.options.permissions.get(symbol, Permissions())

    def drop(self) -> None:
        """Lose the connection to the terminal, with everything that hangs on it."""
        self.initialized = False
        self.books.clear()
