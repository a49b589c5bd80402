"""Every fall of the closed balance: how deep, how many trades, how much time from peak to peak.

Depths here are of closed balances: open losses count in ``sequences.max_drawdown`` only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.kernels import kernel
from ictcli.stats.sequences import Floats

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One fall below a peak of the closed balance, until the peak is reached again.

    Attributes:
        began: time of the peak: the close of the trade that made it, or the opening of the account.
        lowest: time of the lowest balance, the first of equals.
        ended: time at which the peak was reached again, or the end of the account.
        recovered: whether it was.
        depth: fall from the peak to the lowest balance, as a fraction of the peak.
        trades: trades after which the balance stood below the peak; the recovering one is not among them.
    """

    began: int
    lowest: int
    ended: int
    recovered: bool
    depth: float
    trades: int

    @property
    def time(self) -> int:
        """Time from peak to recovery, or to the end, in the unit of the given times."""
        return self.ended - self.began


def closed_drawdowns(
    gains: Floats, closed_at: Int64, opening: float, started: int, ended: int
) -> tuple[Drawdown, ...]:
    """All drawdowns of the closed balance, in order of time.

    Args:
        gains: closed gain of each trade, in order of closing.
        closed_at: time of each close, ascending, in any unit.
        opening: balance before the first trade, above 0.
        started: time at which the account opened.
        ended: time at which it was last looked at.

    Raises:
        DataError: times are not ascending from ``started`` to ``ended``, or do not match the gains.
    """
    times = np.concatenate([[started], closed_at, [ended]]).astype(np.int64)
    if len(gains) != len(closed_at) or (np.diff(times) < 0).any():
        raise DataError(
            "times of closing do not match the trades or are not ascending",
            hint="sort the trades by their close and give the span of the account",
        )
    rows = np.empty((len(gains), 3), np.int64)
    depths = np.empty(len(gains))
    count = _find(gains, opening, rows, depths)
    return tuple(
        Drawdown(
            began=int(times[first]),
            lowest=int(times[lowest]),
            ended=int(times[last]),
            recovered=int(last) <= len(gains),
            depth=float(depth),
            trades=int(last - first - 1),
        )
        for (first, lowest, last), depth in zip(rows[:count], depths[:count], strict=True)
    )


def time_under_water(drawdowns: Sequence[Drawdown], started: int, ended: int) -> float | None:
    """Share of the time from ``started`` to ``ended`` spent below an earlier peak; None without time."""
    return sum(one.time for one in drawdowns) / (ended - started) if ended > started else None


@kernel
def _find(gains: Floats, opening: float, rows: Int64, depths: Floats) -> int:
    """Write each drawdown's peak, lowest and end as positions among start, trades and end; count them."""
    count, first, lowest = 0, 0, 0
    balance, peak, bottom = opening, opening, opening
    for i in range(len(gains)):
        balance += gains[i]
        if balance < bottom:
            bottom, lowest = balance, i + 1
        if balance >= peak:
            if bottom < peak:
                rows[count, 0], rows[count, 1], rows[count, 2] = first, lowest, i + 1
                depths[count] = (peak - bottom) / peak
                count += 1
            peak, bottom, first = balance, balance, i + 1
    if bottom < peak:
        rows[count, 0], rows[count, 1], rows[count, 2] = first, lowest, len(gains) + 1
        depths[count] = (peak - bottom) / peak
        count += 1
    return count
