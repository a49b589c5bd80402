"""Kill zones: the hours of the New York day in which the large sessions trade (ICT.md §9).

Asia, London open, New York morning, London close, New York lunch (a time to stay out) and New York
afternoon. ``index`` takes the morning of stock indices instead of that of currencies.

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
    (0, 1): "ASIA",
    (0, 2): "LONDON_OPEN",
    (0, 3): "NEW_YORK_AM",
    (0, 4): "LONDON_CLOSE",
    (0, 5): "LUNCH",
    (0, 6): "NEW_YORK_PM",
}


class KillZoneParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: New York windows, ``HH:MM-HH:MM``, end exclusive; an empty text leaves one out.

    Attributes:
        asia: Asian session.
        london_open: London open.
        new_york_am: New York morning for currencies.
        london_close: London close.
        lunch: New York lunch.
        new_york_pm: New York afternoon.
        new_york_am_index: New York morning for stock indices.
        index: whether ``new_york_am_index`` replaces ``new_york_am``.
    """

    asia: str = "20:00-24:00"
    london_open: str = "02:00-05:00"
    new_york_am: str = "07:00-10:00"
    london_close: str = "10:00-12:00"
    lunch: str = "12:00-13:00"
    new_york_pm: str = "13:30-16:00"
    new_york_am_index: str = "08:30-11:00"
    index: bool = False


def texts(params: KillZoneParams) -> tuple[str, ...]:
    """The windows by label."""
    return (
        params.asia,
        params.london_open,
        params.new_york_am_index if params.index else params.new_york_am,
        params.london_close,
        params.lunch,
        params.new_york_pm,
    )


def init_state(params: KillZoneParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_windows(state[0]["windows"], texts(params), bar_ns)
    return state


def refuses(params: KillZoneParams, bar_ns: int) -> str:
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
    name="kill_zone",
    version=1,
    summary="kill zones of the New York day with their highs and lows",
    phase=2,
    params=KillZoneParams,
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
