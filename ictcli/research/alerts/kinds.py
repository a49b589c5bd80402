"""Alerts: what a detector said when, thinned by a cooldown and matched one to one with target moves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import array_kernel, kernel
from ictcli.market.bars import Bars, Int64
from ictcli.research.alerts.moves import Moves
from ictcli.stats.sequences import Floats

UNMATCHED = -1
"""Stands for no alert, or no move."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """Alerts of one kind on one series, by time, as arrays of equal length.

    Attributes:
        bar: bar at whose close the alert was known; the earliest order fills at the next open.
        direction: +1 up, -1 down, 0 no opinion. Alerts without opinion serve moves of either direction.
    """

    bar: Int64
    direction: Int64

    def __len__(self) -> int:
        return len(self.bar)

    def within(self, first: int, stop: int) -> "Alerts":
        """Alerts of bars ``first`` up to but without ``stop``, counted from ``first``."""
        own = (self.bar >= first) & (self.bar < stop)
        return Alerts(self.bar[own] - first, self.direction[own])


def cooled(alerts: Alerts, cooldown: int) -> Alerts:
    """Alerts without those that follow the last kept one of their direction within ``cooldown`` bars.

    A negative cooldown keeps every alert; 0 keeps one per bar and direction.
    """
    kept = np.empty(len(alerts), np.bool_)
    _cool(alerts.bar, alerts.direction, cooldown, kept)
    return Alerts(alerts.bar[kept], alerts.direction[kept])


def range_alerts(bars: Bars, atr: Floats, multiple: float) -> Alerts:
    """The trivial detector: bars of a range of at least ``multiple`` average true ranges, by their colour.

    Args:
        bars: of one series.
        atr: average true range through the bar before each bar, points; 0 where undefined.
        multiple: least range.
    """
    large = np.flatnonzero((atr > 0.0) & (bars.high - bars.low >= multiple * atr))
    return Alerts(large, np.sign(bars.close[large] - bars.open[large]))


def match_alerts(alerts: Alerts, moves: Moves, lead: int, grace: int) -> tuple[Int64, Int64]:
    """Pair alerts with moves, each at most once, as many as possible.

    A pair needs the same direction and ``start - lead <= alert <= start + grace``. Alerts are served in
    order of time; each takes the move still free whose window ends first, which is optimal because all
    windows are equally long.

    Returns:
        The move of each alert and the alert of each move, ``UNMATCHED`` where there is none.
    """
    move_of = np.empty(len(alerts), np.int64)
    alert_of = np.empty(len(moves), np.int64)
    pair(alerts.bar, alerts.direction, moves.start, moves.direction, lead, grace, move_of, alert_of)
    return move_of, alert_of


@kernel
def pair(
    bar: Int64,
    direction: Int64,
    start: Int64,
    move_direction: Int64,
    lead: int,
    grace: int,
    move_of: Int64,
    alert_of: Int64,
) -> int:
    """Fill ``move_of`` and ``alert_of`` as ``match_alerts`` says; returns the number of pairs."""
    for move in range(len(start)):
        alert_of[move] = -1
    first = 0
    pairs = 0
    for alert in range(len(bar)):
        move_of[alert] = -1
        while first < len(start) and start[first] + grace < bar[alert]:
            first += 1
        move = first
        while move < len(start) and start[move] - lead <= bar[alert]:
            fits = direction[alert] == 0 or direction[alert] == move_direction[move]
            if fits and alert_of[move] < 0:
                alert_of[move] = alert
                move_of[alert] = move
                pairs += 1
                break
            move += 1
    return pairs


@array_kernel
def _cool(bar: Int64, direction: Int64, cooldown: int, kept: NDArray[np.bool_]) -> None:
    last = np.full(3, -1, np.int64)
    for alert in range(len(bar)):
        side = direction[alert] + 1
        before = last[side]
        kept[alert] = before < 0 or bar[alert] - before > cooldown
        if kept[alert]:
            last[side] = bar[alert]
