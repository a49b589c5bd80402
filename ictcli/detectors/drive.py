"""Driving the steps of a plan over bars: in batch, one bar at a time, and from a checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base import context
from ictcli.detectors.base.context import BAR
from ictcli.detectors.base.events import EVENT, MOST_PER_BAR
from ictcli.detectors.detector import Detector
from ictcli.detectors.plan import NO_NODE, Plan, Settings
from ictcli.errors import DataError
from ictcli.kernels import kernel
from ictcli.market.bars import Bars

Records = NDArray[np.void]
"""``EVENT`` records in the order in which they were written."""

NOTHING = np.zeros(0, EVENT)
"""The records of an optional feed that is not in the plan."""

BLOCK = 2048
"""Bars that go through all nodes together, few enough for their records to stay in the processor's cache."""

_ROOM = 128 * MOST_PER_BAR
"""Records a room holds at first; memory that is not written to costs nothing."""

FURTHEST = 2**62
"""Points beyond which a price is not one: detectors use such numbers for "nothing" and double prices."""


@dataclass(frozen=True, slots=True)
class Memory:
    """All that a plan remembers of the bars so far.

    Attributes:
        context: state of the bar context.
        states: state of every node.
    """

    context: NDArray[np.void]
    states: tuple[NDArray[np.void], ...]

    def save(self) -> bytes:
        """A checkpoint."""
        return b"".join(state.tobytes() for state in (self.context, *self.states))

    @classmethod
    def load(cls, plan: Plan, saved: bytes) -> Self:
        """The memory whose ``save()`` is ``saved``, under the dtype objects that call fast (N2).

        Raises:
            ValueError: the bytes are not a checkpoint of this plan.
        """
        sizes = [context.CONTEXT.itemsize, *(node.detector.state.itemsize for node in plan.nodes)]
        if len(saved) != sum(sizes):
            raise ValueError(f"not a checkpoint of this plan: {len(saved)} bytes, expected {sum(sizes)}")
        ends = np.cumsum(sizes).tolist()
        parts = [saved[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        states = (node.detector.restore(part) for node, part in zip(plan.nodes, parts[1:], strict=True))
        return cls(np.frombuffer(bytearray(parts[0]), context.CONTEXT), tuple(states))


def start(plan: Plan) -> Memory:
    """The memory before the first bar."""
    settings = plan.settings
    states = (node.detector.init_state(node.params, settings.bar_ns) for node in plan.nodes)
    return Memory(first_context(settings), tuple(states))


def first_context(settings: Settings) -> NDArray[np.void]:
    """The state of the bar context before the first bar."""
    return context.init_context(settings.bar_ns, settings.atr_length, always_open=settings.always_open)


def advance(plan: Plan, memory: Memory, bars: Bars, other: Bars | None = None) -> list[Records]:
    """Take the next closed bars of the series; the new records of every node.

    Args:
        plan: what to run.
        memory: changed in place.
        bars: the bars after those taken so far.
        other: bars of the second symbol, for detectors that compare.
    """
    room = Room()
    counts = advance_into(plan, memory, bars, other, room)
    ends = np.cumsum(counts).reshape(counts.shape)
    starts = ends - counts
    return [
        join([NOTHING, *(room.records(*span) for span in np.column_stack((starts[:, at], ends[:, at])))])
        for at in range(len(plan.nodes))
    ]


class Room:
    """Memory for the records of one stretch of bars, used again for the next one."""

    def __init__(self) -> None:
        self._records = np.empty(_ROOM, EVENT)
        self.used = 0

    def free(self) -> Records:
        """At least ``2 * MOST_PER_BAR`` records to write to."""
        if len(self._records) - self.used < 2 * MOST_PER_BAR:
            grown = np.empty(2 * len(self._records), EVENT)
            grown[: self.used].view(np.uint8)[:] = self._records[: self.used].view(np.uint8)
            self._records = grown
        return self._records[self.used :]

    def records(self, first: int, last: int) -> Records:
        """Some of the records written so far."""
        return self._records[first:last]


def advance_into(plan: Plan, memory: Memory, bars: Bars, other: Bars | None, room: Room) -> NDArray[np.int64]:
    """Like ``advance``, with the records one after the other in ``room``, from its beginning.

    Returns:
        How many each node wrote, in rows of so many bars as go through all nodes together: all records of
        a row stand before those of the next one, and in a row those of a node before those of the next.
    """
    described = describe(memory.context, bars, other)
    room.used = 0
    counts = np.zeros((-(-len(described) // BLOCK), len(plan.nodes)), np.int64)
    for row in range(len(counts)):
        block = described[row * BLOCK : (row + 1) * BLOCK]
        heard: list[Records] = []
        for node, state in zip(plan.nodes, memory.states, strict=True):
            feeds = [heard[feed] if feed != NO_NODE else NOTHING for feed in node.feeds]
            heard.append(collect(node.detector, state, block, feeds, room))
        counts[row] = [len(records) for records in heard]
    return counts


def join(parts: Sequence[Records]) -> Records:
    """Records one after the other; as bytes, because numpy copies such records field by field."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([NOTHING.view(np.uint8), *(part.view(np.uint8) for part in parts)]).view(EVENT)


def describe(state: NDArray[np.void], bars: Bars, other: Bars | None = None) -> NDArray[np.void]:
    """Closed bars as steps see them, an array of ``BAR``; changes the context's state."""
    described = np.empty(len(bars), BAR)
    columns = (bars.ts, bars.ts_close, bars.open, bars.high, bars.low, bars.close, bars.spread)
    context.run(state, described, *columns)
    if other is not None:
        pair(described, other.ts, other.high, other.low, other.close)
    return described


@kernel
def pair(described: Any, ts: Any, highs: Any, lows: Any, closes: Any) -> None:
    """Put beside described bars those of the second symbol that open with them."""
    at = 0
    for row in range(len(described)):
        bar = described[row]
        while at < len(ts) and ts[at] < bar["ts"]:
            at += 1
        if at < len(ts) and ts[at] == bar["ts"]:
            bar["paired"] = 1
            bar["other_high"] = highs[at]
            bar["other_low"] = lows[at]
            bar["other_close"] = closes[at]


def collect(
    detector: Detector,
    state: NDArray[np.void],
    described: NDArray[np.void],
    feeds: list[Records],
    room: Room | None = None,
) -> Records:
    """Run one detector over described bars, changing ``state``; all its records in order.

    Args:
        detector: to run.
        state: changed in place.
        described: the bars.
        feeds: records of those it listens to.
        room: where the records are written.
    """
    room = room or Room()
    begun, first = room.used, 0
    while first < len(described):
        first, count = detector.run(state, room.free(), described, first, *feeds)
        room.used += count
    return room.records(begun, room.used)


def push(plan: Plan, memory: Memory, bars: Bars, at: int, other: Bars | None = None) -> list[Records]:
    """Give bar ``at`` alone to every step of a plan; the records each wrote."""
    bar = describe(memory.context, bars.slice(at, at + 1), other)[0]
    found: list[Records] = []
    for node, state in zip(plan.nodes, memory.states, strict=True):
        feeds: list[Any] = []
        for feed in node.feeds:
            heard = found[feed] if feed != NO_NODE else NOTHING
            feeds += [heard, 0, len(heard)]
        buffer = np.empty(MOST_PER_BAR, EVENT)
        count = node.detector.step(state[0], buffer, 0, bar, *feeds)
        found.append(buffer[:count].copy())
    return found


def require_sound(bars: Bars) -> None:
    """Refuse bars that no detector may see (ICT.md §13c, C2).

    Raises:
        DataError: stamps do not increase, or a bar's prices contradict each other or lie beyond what a
            detector can compare (a number that was none, cast to points); names the row.
    """
    backwards = np.flatnonzero(np.diff(bars.ts) <= 0)
    if len(backwards):
        raise DataError(f"row {int(backwards[0]) + 1}: bar time does not increase")
    low = np.minimum(bars.open, bars.close)
    high = np.maximum(bars.open, bars.close)
    wrong = np.flatnonzero((bars.low > low) | (bars.high < high))
    if len(wrong):
        raise DataError(f"row {int(wrong[0])}: low <= open, close <= high does not hold")
    beyond = np.flatnonzero((bars.low <= -FURTHEST) | (bars.high >= FURTHEST))
    if len(beyond):
        raise DataError(f"row {int(beyond[0])}: a price of 2**62 points or more is none")
