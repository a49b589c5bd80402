"""Why an entry was refused and why a position ended: the codes, each with its sentence.

The kernels import these numbers as constants ("kernels import" also puts this file into the compiled
code's cache key, see ``kernels.kernel_sources``). Numbers are stored in runs: append, never renumber.
"""

from enum import IntEnum


class Refusal(IntEnum):
    """What became of a signal; everything but ``NONE`` means that no position was opened."""

    NONE = 0
    INVALID_SIGNAL = 1
    STOP_WRONG_SIDE = 2
    TARGET_WRONG_SIDE = 3
    IN_POSITION = 4
    NO_NEXT_BAR = 5
    OPEN_BEYOND_STOP = 6
    OPEN_BEYOND_TARGET = 7
    VOLUME_BELOW_MINIMUM = 8
    BALANCE_EXHAUSTED = 9
    PRICE_WRONG_SIDE = 10
    TOO_CLOSE = 11
    FROZEN = 12
    NO_ROOM = 13
    MARGIN = 14
    NOTHING_TO_REDUCE = 15
    NO_STOP_TO_SIZE = 16
    NO_PROBABILITY = 17
    NO_EDGE = 18
    NO_VOLATILITY = 19
    NOT_A_NUMBER = 20
    RISK_PER_TRADE = 21
    RISK_PER_SYMBOL = 22
    RISK_PER_GROUP = 23
    HEAT = 24
    CORRELATED_HEAT = 25
    DAILY_LOSS = 26
    DRAWDOWN = 27
    LOSSES_IN_A_ROW = 28
    ORDERS_PER_DAY = 29
    SPREAD = 30
    NEWS = 31
    NO_RATE = 32

    @property
    def label(self) -> str:
        """The code as reports and JSON write it."""
        return self.name.lower()


class ExitReason(IntEnum):
    """What closed a position."""

    STOP = 1
    TARGET = 2
    TIME = 3
    END = 4
    STRATEGY = 5
    SESSION = 6
    TRAIL = 7
    BREAK_EVEN = 8
    PARTIAL = 9
    REVERSED = 10
    STOP_OUT = 11

    @property
    def label(self) -> str:
        """The code as reports and JSON write it."""
        return self.name.lower()


class OrderEvent(IntEnum):
    """What happens to an order between its decision and its end."""

    REFUSED = 1
    PLACED = 2
    TRIGGERED = 3
    FILLED = 4
    PARTLY_FILLED = 5
    EXPIRED = 6
    VOID = 7
    CANCELLED = 8
    REPLACED = 9
    STOP_MOVED = 10
    CLOSE_ASKED = 11
    CLOSED = 12

    @property
    def label(self) -> str:
        """The word that logs and JSON write."""
        return self.name.lower()


EXPLANATIONS: dict[Refusal, str] = {
    Refusal.NONE: "the signal was filled",
    Refusal.INVALID_SIGNAL: "side is not +1 or -1, no stop, or a number is NaN, negative or too large",
    Refusal.STOP_WRONG_SIDE: "the stop is not beyond the signal bar's close on the losing side",
    Refusal.TARGET_WRONG_SIDE: "the target is not beyond the signal bar's close on the winning side",
    Refusal.IN_POSITION: "the series already had a position at the open that would have filled it",
    Refusal.NO_NEXT_BAR: "the data ends at the signal bar, so there is no open to fill at",
    Refusal.OPEN_BEYOND_STOP: "the next open was already at or beyond the stop",
    Refusal.OPEN_BEYOND_TARGET: "the entry price was already at or beyond the target",
    Refusal.VOLUME_BELOW_MINIMUM: "the allowed risk does not pay for the smallest volume",
    Refusal.BALANCE_EXHAUSTED: "the balance is zero or below",
    Refusal.PRICE_WRONG_SIDE: "the order's price is on the wrong side of the market for its kind",
    Refusal.TOO_CLOSE: "price, stop or target is nearer to the market than the broker's stops level",
    Refusal.FROZEN: "the market is within the broker's freeze level of the order",
    Refusal.NO_ROOM: "the series has as many orders or positions as it may hold",
    Refusal.MARGIN: "the free margin does not carry the position",
    Refusal.NOTHING_TO_REDUCE: "the order may only reduce and there is nothing to reduce",
    Refusal.NO_STOP_TO_SIZE: "this way of sizing needs a stop and the signal has none",
    Refusal.NO_PROBABILITY: "Kelly sizing needs a calibrated probability and the signal has none",
    Refusal.NO_EDGE: "Kelly sizing finds no edge at this probability and payoff",
    Refusal.NO_VOLATILITY: "volatility sizing has too few daily returns, or they do not vary",
    Refusal.NOT_A_NUMBER: "a number that decides size or risk is not finite",
    Refusal.RISK_PER_TRADE: "the trade would risk more than one trade may",
    Refusal.RISK_PER_SYMBOL: "the symbol's open risk would exceed its limit",
    Refusal.RISK_PER_GROUP: "the open risk of a sector or currency would exceed its limit",
    Refusal.HEAT: "the open risk of all positions and orders would exceed the limit",
    Refusal.CORRELATED_HEAT: "the open risk weighed by correlation would exceed the limit",
    Refusal.DAILY_LOSS: "the day's loss has reached its limit",
    Refusal.DRAWDOWN: "the drawdown has reached risk.drawdown, or left no size by sizing.throttle",
    Refusal.LOSSES_IN_A_ROW: "trading pauses after losses in a row",
    Refusal.ORDERS_PER_DAY: "the day's orders are used up",
    Refusal.SPREAD: "the spread is too wide",
    Refusal.NEWS: "the instant lies in a news blackout",
    Refusal.NO_RATE: "the series that converts the profit into the account's currency has no bar yet",
}


def explain(refusal: Refusal) -> str:
    """One sentence for people."""
    return EXPLANATIONS[refusal]


def refusal_table() -> str:
    """Markdown table of the codes, as docs/backtest.md prints it."""
    rows = [f"| {code.value} | `{code.label}` | {explain(code)} |" for code in Refusal if code]
    return "\n".join(["| code | name | meaning |", "|---|---|---|", *rows])
