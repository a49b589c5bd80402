"""The constants of the MetaTrader5 module by group, but for those of symbols (MT5.md 2).

``Retcode.HEDGE_PROHIBITED`` is not in the module.

Servers may send values that no group lists: compare with members, never build one from an answer.
"""

from collections.abc import Mapping
from enum import IntEnum


class TimeframeCode(IntEnum):
    """Bar lengths; minutes up to M30, then flagged hours."""

    M1 = 1
    M2 = 2
    M3 = 3
    M4 = 4
    M5 = 5
    M6 = 6
    M10 = 10
    M12 = 12
    M15 = 15
    M20 = 20
    M30 = 30
    H1 = 16385
    H2 = 16386
    H4 = 16388
    H3 = 16387
    H6 = 16390
    H8 = 16392
    H12 = 16396
    D1 = 16408
    W1 = 32769
    MN1 = 49153


class CopyTicks(IntEnum):
    """Which ticks to copy."""

    ALL = -1
    INFO = 1
    TRADE = 2


class TickFlag(IntEnum):
    """What a tick changed; bits."""

    BID = 2
    ASK = 4
    LAST = 8
    VOLUME = 16
    BUY = 32
    SELL = 64


class PositionType(IntEnum):
    """Direction of a position."""

    BUY = 0
    SELL = 1


class PositionReason(IntEnum):
    """What opened a position; servers send others, too."""

    CLIENT = 0
    MOBILE = 1
    WEB = 2
    EXPERT = 3


class OrderType(IntEnum):
    """Kinds of orders."""

    BUY = 0
    SELL = 1
    BUY_LIMIT = 2
    SELL_LIMIT = 3
    BUY_STOP = 4
    SELL_STOP = 5
    BUY_STOP_LIMIT = 6
    SELL_STOP_LIMIT = 7
    CLOSE_BY = 8


class OrderState(IntEnum):
    """States of an order."""

    STARTED = 0
    PLACED = 1
    CANCELED = 2
    PARTIAL = 3
    FILLED = 4
    REJECTED = 5
    EXPIRED = 6
    REQUEST_ADD = 7
    REQUEST_MODIFY = 8
    REQUEST_CANCEL = 9


class OrderFilling(IntEnum):
    """How an order may be filled; not the bits of ``SymbolFilling``."""

    FOK = 0
    IOC = 1
    RETURN = 2
    BOC = 3


class OrderTime(IntEnum):
    """How long an order lasts."""

    GTC = 0
    DAY = 1
    SPECIFIED = 2
    SPECIFIED_DAY = 3


class OrderReason(IntEnum):
    """What placed an order; servers send others, too."""

    CLIENT = 0
    MOBILE = 1
    WEB = 2
    EXPERT = 3
    SL = 4
    TP = 5
    SO = 6


class DealType(IntEnum):
    """Kinds of deals; from BALANCE on they are no trades."""

    BUY = 0
    SELL = 1
    BALANCE = 2
    CREDIT = 3
    CHARGE = 4
    CORRECTION = 5
    BONUS = 6
    COMMISSION = 7
    COMMISSION_DAILY = 8
    COMMISSION_MONTHLY = 9
    COMMISSION_AGENT_DAILY = 10
    COMMISSION_AGENT_MONTHLY = 11
    INTEREST = 12
    BUY_CANCELED = 13
    SELL_CANCELED = 14
    DIVIDEND = 15
    DIVIDEND_FRANKED = 16
    TAX = 17


class DealEntry(IntEnum):
    """What a deal did to its position."""

    IN = 0
    OUT = 1
    INOUT = 2
    OUT_BY = 3


class DealReason(IntEnum):
    """What made a deal."""

    CLIENT = 0
    MOBILE = 1
    WEB = 2
    EXPERT = 3
    SL = 4
    TP = 5
    SO = 6
    ROLLOVER = 7
    VMARGIN = 8
    SPLIT = 9


class TradeAction(IntEnum):
    """What a request asks for."""

    DEAL = 1
    PENDING = 5
    SLTP = 6
    MODIFY = 7
    REMOVE = 8
    CLOSE_BY = 10


class AccountTradeMode(IntEnum):
    """Kind of account."""

    DEMO = 0
    CONTEST = 1
    REAL = 2


class AccountStopoutMode(IntEnum):
    """What stop-out levels are measured in."""

    PERCENT = 0
    MONEY = 1


class AccountMarginMode(IntEnum):
    """Netting or hedging."""

    RETAIL_NETTING = 0
    EXCHANGE = 1
    RETAIL_HEDGING = 2


class BookType(IntEnum):
    """Kinds of rows in the depth of market."""

    SELL = 1
    BUY = 2
    SELL_MARKET = 3
    BUY_MARKET = 4


class Retcode(IntEnum):
    """What the trade server answers to a request."""

    REQUOTE = 10004
    REJECT = 10006
    CANCEL = 10007
    PLACED = 10008
    DONE = 10009
    DONE_PARTIAL = 10010
    ERROR = 10011
    TIMEOUT = 10012
    INVALID = 10013
    INVALID_VOLUME = 10014
    INVALID_PRICE = 10015
    INVALID_STOPS = 10016
    TRADE_DISABLED = 10017
    MARKET_CLOSED = 10018
    NO_MONEY = 10019
    PRICE_CHANGED = 10020
    PRICE_OFF = 10021
    INVALID_EXPIRATION = 10022
    ORDER_CHANGED = 10023
    TOO_MANY_REQUESTS = 10024
    NO_CHANGES = 10025
    SERVER_DISABLES_AT = 10026
    CLIENT_DISABLES_AT = 10027
    LOCKED = 10028
    FROZEN = 10029
    INVALID_FILL = 10030
    CONNECTION = 10031
    ONLY_REAL = 10032
    LIMIT_ORDERS = 10033
    LIMIT_VOLUME = 10034
    INVALID_ORDER = 10035
    POSITION_CLOSED = 10036
    INVALID_CLOSE_VOLUME = 10038
    CLOSE_ORDER_EXIST = 10039
    LIMIT_POSITIONS = 10040
    REJECT_CANCEL = 10041
    LONG_ONLY = 10042
    SHORT_ONLY = 10043
    CLOSE_ONLY = 10044
    FIFO_CLOSE = 10045
    HEDGE_PROHIBITED = 10046


class ErrorCode(IntEnum):
    """What ``last_error`` says."""

    S_OK = 1
    E_FAIL = -1
    E_INVALID_PARAMS = -2
    E_NO_MEMORY = -3
    E_NOT_FOUND = -4
    E_INVALID_VERSION = -5
    E_AUTH_FAILED = -6
    E_UNSUPPORTED = -7
    E_AUTO_TRADING_DISABLED = -8
    E_INTERNAL_FAIL = -10000
    E_INTERNAL_FAIL_SEND = -10001
    E_INTERNAL_FAIL_RECEIVE = -10002
    E_INTERNAL_FAIL_INIT = -10003
    E_INTERNAL_FAIL_CONNECT = -10004
    E_INTERNAL_FAIL_TIMEOUT = -10005


ERROR_TEXTS: Mapping[ErrorCode, str] = {
    ErrorCode.S_OK: "Success",
    ErrorCode.E_FAIL: "Terminal: Call failed",
    ErrorCode.E_INVALID_PARAMS: "Terminal: Invalid params",
    ErrorCode.E_NO_MEMORY: "Terminal: Out of memory",
    ErrorCode.E_NOT_FOUND: "Terminal: Not found",
    ErrorCode.E_INVALID_VERSION: (
        "Terminal: Incompatible versions, please install the latest version of Terminal and Python module"
    ),
    ErrorCode.E_AUTH_FAILED: "Terminal: Authorization failed",
    ErrorCode.E_UNSUPPORTED: "Terminal: Unsupported function",
    ErrorCode.E_AUTO_TRADING_DISABLED: "Auto-Trading using Python API disabled in Terminal",
    ErrorCode.E_INTERNAL_FAIL: "IPC call failed",
    ErrorCode.E_INTERNAL_FAIL_SEND: "IPC send failed",
    ErrorCode.E_INTERNAL_FAIL_RECEIVE: "IPC recv failed",
    ErrorCode.E_INTERNAL_FAIL_INIT: "IPC initialize failed",
    ErrorCode.E_INTERNAL_FAIL_CONNECT: "No IPC connection",
    ErrorCode.E_INTERNAL_FAIL_TIMEOUT: "IPC timeout",
}
"""What ``last_error`` says to each code; ``INTERNAL_FAIL_INIT`` adds a comma and why."""
