"""The triple-barrier method (AFML ch. 3; ML.md §1.1, M10): target, stop, or the end of a horizon."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import UsageError
from ictcli.learning.events import Events, Floats, Int64, Labelled
from ictcli.learning.labels.barrier_walk import TIME, root_mean_squares, walk_all
from ictcli.learning.labels.candidates import kept_by, require_order
from ictcli.learning.labels.overnight import Overnight
from ictcli.learning.labels.uniqueness import average_uniqueness
from ictcli.market.bars import Bars

TRADE = np.dtype([("end", np.int64), ("reason", np.int64), ("gross", np.float64), ("ambiguous", np.bool_)])
"""What became of a simulated trade: last bar, what ended it, return before costs."""


@dataclass(frozen=True, slots=True)
class TripleBarrier:
    """Where a trade ends.

    Attributes:
        target: way to the target in units of the scale, above 0.
        stop: way to the stop in units of the scale, above 0.
        horizon: bars it lasts at most, the bar of the entry among them.

    Raises:
        UsageError: one of them is not possible.
    """

    target: float
    stop: float
    horizon: int

    def __post_init__(self) -> None:
        if not (0.0 < self.target < 1e6 and 0.0 < self.stop < 1e6):
            raise UsageError(
                f"barriers at {self.target:g} and {self.stop:g} times the volatility are not possible",
                hint="Use numbers above 0, such as 2 and 1.",
            )
        if self.horizon < 1:
            raise UsageError(f"a horizon of {self.horizon} bars is not possible", hint="Use at least 1 bar.")


def volatility(bars: Bars, span: int) -> Floats:
    """Root mean square of the last ``span`` one-bar log returns, the bar's own among them; no demeaning.

    It is a fraction of the price and known at the close of its bar. It remembers nothing before the span,
    so it does not depend on where the series starts. NaN for the first ``span`` bars.

    Args:
        bars: sound bars.
        span: returns to look back on, at least 1.

    Raises:
        UsageError: the span is not possible.
    """
    if span < 1:
        raise UsageError(f"volatility over {span} bars is not possible", hint="Use at least 1 bar.")
    squares, found = np.empty(len(bars)), np.empty(len(bars))
    root_mean_squares(bars.close, span, squares, found)
    return found


def triple_barrier(
    bars: Bars,
    starts: Int64,
    scale: Floats,
    rule: TripleBarrier,
    costs: Floats,
    side: Int64 | None = None,
    swap: Overnight | None = None,
) -> Labelled:
    """Events of decisions at the close of bars, each entered at the next open.

    Trades are simulated on bid prices: barriers lie around the open of the entry, are touched by equality
    from the bar of the entry on, an open beyond one ends the trade there, and a bar that touches both hits
    the stop. Costs come off the result, and the swap of each trade to its own exit.

    Without a side both trades are simulated, the short one with its barriers swapped. The label says
    which barrier of the long trade came first; at the horizon it is the sign of the return, and a return of
    exactly 0 gives no event. The label's life ends with the later of the two trades. With a side the label
    says whether that trade earned after costs.

    A decision whose horizon reaches beyond the last bar gives no event, even if a barrier was touched
    before: otherwise the last events would all be quick ones.

    Args:
        bars: sound bars of one series.
        starts: bars of the decisions, ascending, n.
        scale: for each decision, the volatility as a fraction of the price, known at its bar; n.
        rule: barriers in units of it, and the horizon.
        costs: for each bar, of a trade entered at its open, see ``trade_costs``.
        side: +1 or -1 for each decision, n, where a rule has chosen; None: no rule has.
        swap: of the series; None for one without any.

    Raises:
        ValueError: arrays do not fit each other, or starts are not ascending.
    """
    require_order(starts, bars, scale, costs, side)
    kept, dropped = kept_by(
        {
            "horizon beyond the last bar": starts + rule.horizon >= len(bars),
            "volatility not known or 0": ~(np.isfinite(scale) & (scale > 0.0)),
        },
        len(starts),
    )
    starts, scale = starts[kept], scale[kept]
    if side is None:
        events, flat = _directions(bars, starts, scale, rule, costs, swap)
        dropped["unchanged at the horizon"] = flat
    else:
        events = _taken(bars, starts, scale, rule, costs, side[kept], swap)
    described = {"rule": "triple barrier", **asdict(rule)}
    return Labelled(events, described, {why: count for why, count in dropped.items() if count})


def _directions(
    bars: Bars, starts: Int64, scale: Floats, rule: TripleBarrier, costs: Floats, swap: Overnight | None
) -> tuple[Events, int]:
    """Events that no rule has chosen a side for, and how many decisions saw no change."""
    long = _simulate(bars, starts, np.ones_like(starts), scale, rule)
    short = _simulate(bars, starts, -np.ones_like(starts), scale, rule)
    moved = (long["reason"] != TIME) | (long["gross"] != 0.0)
    long, short, starts, scale = long[moved], short[moved], starts[moved], scale[moved]
    outcome, cost = long["reason"].copy(), costs[starts + 1]
    own, other = (
        _earned(swap, starts, np.ones_like(starts), long),
        _earned(swap, starts, -np.ones_like(starts), short),
    )
    end = np.maximum(long["end"], short["end"])
    events = Events(
        start=starts,
        end=end,
        side=np.zeros_like(starts),
        label=((outcome > 0) | ((outcome == TIME) & (long["gross"] > 0.0))).astype(np.int64),
        outcome=outcome,
        long_net=long["gross"] - cost + own,
        short_net=short["gross"] - cost + other,
        cost=cost - (own + other) / 2,
        risk=rule.stop * scale,
        weight=average_uniqueness(starts, end, len(bars)),
        ambiguous=long["ambiguous"] | short["ambiguous"],
    )
    return events, int(np.count_nonzero(~moved))


def _taken(
    bars: Bars,
    starts: Int64,
    scale: Floats,
    rule: TripleBarrier,
    costs: Floats,
    side: Int64,
    swap: Overnight | None,
) -> Events:
    """Events whose side a rule has chosen."""
    trades = _simulate(bars, starts, side, scale, rule)
    cost = costs[starts + 1] - _earned(swap, starts, side, trades)
    net = trades["gross"] - cost
    end = trades["end"].copy()
    return Events(
        start=starts,
        end=end,
        side=side,
        label=(net > 0.0).astype(np.int64),
        outcome=trades["reason"] * side,
        long_net=np.where(side > 0, net, 0.0),
        short_net=np.where(side < 0, net, 0.0),
        cost=cost,
        risk=rule.stop * scale,
        weight=average_uniqueness(starts, end, len(bars)),
        ambiguous=trades["ambiguous"].copy(),
    )


def _earned(swap: Overnight | None, starts: Int64, side: Int64, trades: NDArray[np.void]) -> Floats:
    """Swap of each trade to its own exit, negative when paid."""
    if swap is None:
        return np.zeros(len(starts))
    return swap.earned(side, starts + 1, trades["end"], trades["reason"] == TIME)


def _simulate(bars: Bars, starts: Int64, side: Int64, scale: Floats, rule: TripleBarrier) -> NDArray[np.void]:
    trades = np.zeros(len(starts), TRADE)
    prices = (bars.open, bars.high, bars.low, bars.close)
    walk_all(prices, starts, side, scale, float(rule.target), float(rule.stop), rule.horizon, trades)
    return trades
