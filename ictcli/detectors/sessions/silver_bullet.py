"""Silver Bullet windows: three hours in which one trade toward liquidity is sought (ICT.md §9).

03:00 to 04:00 (London), 10:00 to 11:00 (morning) and 14:00 to 15:00 (afternoon).

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
    (0, 1): "LONDON",
    (0, 2): "MORNING",
    (0, 3): "AFTERNOON",
}


class SilverBulletParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: New York windows, ``HH:MM-HH:MM``, end exclusive; an empty text leaves one out.

    Attributes:
        london: London.
        morning: New York morning.
        afternoon: New York afternoon.
    """

    london: str = "03:00-04:00"
    morning: str = "10:00-11:00"
    afternoon: str = "14:00-15:00"


def texts(params: SilverBulletParams) -> tuple[str, ...]:
    """The windows by label."""
    return (
        params.london,
        params.morning,
        params.afternoon,
    )


def init_state(params: SilverBulletParams, bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    init_windows(state[0]["windows"], texts(params), bar_ns)
    return state


def refuses(params: SilverBulletParams, bar_ns: int) -> str:
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
    name="silver_bullet",
    version=1,
    summary="the three Silver Bullet hours",
    phase=2,
    params=SilverBulletParams,
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
