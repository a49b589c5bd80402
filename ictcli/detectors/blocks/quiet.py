"""Bars on which nothing happens to any live zone, which are most bars.

Handing an array to a kernel costs more than all the comparisons of a quiet bar. So the detectors of blocks
ask here first and call what takes the event buffer only on bars that need it.
"""

from typing import Any

from ictcli.detectors.base.book import nearest
from ictcli.kernels import kernel


@kernel
def ages(zones: Any, bar: Any, side: int) -> bool:
    """Whether the oldest zone of a side expires on the current bar."""
    book = zones["book"]
    if zones["max_age"] == 0 or book["count"][side] == 0:
        return False
    born = book["held"][side, book["oldest"][side]]["confirmed"]
    return bool(bar["bar"] - born > zones["max_age"])


@kernel
def stirs(zones: Any, bar: Any) -> bool:
    """Whether the current bar reaches a live zone or makes one expire."""
    book = zones["book"]
    if bar["low"] <= nearest(book, 0) or -bar["high"] <= nearest(book, 1):
        return True
    return bool(ages(zones, bar, 0) or ages(zones, bar, 1))
