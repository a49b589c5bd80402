"""Reading another detector's records along with the bars."""

from typing import Any

from ictcli.kernels import hot_kernel, kernel


@kernel
def first_record(feed: Any, bars: Any, first: int) -> int:
    """Index of the first record in ``feed`` that belongs to bar ``bars[first]`` or a later one."""
    if first >= len(bars):
        return len(feed)
    wanted = bars[first]["bar"]
    low, high = 0, len(feed)
    while low < high:
        middle = (low + high) // 2
        if feed[middle]["at"] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@hot_kernel
def records_until(feed: Any, at: int, bar: int) -> int:
    """Index of the first record from ``at`` on that belongs to a bar after ``bar``."""
    while at < len(feed) and feed[at]["at"] <= bar:
        at += 1
    return at
