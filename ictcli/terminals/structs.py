"""The records and arrays of the MetaTrader5 module (MT5.md 3).

The module's record types are C struct sequences, not named tuples: tuples with read-only attributes, built
from one sequence, equal to a plain tuple of the same values, with ``_asdict`` and without ``_fields`` and
``_replace``. They belong to no module that can be imported, so they cannot be pickled.
"""

from collections.abc import Mapping

import numpy as np

from ictcli.terminals.struct_sequence import Int32, Int64, StructSequence, UInt32, UInt64
from ictcli.terminals.symbol_record import SymbolInfo

RATES_DTYPE = np.dtype(
    [("time", "<i8"), ("open", "<f8"), ("high", "<f8"), ("low", "<f8"),
     ("close", "<f8"), ("tick_volume", "<u8"), ("spread", "<i4"), ("real_volume", "<u8")]
)  # fmt: skip
"""Rows of ``copy_rates_*``: packed, 60 bytes, unaligned."""

TICKS_DTYPE = np.dtype(
    [("time", "<i8"), ("bid", "<f8"), ("ask", "<f8"), ("last", "<f8"),
     ("volume", "<u8"), ("time_msc", "<i8"), ("flags", "<u4"), ("volume_real", "<f8")]
)  # fmt: skip
"""Rows of ``copy_ticks_*``: packed, 60 bytes, unaligned."""


class Tick(StructSequence):
    """The last quote of a symbol."""

    __slots__ = ()
    __module__ = "builtins"

    time: Int64
    bid: float
    ask: float
    last: float
    volume: UInt64
    time_msc: Int64
    flags: UInt32
    volume_real: float


class BookInfo(StructSequence):
    """One row of the depth of market."""

    __slots__ = ()
    __module__ = "builtins"

    type: UInt32
    price: float
    volume: UInt64
    volume_dbl: float


class TradeRequest(StructSequence):
    """A trade request as the terminal understood it."""

    __slots__ = ()
    __module__ = "builtins"

    action: UInt32
    magic: UInt64
    order: UInt64
    symbol: str
    volume: float
    price: float
    stoplimit: float
    sl: float
    tp: float
    deviation: UInt64
    type: UInt32
    type_filling: UInt32
    type_time: UInt32
    expiration: Int64
    comment: str
    position: UInt64
    position_by: UInt64


class OrderSendResult(StructSequence):
    """What ``order_send`` answers."""

    __slots__ = ()
    __module__ = "builtins"

    retcode: UInt32
    deal: UInt64
    order: UInt64
    volume: float
    price: float
    bid: float
    ask: float
    comment: str
    request_id: UInt32
    retcode_external: Int32
    request: TradeRequest


class OrderCheckResult(StructSequence):
    """What ``order_check`` answers; ``retcode`` 0 is good."""

    __slots__ = ()
    __module__ = "builtins"

    retcode: UInt32
    balance: float
    equity: float
    profit: float
    margin: float
    margin_free: float
    margin_level: float
    comment: str
    request: TradeRequest


class TradePosition(StructSequence):
    """An open position."""

    __slots__ = ()
    __module__ = "builtins"

    ticket: UInt64
    time: Int64
    time_msc: Int64
    time_update: Int64
    time_update_msc: Int64
    type: UInt32
    magic: UInt64
    identifier: UInt64
    reason: UInt32
    volume: float
    price_open: float
    sl: float
    tp: float
    price_current: float
    swap: float
    profit: float
    symbol: str
    comment: str
    external_id: str


class TradeOrder(StructSequence):
    """An order, active or of the history."""

    __slots__ = ()
    __module__ = "builtins"

    ticket: UInt64
    time_setup: Int64
    time_setup_msc: Int64
    time_done: Int64
    time_done_msc: Int64
    time_expiration: Int64
    type: UInt32
    type_time: UInt32
    type_filling: UInt32
    state: UInt32
    magic: UInt64
    position_id: UInt64
    position_by_id: UInt64
    reason: UInt32
    volume_initial: float
    volume_current: float
    price_open: float
    sl: float
    tp: float
    price_current: float
    price_stoplimit: float
    symbol: str
    comment: str
    external_id: str


class TradeDeal(StructSequence):
    """A deal of the history."""

    __slots__ = ()
    __module__ = "builtins"

    ticket: UInt64
    order: UInt64
    time: Int64
    time_msc: Int64
    type: UInt32
    entry: UInt32
    magic: UInt64
    position_id: UInt64
    reason: UInt32
    volume: float
    price: float
    commission: float
    swap: float
    profit: float
    fee: float
    symbol: str
    comment: str
    external_id: str


class AccountInfo(StructSequence):
    """The account that the terminal is logged in to."""

    __slots__ = ()
    __module__ = "builtins"

    login: UInt64
    trade_mode: UInt32
    leverage: UInt32
    limit_orders: UInt32
    margin_so_mode: UInt32
    trade_allowed: bool
    trade_expert: bool
    margin_mode: UInt32
    currency_digits: UInt32
    fifo_close: bool
    balance: float
    credit: float
    profit: float
    equity: float
    margin: float
    margin_free: float
    margin_level: float
    margin_so_call: float
    margin_so_so: float
    margin_initial: float
    margin_maintenance: float
    assets: float
    liabilities: float
    commission_blocked: float
    name: str
    server: str
    currency: str
    company: str


class TerminalInfo(StructSequence):
    """The terminal itself."""

    __slots__ = ()
    __module__ = "builtins"

    community_account: bool
    community_connection: bool
    connected: bool
    dlls_allowed: bool
    trade_allowed: bool
    tradeapi_disabled: bool
    email_enabled: bool
    ftp_enabled: bool
    notifications_enabled: bool
    mqid: bool
    build: UInt32
    maxbars: UInt32
    codepage: Int32
    ping_last: Int32
    community_balance: float
    retransmission: float
    company: str
    name: str
    language: str
    path: str
    data_path: str
    commondata_path: str


RECORDS: Mapping[str, type[StructSequence]] = {
    record.__name__: record
    for record in (
        Tick,
        BookInfo,
        TradeRequest,
        OrderSendResult,
        OrderCheckResult,
        TradePosition,
        TradeOrder,
        TradeDeal,
        AccountInfo,
        TerminalInfo,
        SymbolInfo,
    )
}
"""The record types by the name that the module gives them."""
