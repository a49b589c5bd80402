"""An account whose orders a broker fills: the same desk, fed with deals instead of matching bars itself.

What a backtest does between two bars, a trader does by requests: orders that have waited long enough or
whose void price was traded are withdrawn, positions whose time is over are closed, stops are moved. This
class says which; carrying it out is the order manager's.
"""

from dataclasses import dataclass
from typing import Any

from ictcli.engine.booking import book_entry, book_exit, roll_to
from ictcli.engine.orders import drop
from ictcli.engine.portfolio import Books, Desk, room_for, written
from ictcli.engine.positions import NO_SLOT, find_position
from ictcli.engine.refusals import ExitReason, OrderEvent
from ictcli.engine.run import mark
from ictcli.engine.world import Quote
from ictcli.market.bars import Int64
from ictcli.strategies.decisions import MARKET, PARTIALS

_RECORDS = 512
"""Records that one deal may write at most: itself, and every order of its group."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A broker's deal in the account's units.

    Attributes:
        series: number of the series.
        ts: when, ns UTC.
        price: points.
        steps: volume steps.
        spread: points between bid and ask then.
        slippage: points lost against the quote then; negative when gained.
    """

    series: int
    ts: int
    price: int
    steps: int
    spread: int = 0
    slippage: int = 0


class ExternalDesk(Desk):
    """An account under way at a broker; arguments as for ``Desk``."""

    def __init__(self, rules: Any, series: Any, rolls: Int64, blackouts: Int64, start: int) -> None:
        rules = rules.copy()
        rules["external"] = 1
        super().__init__(rules, series, rolls, blackouts, start)

    @classmethod
    def of(cls, desk: Desk, start: int) -> "ExternalDesk":
        """The same account before its first bar, at a broker."""
        world = desk.world
        return cls(world.rules, world.series, world.rolls, world.blackouts, start)

    def roll_to(self, instant: int) -> Books:
        """Pass every roll of the trading day up to and including an instant."""
        output = room_for(_RECORDS)
        roll_to(self.world, output, instant)
        return written(output)

    def mark(self, instant: int) -> Books:
        """Write down what the account is worth."""
        output = room_for(_RECORDS)
        mark(self.world, output, instant)
        return written(output)

    def fill(self, order: int, deal: Deal) -> tuple[Books, int]:
        """Book a deal of an order; what was written, and the steps that could not be booked.

        Raises:
            KeyError: the series has no such order.
        """
        output = room_for(_RECORDS)
        slot = self.order_slot(deal.series, order)
        if slot == NO_SLOT:
            raise KeyError(f"series {deal.series} has no order {order}")
        quote = self._quote(deal)
        left = book_entry(self.world, output, deal.series, slot, quote, deal.price, deal.steps, deal.slippage)
        return written(output), int(left)

    def leave(self, position: int, deal: Deal, reason: int) -> tuple[Books, int]:
        """Book a deal that closes a position or a part of it; what was written, and the steps not open.

        Args:
            position: its number.
            deal: of the broker.
            reason: ``ExitReason``; 0 is that of the stop as it stands.
        """
        output = room_for(_RECORDS)
        quote = self._quote(deal)
        left = book_exit(
            self.world, output, deal.series, position, quote, deal.price, deal.steps, deal.slippage, reason
        )
        return written(output), int(left)

    def drop(self, s: int, order: int, ts: int, event: OrderEvent, code: int = 0) -> Books:
        """Take an order off the book; nothing where it is not there."""
        output = room_for(_RECORDS)
        slot = self.order_slot(s, order)
        if slot != NO_SLOT:
            drop(self.world, output, s, slot, self._quote(Deal(s, ts, 0, 0)), int(event), code)
        return written(output)

    def order_slot(self, s: int, number: int) -> int:
        """Where an order stands, ``NO_SLOT`` when it is over."""
        for slot in range(int(self.world.states[s]["order_end"])):
            order = self.world.orders[s, slot]
            if order["live"] == 1 and order["number"] == number:
                return slot
        return NO_SLOT

    def live_order(self, s: int, number: int) -> Any | None:
        """The record of an order on the book, None when it is over."""
        slot = self.order_slot(s, number)
        return None if slot == NO_SLOT else self.world.orders[s, slot]

    def put_back(self, s: int, record: Any) -> None:
        """Put an order back that was withdrawn here and filled at the broker."""
        state = self.world.states[s]
        for slot in range(self.world.orders.shape[1]):
            if self.world.orders[s, slot]["live"] == 0:
                self.world.orders[s, slot] = record
                state["orders"] += 1
                state["order_end"] = max(int(state["order_end"]), slot + 1)
                return

    def is_idle(self, s: int) -> bool:
        """Whether a series has neither orders nor positions: until its next close nothing is wanted."""
        state = self.world.states[s]
        return bool(state["orders"] == 0 and state["positions"] == 0)

    def begin_with(self, money: int) -> None:
        """Begin with a balance that the broker told, minor units; before anything was traded."""
        for name in ("balance", "peak", "equity", "day_opening"):
            self.world.account[name] = money
        self.world.rules["opening"] = money

    def position(self, s: int, number: int) -> Any | None:
        """The record of an open position, None when it is closed."""
        slot = find_position(self.world, s, number)
        return None if slot == NO_SLOT else self.world.positions[s, slot]

    def live_orders(self, s: int) -> list[Any]:
        """Records of the orders on the book, by slot."""
        own = self.world.orders[s, : int(self.world.states[s]["order_end"])]
        return [order for order in own if order["live"] == 1]

    def live_positions(self, s: int) -> list[Any]:
        """Records of the open positions, by slot."""
        own = self.world.positions[s, : int(self.world.states[s]["position_end"])]
        return [one for one in own if one["live"] == 1]

    def set_swap(self, s: int, number: int, swap: int) -> int:
        """Take the swap of an open position from the broker; what the balance changed by, minor units."""
        position = self.position(s, number)
        if position is None:
            return 0
        change = swap - int(position["swap"])
        position["swap"] += change
        self.world.account["balance"][0] += change
        return change

    def adjust(self, money: int) -> None:
        """Book a movement of the balance that no deal explains, minor units."""
        self.world.account["balance"][0] += money

    def _quote(self, deal: Deal) -> Quote:
        """The bar of a deal, as far as bookings look at it: the one that is not closed yet."""
        bar = int(self.world.states[deal.series]["bar"])
        price = deal.price
        return Quote(bar, deal.ts, price, price, price, price, deal.spread, -1)


def voided(orders: list[Any], high: int, low: int, spread: int) -> list[int]:
    """Numbers of resting orders whose void price was traded between ``low`` and ``high`` (bid).

    The rule is ``engine.orders.is_void``.
    """
    found = []
    for order in orders:
        asked = order["asked"]
        side, level = int(asked["side"]), int(asked["void_at"])
        if level == 0 or asked["order"] == MARKET:
            continue
        ask = 0 if side > 0 else spread
        favour = side * (level - int(asked["price"])) > 0
        reached = (high if side > 0 else low) if favour else (low if side > 0 else high)
        beyond = side * (reached + ask - level)
        if beyond >= 0 if favour else beyond <= 0:
            found.append(int(order["number"]))
    return found


def waited(orders: list[Any], bar: int) -> list[int]:
    """Numbers of orders that may not rest on bar ``bar`` any more."""
    return [
        int(order["number"])
        for order in orders
        if order["asked"]["max_wait"] > 0 and bar - int(order["placed"]) > int(order["asked"]["max_wait"])
    ]


def lapsed(orders: list[Any], instant: int) -> list[int]:
    """Numbers of orders whose instant has passed."""
    return [
        int(order["number"])
        for order in orders
        if instant >= min(int(order["asked"]["expires"]), int(order["asked"]["flat"]))
    ]


def due(position: Any, bar: int, instant: int) -> int:
    """``ExitReason`` with which a position is to be closed at the open of bar ``bar``; 0 to keep it.

    The rule is ``engine.exits.reason_to_leave``; ``instant`` is the earliest at which that bar can open.
    """
    if position["leave"] != 0:
        return int(position["leave"])
    if position["last_bar"] >= 0 and bar > position["last_bar"]:
        return int(ExitReason.TIME)
    return int(ExitReason.SESSION) if instant >= position["flat"] else 0


def partial_due(position: Any, best: int) -> tuple[int, int]:
    """Place and steps of the first partial exit that a price (where the position is left) reaches.

    ``(-1, 0)`` for none. The level is used up by the caller when its deal is booked.
    """
    side = int(position["side"])
    for at in range(PARTIALS):
        level = int(position["partial_at"][at])
        if level != 0 and side * (best - level) >= 0:
            return at, int(min(position["partial_steps"][at], position["steps"]))
    return -1, 0
