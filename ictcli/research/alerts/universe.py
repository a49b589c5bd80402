"""The world alerts are judged against: fixed before any alert is seen, the same for every detector."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import array_kernel, kernel
from ictcli.market.bars import Bars, Int64
from ictcli.research.alerts.kinds import Alerts, pair
from ictcli.research.alerts.moves import Moves, find_moves
from ictcli.research.alerts.trades import Costs, Trades, trade_every_bar
from ictcli.stats.sequences import Floats

TALLY = (
    *("captured", "early", "moves", "false", "judged", "wins", "resolved"),
    *("targets", "stops", "multiples", "false_bars"),
)
"""What a tally counts, in this order; ``multiples`` is the sum of results."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as a move, as announcing it, and as a trade; registered in advance.

    Attributes:
        multiple: least size of a target move, average true ranges.
        horizon: most bars of a target move and of a trade.
        lead: an alert may come this many bars before a move starts.
        grace: or this many bars after.
        cooldown: an alert within this many bars after the last one of its direction is dropped.
        target, stop: barriers of a trade, average true ranges from the entry.
        trivial: range of a bar, in average true ranges, from which the trivial detector alerts.
    """

    multiple: float = 2.0
    horizon: int = 12
    lead: int = 3
    grace: int = 2
    cooldown: int = 3
    target: float = 1.0
    stop: float = 1.0
    trivial: float = 1.5


@dataclass(frozen=True, slots=True)
class Universe:
    """One series with everything an alert on it can be compared with.

    Attributes:
        moves: target moves.
        trades: what a trade from every bar would have earned.
        day: trading day of every bar.
        hour: New York hour of every bar's open.
        closed: instant at which every bar was known, nanoseconds UTC.
        moving: whether a move, or the time in which it may be announced, covers the bar.
        first, last: alerts outside are not judged: no move could start in time for them to announce it.
    """

    rules: Rules
    moves: Moves
    trades: Trades
    day: Int64
    hour: Int64
    closed: Int64
    moving: NDArray[np.bool_]
    first: int
    last: int

    def __len__(self) -> int:
        return len(self.day)


def universe(bars: Bars, atr: Floats, day: Int64, minute: Int64, rules: Rules, costs: Costs) -> Universe:
    """Prepare a series.

    Args:
        bars: closed bars.
        atr: average true range through each bar, points; 0 where undefined.
        day: trading day of each bar.
        minute: New York minute of the day of each bar's open.
        rules: of moves, matching and trades.
        costs: of the symbol.
    """
    moves = find_moves(bars.close, atr, rules.multiple, rules.horizon)
    trades = trade_every_bar(bars, atr, costs, target=rules.target, stop=rules.stop, horizon=rules.horizon)
    size = len(bars)
    moving = np.zeros(size, np.bool_)
    for start, end in zip(moves.start.tolist(), moves.end.tolist(), strict=True):
        moving[max(0, start - rules.lead) : max(end, start + rules.grace) + 1] = True
    defined = np.flatnonzero(atr[: max(0, size - rules.horizon)] > 0.0)
    first = int(defined[0]) - rules.lead if len(defined) else size
    last = size - 1 - rules.horizon - rules.lead
    return Universe(rules, moves, trades, day, minute // 60, bars.ts_close, moving, first, last)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of every alert and every move.

    Attributes:
        alerts: after the cooldown.
        dropped: alerts that the cooldown took.
        move_of, alert_of: pairs, ``UNMATCHED`` for none.
        judged: whether an alert counts: it is paired, or a move could have started in time for it.
        multiple: net result of each alert's trade; NaN for none.
        ending: how that trade ended.
    """

    alerts: Alerts
    dropped: int
    move_of: Int64
    alert_of: Int64
    judged: NDArray[np.bool_]
    multiple: Floats
    ending: Int64


def judge_alerts(world: Universe, alerts: Alerts, dropped: int = 0) -> Judgement:
    """Match alerts with the moves of a series and look up their trades."""
    rules, moves = world.rules, world.moves
    move_of = np.empty(len(alerts), np.int64)
    alert_of = np.empty(len(moves), np.int64)
    window = (moves.start, moves.direction, rules.lead, rules.grace)
    pair(alerts.bar, alerts.direction, *window, move_of, alert_of)
    judged = (move_of >= 0) | ((alerts.bar >= world.first) & (alerts.bar <= world.last))
    row = np.where(alerts.direction < 0, 1, 0)
    traded = alerts.direction != 0
    multiple = np.where(traded, world.trades.multiple[row, alerts.bar], np.nan)
    ending = np.where(traded, world.trades.ending[row, alerts.bar], 0)
    return Judgement(alerts, dropped, move_of, alert_of, judged, multiple, ending)


def tally(world: Universe, alerts: Alerts) -> Floats:
    """The counts of ``TALLY`` for alerts in order of time."""
    counts: Floats = tally_rotations(world, alerts, np.zeros(1, np.int64))[0]
    return counts


def tally_rotations(world: Universe, alerts: Alerts, shifts: Int64) -> Floats:
    """The counts after shifting every alert by the same number of bars, round the end of the series.

    Args:
        world: of the series.
        alerts: by time.
        shifts: bars, each from 0 to n-1.

    Returns:
        Array of shape (shifts, ``TALLY``).
    """
    out = np.zeros((len(shifts), len(TALLY)))
    _tally_rotations(*_arguments(world, alerts), shifts, len(world), out)
    return out


def _arguments(
    world: Universe, alerts: Alerts
) -> tuple[Int64, Int64, Int64, Int64, int, int, int, int, Floats, Int64, NDArray[np.bool_]]:
    rules, moves, trades = world.rules, world.moves, world.trades
    return (
        *(alerts.bar, alerts.direction, moves.start, moves.direction, rules.lead, rules.grace),
        *(world.first, world.last, trades.multiple, trades.ending, world.moving),
    )


@array_kernel
def _tally_rotations(
    bar: Int64,
    direction: Int64,
    start: Int64,
    move_direction: Int64,
    lead: int,
    grace: int,
    first: int,
    last: int,
    multiple: Floats,
    ending: Int64,
    moving: NDArray[np.bool_],
    shifts: Int64,
    size: int,
    out: Floats,
) -> None:
    count = len(bar)
    turned, turned_direction = np.empty(count, np.int64), np.empty(count, np.int64)
    move_of, alert_of = np.empty(count, np.int64), np.empty(len(start), np.int64)
    for k in range(len(shifts)):
        wrapped = 0
        while wrapped < count and bar[count - 1 - wrapped] + shifts[k] >= size:
            wrapped += 1
        for i in range(count):
            source = i - wrapped if i >= wrapped else count - wrapped + i
            moved = bar[source] + shifts[k]
            turned[i] = moved - size if i < wrapped else moved
            turned_direction[i] = direction[source]
        row = out[k]
        row[0] = pair(turned, turned_direction, start, move_direction, lead, grace, move_of, alert_of)
        row[2] = len(start)
        for i in range(count):
            _count(turned[i], move_of[i], start, first, last, row)
            if not moving[turned[i]] and (i == 0 or turned[i] != turned[i - 1]):
                row[10] += 1
            _count_trade(turned[i], turned_direction[i], multiple, ending, row)


@kernel
def _count(bar: int, move: int, start: Int64, first: int, last: int, row: Floats) -> None:
    if move >= 0:
        row[4] += 1
        if bar <= start[move]:
            row[1] += 1
    elif first <= bar <= last:
        row[3] += 1
        row[4] += 1


@kernel
def _count_trade(bar: int, direction: int, multiple: Floats, ending: Int64, row: Floats) -> None:
    if direction == 0:
        return
    side = 0 if direction > 0 else 1
    how = ending[side, bar]
    if how == 0:
        return
    gain = multiple[side, bar]
    row[6] += 1
    row[9] += gain
    if gain > 0:
        row[5] += 1
    if how == 1:
        row[7] += 1
    elif how in (2, 4):
        row[8] += 1
