"""Driving features over bars: in batch, one closed bar at a time, and from a checkpoint.

The same steps over the same states in all three, so the rows are the same, bit for bit.
"""

import hashlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors import drive
from ictcli.detectors.drive import BLOCK, NOTHING, Memory, Records, Room
from ictcli.detectors.plan import NO_NODE, Plan, Settings
from ictcli.features import facts as facts_step
from ictcli.features.facts import FACTS
from ictcli.features.live import LiveRow
from ictcli.features.registry import FeatureSet
from ictcli.features.wiring import wire_features
from ictcli.market.bars import Bars

Floats = NDArray[np.float64]

_MARK = 16
"""Bytes in front of a checkpoint that tell whose it is."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """One row of features per bar.

    Attributes:
        names: of the columns.
        values: shape (bars, columns), finite everywhere.
        warmup: rows at the start that nothing may learn from.
        known_at: the instant at which each row was known, ns UTC: the close of its bar.
    """

    names: tuple[str, ...]
    values: Floats
    warmup: int
    known_at: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.values)


def build(features: FeatureSet, bars: Bars, settings: Settings) -> Matrix:
    """The features of closed bars; a longer series starts with the same rows.

    Args:
        features: which.
        bars: sound closed bars of one series, oldest first.
        settings: bar length, the user's detector parameters and what else detectors share.
    """
    values = FeatureStream(features, settings).advance(bars)
    return Matrix(features.names, values, min(features.warmup, len(bars)), bars.ts_close)


class FeatureStream:
    """A set of features under way on one series.

    Args:
        features: which.
        settings: bar length, the user's detector parameters and what else detectors share.
        saved: a checkpoint that ``save`` made; None for the state before the first bar.

    Raises:
        UsageError: a detector that a feature needs does not work on such bars.
        ValueError: the checkpoint belongs to another set, version or parameters.
    """

    def __init__(self, features: FeatureSet, settings: Settings, saved: bytes | None = None) -> None:
        self._features = features.features
        self._width = len(features.names)
        wiring = wire_features(self._features, settings)
        self._plan: Plan = wiring.plan
        self._heard = wiring.feeds
        self._mark = _mark(features, self._plan)
        self._memory = drive.start(self._plan)
        self._facts = facts_step.init_state()
        self._states = [one.init_state(one.params(), settings.bar_ns) for one in self._features]
        self._live: LiveRow | None = None
        self._fits = LiveRow.fits(self._features, self._plan)
        self._room = Room()
        if saved is not None:
            self._load(saved)

    def advance(self, bars: Bars) -> Floats:
        """Take the next closed bars of the series; one row of features for each."""
        self._unite()
        rows = np.empty((len(bars), self._width))
        for first in range(0, len(bars), BLOCK):
            block = bars.slice(first, first + BLOCK)
            described = drive.describe(self._memory.context, block)
            facts = np.empty(len(block), FACTS)
            facts_step.run(self._facts, facts, described, block.tick_volume, block.real_volume)
            self._write(rows[first : first + BLOCK], facts, self._hear(described))
        return rows

    def push(self, bars: Bars, at: int) -> Floats:
        """Take bar ``at`` of a series alone, the next one of the series; its row, until the next push."""
        if not self._fits:
            row: Floats = self.advance(bars.slice(at, at + 1))[0]
            return row
        if self._live is None:
            self._live = LiveRow(self._features, self._plan, self._memory, self._facts, self._states)
        return self._live.push(bars, at)

    def save(self) -> bytes:
        """A checkpoint."""
        self._unite()
        own = b"".join(state.tobytes() for state in (self._facts, *self._states))
        return self._mark + own + self._memory.save()

    def _load(self, saved: bytes) -> None:
        sizes = [facts_step.STATE.itemsize, *(one.state.itemsize for one in self._features)]
        end = _MARK + sum(sizes)
        if saved[:_MARK] != self._mark or len(saved) < end:
            raise ValueError("not a checkpoint of these features")
        ends = np.cumsum([_MARK, *sizes]).tolist()
        parts = [saved[first:last] for first, last in pairwise(ends)]
        self._facts = np.frombuffer(bytearray(parts[0]), facts_step.STATE)
        self._states = [one.restore(part) for one, part in zip(self._features, parts[1:], strict=True)]
        self._memory = Memory.load(self._plan, saved[end:])

    def _unite(self) -> None:
        """Take the states back from the compiled calls."""
        if self._live is not None:
            self._memory, self._facts = self._live.memory(), self._live.facts()
            self._states = self._live.states()
            self._live = None

    def _write(self, rows: Floats, facts: NDArray[np.void], records: list[Records]) -> None:
        place = 0
        for feature, state, heard in zip(self._features, self._states, self._heard, strict=True):
            feeds = [records[at] if at != NO_NODE else NOTHING for at in heard]
            feature.run(state, rows, place, facts, *feeds)
            place += feature.width

    def _hear(self, described: NDArray[np.void]) -> list[Records]:
        """Run the detectors over a block; the records of every node."""
        self._room.used = 0
        found: list[Records] = []
        for node, state in zip(self._plan.nodes, self._memory.states, strict=True):
            feeds = [found[feed] if feed != NO_NODE else NOTHING for feed in node.feeds]
            found.append(drive.collect(node.detector, state, described, feeds, self._room))
        return found


def _mark(features: FeatureSet, plan: Plan) -> bytes:
    return hashlib.sha256(identity_text(features, plan).encode()).digest()[:_MARK]


def identity_text(features: FeatureSet, plan: Plan) -> str:
    """All that decides the numbers besides the bars: features, versions, parameters, detectors."""
    own = [f"{one.name}:{one.version}:{one.params()!r}" for one in features.features]
    shared = f"{plan.settings.bar_ns}:{plan.settings.always_open}:{plan.settings.atr_length}"
    return "|".join(
        [shared, *own, *(f"{node.title}:{node.detector.version}:{node.text}" for node in plan.nodes)]
    )
