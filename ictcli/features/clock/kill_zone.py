"""Kill zones of the New York day (ICT.md §9, §16 35).

One flag per window, 1 when the bar opens in it, start included, end not: Asia 20:00-24:00, London open
02:00-05:00, New York morning 07:00-10:00, London close 10:00-12:00, lunch 12:00-13:00, New York afternoon
13:30-16:00. ``kz_hours`` is the time from the start of the window to the bar's open, in hours; 0 outside.
No windows overlap. Bars that straddle an edge count by their open.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.sessions.kill_zone import KillZoneParams, texts
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.kernels import hot_kernel, kernel
from ictcli.market.windows import parse_windows

NAMES = ("asia", "london", "ny_am", "london_close", "lunch", "ny_pm")
"""As the kill zones of the detector of that name, in its order."""
ZONES = len(NAMES)

STATE = np.dtype([("start", np.int64, ZONES), ("end", np.int64, ZONES)])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    state = np.zeros(1, STATE)
    for which, text in enumerate(texts(KillZoneParams())):
        (window,) = parse_windows(text)
        state[0]["start"][which] = window.start
        state[0]["end"][which] = window.start + window.minutes
    return state


@hot_kernel
def step(state: Any, row: Any, at: int, facts: Any) -> None:
    """Write the flags and the time since the start of one bar's window."""
    minute = facts["minute"]
    hours = 0.0
    for which in range(ZONES):
        start = state["start"][which]
        inside = start <= minute < state["end"][which]
        row[at + which] = 1.0 if inside else 0.0
        if inside:
            hours = (minute - start) / 60.0
    row[at + ZONES] = hours


@kernel
def run(states: Any, rows: Any, at: int, facts: Any) -> None:
    """Step over bars."""
    for i in range(len(facts)):
        step(states[0], rows[i], at, facts[i])


FEATURE = Feature(
    name="time_kill_zone",
    version=1,
    summary="kill zone of the New York day, and how long it has been open",
    columns=(
        *(Column(f"kz_{name}", "1 when the bar opens in this kill zone", "0 outside") for name in NAMES),
        Column("kz_hours", "hours from the start of the kill zone to the open", "0 outside"),
    ),
    warmup=0,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
)
