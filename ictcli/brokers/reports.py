"""What a broker says: quotes, orders, deals, positions, the account, and the outcome of a request.

Prices, volumes and money are exact decimals, instants nanoseconds UTC: an adapter converts its broker's
wall clock and floats, so nothing above it ever sees them.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ictcli.brokers.requests import OrderKind

OrderStatus = Literal["pending", "open", "partial", "filled", "cancelled", "rejected", "expired"]
"""``pending``: the broker is still working on the request (MT5 STARTED, REQUEST_*)."""
DealEntry = Literal["in", "out", "inout", "out_by"]
DealReason = Literal["client", "expert", "stop", "target", "stop_out", "rollover", "other"]
OutcomeKind = Literal["done", "placed", "partial", "noop", "rejected", "retryable", "unknown"]


@dataclass(frozen=True, slots=True)
class Quote:
    """Best prices of an instrument; ``ts`` is when the broker made them."""

    symbol: str
    bid: Decimal
    ask: Decimal
    ts: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tradable symbol as the broker specifies it now; levels in points."""

    symbol: str
    digits: int
    tick_size: Decimal
    contract_size: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    stops_level: int
    freeze_level: int
    tradable: bool
    currency_profit: str = ""


@dataclass(frozen=True, slots=True)
class AccountReport:
    """The account; ``mode`` says whether every entry opens its own position."""

    login: int
    server: str
    currency: str
    balance: Decimal
    equity: Decimal
    margin: Decimal
    mode: Literal["hedging", "netting"]
    demo: bool
    trade_allowed: bool


@dataclass(frozen=True, slots=True)
class OrderReport:
    """An order, open or done; ``remaining`` is the volume not filled."""

    ticket: int
    magic: int
    symbol: str
    side: int
    kind: OrderKind
    status: OrderStatus
    volume: Decimal
    remaining: Decimal
    placed: int
    done: int | None = None
    price: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    expires: int | None = None
    position: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class DealReport:
    """One fill of an order.

    Attributes:
        ticket: identifies the deal; the key against booking it twice.
        order: ticket of the order behind it.
        position: the stable identifier of the position it opened, added to, reduced or closed.
        magic: of the order; a stop or target hit carries the position's.
        profit, commission, swap, fee: account currency, signed as the broker books them: a cost is negative.
    """

    ticket: int
    order: int
    position: int
    magic: int
    symbol: str
    side: int
    entry: DealEntry
    volume: Decimal
    price: Decimal
    profit: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    reason: DealReason
    ts: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class CashReport:
    """A movement of the balance that no order caused: deposit, credit, interest, correction, tax."""

    ticket: int
    kind: str
    amount: Decimal
    ts: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PositionReport:
    """An open position; ``identifier`` is its stable key, ``ticket`` what requests name."""

    ticket: int
    identifier: int
    magic: int
    symbol: str
    side: int
    volume: Decimal
    price: Decimal
    stop: Decimal | None
    target: Decimal | None
    swap: Decimal
    profit: Decimal
    opened: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request.

    Attributes:
        kind: ``done`` executed; ``placed`` accepted and working; ``partial`` a part executed; ``noop``
            nothing to do (no changes, already closed); ``rejected`` provably not executed, and asking again
            would not help; ``retryable`` provably not executed, may be asked again with fresh prices;
            ``unknown`` it may have been executed: only evidence decides (MT5.md 6.4).
        code: the broker's number.
        message: its text.
        order, deal: tickets; None where not told.
        volume, price: of an execution, as told; the deal is the truth.
        sent: whether the request left this machine.
    """

    kind: OutcomeKind
    code: int
    message: str
    order: int | None = None
    deal: int | None = None
    volume: Decimal | None = None
    price: Decimal | None = None
    sent: Literal["yes", "no", "unknown"] = "yes"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a broker says about its orders, read in one pass.

    Attributes:
        since: instant from which done orders and deals were asked for, ns UTC.
        begun, ended: instants between which the pass was made, ns UTC.
        complete: every source answered and the connection held throughout. A pass that is not complete
            proves nothing by what it lacks: an error while asking is no "not found".
        open_orders, done_orders, deals, cash, positions: what was found.
        account: as it stood, None where not read.
    """

    since: int
    begun: int
    ended: int
    complete: bool
    open_orders: tuple[OrderReport, ...] = ()
    done_orders: tuple[OrderReport, ...] = ()
    deals: tuple[DealReport, ...] = ()
    cash: tuple[CashReport, ...] = ()
    positions: tuple[PositionReport, ...] = ()
    account: AccountReport | None = field(default=None)
