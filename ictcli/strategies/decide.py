"""Driving strategies over bars: in batch, one closed bar at a time, and from a checkpoint.

The same steps over the same states in all three, so the decisions are the same, bit for bit.
"""

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors import drive
from ictcli.detectors.drive import BLOCK, NOTHING, Memory, Records, Room
from ictcli.detectors.plan import NO_NODE, Plan, Settings
from ictcli.errors import ConfigError
from ictcli.market.bars import Bars
from ictcli.strategies.decisions import DECISION, MOST_DECISIONS_PER_BAR, NOTE
from ictcli.strategies.prices import Columns, Prices, columns, first_unsound
from ictcli.strategies.protocol import Strategy
from ictcli.strategies.wiring import Wiring, wire

if TYPE_CHECKING:
    from ictcli.detectors.live import Live

Decisions = NDArray[np.void]
"""``DECISION`` records in the order in which they were written."""

_BYTES = np.dtype((np.void, DECISION.itemsize))
"""A decision without its fields, which numpy copies one by one."""
_ROOM = 4 * MOST_DECISIONS_PER_BAR
_GUARD = 16 * MOST_DECISIONS_PER_BAR
"""Room behind the buffer, so that a step that writes too much is caught and not a crash."""
_MANY = 64 * _ROOM
"""Bars from which on a strategy that sees prices gets a larger buffer."""
_MARK = 16
"""Bytes in front of a checkpoint that tell whose it is."""


def decide(
    strategy: Strategy,
    params: Any,
    bars: Bars,
    settings: Settings,
    *,
    notes: bool = True,
    sound: bool = False,
) -> Decisions:
    """All decisions of a strategy over closed bars; a longer run starts with the same ones.

    Args:
        strategy: to run.
        params: record of its parameters.
        bars: closed bars of one series, oldest first.
        settings: bar length, the user's detector parameters and what else detectors share.
        notes: whether to keep decisions that ask for nothing.
        sound: whether somebody has checked the bars before.

    Raises:
        DataError: a bar is not sound; names the row.
        UsageError: the strategy does not work on such bars.
        ConfigError: its detectors do not take their parameters.
    """
    if not sound:
        require_sound(bars)
    return Decider(strategy, params, settings).advance(bars, notes=notes)


def require_sound(bars: Bars) -> None:
    """Refuse bars that no strategy may see.

    Raises:
        DataError: names the row.
    """
    if first_unsound(bars.ts, bars.open, bars.high, bars.low, bars.close) >= 0:
        drive.require_sound(bars)


class Decider:
    """A strategy under way on one series.

    Args:
        strategy: to run.
        params: record of its parameters.
        settings: bar length, the user's detector parameters and what else detectors share.
        saved: a checkpoint that ``save`` made; None for the state before the first bar.
        fused: whether single bars go through the one call that holds every detector, where it can. It is
            the fastest, and takes long to compile the first time.

    Raises:
        UsageError: the strategy does not work on such bars.
        ConfigError: its detectors do not take their parameters.
        ValueError: the checkpoint belongs to another strategy, version, parameters or detectors.
    """

    def __init__(
        self,
        strategy: Strategy,
        params: Any,
        settings: Settings,
        saved: bytes | None = None,
        *,
        fused: bool = True,
    ) -> None:
        self._strategy = strategy
        self._wiring = wire(strategy, params, settings)
        self._mark = _mark(strategy, params, self._wiring)
        self._fused = fused and bool(self._wiring.plan.nodes)
        self._live: Live | None = None
        self._memory = drive.start(self._wiring.plan)
        self._state = strategy.init_state(params, settings.bar_ns)
        if saved is not None:
            self.load(saved)
        self._buffer = _buffer(_ROOM)
        self._room = Room()

    def advance(self, bars: Bars, *, notes: bool = True) -> Decisions:
        """Take the next closed bars of the series; what was decided at their closes.

        Args:
            bars: the bars after those taken so far, which must be sound.
            notes: whether to keep decisions that ask for nothing.
        """
        self._unite()
        if self._strategy.sees == "prices":
            if len(bars) >= _MANY:
                self._buffer = _buffer(len(bars) // 32)
            return _joined(self._run(columns(bars), len(bars), [], notes=notes))
        found: list[Decisions] = []
        for first in range(0, len(bars), BLOCK):
            block = bars.slice(first, first + BLOCK)
            described = drive.describe(self._memory.context, block)
            found += self._run(described, len(block), self._hear(described), notes=notes)
        return _joined(found)

    def push(self, bars: Bars, at: int) -> Decisions:
        """Take bar ``at`` of a series alone, the one after those taken so far."""
        if self._strategy.sees == "prices":
            count = self._strategy.step(self._state[0], self._buffer, 0, _prices(self._state, bars, at))
            return self._written(count).copy()
        bar, records = self._step_detectors(bars, at)
        feeds: list[Any] = []
        for position in self._wiring.feeds:
            heard = records[position] if position != NO_NODE else NOTHING
            feeds += [heard, 0, len(heard)]
        count = self._strategy.step(self._state[0], self._buffer, 0, bar, *feeds)
        return self._written(count).copy()

    def save(self) -> bytes:
        """A checkpoint."""
        self._unite()
        return self._mark + self._state.tobytes() + self._memory.save()

    def load(self, saved: bytes) -> None:
        """Go back to a checkpoint.

        Raises:
            ValueError: it belongs to another strategy, version, parameters or detectors.
        """
        self._live = None
        end = _MARK + self._strategy.state.itemsize
        if saved[:_MARK] != self._mark or len(saved) < end:
            raise ValueError(f"not a checkpoint of {self._strategy.name} with these parameters")
        self._state = np.frombuffer(bytearray(saved[_MARK:end]), self._strategy.state)
        self._memory = Memory.load(self._wiring.plan, saved[end:])

    def _unite(self) -> None:
        """Take the detectors' states back from the fused call."""
        if self._live is not None:
            self._memory = Memory(self._memory.context, self._live.states())
            self._live = None

    def _hear(self, described: NDArray[np.void]) -> list[Records]:
        """Run the detectors over a block; the records of the feeds."""
        self._room.used = 0
        found: list[Records] = []
        for node, state in zip(self._wiring.plan.nodes, self._memory.states, strict=True):
            feeds = [found[feed] if feed != NO_NODE else NOTHING for feed in node.feeds]
            found.append(drive.collect(node.detector, state, described, feeds, self._room))
        return [found[at] if at != NO_NODE else NOTHING for at in self._wiring.feeds]

    def _run(
        self, bars: NDArray[np.void] | Columns, count: int, feeds: list[Records], *, notes: bool
    ) -> list[Decisions]:
        """Run the strategy over a block with what its feeds wrote."""
        found: list[Decisions] = []
        first = 0
        while first < count:
            first, written = self._strategy.run(self._state, self._buffer, bars, first, *feeds)
            kept = self._kept(written, notes=notes)
            if len(kept):
                found.append(kept.view(DECISION))
        return found

    def _kept(self, count: int, *, notes: bool) -> NDArray[np.void]:
        """What is kept of the decisions that a step wrote; a buffer that they fill is not used again."""
        written = self._written(count)
        kept: NDArray[np.void] = written.view(_BYTES)
        asks = written["kind"] != NOTE
        if not (notes or asks.all()):
            kept = kept[asks]
        elif 2 * count < len(self._buffer):
            kept = kept.copy()
        else:
            self._buffer = _buffer(len(self._buffer))
        return kept

    def _written(self, count: int) -> Decisions:
        """The decisions that a step wrote.

        Raises:
            ConfigError: it wrote more than one bar may bring.
        """
        if count > len(self._buffer):
            raise ConfigError(
                f"strategy {self._strategy.name} decides more than {MOST_DECISIONS_PER_BAR} times on a bar",
                hint="Let its run stop before the room ends, as docs/write-a-strategy.md shows.",
            )
        return self._buffer[:count]

    def _step_detectors(self, bars: Bars, at: int) -> tuple[np.void, list[Records]]:
        """Give one bar to the detectors; the bar as steps see it, and the records of every node."""
        plan = self._wiring.plan
        one = bars.slice(at, at + 1)
        if self._live is None and self._fused:
            self._live = _live(plan, self._memory)
            self._fused = self._live is not None
            self._room = Room()  # single bars need none: let go of the pages that a long history has filled
        if self._live is None:
            bar = drive.describe(self._memory.context.copy(), one)[0]
            return bar, drive.push(plan, self._memory, one, 0)
        described = drive.describe(self._memory.context, one)
        self._live.push(described)
        return described[0], [self._live.records(node) for node in range(len(plan.nodes))]


def _buffer(room: int) -> Decisions:
    return np.empty(room + _GUARD, DECISION)[:room]


def _live(plan: Plan, memory: Memory) -> "Live | None":
    """The one call that holds every detector, None where one of the plan's is not in it."""
    from ictcli.detectors.live import Live  # noqa: PLC0415 - imports every detector, for single bars alone

    return Live(plan, memory) if Live.fits(plan) else None


def _prices(state: NDArray[np.void], bars: Bars, at: int) -> Prices:
    values = (int(column[at]) for column in columns(bars))
    return Prices(int(state[0]["bar"]), *values)


def _joined(parts: list[Decisions]) -> Decisions:
    """Decisions one after the other; as bytes, because numpy copies records field by field."""
    if not parts:
        return np.zeros(0, DECISION)
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([part.view(np.uint8) for part in parts]).view(DECISION)


def _mark(strategy: Strategy, params: Any, wiring: Wiring) -> bytes:
    texts = [strategy.name, str(strategy.version), repr(params), *(node.text for node in wiring.plan.nodes)]
    return hashlib.sha256("|".join(texts).encode()).digest()[:_MARK]
