"""The planted edge: what an episode is, when it begins and how it pushes the price.

With ``edge`` above 0, on weekdays, a symbol may enter an episode at any quarter hour in the kill zones of
London (02:00 to 03:45) and New York (07:00 to 09:45, both New York time), one episode at a time:

1. impulse: 45 to 90 minutes of one-sided drift, side by a fair coin;
2. retrace: 15 to 30 minutes of drift the other way, giving back part of the impulse;
3. continuation: 3 to 4 hours of drift in the direction of the impulse, ended at 16:30 New York
   at the latest.

Meanwhile ordinary volatility is divided by ``1 + QUIETING * edge``. All three drifts are ``edge`` times a
constant times the *unit*: the standard deviation that a 15-minute return had, given time of day and
volatility, when the episode began. With ``edge`` 0 nothing is planted.
"""

import math

import numpy as np

from ictcli.kernels import kernel
from ictcli.sources.sim.randomness import bits, unit

IMPULSE_PER_BAR = 2.8
"""Drift of the impulse per 15 minutes, in units, at edge 1."""
RETRACE_SHARE = 0.22
"""Part of the impulse's drift that the retrace takes back."""
CONTINUATION_PER_BAR = 0.6
"""Drift of the continuation per 15 minutes, in units, at edge 1."""
QUIETING = 0.5
"""How much an episode quiets the ordinary volatility, at edge 1."""
START_CHANCE = 0.6
"""Chance that an episode begins at an eligible quarter hour."""

NONE, IMPULSE, RETRACE, CONTINUATION = 0, 1, 2, 3
_STEPS_PER_MINUTE = 12.0
_LONDON = (2 * 60, 3 * 60 + 45)
_NEW_YORK = (7 * 60, 9 * 60 + 45)
_LAST_MINUTE = 16 * 60 + 30


@kernel
def planted_drift(
    state: np.void,
    params: np.void,
    minute_sigma: float,
    minute: int,
    wall: int,
    is_open: bool,  # noqa: FBT001 - kernels take scalars one by one
) -> bool:
    """Move the episode on by one minute and set ``state["push"]``, the drift per price move.

    Returns:
        Whether an episode began in this minute.
    """
    if params["edge"] == 0.0 or not is_open:
        return False
    if state["phase"] != NONE:
        _count_down(state, wall % 1440)
    if state["phase"] != NONE or not _eligible(params, minute, wall):
        _set_push(state, params)
        return False
    _begin(state, params, minute_sigma, minute)
    _set_push(state, params)
    return True


@kernel
def _eligible(params: np.void, minute: int, wall: int) -> bool:
    of_day = wall % 1440
    if of_day % 15 != 0 or (wall // 1440 + 3) % 7 > 4:
        return False
    in_london = _LONDON[0] <= of_day < _LONDON[1]
    in_new_york = _NEW_YORK[0] <= of_day < _NEW_YORK[1]
    return (in_london or in_new_york) and unit(bits(params["planting_key"], minute), 0) < START_CHANCE


@kernel
def _begin(state: np.void, params: np.void, minute_sigma: float, minute: int) -> None:
    word = bits(params["planting_key"], minute)
    state["phase"] = IMPULSE
    state["impulse"] = 15 * (3 + int(4.0 * unit(word, 1)))
    state["retrace"] = 15 + int(16.0 * unit(word, 2))
    state["drift"] = 180 + int(61.0 * unit(word, 2))
    state["side"] = 1 if unit(word, 3) < 0.5 else -1
    state["left"] = state["impulse"]
    state["unit"] = minute_sigma * math.sqrt(15.0)


@kernel
def _count_down(state: np.void, of_day: int) -> None:
    state["left"] = state["left"] - 1
    if state["left"] <= 0:
        state["phase"] = (state["phase"] + 1) % 4
        state["left"] = state["retrace"] if state["phase"] == RETRACE else state["drift"]
    if of_day >= _LAST_MINUTE:
        state["phase"] = NONE


@kernel
def _set_push(state: np.void, params: np.void) -> None:
    per_minute = 0.0
    if state["phase"] == IMPULSE:
        per_minute = IMPULSE_PER_BAR / 15.0
    elif state["phase"] == RETRACE:
        per_minute = -RETRACE_SHARE * IMPULSE_PER_BAR / 15.0 * state["impulse"] / state["retrace"]
    elif state["phase"] == CONTINUATION:
        per_minute = CONTINUATION_PER_BAR / 15.0
    state["push"] = params["edge"] * per_minute * state["unit"] * state["side"] / _STEPS_PER_MINUTE
