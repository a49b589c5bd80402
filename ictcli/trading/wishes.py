"""What the account wants of its broker, in the account's own units, before it becomes an intent."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

from ictcli.ledger.bodies import Action, Intent
from ictcli.strategies.decisions import NEVER, ORDER_NAMES
from ictcli.trading.identity import intent_id

OrderName = Literal["market", "limit", "stop", "stop_limit", ""]


@dataclass(frozen=True, slots=True)
class Units:
    """How a series counts: decimals of its prices, lots of a volume step, decimals of the money.

    ``timeframe``: of its bars, empty where it does not matter.
    """

    symbol: str
    digits: int
    volume_step: Decimal
    money_digits: int
    timeframe: str = ""

    def price(self, points: int) -> Decimal | None:
        """A price; None for 0, which is none."""
        return Decimal(points).scaleb(-self.digits) if points else None

    def points(self, price: Decimal) -> int:
        """Points of a price.

        Raises:
            ValueError: it has more decimals than the series.
        """
        return _whole(price.scaleb(self.digits), f"price {price} of {self.symbol}")

    def lots(self, steps: int) -> Decimal:
        """Lots of a number of steps."""
        return self.volume_step * steps

    def steps(self, lots: Decimal) -> int:
        """Steps of a volume.

        Raises:
            ValueError: it is no whole number of them.
        """
        return _whole(lots / self.volume_step, f"volume {lots} of {self.symbol}")

    def money(self, minor: int) -> Decimal:
        """An amount behind its minor units."""
        return Decimal(minor).scaleb(-self.money_digits)

    def minor(self, money: Decimal) -> int:
        """Minor units of an amount.

        Raises:
            ValueError: it has more decimals than the currency.
        """
        return _whole(money.scaleb(self.money_digits), f"amount {money}")


def _whole(value: Decimal, what: str) -> int:
    whole = int(value)
    if whole != value:
        raise ValueError(f"{what} is not on its grid")
    return whole


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that is to be done.

    Attributes:
        action: place, close, cancel or protect.
        series, owner: numbers of the series and of the strategy.
        bar: close of the bar it was decided at, or the instant, ns UTC.
        leg: tells several of one kind on one bar apart.
        number: of the account's order (place, cancel) or position (close, protect).
        side: of the order or of the closing deal.
        steps: volume.
        order: kind of order.
        price, limit, stop, target: points, 0 for none.
        expires: ns UTC, ``NEVER`` for never.
        planned: entry price it was sized for, points; 0 where it is not an entry.
        reduces: it can only shrink exposure.
        reason: ``ExitReason`` of a close.
        why: in words.
    """

    action: Action
    series: int
    owner: int
    bar: int
    leg: int
    number: int
    side: int = 0
    steps: int = 0
    order: OrderName = ""
    price: int = 0
    limit: int = 0
    stop: int = 0
    target: int = 0
    expires: int = NEVER
    planned: int = 0
    reduces: bool = False
    reason: int = 0
    why: str = ""


def placing(order: Any, series: int, bar: int, leg: int, why: str) -> Wish:
    """The wish behind an ``ORDER`` record that was just placed."""
    asked = order["asked"]
    kind = cast("OrderName", ORDER_NAMES[int(asked["order"])])
    return Wish(
        action="place",
        series=series,
        owner=int(order["owner"]),
        bar=bar,
        leg=leg,
        number=int(order["number"]),
        side=int(asked["side"]),
        steps=int(order["steps"]),
        order=kind,
        price=int(asked["price"]) if kind != "market" else 0,
        limit=int(asked["limit"]) if kind == "stop_limit" else 0,
        stop=int(asked["stop"]),
        target=int(asked["target"]),
        expires=int(min(asked["expires"], asked["flat"])) if kind != "market" else NEVER,
        planned=int(order["planned"]),
        reduces=bool(asked["reduce_only"] == 1),
        why=why,
    )


@dataclass(frozen=True, slots=True)
class Header:
    """What every intent of a run carries: account, names of the strategies, hash of the configuration."""

    account: int
    strategies: tuple[str, ...]
    config: str


def intend(
    wish: Wish,
    header: Header,
    units: Units,
    *,
    target_id: str = "",
    position: int | None = None,
    quote: Mapping[str, Any] | None = None,
) -> Intent:
    """The intent of a wish.

    Args:
        wish: what is wanted.
        header: of the run.
        units: of the series.
        target_id: intent of the order that is withdrawn.
        position: broker's identifier of the position meant.
        quote: ``bid``, ``ask`` and ``quoted`` behind it.
    """
    strategy = header.strategies[wish.owner]
    name = intent_id(header.account, strategy, units.symbol, wish.bar, wish.leg, wish.action)
    return Intent(
        id=name,
        action=wish.action,
        strategy=strategy,
        symbol=units.symbol,
        bar=wish.bar,
        leg=wish.leg,
        side=wish.side,
        order=wish.order,
        volume=units.lots(wish.steps) if wish.steps else None,
        price=units.price(wish.price),
        limit=units.price(wish.limit),
        stop=units.price(wish.stop),
        target=units.price(wish.target),
        expires=None if wish.expires >= NEVER else wish.expires,
        target_id=target_id,
        position=position,
        reduces=wish.reduces,
        expected=units.price(wish.planned),
        local={"series": wish.series, "number": wish.number, "reason": wish.reason},
        why=wish.why,
        config=header.config,
        timeframe=units.timeframe,
        **dict(quote or {}),
    )
