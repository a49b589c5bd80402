"""Macros: the short spans in which algorithms are said to seek liquidity (ICT.md §9).

Eight spans; those at :50 and :10 need bars of at most ten minutes, 02:33 and 04:03 bars of one.

New York wall time, half open, by bar open; what opens and closes a window, when that is known, and what is
counted is told in ``windows``: "confirmed" at the open of its first bar, "closed" at the open of the first
bar at or after its end, with its low (``bottom``), high (``top``), ``open``, ``n_bars`` of ``n_expected``
bars and ``complete`` (at least half of them). Windows whose edges the bars would straddle are left out; the
detector refuses bars that fit none (C48). Windows have no direction.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import MOST_PER_BAR
from ictcli.detectors.detector import Detector
from ictcli.detectors.sessions.windows import WINDOW_EXTRAS, WINDOWS, init_windows, refusal, turn, widen
from ictcli.kernels import hot_kernel, kernel

STATE = np.dtype([("windows", WINDOWS)])

LABELS = {
    (0, 1): "LONDON_1",
    (0, 2): "LONDON_2",
    (0, 3): "MORNING_1",
    (0, 4): "MORNING_2",
    (0, 5): "MORNING_3",
    (0, 6): "MIDDAY",
    (0, 7): "AFTERNOON_1",
    (0, 8): "AFTERNOON_2",
}


class MacroParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: New York windows, ``HH:MM-HH:MM``, end exclusive; an empty text leaves one out.

    Attributes:
        london_1: first of London.
        london_2: second of London.
        morning_1: first of the morning.
        morning_2: second of the morning.
        morning_3: third of the morning.
        midday: around noon.
        afternoon_1: first of the afternoon.
        afternoon_2: last hour.
    """

    london_1: str = "02:33-03:00"
    london_2: str = "04:03-04:30"
    morning_1: str = "08:50-09:10"
    morning_2: str = "09:50-10:10"
    morning_3: str = "10:50-11:10"
    midday: str = "11:50-12:10"
    afternoon_1: str = "13:10-13:40"
    afternoon_2: str = "15:15-15:45"


def texts(params: MacroParams) -> tuple[str, ...]:
    """The windows by label."""
    return (
        params.london_1,
        params.london_2,
        params.morning_1,
        params.morning_2,
        params.morning_3,
        params.midday,
        params.afternoon_1,
        params.afternoon_2,
    )


def init_state(params: MacroParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_windows(state[0]["windows"], texts(params), bar_ns)
    return state


def refuses(params: MacroParams, bar_ns: int) -> str:
    """Why no window fits bars of this length; empty when one does."""
    return refusal(texts(params), bar_ns)


@hot_kernel
def step(state: Any, events: Any, count: int, bar: Any) -> int:
    """Take one closed bar; append what became known; return the new number of records."""
    windows = state["windows"]
    if bar["ts"] >= windows["next"]:
        count = turn(windows, events, count, bar)
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
    name="macro",
    version=1,
    summary="the eight macro spans",
    phase=2,
    params=MacroParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    columns=("bottom", "top", "label"),
    ends=("closed",),
    extras=WINDOW_EXTRAS,
    labels=LABELS,
    uses_atr=False,
    refuses=refuses,
)
