"""The life of a level: swept, then broken, or failed (ICT.md §7.1, C22, C23).

A level is a price known at the close of bar k and watched on the bars after k, here as support
(``direction`` +1); resistance is support on negated bars. "swept" is the first ``low < level``; the
first ``close < level`` ends it; both may fall on one bar.
"""

from typing import Any

from ictcli.detectors.base.book import log, remove
from ictcli.detectors.base.events import SWEPT, reached
from ictcli.kernels import kernel


@kernel
def watch_sweeps(
    book: Any, bar: Any, events: Any, count: int, side: int, low: int, close: int, ending: int
) -> int:
    """Evaluate all live levels of a side on the current bar, whose prices are signed by the side.

    ``ending`` is the record that a close beyond the level writes.
    """
    at = book["count"][side] - 1
    while at >= 0 and low < book["price"][side, at]:
        slot = book["slot"][side, at]
        if not reached(book["held"][side, slot], SWEPT):
            count = log(book, bar, events, count, SWEPT, side, slot)
        if close < book["price"][side, at]:
            count = log(book, bar, events, count, ending, side, slot)
            remove(book, side, at)
        at -= 1
    return count


@kernel
def watch_closes(book: Any, bar: Any, events: Any, count: int, side: int, close: int, ending: int) -> int:
    """Like ``watch_sweeps`` for levels whose sweep is of no interest."""
    at = book["count"][side] - 1
    while at >= 0 and close < book["price"][side, at]:
        count = log(book, bar, events, count, ending, side, book["slot"][side, at])
        remove(book, side, at)
        at -= 1
    return count
