"""The one gate before the broker: what it lets pass is a pure function of the book, a quote and the time.

Whatever can only shrink exposure passes where safety wants it to: a cancel is stopped by nothing but the lack
of an order, a stop for an open position by nothing but the emergency stop, and a close passes a stop that
asks for flat positions. Rates are the one thing that the
gate remembers; cancels and closes have a lane of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from ictcli.brokers.reports import Quote
from ictcli.clock import NS_PER_MINUTE, parse_duration
from ictcli.config.trading import TradeConfig
from ictcli.ledger.bodies import Intent
from ictcli.trading.denials import Denial
from ictcli.trading.limiter import TokenBucket
from ictcli.trading.orderbook import OrderBook

MOST_REPEATS = 3
"""Orders that are equal but for their names, in one minute."""
_NEEDED = {"market": (), "limit": ("price",), "stop": ("price",), "stop_limit": ("price", "limit")}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request must not be sent."""

    code: Denial
    detail: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What the gate looks at beside the book.

    Attributes:
        intent: what is to be sent.
        epoch: of the trader that asks.
        quote: the last one of the symbol, None for none.
        now: the instant, ns UTC.
        again: it was refused before, provably without effect, and is to be asked once more.
    """

    intent: Intent
    epoch: int
    quote: Quote | None
    now: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """The configured limits, in the gate's units."""

    most_volume: Decimal
    quote_age: int
    deviation: int

    @staticmethod
    def of(settings: TradeConfig) -> "Limits":
        """Those of the configuration."""
        return Limits(settings.most_volume, parse_duration(settings.quote_age), settings.deviation)


def refusal(book: OrderBook, view: View, limits: Limits) -> Refusal | None:
    """Why an intent must not be sent now; None lets it pass."""
    if book.start is None:
        return Refusal(Denial.NOT_STARTED)
    if book.epoch != view.epoch:
        return Refusal(Denial.FENCED, f"epoch {book.epoch} is not {view.epoch}")
    if view.intent.action == "cancel":
        return _order_known(book, view.intent)
    return _state_allows(book, view.intent) or _CHECKS[view.intent.action](book, view, limits)


def _state_allows(book: OrderBook, intent: Intent) -> Refusal | None:
    flattens = intent.action == "close" and book.latched is not None and book.latched.flatten
    if book.latched is not None and not flattens:
        return Refusal(Denial.LATCHED, book.latched.reason)
    if book.recovering:
        return Refusal(Denial.RECOVERING)
    if book.mode == "halted" and not flattens and not (intent.action == "protect" and intent.reduces):
        return Refusal(Denial.HALTED, book.mode_reason)
    reduces = intent.reduces or intent.action in {"close", "protect"}
    if book.mode == "reducing" and not reduces:
        return Refusal(Denial.REDUCING, book.mode_reason)
    return None


def _place(book: OrderBook, view: View, limits: Limits) -> Refusal | None:
    intent = view.intent
    found = _own(book, intent) or _volume(intent, limits) or _prices(intent)
    if found or intent.reduces:
        return found
    if unresolved := book.unresolved_of(intent.symbol):
        return Refusal(Denial.UNRESOLVED, unresolved[0].id)
    return _quote(view, limits) or _repeated(book, view)


def _close(book: OrderBook, view: View, limits: Limits) -> Refusal | None:
    intent = view.intent
    if found := _own(book, intent) or _volume(intent, limits, most=False):
        return found
    position = book.positions.get(intent.position or 0)
    if position is None or position.volume * intent.side >= 0:
        return Refusal(Denial.NO_POSITION, f"position {intent.position}")
    under_way = book.closing(position.identifier)
    if under_way and any(one.unresolved for one in book.working_orders() if _closes(one.intent, intent)):
        return Refusal(Denial.IN_FLIGHT, f"{under_way} lots of position {intent.position}")
    if (intent.volume or 0) + under_way > abs(position.volume):
        return Refusal(Denial.CONSERVATION, f"{intent.volume} of {abs(position.volume)} lots")
    return None


def _closes(one: Intent, other: Intent) -> bool:
    return one.action == "close" and one.position == other.position and one.id != other.id


def _protect(book: OrderBook, view: View, _limits: Limits) -> Refusal | None:
    intent = view.intent
    if intent.position not in book.positions:
        return Refusal(Denial.NO_POSITION, f"position {intent.position}")
    for task in book.pending_tasks():
        one = task.intent
        if one.action == "protect" and one.position == intent.position and one.id != intent.id:
            return Refusal(Denial.IN_FLIGHT, one.id)
    return _prices(intent)


def _amend(book: OrderBook, view: View, limits: Limits) -> Refusal | None:
    intent = view.intent
    if found := _order_known(book, intent):
        return found
    if not book.orders[intent.target_id].resting:
        return Refusal(Denial.IN_FLIGHT, intent.target_id)
    for task in book.pending_tasks():
        if task.intent.target_id == intent.target_id and task.id != intent.id:
            return Refusal(Denial.IN_FLIGHT, task.id)
    if intent.price is None:
        return Refusal(Denial.PRICE, "price")
    return _prices(intent) or _quote(view, limits)


_CHECKS: dict[str, Callable[[OrderBook, View, Limits], Refusal | None]] = {
    "place": _place,
    "close": _close,
    "protect": _protect,
    "amend": _amend,
}


def _order_known(book: OrderBook, intent: Intent) -> Refusal | None:
    known = intent.target_id in book.orders
    return None if known else Refusal(Denial.NO_ORDER, intent.target_id)


def _own(book: OrderBook, intent: Intent) -> Refusal | None:
    """The order is the one that was recorded, and nothing of it may be at the broker already."""
    order = book.orders.get(intent.id)
    holder = book.by_magic.get(intent.magic) or intent.id
    if holder != intent.id:
        return Refusal(Denial.MAGIC, f"{intent.magic} is of {holder}")
    if order is None:
        return None
    if not order.provable or order.filled or order.ticket or order.intent != intent:
        return Refusal(Denial.CONSERVATION, f"attempt {order.attempt} may have been executed")
    return None


def _volume(intent: Intent, limits: Limits, *, most: bool = True) -> Refusal | None:
    volume = intent.volume
    if volume is None or not volume.is_finite() or volume <= 0:
        return Refusal(Denial.VOLUME, str(volume))
    if most and volume > limits.most_volume:
        return Refusal(Denial.MOST_VOLUME, f"{volume} > {limits.most_volume}")
    return None


def _prices(intent: Intent) -> Refusal | None:
    for name in ("price", "limit", "stop", "target", "expected"):
        value: Decimal | None = getattr(intent, name)
        if value is not None and (not value.is_finite() or value <= 0):
            return Refusal(Denial.PRICE, f"{name} {value}")
    if intent.action != "place":
        return None
    absent = [name for name in _NEEDED.get(intent.order, ("order",)) if not getattr(intent, name)]
    side_wrong = intent.side not in {1, -1}
    return Refusal(Denial.PRICE, "side" if side_wrong else absent[0]) if absent or side_wrong else None


def _quote(view: View, limits: Limits) -> Refusal | None:
    quote = view.quote
    if quote is None:
        return Refusal(Denial.NO_QUOTE, view.intent.symbol)
    sane = all(price.is_finite() and price > 0 for price in (quote.bid, quote.ask))
    if not sane or quote.bid > quote.ask:
        return Refusal(Denial.BAD_QUOTE, f"{quote.bid} / {quote.ask}")
    age = view.now - quote.ts
    if abs(age) > limits.quote_age:
        return Refusal(Denial.OLD_QUOTE, f"{age / 1e9:.1f} s")
    return _moved(view, quote, limits) if view.again and view.intent.order == "market" else None


def _moved(view: View, quote: Quote, limits: Limits) -> Refusal | None:
    intent = view.intent
    price = quote.ask if intent.side > 0 else quote.bid
    expected = intent.expected or (intent.ask if intent.side > 0 else intent.bid)
    if expected is None:
        return Refusal(Denial.MOVED, "no expected price")
    moved = intent.side * (price - expected)
    exponents = (quote.bid.as_tuple().exponent, quote.ask.as_tuple().exponent)
    point = Decimal(1).scaleb(min(int(one) for one in exponents))
    if moved > limits.deviation * point:
        return Refusal(Denial.MOVED, f"from {expected} to {price}")
    return None


def _repeated(book: OrderBook, view: View) -> Refusal | None:
    wanted, seen = _likeness(view.intent), 0
    for order in reversed(book.lately.values()):
        if order.created <= view.now - NS_PER_MINUTE:
            break
        seen += bool(order.attempt) and order.id != view.intent.id and _likeness(order.intent) == wanted
    return Refusal(Denial.REPEATED, f"{seen} in a minute") if seen >= MOST_REPEATS else None


def _likeness(intent: Intent) -> tuple[object, ...]:
    return (
        intent.strategy, intent.symbol, intent.action, intent.side, intent.order, intent.volume, intent.price,
        intent.limit, intent.stop, intent.target,
    )  # fmt: skip


class Gate:
    """The gate with its two lanes.

    Args:
        settings: limits and rates.
    """

    def __init__(self, settings: TradeConfig) -> None:
        self.limits = Limits.of(settings)
        self._opening = TokenBucket(settings.orders_per_minute)
        self._reducing = TokenBucket(settings.orders_per_minute)

    def pass_through(self, book: OrderBook, view: View) -> Refusal | None:
        """Why an intent must not be sent now; None lets it pass and counts it."""
        if found := refusal(book, view, self.limits):
            return found
        if view.intent.action == "cancel":
            return None
        reduces = view.intent.reduces or view.intent.action in {"close", "protect"}
        lane = self._reducing if reduces else self._opening
        return None if lane.take(view.now) else Refusal(Denial.RATE)
