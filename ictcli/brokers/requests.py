"""What a broker is asked to do: one frozen record per action, exact decimals, instants in ns UTC."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

OrderKind = Literal["market", "limit", "stop", "stop_limit"]

MOST_COMMENT = 29
"""UTF-16 units of a comment that every adapter carries (MT5.md 1.0)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A new order.

    Attributes:
        symbol: the broker's own name of the instrument.
        side: +1 buy, -1 sell.
        kind: market, limit, stop or stop_limit.
        volume: lots, above 0, a multiple of the volume step.
        magic: number by which order, deals and position are known again (MT5.md 4.8).
        price: of a limit order, trigger of a stop order; None for a market order.
        limit: limit price of a stop_limit order.
        stop, target: protection that the broker holds; None for none.
        expires: instant at which it lapses, ns UTC; None: good till cancelled.
        deviation: points that a market order may slip where the broker honours it.
        comment: a hint for people; brokers overwrite it.
        position: of a netting account, the position it adds to or reduces; None: unknown.
    """

    symbol: str
    side: int
    kind: OrderKind
    volume: Decimal
    magic: int
    price: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    expires: int | None = None
    deviation: int = 0
    comment: str = ""
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Closing of a position, or of a part of it, at the market.

    Attributes:
        symbol: the broker's own name of the instrument.
        position: ticket of the position.
        side: of the closing deal: -1 closes a long.
        volume: lots, at most what is open.
        magic: number of this order.
        deviation: see ``Place``.
        comment: see ``Place``.
    """

    symbol: str
    position: int
    side: int
    volume: Decimal
    magic: int
    deviation: int = 0
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdrawal of a resting order by its ticket."""

    symbol: str
    order: int


@dataclass(frozen=True, slots=True)
class Protect:
    """New stop and target of a position; None removes one."""

    symbol: str
    position: int
    stop: Decimal | None
    target: Decimal | None


@dataclass(frozen=True, slots=True)
class Amend:
    """New prices of a resting order; its volume cannot change."""

    symbol: str
    order: int
    price: Decimal
    limit: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    expires: int | None = None


Request = Place | Close | Cancel | Protect | Amend
