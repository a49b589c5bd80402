"""A bounded set of live objects per direction, ordered by price and by age.

Prices are signed: multiplied by the direction (+1 support, -1 resistance), so that the object nearest to
the market always has the highest price. A step looks at the nearest object first and stops at the first
one it does not reach; a bar that touches nothing costs one comparison. When ``most`` objects of a side are
alive, a new one takes the place of the oldest (C18).

An object stays in its slot for life. ``slot`` lists the slots by ascending price (from ``count`` on: the
free slots); ``older`` and ``newer`` chain them by age.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base.events import EVENT, EVICTED, EXPIRED, relate
from ictcli.kernels import hot_kernel, kernel

CAPACITY = 128
"""Live objects a book can hold per direction; the parameter ``max_active`` may only lower it."""

NOBODY = -1

FAR = -(2**62)
"""A signed price no bar reaches."""

BOOK = np.dtype(
    [
        ("most", np.int64),
        ("count", np.int64, 2),
        ("oldest", np.int64, 2),  # slot
        ("newest", np.int64, 2),  # slot
        ("price", np.int64, (2, CAPACITY)),  # by position: signed price that a low must reach
        ("slot", np.int64, (2, CAPACITY)),  # by position
        ("older", np.int64, (2, CAPACITY)),  # by slot
        ("newer", np.int64, (2, CAPACITY)),  # by slot
        ("born", np.int64, (2, CAPACITY)),  # by slot: bar that confirmed the object
        ("touched", np.int64, (2, CAPACITY)),  # by slot: last bar that touched
        ("held", EVENT, (2, CAPACITY)),  # by slot: the object, with its latest record
    ]
)


def init_book(book: Any, most: int) -> None:
    """Set a zeroed book to empty.

    Raises:
        ValueError: ``most`` is not in 1..128.
    """
    if not 1 <= most <= CAPACITY:
        raise ValueError(f"max_active must be within 1..{CAPACITY}, not {most}")
    book["most"] = most
    book["oldest"] = NOBODY
    book["newest"] = NOBODY
    book["slot"] = np.arange(CAPACITY)


@hot_kernel
def nearest(book: Any, side: int) -> int:
    """The signed price of the object nearest to the market, ``FAR`` when there is none.

    Steps ask this before they call anything that takes the event buffer: passing an array costs more
    than the answer, and most bars touch nothing.
    """
    count = book["count"][side]
    if count == 0:
        return FAR
    return int(book["price"][side, count - 1])


@kernel
def add(book: Any, side: int, price: int, event: Any) -> None:
    """Take in the object that ``event`` confirms; ``evict`` has made room."""
    count = book["count"][side]
    slot = book["slot"][side, count]
    at = count
    while at > 0 and book["price"][side, at - 1] > price:
        book["price"][side, at] = book["price"][side, at - 1]
        book["slot"][side, at] = book["slot"][side, at - 1]
        at -= 1
    book["price"][side, at] = price
    book["slot"][side, at] = slot
    book["count"][side] = count + 1
    book["held"][side, slot] = event
    book["born"][side, slot] = event["confirmed"]
    book["touched"][side, slot] = NOBODY
    newest = book["newest"][side]
    book["older"][side, slot] = newest
    book["newer"][side, slot] = NOBODY
    if newest == NOBODY:
        book["oldest"][side] = slot
    else:
        book["newer"][side, newest] = slot
    book["newest"][side] = slot


@kernel
def remove(book: Any, side: int, at: int) -> None:
    """Take out the object at a position of the price order."""
    last = book["count"][side] - 1
    slot = book["slot"][side, at]
    for position in range(at, last):
        book["price"][side, position] = book["price"][side, position + 1]
        book["slot"][side, position] = book["slot"][side, position + 1]
    book["slot"][side, last] = slot
    book["count"][side] = last
    older = book["older"][side, slot]
    newer = book["newer"][side, slot]
    if older == NOBODY:
        book["oldest"][side] = newer
    else:
        book["newer"][side, older] = newer
    if newer == NOBODY:
        book["newest"][side] = older
    else:
        book["older"][side, newer] = older


@kernel
def log(book: Any, bar: Any, events: Any, count: int, record: int, side: int, slot: int) -> int:
    """Append a record of the object in a slot, known at the close of the current bar."""
    return relate(events, count, book["held"][side, slot], bar, record)


@kernel
def end_oldest(book: Any, bar: Any, events: Any, count: int, record: int, side: int) -> int:
    """End the oldest object of a side with a record."""
    slot = book["oldest"][side]
    at = 0
    while book["slot"][side, at] != slot:
        at += 1
    count = log(book, bar, events, count, record, side, slot)
    remove(book, side, at)
    return count


@kernel
def evict(book: Any, bar: Any, events: Any, count: int, side: int) -> int:
    """Make room for one more object: the oldest leaves when the side is full."""
    if book["count"][side] >= book["most"]:
        count = end_oldest(book, bar, events, count, EVICTED, side)
    return count


@hot_kernel
def too_old(book: Any, bar: Any, side: int, max_age: int) -> bool:
    """Whether a side has an object that is more than ``max_age`` bars old."""
    if book["count"][side] == 0:
        return False
    return bool(book["born"][side, book["oldest"][side]] < bar["bar"] - max_age)


@kernel
def expire(book: Any, bar: Any, events: Any, count: int, side: int, max_age: int) -> int:
    """End the objects of a side that are more than ``max_age`` bars old; 0 for never (C11)."""
    if max_age > 0:
        while too_old(book, bar, side, max_age):
            count = end_oldest(book, bar, events, count, EXPIRED, side)
    return count
