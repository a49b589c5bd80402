"""What the fields of a symbol's record mean: groups of the MetaTrader5 module's constants (MT5.md 2).

``SymbolFilling``, ``SymbolOrder`` and ``SymbolExpiration`` are not in the module.
"""

from enum import IntEnum, IntFlag


class SymbolChartMode(IntEnum):
    """The price that bars are made of."""

    BID = 0
    LAST = 1


class SymbolCalcMode(IntEnum):
    """How margin and profit are calculated."""

    FOREX = 0
    FUTURES = 1
    CFD = 2
    CFDINDEX = 3
    CFDLEVERAGE = 4
    FOREX_NO_LEVERAGE = 5
    EXCH_STOCKS = 32
    EXCH_FUTURES = 33
    EXCH_OPTIONS = 34
    EXCH_OPTIONS_MARGIN = 36
    EXCH_BONDS = 37
    EXCH_STOCKS_MOEX = 38
    EXCH_BONDS_MOEX = 39
    SERV_COLLATERAL = 64


class SymbolTradeMode(IntEnum):
    """What may be done in a symbol."""

    DISABLED = 0
    LONGONLY = 1
    SHORTONLY = 2
    CLOSEONLY = 3
    FULL = 4


class SymbolTradeExecution(IntEnum):
    """How orders are executed."""

    REQUEST = 0
    INSTANT = 1
    MARKET = 2
    EXCHANGE = 3


class SymbolSwapMode(IntEnum):
    """What swaps are measured in."""

    DISABLED = 0
    POINTS = 1
    CURRENCY_SYMBOL = 2
    CURRENCY_MARGIN = 3
    CURRENCY_DEPOSIT = 4
    INTEREST_CURRENT = 5
    INTEREST_OPEN = 6
    REOPEN_CURRENT = 7
    REOPEN_BID = 8


class DayOfWeek(IntEnum):
    """Days as the server counts them."""

    SUNDAY = 0
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6


class SymbolOrders(IntEnum):
    """How long good-till-cancelled orders of a symbol last."""

    GTC = 0
    DAILY = 1
    DAILY_NO_STOPS = 2


class SymbolOptionRight(IntEnum):
    """Right of an option."""

    CALL = 0
    PUT = 1


class SymbolOptionMode(IntEnum):
    """Style of an option."""

    EUROPEAN = 0
    AMERICAN = 1


class SymbolFilling(IntFlag):
    """Bits of ``SymbolInfo.filling_mode``; not the values of ``OrderFilling``. The module lacks it."""

    FOK = 1
    IOC = 2
    BOC = 4


class SymbolOrder(IntFlag):
    """Bits of ``SymbolInfo.order_mode``. The module lacks it."""

    MARKET = 1
    LIMIT = 2
    STOP = 4
    STOP_LIMIT = 8
    SL = 16
    TP = 32
    CLOSEBY = 64


class SymbolExpiration(IntFlag):
    """Bits of ``SymbolInfo.expiration_mode``. The module lacks it."""

    GTC = 1
    DAY = 2
    SPECIFIED = 4
    SPECIFIED_DAY = 8
