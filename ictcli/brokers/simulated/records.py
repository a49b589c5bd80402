"""What the simulated trade server keeps, in our own exact units; the surface turns it into MT5 structs.

Instants are ns UTC, prices points of the symbol, volumes steps, money minor units; enumerations carry the
numbers of MT5 (MT5.md 2).
"""

from dataclasses import dataclass, field
from typing import Protocol

from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec
from ictcli.market.timeframes import Timeframe


@dataclass(slots=True)
class ServerOrder:
    """An order; moves from the open ones to history when it is over (``done`` > 0)."""

    ticket: int
    symbol: str
    type: int
    state: int
    volume: int
    remaining: int
    placed: int
    price: int = 0
    limit: int = 0
    stop: int = 0
    target: int = 0
    filling: int = 0
    time_type: int = 0
    expires: int = 0
    magic: int = 0
    position: int = 0
    position_by: int = 0
    reason: int = 3
    done: int = 0
    deviation: int = 0
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ServerDeal:
    """A fill, or a movement of the balance (``type`` >= 2); costs are negative."""

    ticket: int
    order: int
    ts: int
    type: int
    entry: int
    magic: int
    position: int
    reason: int
    symbol: str
    volume: int
    price: int
    commission: int = 0
    swap: int = 0
    profit: int = 0
    fee: int = 0
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ServerPosition:
    """An open position; ``price`` is its average entry as points (a fraction after several fills).

    ``identifier`` is its stable key: it stays when a netting position is turned and the ticket changes.
    """

    ticket: int
    symbol: str
    type: int
    magic: int
    volume: int
    price: float
    opened: int
    updated: int
    stop: int = 0
    target: int = 0
    swap: int = 0
    profit: int = 0
    reason: int = 3
    comment: str = ""
    identifier: int = 0


@dataclass(frozen=True, slots=True)
class ServerTick:
    """Last prices of a symbol; bid 0 before the first quote."""

    ts: int
    bid: int
    ask: int
    volume: int = 0


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """The account in minor units of its currency; swap of open positions is in ``profit``, not in balance."""

    login: int
    server: str
    currency: str
    digits: int
    balance: int
    equity: int
    profit: int
    margin: int
    hedging: bool
    leverage: int
    stop_out_percent: float
    demo: bool = True
    name: str = "ictcli"
    company: str = "ictcli"


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """A request that passed the surface's checks of types, in the server's units.

    ``volume_exact`` and ``prices_exact`` are False where a value was not on its grid; such a request is
    refused by its return code, not by the surface.
    """

    action: int
    symbol: str = ""
    type: int = 0
    volume: int = 0
    price: int = 0
    limit: int = 0
    stop: int = 0
    target: int = 0
    deviation: int = 0
    filling: int = 0
    time_type: int = 0
    expires: int = 0
    magic: int = 0
    order: int = 0
    position: int = 0
    position_by: int = 0
    comment: str = ""
    volume_exact: bool = True
    prices_exact: bool = True


@dataclass(frozen=True, slots=True)
class ServerResult:
    """Answer to a request: an MT5 return code, tickets, what was executed, and the quote of the moment."""

    retcode: int
    order: int = 0
    deal: int = 0
    volume: int = 0
    price: int = 0
    bid: int = 0
    ask: int = 0
    comment: str = ""


@dataclass(slots=True)
class Line:
    """The line between terminal and server: what the surface asks before it answers a call.

    Attributes:
        connected: False makes ``terminal_info().connected`` False and requests fail with 10031.
        errors: for the next calls, by function name: ``last_error`` codes to fail with, first one first.
    """

    connected: bool = True
    errors: dict[str, list[int]] = field(default_factory=dict)


class Server(Protocol):
    """What the surface needs of a trade server."""

    line: Line

    @property
    def now(self) -> int: ...
    def account(self) -> ServerAccount: ...
    def symbols(self) -> tuple[SymbolSpec, ...]: ...
    def digits(self, symbol: str) -> int: ...
    def tick(self, symbol: str) -> ServerTick: ...
    def bars(self, symbol: str, timeframe: Timeframe) -> Bars:
        """All bars so far, the forming one last."""
        ...

    def ticks(self, symbol: str, start: int, end: int) -> list[ServerTick]: ...
    def open_orders(self) -> list[ServerOrder]: ...
    def done_orders(self, start: int, end: int) -> list[ServerOrder]:
        """By ``done``; only those that are visible in history already."""
        ...

    def deals(self, start: int, end: int) -> list[ServerDeal]: ...
    def positions(self) -> list[ServerPosition]: ...
    def check(self, request: ServerRequest) -> ServerResult: ...
    def execute(self, request: ServerRequest) -> ServerResult | None:
        """None: executed or not, the answer was lost; ``line.errors`` says how the surface reports it."""
        ...
