"""Finished trades of a journal as a table with the columns that a run's trades have."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pyarrow as pa

from ictcli.engine.refusals import ExitReason
from ictcli.engine.trades import PRICE, TRADES, VOLUME
from ictcli.ledger.bodies import Filled, Intent
from ictcli.trading.closed_trades import ClosedTrade

_ZERO = Decimal(0)
_AMOUNTS = ("gross", "commission", "fees", "swap", "net", "costs", "risk")
_KNOWN = tuple(name for name in _AMOUNTS if name != "costs")
_MORE = [("mark", pa.string()), ("mode", pa.string()), ("position", pa.int64()), ("closing_deal", pa.int64())]

Worth = Callable[[str], Decimal | None]
"""Symbol = account currency that one lot gains while its price gains 1; None where that is not fixed."""


def trades_table(
    trades: Sequence[ClosedTrade], intents: Mapping[str, Intent], worth: Worth, where: tuple[str, str]
) -> pa.Table:
    """Finished trades, one row each.

    The columns are those of ``engine.trades.TRADES``. What only bars can tell is null (``mae_r``, ``mfe_r``,
    ``ambiguous``, ``spread_points``, ``slippage_points``, ``bars_held``, ``costs``, ``zone``); ``opened_at``
    and ``closed_at`` are the times of deals. Behind them stand ``mark`` (strategy with version and
    parameters), ``mode``, and the broker's ``position`` and ``closing_deal``. Amounts have two decimals, or
    as many as the broker books.

    Args:
        trades: in the order they finished.
        intents: of the journal, by name.
        worth: of symbols whose profit is counted in the account's currency.
        where: account and, for intents that do not tell it, timeframe: ``source`` and ``timeframe``.
    """
    rows = [_row(trade, intents, worth(trade.symbol), where) for trade in trades]
    booked = [row[name] for row in rows for name in _KNOWN if row[name]]
    places = max((-int(amount.as_tuple().exponent) for amount in booked), default=0)
    money = pa.decimal128(18, max(2, places))
    fields = [pa.field(one.name, money if one.name in _AMOUNTS else one.type) for one in TRADES]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, *_MORE]))


def _row(
    trade: ClosedTrade, intents: Mapping[str, Intent], worth: Decimal | None, where: tuple[str, str]
) -> dict[str, Any]:
    intent, side = trade.intent, trade.side
    into = [deal for deal in trade.deals if deal.side == side]
    out = [deal for deal in trade.deals if deal.side != side]
    entry, exit_ = _average(into), _average(out)
    gross, swap = _sum(trade.deals, "profit"), _sum(trade.deals, "swap")
    commission, fees = -_sum(trade.deals, "commission"), -_sum(trade.deals, "fee")
    risk = _risk(trade, entry, exit_, gross, worth)
    return {
        "source": where[0],
        "timeframe": intent.timeframe or where[1],
        "symbol": trade.symbol,
        "strategy": intent.strategy,
        "setup": intent.strategy,
        "setup_number": setup_of(intent),
        "side": "long" if side > 0 else "short",
        "signal_at": intent.bar // 1000,
        "opened_at": trade.opened // 1000,
        "closed_at": trade.closed // 1000,
        "entry": _fit(entry, PRICE),
        "stop": _fit(intent.stop, PRICE),
        "target": _fit(intent.target, PRICE),
        "exit": _fit(exit_, PRICE),
        "exit_reason": exit_reason(out[-1], intents),
        "volume": _fit(trade.volume, VOLUME),
        "gross": gross,
        "commission": commission,
        "fees": fees,
        "swap": swap,
        "net": trade.net,
        "risk": risk,
        "r_multiple": None if not risk else float(trade.net / risk),
        "exits": len(out),
        "mark": trade.mark,
        "mode": trade.mode,
        "position": trade.position,
        "closing_deal": trade.closing,
    }


def exit_reason(deal: Filled, intents: Mapping[str, Intent]) -> str:
    """Why a position was closed, as runs word it: by its own order's intent, else as the broker says."""
    intent = intents.get(deal.id)
    if intent is not None and intent.action == "close" and intent.local.get("reason"):
        return ExitReason(intent.local["reason"]).label
    return deal.reason


def setup_of(intent: Intent) -> int | None:
    """The strategy's number of the set-up that an intent belongs to; None where it names none."""
    words = intent.why.split()
    known = len(words) > 1 and words[0] == "set-up" and words[1].isdecimal()
    return int(words[1]) if known else None


def _risk(
    trade: ClosedTrade, entry: Decimal, exit_: Decimal, gross: Decimal, worth: Decimal | None
) -> Decimal | None:
    """What the way from entry to first stop is worth; by the trade's own result where only that tells."""
    stop = trade.intent.stop
    if stop is None or stop == entry:
        return None
    moved = trade.side * (exit_ - entry) * trade.volume
    if worth is None and moved == _ZERO:
        return None
    each = gross / moved if worth is None else worth
    return abs((entry - stop) * trade.volume * each).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def _average(deals: Sequence[Filled]) -> Decimal:
    volume = _sum(deals, "volume")
    return sum((deal.volume * deal.price for deal in deals), _ZERO) / volume if volume else _ZERO


def _sum(deals: Sequence[Filled], name: str) -> Decimal:
    return sum((getattr(deal, name) for deal in deals), _ZERO)


def _fit(value: Decimal | None, kind: pa.Decimal128Type) -> Decimal | None:
    """A decimal with the places of its column."""
    return None if value is None else value.quantize(Decimal(1).scaleb(-kind.scale), ROUND_HALF_EVEN)
