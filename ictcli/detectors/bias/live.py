"""The live objects of another detector, as far as the price nearest to the market is concerned."""

from typing import Any

import numpy as np

from ictcli.detectors.base.book import CAPACITY
from ictcli.kernels import kernel

NOWHERE = -(2**62)
"""The signed price of no object at all."""

LIVE = np.dtype(
    [
        ("count", np.int64, 2),
        ("nearest", np.int64, 2),  # highest signed price of the side
        ("price", np.int64, (2, CAPACITY)),
        ("serial", np.int64, (2, CAPACITY)),
    ]
)
"""At most as many a side as the detector itself keeps; sides as in ``base.book``."""


def init_live(live: Any) -> None:
    """Set a zeroed record to "nothing alive"."""
    live["nearest"] = NOWHERE


@kernel
def keep(live: Any, side: int, price: int, serial: int) -> None:
    """Take in an object by its signed price."""
    count = live["count"][side]
    if count < CAPACITY:
        live["price"][side, count] = price
        live["serial"][side, count] = serial
        live["count"][side] = count + 1
        live["nearest"][side] = max(live["nearest"][side], price)


@kernel
def drop(live: Any, side: int, serial: int) -> None:
    """Let an object go."""
    last = live["count"][side] - 1
    at = 0
    while at <= last and live["serial"][side, at] != serial:
        at += 1
    if at > last:
        return
    price = live["price"][side, at]
    live["price"][side, at] = live["price"][side, last]
    live["serial"][side, at] = live["serial"][side, last]
    live["count"][side] = last
    if price < live["nearest"][side]:
        return
    nearest = NOWHERE
    for other in range(last):
        nearest = max(nearest, live["price"][side, other])
    live["nearest"][side] = nearest
