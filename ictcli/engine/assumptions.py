"""Every assumption behind a simulated fill, listed once; docs and reports print this list."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """One rule of the fill simulation: what it is about and what is assumed."""

    topic: str
    rule: str


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        "price",
        "bars are bid; ask = bid + the bar's spread, the symbol's typical spread where it is unknown",
    ),
    Assumption(
        "side",
        "buys are done at the ask, sells at the bid; longs leave at the bid, shorts at the ask",
    ),
    Assumption(
        "knowledge",
        "a decision is known at the close of its bar; its order fills in the next bar at the earliest",
    ),
    Assumption(
        "market order",
        "fills at the open plus slippage; refused when that open is beyond its stop or the fill "
        "beyond its target",
    ),
    Assumption(
        "limit order",
        "fills at its price once traded (or traded through, where so many points are asked for), at "
        "the open if that is better; never slips",
    ),
    Assumption("stop order", "fills at its price once traded, at the open if that is worse, plus slippage"),
    Assumption(
        "stop-limit order",
        "once its price is traded it is a limit order; when triggered inside a bar it fills there at "
        "its price plus slippage, no further than the limit",
    ),
    Assumption(
        "pullback",
        "a limit short of its trigger fills in the triggering bar only where the close proves that "
        "the market came back; that bar counts as ambiguous",
    ),
    Assumption(
        "gapped order",
        "a resting order filled by an open that is beyond its own stop, target or partial exit is "
        "left at that same open",
    ),
    Assumption(
        "fill and spread",
        "a stop within the spread at the fill leaves at once, at the price the market then has",
    ),
    Assumption("turns", "at an open the oldest order is first, inside a bar the one nearest to the open"),
    Assumption(
        "waiting",
        "an order counts on every bar (or finer piece) that opens before its last one ends; at its "
        "session's end it expires",
    ),
    Assumption(
        "void price",
        "tested at the open before fills and inside the bar after them: a bar that reaches both fills "
        "the order",
    ),
    Assumption(
        "group",
        "the first fill, a partial one too, cancels the others; where one bar reaches several, that "
        "trade is marked ambiguous",
    ),
    Assumption(
        "volume",
        "a bar fills its share of the tick volume per order, rounded down to steps; unknown volume, "
        "or no share set, fills all",
    ),
    Assumption(
        "rest",
        "what a bar could not fill goes on: market and triggered stop orders at the next open, limit "
        "orders at their price; or is cancelled, where so set for market orders",
    ),
    Assumption(
        "rest and exit",
        "where the bar stops the position, the rest of its limit order fills before; the rest is "
        "cancelled once the position is gone",
    ),
    Assumption(
        "slippage",
        "fixed points plus a share of the bar's range against the trader, on market and stop fills "
        "and stop-outs; none on limits and targets",
    ),
    Assumption(
        "order of a bar",
        "expired orders, exits at the open, fills at the open, exits inside, fills inside, stop-out",
    ),
    Assumption("stop", "touched when the exit side reaches it; filled at the stop less slippage"),
    Assumption(
        "target",
        "touched when the exit side reaches it; filled at the target, never better inside the bar",
    ),
    Assumption("gap", "an open beyond stop or target fills at that open; a gapped stop also pays slippage"),
    Assumption(
        "same bar",
        "a bar that touches the stop and any profit level counts as stopped, all of it, and is marked "
        "ambiguous",
    ),
    Assumption(
        "finer data",
        "shorter bars or ticks decide what came first, where their open, high, low and close are the "
        "bar's; else they are ignored",
    ),
    Assumption(
        "fill bar",
        "market and stop orders: stop and target count; limit orders filled inside: only the stop; a "
        "stop order whose stop lies in the bar is stopped and ambiguous",
    ),
    Assumption(
        "partial exit",
        "at its level, at the open if that is better, without slippage; a share of the filled volume "
        "rounded down to steps",
    ),
    Assumption(
        "break-even",
        "the stop moves at the close of a bar whose best price went far enough (of the fill bar only "
        "the close counts), to a tick away from the market; it works from the next bar",
    ),
    Assumption(
        "trailing stop",
        "moves at a close to its distance behind it, away from the market to a tick, never back; "
        "works from the next bar",
    ),
    Assumption(
        "average true range",
        "Wilder's, over closed bars, the one just closed included; a distance is the multiple rounded "
        "down plus one point",
    ),
    Assumption(
        "time stop",
        "leaves at the open after the last allowed bar, the fill bar counted, less slippage",
    ),
    Assumption("session end", "leaves at the first open at or after it, less slippage"),
    Assumption(
        "close",
        "a strategy's decision to close leaves at the next open, less slippage, and withdraws that "
        "set-up's orders",
    ),
    Assumption(
        "end",
        "at the end of the data what is open leaves at the last close, less slippage; orders are cancelled",
    ),
    Assumption(
        "ticks",
        "prices between ticks move against the trader: entries harder or worse, stops and targets farther",
    ),
    Assumption(
        "stops level",
        "prices nearer to the market than the broker allows are refused; a stop is not moved so near",
    ),
    Assumption(
        "freeze level",
        "orders the market is that near to cannot be withdrawn, nor stops moved while it is that near "
        "to stop or target",
    ),
    Assumption(
        "hedging",
        "every order opens its own position; a strategy may hold so many orders and positions in a "
        "series as configured",
    ),
    Assumption(
        "netting",
        "one position per series, of the strategy that opened it: the same side adds and brings its "
        "stop, target and exits, the other side reduces, then reverses",
    ),
    Assumption(
        "reduce only",
        "shrinks opposite positions, oldest first (hedging: the strategy's own); never opens; also on "
        "a ruined account",
    ),
    Assumption(
        "average",
        "an exit takes its share of the entry value, rounded half to even to a point of one step; the "
        "last takes the rest",
    ),
    Assumption(
        "money",
        "profit, commission, fee and swap of each deal are rounded half to even to the smallest unit, "
        "nothing else is",
    ),
    Assumption(
        "conversion",
        "by the deal's own price, or by the last close of the converting series before the close of the bar",
    ),
    Assumption("costs", "commission and fee on every fill, both sides"),
    Assumption(
        "swap",
        "booked at 17:00 New York for each open position, by the weekday that ends; a bar across that "
        "instant comes after it",
    ),
    Assumption(
        "margin",
        "a share of the notional value at entry, per position; asked for at the decision and at each fill",
    ),
    Assumption(
        "stop-out",
        "on bars of a series with positions, at the bar's worst price after its exits: the largest "
        "loss of that series first, until the level holds",
    ),
    Assumption(
        "size", "by the account's method, rounded down to the volume step; refused rather than exceeded"
    ),
    Assumption("ruin", "nothing is opened once the closed balance is zero or below"),
    Assumption(
        "several series",
        "bars count in the order of their closes, then of the series; no deal moves a price",
    ),
    Assumption(
        "time",
        "a deal is stamped with the open of its bar or piece; a trade is known at the close of its exit bar",
    ),
)


def assumption_table() -> str:
    """Markdown table of the assumptions, as docs/fills.md prints it."""
    rows = [f"| {item.topic} | {item.rule} |" for item in ASSUMPTIONS]
    return "\n".join(["| about | assumed |", "|---|---|", *rows])
