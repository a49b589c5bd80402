"""The price process: one minute of one symbol at a time, twelve price moves to a minute.

State and parameters are one record each, so a market can stop and go on at any minute. Only integer
operations, ``+ - * /`` and ``math.sqrt`` are used, all of which IEEE 754 fixes to the last bit, so the
same seed gives the same prices on every machine.

The bid moves by ``price *= 1 + scale * sum(weight * sqrt(variance) * shock)``. Shocks have mean 0 and do
not depend on anything that scales them, so without a planted edge the bid is a martingale. A factor's
variance is the product of three mean-reverting ones (hours, days, weeks; GARCH diffusions driven by
their own noise), shared by all symbols that load on the factor.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel
from ictcli.sources.sim.planting import QUIETING, planted_drift
from ictcli.sources.sim.randomness import bits, shocks, unit

STEPS = 12
FACTORS = 4
SCALES = 3
MAX_TICKS = 2_000
"""No minute has more ticks than this."""

_PULL = (0.01155, 0.00048, 0.000024)
"""Mean reversion per minute: half-lives of one hour, one day and twenty days."""
_NOISE = (0.0975, 0.0207, 0.0040)
"""Relative noise per minute of each variance, driven by uniform noise of variance 1."""
_CEILING = 12.0
_FADE = 0.97
"""What is left of a news after-shock a minute later: a half-life of 23 minutes."""
_CLOSED = 0.2
"""Volatility while the market is shut, as a share of the mean; it shows as the gap at the reopening."""
_LARGEST_MOVE = 0.25
_NEWS_STEP = 1
"""News moves the price five seconds after the minute began."""
_ROOT3 = 1.7320508075688772

STATE = np.dtype(
    [
        ("price", "<f8"),
        ("variance", "<f8", (FACTORS, SCALES)),
        ("aftershock", "<f8"),
        ("spread", "<i8"),
        ("ticks", "<i8"),
        ("phase", "<i8"),
        ("left", "<i8"),
        ("side", "<i8"),
        ("impulse", "<i8"),
        ("retrace", "<i8"),
        ("drift", "<i8"),
        ("unit", "<f8"),
        ("push", "<f8"),
    ],
    align=True,
)
PARAMS = np.dtype(
    [
        ("weight", "<f8", (FACTORS,)),
        ("shock_key", "<u8", (FACTORS,)),
        ("variance_key", "<u8", (FACTORS,)),
        ("news_key", "<u8"),
        ("planting_key", "<u8"),
        ("quote_key", "<u8"),
        ("sigma", "<f8"),
        ("tick_points", "<i8"),
        ("spread", "<f8"),
        ("ticks", "<f8"),
        ("news", "<f8"),
        ("edge", "<f8"),
    ],
    align=True,
)
DAY = np.dtype([("volatility", "<f8"), ("spread", "<f8"), ("slot", "<i8")], align=True)


@kernel
def minute_path(
    state: np.void,
    params: np.void,
    day: NDArray[np.void],
    news: NDArray[np.float64],
    minute: int,
    wall: int,
    is_open: bool,  # noqa: FBT001 - kernels take scalars one by one
    work: NDArray[np.float64],
    path: NDArray[np.int64],
) -> bool:
    """Advance one minute; ``path`` gets the bid after each move, in points.

    Args:
        state: a ``STATE`` record, changed in place.
        params: a ``PARAMS`` record.
        day: 1440 records of ``DAY``: what the minute of the New York day implies.
        news: the rows of ``daytime.NEWS_SLOTS``.
        minute: minutes since the epoch, UTC.
        wall: the same on New York's clock.
        is_open: whether the market trades.
        work: scratch for one factor's shocks and the sum, ``2 * STEPS`` numbers.
        path: ``STEPS`` numbers, written only while the market is open.

    Returns:
        Whether a planted episode began in this minute.
    """
    of_day = day[wall % 1440]
    level = 0.0
    for factor in range(FACTORS):
        _move_variances(state, params, factor, minute)
        weight = params["weight"][factor]
        level += weight * weight * _variance(state, factor)
    jump = _hear_news(state, params, of_day["slot"], news, wall)
    calm = params["sigma"] * (of_day["volatility"] if is_open else _CLOSED)
    began = planted_drift(state, params, calm * math.sqrt(level), minute, wall, is_open)
    if state["phase"] != 0:
        calm = calm / (1.0 + QUIETING * params["edge"])
    scale = calm * math.sqrt(1.0 + state["aftershock"]) / math.sqrt(float(STEPS))
    _sum_shocks(state, params, minute, work)
    if is_open:
        _walk(state, params, scale, scale * math.sqrt(1.0 + STEPS * jump), work, path)
        _quote(state, params, of_day, level * (1.0 + state["aftershock"]), minute)
    else:
        _drift_shut(state, scale, work)
    return began


@kernel
def _move_variances(state: np.void, params: np.void, factor: int, minute: int) -> None:
    word = bits(params["variance_key"][factor], minute)
    variances = state["variance"][factor]
    for k in range(SCALES):
        value = variances[k]
        noise = (2.0 * unit(word, k) - 1.0) * _ROOT3
        variances[k] = min(value + _PULL[k] * (1.0 - value) + _NOISE[k] * value * noise, _CEILING)


@kernel
def _variance(state: np.void, factor: int) -> float:
    variances = state["variance"][factor]
    return float(variances[0] * variances[1] * variances[2])


@kernel
def _hear_news(state: np.void, params: np.void, slot: int, news: NDArray[np.float64], wall: int) -> float:
    """Fade the after-shock, add this minute's news, and return the variance of its jump."""
    state["aftershock"] = state["aftershock"] * _FADE
    if slot < 0:
        return 0.0
    date = wall // 1440
    weekday = (date + 3) % 7
    if weekday > 4:
        return 0.0
    word = bits(params["news_key"], date * 64 + slot)
    payrolls = slot == 2 and weekday == 4 and (date // 7) % 4 == 0
    if not payrolls and unit(word, 0) * 1000.0 >= news[slot, 1]:
        return 0.0
    strength = params["news"] * (3.0 if payrolls else 0.4 + 1.2 * unit(word, 1))
    state["aftershock"] = state["aftershock"] + strength * news[slot, 3]
    return float(strength * news[slot, 2])


@kernel
def _sum_shocks(state: np.void, params: np.void, minute: int, work: NDArray[np.float64]) -> None:
    """The weighted sum of all factors' shocks of this minute, to ``work[STEPS:]``."""
    for step in range(STEPS):
        work[STEPS + step] = 0.0
    for factor in range(FACTORS):
        size = params["weight"][factor]
        if size == 0.0:
            continue
        size = size * math.sqrt(_variance(state, factor))
        for group in range(STEPS // 4):
            shocks(bits(params["shock_key"][factor], minute * 4 + group), work, group * 4)
        for step in range(STEPS):
            work[STEPS + step] += size * work[step]


@kernel
def _walk(
    state: np.void,
    params: np.void,
    scale: float,
    news_scale: float,
    work: NDArray[np.float64],
    path: NDArray[np.int64],
) -> None:
    price = state["price"]
    push = state["push"]
    tick_points = params["tick_points"]
    for step in range(STEPS):
        size = news_scale if step == _NEWS_STEP else scale
        move = size * work[STEPS + step] + push
        price = price * (1.0 + min(max(move, -_LARGEST_MOVE), _LARGEST_MOVE))
        path[step] = max(int(price + 0.5), 1) * tick_points
    state["price"] = price


@kernel
def _drift_shut(state: np.void, scale: float, work: NDArray[np.float64]) -> None:
    total = 0.0
    for step in range(STEPS):
        total += work[STEPS + step]
    move = min(max(scale * total, -_LARGEST_MOVE), _LARGEST_MOVE)
    state["price"] = state["price"] * (1.0 + move)


@kernel
def _quote(state: np.void, params: np.void, of_day: np.void, level: float, minute: int) -> None:
    """Spread and tick count of this minute: dearer and busier when volatile."""
    word = bits(params["quote_key"], minute)
    root = math.sqrt(level)
    spread = params["spread"] * of_day["spread"] * (0.70 + 0.25 * root) * (0.85 + 0.3 * unit(word, 0))
    state["spread"] = int(spread / params["tick_points"] + 0.5) * params["tick_points"]
    busy = of_day["volatility"] * root * (0.6 + 0.8 * unit(word, 1))
    state["ticks"] = min(STEPS + int(params["ticks"] * busy), MAX_TICKS)
