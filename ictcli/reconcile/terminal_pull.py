"""One reading of all that a terminal says of an account, which counts only when nothing moved meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.errors import IctError
from ictcli.terminals.constants import DealType, PositionType
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock

_BEFORE = 3 * NS_PER_HOUR
"""Readings of the server's clock may be set back by hours between the window's begin and now."""
_FIRST_SECOND = 86_400
_MOST_PAGES = 32
_TRADES = (DealType.BUY, DealType.SELL)
_STEP = 1e-8


class Historian(Terminal, Protocol):
    """A terminal that also counts its history."""

    def history_orders_total(self, date_from: int, date_to: int, /) -> Any:
        """Number of orders that are over."""
        ...

    def history_deals_total(self, date_from: int, date_to: int, /) -> Any:
        """Number of deals."""
        ...


class Unsettled(Exception):
    """What was read does not make one picture: it is read again.

    Args:
        why: in words.
        picture: what was read, None where not all of it was.
    """

    def __init__(self, why: str, picture: "Picture | None" = None) -> None:
        super().__init__(why)
        self.picture = picture


@dataclass(frozen=True, slots=True)
class Picture:
    """Raw records, read in this order; ``account`` before the positions and ``again`` behind them."""

    deals: tuple[Any, ...]
    done: tuple[Any, ...]
    account: Any
    positions: tuple[Any, ...]
    orders: tuple[Any, ...]
    again: Any


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read.

    Attributes:
        since: from when, ns UTC.
        begun: the instant at which it is asked, ns UTC.
        until: the watermark, ns UTC: what is newer need not be settled.
    """

    since: int
    begun: int
    until: int


def pull(terminal: Historian, clock: ServerClock, asked: Asked) -> Picture:
    """Read everything once and see whether it is whole.

    Raises:
        Unsettled: it is not.
    """
    _require_connection(terminal)
    span = _span(clock, asked)
    begun = _one(terminal, "account_info")
    deals = listed(terminal, "history_deals_get", *span)
    done = listed(terminal, "history_orders_get", *span)
    account = _one(terminal, "account_info")
    positions = listed(terminal, "positions_get")
    orders = listed(terminal, "orders_get")
    again = _one(terminal, "account_info")
    picture = Picture(deals, done, account, positions, orders, again)
    try:
        _require_still(terminal, picture, begun, span)
        _require_whole(terminal, picture, span)
        return _with_orders(terminal, picture)
    except Unsettled as error:
        raise Unsettled(str(error), picture) from error


def listed(terminal: Historian, name: str, *args: Any, **named: Any) -> tuple[Any, ...]:
    """What a function lists; nothing is an empty tuple.

    Raises:
        Unsettled: it gave no answer.
    """
    return tuple(_one(terminal, name, *args, **named))


def _one(terminal: Historian, name: str, *args: Any, **named: Any) -> Any:
    try:
        found = getattr(terminal, name)(*args, **named)
        if found is None:
            code, text = terminal.last_error()
            raise Unsettled(f"the terminal did not answer {name}: {text} ({code})")
    except (IctError, SystemError) as error:
        raise Unsettled(f"the terminal did not answer {name}: {error}") from error
    return found


def _require_connection(terminal: Historian) -> None:
    if not _one(terminal, "terminal_info").connected:
        raise Unsettled("the terminal is not connected to its server")


def _span(clock: ServerClock, asked: Asked) -> tuple[int, int]:
    """The range of a history request in the server's seconds: beyond both ends of what is asked for."""
    return (
        max(clock.shown_s(max(asked.since - _BEFORE, 0)), _FIRST_SECOND),
        clock.shown_s(asked.begun + NS_PER_DAY) + 1,
    )


def _require_still(terminal: Historian, picture: Picture, begun: Any, span: tuple[int, int]) -> None:
    """Nothing moved while it was read, and the line held."""
    own = (begun.login, begun.server)
    if any((one.login, one.server) != own for one in (picture.account, picture.again)):
        raise Unsettled("the terminal was logged in to another account meanwhile")
    newest = max((deal.time for deal in picture.deals), default=span[0])
    later = listed(terminal, "history_deals_get", max(newest - 60, span[0]), span[1])
    known = set(picture.deals)
    if any(deal not in known for deal in later) or begun.balance != picture.again.balance:
        raise Unsettled("deals were made while the history was read")
    _require_connection(terminal)


def _require_whole(terminal: Historian, picture: Picture, span: tuple[int, int]) -> None:
    """The history was not cut off anywhere."""
    counts = (
        ("deals", len(set(picture.deals)), _one(terminal, "history_deals_total", *span)),
        ("orders", len(set(picture.done)), _one(terminal, "history_orders_total", *span)),
    )
    for what, found, total in counts:
        if found != total:
            raise Unsettled(f"the history has {total} {what}, and {found} were given")
    _require_pages(terminal, picture.deals, span)
    _require_positions(terminal, picture)


def _require_pages(terminal: Historian, deals: Sequence[Any], span: tuple[int, int]) -> None:
    """The history in pieces is the history at once.

    Pieces share a second: a deal within the last one of a range is behind its end.
    """
    first = min((deal.time for deal in deals), default=span[1])
    size = max(-((first - span[1]) // _MOST_PAGES), _FIRST_SECOND)
    whole = {deal.ticket for deal in deals}
    left = set(whole)
    for start in range(first, span[1], size):
        page = listed(terminal, "history_deals_get", start, min(start + size, span[1]))
        if any(deal.ticket not in whole for deal in page):
            raise Unsettled("the history at once lacks deals that a part of it has")
        left -= {deal.ticket for deal in page}
    if left:
        raise Unsettled(f"parts of the history lack deal {min(left)}")


def _require_positions(terminal: Historian, picture: Picture) -> None:
    """Every position is what its deals make it, from the one that opened it on."""
    held = {one.identifier or one.ticket: _signed(one, PositionType.BUY) for one in picture.positions}
    made = dict.fromkeys(held, 0.0)
    for deal in _trades(picture.deals):
        made[deal.position_id] = made.get(deal.position_id, 0.0) + _signed(deal, DealType.BUY)
    for position, volume in made.items():
        wanted = held.get(position, 0.0)
        if abs(volume - wanted) < _STEP:
            continue
        own = listed(terminal, "history_deals_get", position=int(position))
        told = sum(_signed(deal, DealType.BUY) for deal in _trades(own))
        if abs(told - wanted) >= _STEP:
            raise Unsettled(f"position {position} holds {wanted:g}, the deals that are told make {told:g}")


def _with_orders(terminal: Historian, picture: Picture) -> Picture:
    """With orders that the range left out and its deals name."""
    known = {order.ticket for order in (*picture.done, *picture.orders)}
    named = {deal.order for deal in _trades(picture.deals) if deal.order} - known
    extra: list[Any] = []
    for ticket in sorted(named):
        found = listed(terminal, "history_orders_get", ticket=int(ticket))
        if not found:
            raise Unsettled(f"order {ticket} is not in the history, and its deals are")
        extra += found
    return Picture(
        picture.deals, (*picture.done, *extra), picture.account, picture.positions, picture.orders,
        picture.again,
    )  # fmt: skip


def _trades(deals: Sequence[Any]) -> list[Any]:
    return [deal for deal in deals if deal.type in _TRADES]


def _signed(record: Any, buys: int) -> float:
    return float(record.volume if record.type == int(buys) else -record.volume)
