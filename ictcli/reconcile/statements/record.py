"""What a statement file says, as it says it: nothing computed, nothing converted.

Every instant is a reading of the trade server's wall clock, nanoseconds as if it were UTC; the files name no
time zone. Money, prices and volumes are the exact decimals of the file. ``row`` counts the rows of a table
from 1, as a reader of the file counts them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Source = Literal["mt5", "mt4", "csv"]
Mode = Literal["hedge", "netting", "mt4"]

ZERO = Decimal(0)
TRADES = frozenset({"buy", "sell"})


@dataclass(frozen=True, slots=True)
class StatedDeal:
    """A deal, or a movement of the balance.

    Attributes:
        kind: buy, sell, or what moved the balance: balance, credit, correction, commission, …
        entry: in, out, inout, out_by; empty for a movement of the balance.
        order, position: 0 where the file tells none.
        commission, fee, swap, profit: signed as the balance moved.
        balance: behind it; None where the file tells none.
    """

    row: int
    deal: int
    time: int
    symbol: str
    kind: str
    entry: str
    volume: Decimal
    price: Decimal
    order: int
    position: int
    commission: Decimal
    fee: Decimal
    swap: Decimal
    profit: Decimal
    balance: Decimal | None
    comment: str

    @property
    def trades(self) -> bool:
        """Whether it bought or sold."""
        return self.kind in TRADES

    @property
    def side(self) -> int:
        """1 bought, -1 sold, 0 neither."""
        return {"buy": 1, "sell": -1}.get(self.kind, 0)

    @property
    def amount(self) -> Decimal:
        """All of its money."""
        return self.commission + self.fee + self.swap + self.profit

    @property
    def moved(self) -> Decimal:
        """How the balance moved; a credit is lent beside it."""
        return ZERO if self.kind == "credit" else self.amount


@dataclass(frozen=True, slots=True)
class StatedOrder:
    """An order, over or working.

    Attributes:
        kind: buy, sell, buy_limit, …
        price: None where the file says only that it was at market.
        done: 0 for one that works.
        state: filled, canceled, expired, placed, …
    """

    row: int
    order: int
    symbol: str
    kind: str
    volume: Decimal
    filled: Decimal
    price: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    placed: int
    done: int
    state: str
    comment: str


@dataclass(frozen=True, slots=True)
class ClosedPosition:
    """A position that is closed; for MetaTrader 4 an order that is.

    Attributes:
        side: 1 long, -1 short.
        taxes: MetaTrader 4 only.
    """

    row: int
    position: int
    symbol: str
    side: int
    volume: Decimal
    opened: int
    open_price: Decimal
    closed: int
    close_price: Decimal
    stop: Decimal | None
    target: Decimal | None
    commission: Decimal
    taxes: Decimal
    swap: Decimal
    profit: Decimal
    comment: str


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """A position that was open when the file was written; ``profit`` is unrealised."""

    row: int
    position: int
    symbol: str
    side: int
    volume: Decimal
    opened: int
    price: Decimal
    market: Decimal
    stop: Decimal | None
    target: Decimal | None
    commission: Decimal
    taxes: Decimal
    swap: Decimal
    profit: Decimal
    comment: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole file. The owner's name is not kept.

    Attributes:
        account: its number; empty where a CSV file tells none.
        server, company: empty where the file tells none.
        written: the minute in which it was written; 0 where it is not told.
        minor: digits of the account's money.
        language: of the headings, such as ``en``; empty where they were recognised by their shape alone.
        working: orders that had not been filled when it was written.
        stated: totals that the file states, by name (``balance``, ``net_profit``, ``deals.swap`` …).
    """

    source: Source
    account: str
    server: str
    company: str
    currency: str
    mode: Mode
    written: int
    minor: int
    language: str
    deals: tuple[StatedDeal, ...] = ()
    orders: tuple[StatedOrder, ...] = ()
    positions: tuple[ClosedPosition, ...] = ()
    open_positions: tuple[OpenPosition, ...] = ()
    working: tuple[StatedOrder, ...] = ()
    stated: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def cash(self) -> tuple[StatedDeal, ...]:
        """Movements of the balance without an order."""
        return tuple(deal for deal in self.deals if not deal.trades)
