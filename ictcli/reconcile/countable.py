"""Whether the trader of a ledger can count what the ledger tells: whole lot steps, points and minor units."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from ictcli.errors import DataError
from ictcli.ledger.bodies import Filled
from ictcli.ledger.log import Entry
from ictcli.trading.messages import FillNotice, MoneyNotice
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.wishes import Units

_MOST = 2**53
"""Units beyond which no account counts."""


def require_countable(entries: Iterable[Entry], after: int, units: Mapping[str, Units], money: Units) -> None:
    """Refuse deals and corrections that no trader could have booked: one would have ended there.

    Args:
        entries: of the ledger, from its beginning.
        after: number of the event behind which they are booked once more.
        units: symbol = how its prices and volumes are counted.
        money: how amounts are.

    Raises:
        DataError: names event and value.
    """
    book = OrderBook()
    for entry in entries:
        notices = book.apply(entry.body, entry.ts)
        if entry.seq <= after:
            continue
        if isinstance(entry.body, Filled) and not entry.body.volume > 0:
            raise _refused(entry, f"volume {entry.body.volume} of {entry.body.symbol} is none")
        for notice in notices:
            if isinstance(notice, MoneyNotice):
                _require(entry, money.minor, notice.amount)
            elif isinstance(notice, FillNotice):
                _require_deal(entry, notice, units, money)


def _require_deal(entry: Entry, notice: FillNotice, units: Mapping[str, Units], money: Units) -> None:
    deal = notice.deal
    _require(entry, money.minor, deal.profit, deal.commission, deal.swap, deal.fee)
    own = units.get(deal.symbol)
    if own is not None:
        _require(entry, own.steps, deal.volume)
        _require(entry, own.points, deal.price)


def _require(entry: Entry, count: Callable[[Decimal], int], *values: Decimal) -> None:
    for value in values:
        try:
            whole = count(value)
        except (ValueError, ArithmeticError) as error:
            raise _refused(entry, str(error) or f"{value} is no number") from error
        if abs(whole) > _MOST:
            raise _refused(entry, f"{value} is beyond what an account counts")


def _refused(entry: Entry, why: str) -> DataError:
    body = entry.body
    what = f"deal {body.deal}" if isinstance(body, Filled) else "what it tells"
    return DataError(
        f"event {entry.seq} of the ledger, {what}: {why}; nothing can be decided once more behind it",
        hint="`ictcli reconcile` holds the ledger against its broker; or choose a period behind it: --since.",
    )
