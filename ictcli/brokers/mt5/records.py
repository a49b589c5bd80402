"""MetaTrader's records as reports. Values that no list knows are kept and never raise (MT5.md 2, 4.4)."""

from collections.abc import Callable
from typing import Any

from ictcli.brokers.mt5.numbers import exact, known, optional
from ictcli.brokers.mt5.requests import tick_size
from ictcli.brokers.reports import (
    AccountReport,
    CashReport,
    DealEntry,
    DealReason,
    DealReport,
    Instrument,
    OrderReport,
    OrderStatus,
    PositionReport,
    Quote,
)
from ictcli.brokers.requests import OrderKind
from ictcli.terminals.constants import (
    AccountMarginMode,
    AccountTradeMode,
    DealType,
    OrderState,
    OrderType,
)
from ictcli.terminals.symbol_constants import SymbolTradeMode

FromServer = Callable[[int], int]
"""The instant, ns UTC, of what the server's clock shows, in milliseconds."""

_KINDS: dict[int, tuple[OrderKind, int]] = {
    OrderType.BUY: ("market", 1),
    OrderType.SELL: ("market", -1),
    OrderType.BUY_LIMIT: ("limit", 1),
    OrderType.SELL_LIMIT: ("limit", -1),
    OrderType.BUY_STOP: ("stop", 1),
    OrderType.SELL_STOP: ("stop", -1),
    OrderType.BUY_STOP_LIMIT: ("stop_limit", 1),
    OrderType.SELL_STOP_LIMIT: ("stop_limit", -1),
}
_STATES: dict[int, OrderStatus] = {
    OrderState.STARTED: "pending",
    OrderState.PLACED: "open",
    OrderState.CANCELED: "cancelled",
    OrderState.PARTIAL: "partial",
    OrderState.FILLED: "filled",
    OrderState.REJECTED: "rejected",
    OrderState.EXPIRED: "expired",
    OrderState.REQUEST_ADD: "pending",
    OrderState.REQUEST_MODIFY: "pending",
    OrderState.REQUEST_CANCEL: "pending",
}
_ENTRIES: tuple[DealEntry, ...] = ("in", "out", "inout", "out_by")
_REASONS: dict[int, DealReason] = {
    0: "client",
    1: "client",
    2: "client",
    3: "expert",
    4: "stop",
    5: "target",
    6: "stop_out",
    7: "rollover",
}
_TRADABLE = (SymbolTradeMode.LONGONLY, SymbolTradeMode.SHORTONLY, SymbolTradeMode.FULL)


def is_netting(info: Any) -> bool:
    """Whether an account keeps one position a symbol."""
    return int(info.margin_mode) != AccountMarginMode.RETAIL_HEDGING


def account_report(info: Any) -> AccountReport:
    """``AccountInfo`` as a report."""
    return AccountReport(
        login=int(info.login),
        server=str(info.server),
        currency=str(info.currency),
        balance=exact(info.balance),
        equity=exact(info.equity),
        margin=exact(info.margin),
        mode="netting" if is_netting(info) else "hedging",
        demo=int(info.trade_mode) == AccountTradeMode.DEMO,
        trade_allowed=bool(info.trade_allowed) and bool(info.trade_expert),
    )


def instrument_of(info: Any) -> Instrument:
    """``SymbolInfo`` as an instrument."""
    return Instrument(
        symbol=str(info.name),
        digits=int(info.digits),
        tick_size=tick_size(info),
        contract_size=exact(info.trade_contract_size),
        volume_min=exact(info.volume_min),
        volume_max=exact(info.volume_max),
        volume_step=exact(info.volume_step),
        stops_level=int(info.trade_stops_level),
        freeze_level=int(info.trade_freeze_level),
        tradable=int(info.trade_mode) in _TRADABLE,
        currency_profit=str(info.currency_profit),
    )


def quote_of(symbol: str, tick: Any, from_server: FromServer) -> Quote:
    """A ``Tick`` as a quote."""
    return Quote(symbol, exact(tick.bid), exact(tick.ask), from_server(_milliseconds(tick)))


def order_report(order: Any, from_server: FromServer, *, over: bool) -> OrderReport:
    """A ``TradeOrder`` as a report.

    Args:
        order: from the open orders or from history.
        from_server: the server's clock.
        over: it is from history: what was not filled there never will be.
    """
    kind, side = _KINDS.get(int(order.type), ("market", 0))
    status = _STATES.get(int(order.state), "pending")
    if over and status in ("partial", "open"):
        status = "cancelled"
    stops = kind == "stop_limit"
    return OrderReport(
        ticket=int(order.ticket),
        magic=int(order.magic),
        symbol=str(order.symbol),
        side=side,
        kind=kind,
        status=status,
        volume=exact(order.volume_initial),
        remaining=exact(order.volume_current),
        placed=from_server(_or_seconds(order.time_setup_msc, order.time_setup)),
        done=_maybe(_or_seconds(order.time_done_msc, order.time_done), from_server),
        price=optional(order.price_open),
        limit=optional(order.price_stoplimit) if stops else None,
        stop=optional(order.sl),
        target=optional(order.tp),
        expires=_maybe(int(order.time_expiration) * 1000, from_server),
        position=known(order.position_id),
        comment=str(order.comment),
    )


def is_trade(deal: Any) -> bool:
    """Whether a deal bought or sold; all others move cash (MT5.md 4.4)."""
    return int(deal.type) in (DealType.BUY, DealType.SELL)


def deal_report(deal: Any, from_server: FromServer) -> DealReport:
    """A ``TradeDeal`` that bought or sold as a report."""
    return DealReport(
        ticket=int(deal.ticket),
        order=int(deal.order),
        position=int(deal.position_id),
        magic=int(deal.magic),
        symbol=str(deal.symbol),
        side=1 if int(deal.type) == DealType.BUY else -1,
        entry=_entry(deal),
        volume=exact(deal.volume),
        price=exact(deal.price),
        profit=exact(deal.profit),
        commission=exact(deal.commission),
        swap=exact(deal.swap),
        fee=exact(deal.fee),
        reason=_REASONS.get(int(deal.reason), "other"),
        ts=from_server(_milliseconds(deal)),
        comment=str(deal.comment),
    )


def cash_report(deal: Any, from_server: FromServer) -> CashReport:
    """A ``TradeDeal`` that moved cash as a report."""
    number = int(deal.type)
    listed = number in DealType.__members__.values()
    return CashReport(
        ticket=int(deal.ticket),
        kind=DealType(number).name.lower() if listed else f"type_{number}",
        amount=sum((exact(part) for part in (deal.profit, deal.commission, deal.swap, deal.fee)), exact(0.0)),
        ts=from_server(_milliseconds(deal)),
        comment=str(deal.comment),
    )


def position_report(position: Any, from_server: FromServer) -> PositionReport:
    """A ``TradePosition`` as a report."""
    return PositionReport(
        ticket=int(position.ticket),
        identifier=int(position.identifier),
        magic=int(position.magic),
        symbol=str(position.symbol),
        side=1 if int(position.type) == 0 else -1,
        volume=exact(position.volume),
        price=exact(position.price_open),
        stop=optional(position.sl),
        target=optional(position.tp),
        swap=exact(position.swap),
        profit=exact(position.profit),
        opened=from_server(_milliseconds(position)),
        comment=str(position.comment),
    )


def _entry(deal: Any) -> DealEntry:
    """How the deal changed its position; an unlisted value is read from whether it realised anything."""
    number = int(deal.entry)
    if 0 <= number < len(_ENTRIES):
        return _ENTRIES[number]
    return "out" if deal.profit else "in"


def _milliseconds(record: Any) -> int:
    return _or_seconds(record.time_msc, record.time)


def _or_seconds(milliseconds: int, seconds: int) -> int:
    return int(milliseconds) or int(seconds) * 1000


def _maybe(milliseconds: int, from_server: FromServer) -> int | None:
    return from_server(milliseconds) if milliseconds else None
