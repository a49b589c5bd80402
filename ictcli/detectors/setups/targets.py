"""Opposing liquidity that a setup may aim at: swings that price has not traded beyond (ICT.md §7.1)."""

from typing import Any

from ictcli.detectors.base.book import FAR, add, remove
from ictcli.detectors.base.events import BROKEN, CONFIRMED, EVICTED, SWEPT
from ictcli.kernels import kernel


@kernel
def hear_swings(levels: Any, swings: Any, first: int, last: int) -> None:
    """Follow which swings price has not traded beyond."""
    for at in range(first, last):
        swing = swings[at]
        record = swing["record"]
        side = (1 - swing["direction"]) // 2
        if record in (SWEPT, BROKEN, EVICTED):
            for position in range(levels["count"][side]):
                slot = levels["slot"][side, position]
                if levels["held"][side, slot]["serial"] == swing["serial"]:
                    remove(levels, side, position)
                    break
        elif record == CONFIRMED:
            add(levels, side, swing["direction"] * swing["bottom"], swing)


@kernel
def next_level(levels: Any, side: int, beyond: int) -> int:
    """The nearest opposing level above a signed price, ``FAR`` when there is none."""
    opposite = 1 - side
    for at in range(levels["count"][opposite] - 1, -1, -1):
        level = -levels["price"][opposite, at]
        if level > beyond:
            return int(level)
    return FAR
