"""Flout: dealers range and Asian range taken together (ICT.md §8.3).

High and low of 14:00 to 24:00 New York; sources disagree about the start (14:00, 15:00, 16:00), hence the
parameter. Half of the range is one unit of the projections. As in the dealers range the bodies count.
Each edge of the range is an object, known on open at the first bar at or after the end: the high bear, the
low bull; ``bottom`` and ``top`` are the range, ``sd_1`` to ``sd_4`` the prices so many units outside the
object's own edge. Windows follow the New York clock through its changes, half open, by bar open; bars that
would straddle the edges are refused (C48). A range of zero height gives nothing (C13); with fewer than
half of the expected bars ``complete`` is false. A point event.
"""

from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import MOST_PER_BAR
from ictcli.detectors.detector import Detector
from ictcli.detectors.sessions.ranges import RANGE, RANGE_EXTRAS, init_range, take_window
from ictcli.detectors.sessions.windows import refusal, widen
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("range", RANGE)])


class FloutParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters.

    Attributes:
        window: New York window, ``HH:MM-HH:MM``, end exclusive.
        prices: whether the range is that of the ``wicks`` or of the ``bodies``.
    """

    window: str = "14:00-24:00"
    prices: Literal["wicks", "bodies"] = "bodies"


def init_state(params: FloutParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_range(state[0]["range"], params.window, bar_ns, bodies=params.prices == "bodies", halves=1)
    return state


def refuses(params: FloutParams, bar_ns: int) -> str:
    """Why the window does not fit bars of this length; empty when it does."""
    return refusal([params.window], bar_ns)


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    windows = state["range"]["windows"]
    if bar["ts"] >= windows["next"]:
        count = take_window(state["range"], events, count, bar)
    if windows["active"] > 0:
        widen(windows, bar)
    return count


@kernel
def run(states: Any, events: Any, bars: Any, first: int) -> tuple[int, int]:
    """Step over bars from ``first`` until they end or the buffer is nearly full."""
    count = 0
    for i in range(first, len(bars)):
        if len(events) - count < MOST_PER_BAR:
            return i, count
        count = step(states[0], events, count, bars[i])
    return len(bars), count


DETECTOR = Detector(
    name="flout",
    version=1,
    summary="the flout, with half of its range as unit of projection",
    phase=2,
    params=FloutParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "size_atr"),
    extras=RANGE_EXTRAS,
    refuses=refuses,
)
