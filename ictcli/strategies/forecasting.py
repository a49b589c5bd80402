"""Trading what a model of direction says: the probability of every bar becomes a decision at its close.

The kernel sees one bar at a time and keeps nothing, so a decision follows from its bar, the bars before it
and the probability that was known then. Every bar that is sure enough asks for a position; how many there
may be at a time is for the limits of risk to say.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel
from ictcli.market.bars import Bars
from ictcli.models.conformal import decide_sides
from ictcli.strategies.decisions import DECISION, enter
from ictcli.strategies.forecast import FALL, RISE, ForecastParams

Floats = NDArray[np.float64]


def decide_forecast(
    params: ForecastParams, bars: Bars, rise: Floats, deviation: Floats, low: float, high: float
) -> NDArray[np.void]:
    """A decision for every bar whose probability asks for one; a longer run starts with the same ones.

    Positions are entered at the next open. Stop and target lie around the close of the bar, those of a short
    at the ask. None where the deviation is not known yet or 0.

    Args:
        params: where positions end.
        bars: closed bars of one series.
        rise: calibrated probability of label 1, up, for each bar; NaN where there is none.
        deviation: of one bar's return at each bar, see ``deviations``; NaN where it is not known.
        low: up to which a short is asked for.
        high: from which on a long is asked for.
    """
    asks = (decide_sides(rise, low, high) != 0) & (deviation > 0.0)
    decisions = np.zeros(int(np.count_nonzero(asks)), DECISION)
    rule = (params.target, params.stop, params.horizon)
    _decide_all(decisions, np.flatnonzero(asks), bars.close, bars.spread, rise, high, deviation, rule)
    return decisions


def deviations(closes: NDArray[np.int64], span: int) -> Floats:
    """Root mean square of the last ``span`` one-bar log returns at each bar; NaN for the first ``span``."""
    found = np.full(len(closes), math.nan)
    if len(closes) > span:
        squares = np.diff(np.log(closes.astype(np.float64))) ** 2
        found[span:] = np.sqrt(np.lib.stride_tricks.sliding_window_view(squares, span).mean(axis=1))
    return found


@kernel
def forecast(
    decisions: Any,
    count: int,
    bar: int,
    close: int,
    spread: int,
    rise: float,
    high: float,
    way: float,
    rule: Any,
) -> int:
    """Ask for a position at the close of a bar; the new number of decisions.

    Args:
        decisions: ``DECISION`` buffer.
        count: decisions in it.
        bar: number of the bar, also of the set-up.
        close: in points.
        spread: in points; below 0 where it is not known.
        rise: probability of label 1.
        high: threshold from which a long is asked for; below it a short is.
        way: deviation of one bar's return, above 0.
        rule: target and stop in deviations, and horizon in bars.
    """
    side = 1 if rise >= high else -1
    unit = way * close
    level = close if side > 0 else close + max(0, spread)  # where the position is left
    loss = max(1, math.floor(rule[1] * unit + 0.5))
    gain = max(1, math.floor(rule[0] * unit + 0.5)) if rule[0] > 0.0 else 0
    target = max(1, level + side * gain) if gain > 0 else 0
    after = enter(decisions, count, bar, bar, side, max(1, level - side * loss), target)
    own = decisions[count]
    own["reason"] = RISE if side > 0 else FALL
    own["max_bars"] = rule[2]
    own["probability"] = rise if side > 0 else 1.0 - rise
    return after


@kernel
def _decide_all(
    decisions: Any, bars: Any, closes: Any, spreads: Any, rise: Any, high: float, ways: Any, rule: Any
) -> None:
    count = 0
    for at in bars:
        count = forecast(decisions, count, at, closes[at], spreads[at], rise[at], high, ways[at], rule)
