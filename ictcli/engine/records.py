"""What the engine remembers and tells, as records: the account, its series, orders, positions and outputs.

Prices are points of the series, volumes are steps, money is minor units of the account currency, instants
are nanoseconds UTC, bars are counted from the first bar of the series. The bytes of ``ACCOUNT``,
``SERIES_STATE``, ``ORDER`` and ``POSITION`` arrays are a checkpoint: a run that goes on from them equals
one that was never interrupted.
"""

import numpy as np

from ictcli.strategies.decisions import DECISION, PARTIALS

MOST_ORDERS = 32
"""Resting orders of one series at a time."""
MOST_POSITIONS = 32
"""Open positions of one series at a time."""
DAYS = 64
"""Daily returns of a series that volatility and correlation look back on."""
GROUPS = 4
"""Exposure groups one series may belong to, such as its sector and its currencies."""


def integers(*names: str) -> list[tuple[str, type]]:
    """Fields that are 64-bit integers."""
    return [(name, np.int64) for name in names]


RULES = np.dtype(
    [
        *integers(
            "opening",  # balance before the first bar
            "external",  # 1: a broker fills and charges swap; the engine decides, sizes, permits and manages
            "netting",  # 1: one position per series; 0: every fill opens its own
            "fill_share",  # millionths of a bar's tick volume that may fill, 0: any volume fills
            "rest_cancelled",  # 1: what a bar could not fill of a market order is cancelled
            "through",  # points a limit order must be traded through
            "stop_out",  # margin level in millionths below which positions are closed, 0: no margin
            "most_per_strategy",  # orders and positions of one strategy in one series
            "needs_days",  # 1: daily returns of the series are kept
            "needs_atr",  # 1: the average true range of the series is kept
            "atr_length",
        ),
        # sizing
        *integers("sizing", "risk", "compound"),  # sizing.METHODS; risk or notional share in millionths
        ("target_volatility", np.float64),  # of a year, as a fraction; 0: sizes do not follow volatility
        ("volatility_cap", np.float64),  # most that low volatility may multiply a size by
        *[(name, np.float64) for name in ("kelly_share", "kelly_cap")],  # of Kelly; of the equity at risk
        *integers("throttle"),  # drawdown in millionths at which sizes reach zero, 0: no throttle
        # limits, all in millionths of the equity unless told otherwise; 0: no limit
        *integers("most_risk_per_trade", "most_risk_per_symbol", "most_risk_per_group", "most_heat"),
        *integers("most_correlated_heat", "most_daily_loss", "most_drawdown"),
        *integers("reentry_days"),  # trading days after which the drawdown limit starts anew, 0: never
        *integers("most_losses", "pause_days"),  # losses in a row, and trading days of pause after them
        *integers("most_orders_per_day"),
        *integers("most_spread"),  # multiple of the typical spread, in millionths
    ]
)
"""How the account trades: one record, constant during a run."""

SERIES = np.dtype(
    [
        *integers("point_value", "commission", "fee", "denominator"),  # worth of a point on a step, see terms
        *integers("conversion", "conversion_series", "conversion_scale"),  # see money.NONE
        *integers("fixed_steps", "min_steps", "max_steps"),  # volume of fixed-lot sizing; limits of an order
        *integers("typical_spread", "slippage", "slippage_share"),
        *integers("steps_per_tick"),  # millionths of a volume step that one tick of volume stands for
        *integers("tick"),  # points of the smallest price change
        *integers("stops_level", "freeze_level"),  # points
        *integers("margin"),  # millionths of the notional value that a position binds
        *integers("swap_long", "swap_short"),  # thousandths of a point per night, negative when paid
        ("nights", np.int64, 7),  # nights of swap at the roll that ends a Monday, Tuesday, ...
        *integers("tradable"),  # 0: only converts
        ("group", np.int64, GROUPS),  # numbers of its exposure groups, -1: none
        ("group_side", np.int64, GROUPS),  # +1 or -1: how a long position counts in the group
    ]
)
"""One traded or converting series: constant during a run."""

ACCOUNT = np.dtype(
    [
        *integers("balance", "peak", "equity"),  # peak of balance and of the equity at the ends of days
        *integers("roll"),  # next of the rolls
        *integers("day_opening"),  # equity at the last roll
        *integers("orders_today", "losses"),
        *integers("paused_until"),  # number of the roll from which trading goes on
        *integers("stopped_at"),  # 1 + number of the roll at or before which the drawdown limit was reached
        *integers("positions", "orders"),  # numbers given so far
        *integers("open_positions"),  # how many are open now
        *integers("ruined"),  # 1: nothing is opened any more
    ]
)
"""The account's state: one record."""

SERIES_STATE = np.dtype(
    [
        *integers("bar"),  # bars taken so far
        *integers("cursor"),  # decisions taken so far
        *integers("close", "spread"),  # of the last bar; bid and points
        *integers("orders", "positions"),  # how many live
        *integers("order_end", "position_end"),  # slots from here on are free
        *integers("moving"),  # 1: something must be looked at on every bar
        *integers("low_bid", "high_bid", "low_ask", "high_ask"),  # prices at which something happens
        *integers("until"),  # last bar on which nothing runs out
        *integers("deadline"),  # instant before which nothing runs out
        ("atr", np.float64),
        ("true_ranges", np.float64),  # sum of the first ones
        *integers("day_close", "days"),  # close at the last roll; rows of the ring so far
        ("returns", np.float64, DAYS),  # ring: row of a roll is its number % DAYS, NaN without a return
    ]
)
"""The state of one series."""

ORDER = np.dtype(
    [
        *integers("live", "number", "owner", "row"),  # row: position of its decision in the series
        *integers("placed"),  # bar at whose close it was placed
        *integers("steps", "filled"),
        *integers("triggered"),  # 1: a stop-limit order that rests as a limit order now
        *integers("planned"),  # entry price it was sized for
        *integers("position"),  # number of the position that a part of it opened, 0: none yet
        *integers("tried"),  # instant before which it is not tried again: once per bar or piece of one
        ("asked", DECISION),
    ]
)
"""A resting or market order; a slot is free when ``live`` is 0."""

POSITION = np.dtype(
    [
        *integers("live", "number", "owner", "row", "setup"),
        *integers("side", "steps", "opened_steps"),
        *integers("entry_value"),  # sum of price times steps of what is open
        *integers("opened_value"),  # the same of everything that was ever opened
        *integers("stop", "target"),
        *integers("first_stop"),  # the stop at the opening
        *integers("stop_reason"),  # ExitReason of the stop as it stands
        *integers("entry"),  # price of the first fill
        *integers("opened", "opened_ts"),
        *integers("last_bar", "flat"),  # last allowed bar (-1: any), instant from which it is closed
        *integers("even_at", "even_plus", "trail", "trail_from"),
        ("trail_atr", np.float64),
        ("partial_at", np.int64, PARTIALS),
        ("partial_steps", np.int64, PARTIALS),
        *integers("leave"),  # ExitReason with which it is closed at the next open, 0: it stays
        *integers("risk"),  # minor units between entry and first stop
        *integers("gross", "commission", "fees", "swap"),  # booked so far; paid amounts, swap may be earned
        *integers("spread", "slippage"),  # points times steps; longs pay the spread at entries
        *integers("exit_value", "exits"),
        *integers("ambiguous"),
    ]
)
"""An open position; a slot is free when ``live`` is 0."""

TRADE = np.dtype(
    [
        *integers("series", "owner", "row", "setup", "position"),
        *integers("side", "opened", "closed", "opened_ts", "closed_ts", "entry"),  # entry: of the first fill
        *integers("entry_value", "exit_value", "steps"),  # average prices are value / steps
        *integers("stop", "target", "reason", "ambiguous", "exits"),
        *integers("gross", "commission", "fees", "swap", "risk"),
        *integers("spread", "slippage"),  # points times steps
        *integers("balance"),
    ]
)
"""A position from its opening to its end."""

DEAL = np.dtype(
    [
        *integers("series", "owner", "row", "position", "order"),
        *integers("bar", "ts", "side", "entry"),  # entry: 1 opens or adds, 0 closes; ts: open of that bar
        *integers("price", "steps", "reason", "ambiguous"),
        *integers("cost"),  # price times steps that the volume was opened at
        *integers("gross", "commission", "fees", "swap", "balance"),
    ]
)
"""One fill."""

ORDER_EVENT = np.dtype(
    [
        *integers("series", "owner", "row", "order", "bar", "ts"),
        *integers("event", "code", "price", "steps"),  # refusals.OrderEvent; Refusal or ExitReason
    ]
)
"""What became of an order or a decision."""

EQUITY = np.dtype(integers("ts", "balance", "equity", "margin"))
"""The account at the end of a trading day or after a closing deal."""
