"""One pass over everything a terminal says about its orders (MT5.md 6.3)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ictcli.brokers.mt5.calls import Calls
from ictcli.brokers.mt5.records import (
    FromServer,
    account_report,
    cash_report,
    deal_report,
    is_trade,
    order_report,
    position_report,
)
from ictcli.brokers.reports import (
    AccountReport,
    CashReport,
    DealReport,
    Evidence,
    OrderReport,
    PositionReport,
)
from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.errors import SourceUnavailable

Report = TypeVar("Report")

EARLIER, LATER = 5 * NS_PER_MINUTE, NS_PER_DAY
"""Beyond both ends of what is asked for: clocks differ, and a server's day may be ahead."""
_FIRST_SECOND = 86_400
"""MetaTrader discards a date of 0 (MT5.md 1.0)."""


@dataclass(slots=True)
class Pass:
    """What was read so far; ``complete`` falls with the first answer that is missing or unreadable."""

    complete: bool = True
    open_orders: list[OrderReport] = field(default_factory=list)
    done_orders: list[OrderReport] = field(default_factory=list)
    deals: list[DealReport] = field(default_factory=list)
    cash: list[CashReport] = field(default_factory=list)
    positions: list[PositionReport] = field(default_factory=list)
    account: AccountReport | None = None


def window(since: int, now: int, to_server: Callable[[int], int]) -> tuple[int, int]:
    """The range of a history request in the server's seconds.

    The server's clock may have been set back between the two ends, so that what happened later is stamped
    earlier: the range begins at the earlier of the two readings of its first instant.
    """
    first = max(since - EARLIER, 0)
    offset_now = to_server(now) - now // 1_000_000_000
    begin = min(to_server(first), first // 1_000_000_000 + offset_now)
    return max(begin, _FIRST_SECOND), to_server(now + LATER) + 1


def look(
    calls: Calls,
    require: Callable[[], Any],
    since: int,
    now: Callable[[], int],
    clock: tuple[Callable[[int], int], FromServer],
) -> Evidence:
    """Read open orders, done orders, deals and positions, in this order.

    An order that fills meanwhile is seen twice rather than not at all. The connection is looked at behind
    every list: one that was lost and found again while the pass was made may have left any of them empty.

    Args:
        calls: the terminal's functions.
        require: the account's info, after checking that it is ours.
        since: from when, ns UTC.
        now: the instant.
        clock: to and from the server's clock.

    Raises:
        SourceUnavailable: nothing could be read at all.
        PolicyRefused: the terminal is at another account.
    """
    begun = now()
    require()
    seen = Pass()
    seen.complete = _connected(calls)
    to_server, from_server = clock
    try:
        _read(calls, seen, window(since, begun, to_server), from_server)
        seen.account = account_report(require())
        seen.complete = _connected(calls) and seen.complete
    except SourceUnavailable:
        seen.complete = False
    return Evidence(
        since=since,
        begun=begun,
        ended=now(),
        complete=seen.complete,
        open_orders=tuple(seen.open_orders),
        done_orders=tuple(seen.done_orders),
        deals=tuple(seen.deals),
        cash=tuple(seen.cash),
        positions=tuple(seen.positions),
        account=seen.account,
    )


def _read(calls: Calls, seen: Pass, between: tuple[int, int], clock: FromServer) -> None:
    orders = _listed(calls, seen, "orders_get")
    seen.open_orders = _each(seen, orders, lambda one: order_report(one, clock, over=False))
    done = _listed(calls, seen, "history_orders_get", *between)
    seen.done_orders = _each(seen, done, lambda one: order_report(one, clock, over=True))
    deals = _listed(calls, seen, "history_deals_get", *between)
    seen.deals = _each(seen, filter(is_trade, deals), lambda one: deal_report(one, clock))
    moved = (one for one in deals if not is_trade(one))
    seen.cash = _each(seen, moved, lambda one: cash_report(one, clock))
    positions = _listed(calls, seen, "positions_get")
    seen.positions = _each(seen, positions, lambda one: position_report(one, clock))


def _listed(calls: Calls, seen: Pass, name: str, *between: int) -> Any:
    found = calls.read(name, *between)
    seen.complete = _connected(calls) and seen.complete
    return found


def _each(seen: Pass, found: Iterable[Any], report: Callable[[Any], Report]) -> list[Report]:
    reports = []
    for one in found:
        try:
            reports.append(report(one))
        except (ValueError, OverflowError):
            seen.complete = False
    return reports


def _connected(calls: Calls) -> bool:
    return bool(calls.read("terminal_info").connected)
