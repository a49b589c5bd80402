"""Labels after a fixed number of bars: which way the price went."""

import numpy as np

from ictcli.errors import UsageError
from ictcli.learning.events import VERTICAL, Events, Flags, Floats, Int64, Labelled
from ictcli.learning.labels.candidates import kept_by, require_order
from ictcli.learning.labels.overnight import Overnight
from ictcli.learning.labels.uniqueness import average_uniqueness
from ictcli.market.bars import Bars


def fixed_horizon(
    bars: Bars, starts: Int64, horizon: int, costs: Floats, swap: Overnight | None = None
) -> Labelled:
    """Events of trades from the next open to the close ``horizon`` bars after the decision.

    The label is 1 where that return, before costs, is above 0; a return of exactly 0 gives no event, nor
    does a decision whose horizon reaches beyond the last bar.

    Args:
        bars: sound bars of one series.
        starts: bars of the decisions, ascending.
        horizon: bars that a trade lasts, the bar of the entry among them.
        costs: for each bar, of a trade entered at its open, see ``trade_costs``.
        swap: of the series; None for one without any.

    Raises:
        UsageError: the horizon is not possible.
        ValueError: arrays do not fit each other, or starts are not ascending.
    """
    if horizon < 1:
        raise UsageError(f"a horizon of {horizon} bars is not possible", hint="Use at least 1 bar.")
    require_order(starts, bars, None, costs)
    inside, dropped = kept_by({"horizon beyond the last bar": starts + horizon >= len(bars)}, len(starts))
    starts = starts[inside]
    change = bars.close[starts + horizon] - bars.open[starts + 1]
    moved, flat = kept_by({"unchanged at the horizon": change == 0}, len(starts))
    events = held(bars, starts[moved], starts[moved] + horizon, change[moved] > 0, costs, swap)
    counts = {why: count for why, count in {**dropped, **flat}.items() if count}
    return Labelled(events, {"rule": "fixed horizon", "horizon": horizon}, counts)


def held(bars: Bars, start: Int64, end: Int64, up: Flags, costs: Floats, swap: Overnight | None) -> Events:
    """Events of trades without barriers, from the open after ``start`` to the close of ``end``."""
    entry = bars.open[start + 1]
    gross = (bars.close[end] - entry) / entry
    cost = costs[start + 1]
    long, short = (_earned(swap, start, end, side) for side in (1, -1))
    return Events(
        start=start,
        end=end,
        side=np.zeros_like(start),
        label=up.astype(np.int64),
        outcome=np.full_like(start, VERTICAL),
        long_net=gross - cost + long,
        short_net=-gross - cost + short,
        cost=cost - (long + short) / 2,
        risk=np.ones(len(start)),
        weight=average_uniqueness(start, end, len(bars)),
        ambiguous=np.zeros(len(start), np.bool_),
    )


def _earned(swap: Overnight | None, start: Int64, end: Int64, side: int) -> Floats:
    """Swap of trades of one side to the close of ``end``, negative when paid."""
    if swap is None:
        return np.zeros(len(start))
    return swap.earned(np.full_like(start, side), start + 1, end, np.ones(len(start), np.bool_))
