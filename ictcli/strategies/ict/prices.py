"""Prices of orders: how far stops and targets lie, and on which whole points.

Written for the long side; ``direction`` -1 gives the short side, which is the long one on negated bars.
"""

import math
from typing import Any

from ictcli.kernels import kernel

UNREACHABLE = 2**60
"""Points to a stop or target that no price reaches; the engine refuses an order that asks for it."""


@kernel
def stop_buffer(bar: Any, points: int, atr: float) -> int:
    """Points from a level to the stop behind it: the largest of spread, ``points`` and ``atr`` ranges."""
    wanted = atr * bar["atr"]
    if not wanted < UNREACHABLE:
        return UNREACHABLE
    return int(max(bar["spread"], points, math.ceil(wanted)))


@kernel
def reward(risk: int, multiple: float) -> int:
    """Points of a target that is a multiple of the risk, rounded to the nearest, at least one."""
    wanted = multiple * risk + 0.5
    if not wanted < UNREACHABLE:
        return UNREACHABLE
    return max(math.floor(wanted), 1)


@kernel
def asked(signed: int, direction: int) -> int:
    """A signed price as a price that is asked for: never 0, which means "none"."""
    if signed == 0:
        return int(direction)
    return int(direction * signed)


@kernel
def halved_up(twice: int) -> int:
    """Half of a doubled signed price, upward: for a long the worse entry and the target farther away."""
    return int(-(-twice // 2))
