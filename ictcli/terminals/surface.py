"""What the MetaTrader5 module shows: its constants and functions by name, and its limits (MT5.md 1, 2)."""

from collections.abc import Mapping
from enum import IntEnum

from ictcli.terminals.constants import (
    AccountMarginMode,
    AccountStopoutMode,
    AccountTradeMode,
    BookType,
    CopyTicks,
    DealEntry,
    DealReason,
    DealType,
    ErrorCode,
    OrderFilling,
    OrderReason,
    OrderState,
    OrderTime,
    OrderType,
    PositionReason,
    PositionType,
    Retcode,
    TickFlag,
    TimeframeCode,
    TradeAction,
)
from ictcli.terminals.symbol_constants import (
    DayOfWeek,
    SymbolCalcMode,
    SymbolChartMode,
    SymbolOptionMode,
    SymbolOptionRight,
    SymbolOrders,
    SymbolSwapMode,
    SymbolTradeExecution,
    SymbolTradeMode,
)

_GROUPS: Mapping[str, type[IntEnum]] = {
    "TIMEFRAME": TimeframeCode,
    "COPY_TICKS": CopyTicks,
    "TICK_FLAG": TickFlag,
    "POSITION_TYPE": PositionType,
    "POSITION_REASON": PositionReason,
    "ORDER_TYPE": OrderType,
    "ORDER_STATE": OrderState,
    "ORDER_FILLING": OrderFilling,
    "ORDER_TIME": OrderTime,
    "ORDER_REASON": OrderReason,
    "DEAL_TYPE": DealType,
    "DEAL_ENTRY": DealEntry,
    "DEAL_REASON": DealReason,
    "TRADE_ACTION": TradeAction,
    "SYMBOL_CHART_MODE": SymbolChartMode,
    "SYMBOL_CALC_MODE": SymbolCalcMode,
    "SYMBOL_TRADE_MODE": SymbolTradeMode,
    "SYMBOL_TRADE_EXECUTION": SymbolTradeExecution,
    "SYMBOL_SWAP_MODE": SymbolSwapMode,
    "DAY_OF_WEEK": DayOfWeek,
    "SYMBOL_ORDERS": SymbolOrders,
    "SYMBOL_OPTION_RIGHT": SymbolOptionRight,
    "SYMBOL_OPTION_MODE": SymbolOptionMode,
    "ACCOUNT_TRADE_MODE": AccountTradeMode,
    "ACCOUNT_STOPOUT_MODE": AccountStopoutMode,
    "ACCOUNT_MARGIN_MODE": AccountMarginMode,
    "BOOK_TYPE": BookType,
    "TRADE_RETCODE": Retcode,
    "RES": ErrorCode,
}
_LACKING = frozenset({"TRADE_RETCODE_HEDGE_PROHIBITED"})
_IRREGULAR = {f"DEAL_TYPE_{name}": f"DEAL_{name}" for name in ("DIVIDEND", "DIVIDEND_FRANKED", "TAX")}

MODULE: Mapping[str, int] = {
    _IRREGULAR.get(name, name): member.value
    for prefix, group in _GROUPS.items()
    for member in group
    if (name := f"{prefix}_{member.name}") not in _LACKING
}
"""Every constant of the module under the name that it has there."""

TEXT_LIMITS: Mapping[str, int] = {
    "symbol": 29,
    "comment": 29,
    "server": 253,
    "password": 253,
    "path": 257,
    "group": 1997,
}
"""Most UTF-16 units that the module takes in each text."""

FUNCTIONS = (
    "initialize",
    "shutdown",
    "login",
    "version",
    "terminal_info",
    "account_info",
    "copy_ticks_from",
    "copy_ticks_range",
    "copy_rates_from",
    "copy_rates_from_pos",
    "copy_rates_range",
    "positions_total",
    "positions_get",
    "orders_total",
    "orders_get",
    "history_orders_total",
    "history_orders_get",
    "history_deals_total",
    "history_deals_get",
    "order_check",
    "order_send",
    "order_calc_margin",
    "order_calc_profit",
    "symbol_info",
    "symbol_info_tick",
    "symbol_select",
    "symbols_total",
    "symbols_get",
    "market_book_add",
    "market_book_release",
    "market_book_get",
    "last_error",
)
"""The functions of the module."""
