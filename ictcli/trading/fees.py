"""Fees of whoever operates the account: worked out per finished trade, booked beside the broker's own.

They are on no broker's books, so the broker's balance and ours differ by them: ``Cash`` events with
``operator`` set tell them apart. Each has a key of its own, so working them out twice books them once.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from ictcli.config.fields import instant
from ictcli.config.trading import OperatorFee
from ictcli.engine.money import minor_digits
from ictcli.ledger.bodies import Cash
from ictcli.ledger.log import Entry
from ictcli.trading.closed_trades import ClosedTrade, ClosedTrades

_ZERO = Decimal(0)


def fee_of(trade: ClosedTrade, fee: OperatorFee, currency: str) -> Decimal:
    """What one schedule takes of a trade, in account currency, rounded half to even; 0 before ``since``.

    The share is of the net profit after the broker's costs; a losing trade pays only what is fixed.
    """
    if fee.since and trade.closed < instant("since", fee.since):
        return _ZERO
    share = Decimal(str(fee.profit_share)) * max(trade.net, _ZERO)
    amount = fee.per_trade + fee.per_lot * trade.volume + share
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), ROUND_HALF_EVEN)


def fees_of(trade: ClosedTrade, fees: Mapping[str, OperatorFee], currency: str) -> list[Cash]:
    """The events of all schedules for one trade; a schedule that takes nothing has none."""
    return [
        Cash(
            key=f"operator-{name}-{trade.closing}",
            what=f"operator fee {name}",
            amount=-amount,
            ts=trade.closed,
            operator=True,
        )
        for name, fee in sorted(fees.items())
        if (amount := fee_of(trade, fee, currency)) != _ZERO
    ]


def fees_due(entries: Iterable[Entry], fees: Mapping[str, OperatorFee], currency: str) -> list[Cash]:
    """Fees of a journal's trades that are not in it yet: after a crash, or a schedule that came later."""
    fold = ClosedTrades()
    booked: set[str] = set()
    due: list[Cash] = []
    for entry in entries:
        if isinstance(entry.body, Cash) and entry.body.operator:
            booked.add(entry.body.key)
        trade = fold.take(entry)
        if trade is not None and trade.before is None and trade.mode != "dry":
            due += fees_of(trade, fees, currency)
    return [cash for cash in due if cash.key not in booked]
