"""Loops over minutes that record what the price process does: bars, ticks, planted episodes."""

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.kernels import array_kernel, kernel
from ictcli.sources.sim.process import STEPS, minute_path

EPISODE = np.dtype(
    [
        ("start", "<i8"),
        ("side", "<i8"),
        ("impulse", "<i8"),
        ("retrace", "<i8"),
        ("drift", "<i8"),
        ("unit", "<f8"),
    ],
    align=True,
)


@array_kernel
def record_bars(
    state: np.void,
    params: np.void,
    day: NDArray[np.void],
    news: NDArray[np.float64],
    first_minute: int,
    walls: NDArray[np.int64],
    opens: NDArray[np.bool_],
    ohlc: NDArray[np.int64],
    spread: NDArray[np.int32],
    episodes: NDArray[np.void],
) -> tuple[int, int]:
    """Simulate ``len(walls)`` minutes from ``first_minute``; a bar for each one the market trades in.

    Args:
        state: see ``process.minute_path``, as for ``params``, ``day`` and ``news``.
        params: a ``PARAMS`` record.
        day: 1440 ``DAY`` records.
        news: the rows of ``daytime.NEWS_SLOTS``.
        first_minute: minutes since the epoch, UTC.
        walls: each minute on New York's clock, in minutes.
        opens: whether the market trades in each minute.
        ohlc: rows of time (ns), open, high, low, close (points) and tick count, filled from the top.
        spread: points, filled from the top.
        episodes: ``EPISODE`` rows, filled from the top.

    Returns:
        How many bars and how many episodes were recorded.
    """
    work = np.empty(2 * STEPS)
    path = np.empty(STEPS, np.int64)
    bars = 0
    found = 0
    for i in range(len(walls)):
        minute = first_minute + i
        if minute_path(state, params, day, news, minute, walls[i], opens[i], work, path):
            _note_episode(state, episodes[found], minute)
            found += 1
        if not opens[i]:
            continue
        high = path[0]
        low = path[0]
        for step in range(1, STEPS):
            high = max(high, path[step])
            low = min(low, path[step])
        ohlc[bars, 0] = minute * NS_PER_MINUTE
        ohlc[bars, 1] = path[0]
        ohlc[bars, 2] = high
        ohlc[bars, 3] = low
        ohlc[bars, 4] = path[STEPS - 1]
        ohlc[bars, 5] = state["ticks"]
        spread[bars] = state["spread"]
        bars += 1
    return bars, found


@kernel
def _note_episode(state: np.void, row: np.void, minute: int) -> None:
    row["start"] = minute * NS_PER_MINUTE
    row["side"] = state["side"]
    row["impulse"] = state["impulse"]
    row["retrace"] = state["retrace"]
    row["drift"] = state["drift"]
    row["unit"] = state["unit"]


@array_kernel
def record_ticks(
    state: np.void,
    params: np.void,
    day: NDArray[np.void],
    news: NDArray[np.float64],
    first_minute: int,
    walls: NDArray[np.int64],
    opens: NDArray[np.bool_],
    quotes: NDArray[np.int64],
) -> int:
    """Simulate ``len(walls)`` minutes; a row of time (ns), bid and ask in ``quotes`` for each tick.

    The bid stands still between the twelve moves of a minute and the ask flickers by one tick, so that
    the ticks of a minute make exactly the bar of ``record_bars``.

    ``quotes`` must have room for ``MAX_TICKS`` rows per minute.

    Returns:
        How many ticks were recorded.
    """
    work = np.empty(2 * STEPS)
    path = np.empty(STEPS, np.int64)
    count = 0
    for i in range(len(walls)):
        minute_path(state, params, day, news, first_minute + i, walls[i], opens[i], work, path)
        if not opens[i]:
            continue
        ticks = state["ticks"]
        start = (first_minute + i) * NS_PER_MINUTE
        for k in range(ticks):
            bid = path[k * STEPS // ticks]
            quotes[count, 0] = start + k * NS_PER_MINUTE // ticks
            quotes[count, 1] = bid
            quotes[count, 2] = bid + state["spread"] + (k % 2) * params["tick_points"]
            count += 1
    return count
