"""A plan on its way through a series: bars go in piece by piece, rows come out.

Where the pieces are cut makes no difference to any row. What is remembered in between (the states of all
steps and the objects that may still change) can be saved and loaded, so a computation can go on later.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors.drive import Memory, advance, start
from ictcli.detectors.lives import LIFE, Told, ended, no_lives, refresh_open, tell
from ictcli.detectors.plan import Node, Plan
from ictcli.detectors.registry import all_extras
from ictcli.detectors.tables import event_table, zone_table
from ictcli.market.bars import Bars, SeriesKey

Lives = list[tuple[Node, NDArray[np.void]]]
"""``LIFE`` records by node."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What some bars brought.

    Attributes:
        told: records of every wanted node.
        ended: objects of every wanted node that ended.
    """

    told: list[Told]
    ended: Lives
    key: SeriesKey
    digits: int

    def events(self) -> pa.Table:
        """The records, in the order of the log."""
        return event_table(self.told, self.key, self.digits)

    def ended_zones(self) -> pa.Table:
        """The objects that ended, by confirmation."""
        return zone_table(self.ended, self.key, self.digits, all_extras())


class Fold:
    """A plan between two bars of a series.

    Args:
        plan: what to run; only wanted nodes are shown.
        key: whose bars they are.
        digits: of their prices.
        memory: after the bars so far; None before the first one.
        lives: objects that may still change, by node.
    """

    def __init__(
        self,
        plan: Plan,
        key: SeriesKey,
        digits: int,
        memory: Memory | None = None,
        lives: list[NDArray[np.void]] | None = None,
    ) -> None:
        self._plan = plan
        self._key = key
        self._digits = digits
        self._memory = memory or start(plan)
        self._lives = lives or [no_lives() for _ in plan.nodes]

    def take(self, bars: Bars, other: Bars | None = None) -> Piece:
        """Take the bars that follow.

        Args:
            bars: closed and sound, oldest first.
            other: bars of the second symbol, at least those with the same opens.
        """
        return self._tell(advance(self._plan, self._memory, bars, _beside(bars, other)))

    def take_opened(self, bar: Bars, as_of: int) -> Piece:
        """Take what is known on the open of a bar that is not closed: the last thing a fold can do.

        Args:
            bar: one bar, of which only the open is used.
            as_of: instant up to which facts count, nanoseconds UTC.
        """
        flat = replace(bar, high=bar.open, low=bar.open, close=bar.open)
        found = advance(self._plan, Memory.load(self._plan, self._memory.save()), flat)
        return self._tell([rows[rows["at_ts"] <= as_of] for rows in found])

    def _tell(self, found: list[NDArray[np.void]]) -> Piece:
        told: list[Told] = []
        gone: Lives = []
        for at, (node, events) in enumerate(zip(self._plan.nodes, found, strict=True)):
            if not node.wanted:
                continue
            told.append(tell(self._plan.nodes, node, self._key, self._lives[at], events))
            lives = told[-1].lives
            over = ended(node.detector, lives)
            gone.append((node, lives[over]))
            self._lives[at] = lives[~over]
        return Piece(told, gone, self._key, self._digits)

    def open_zones(self) -> pa.Table:
        """The objects that may still change, with their fill and touches of now, by confirmation."""
        lives: Lives = []
        for node, own, state in zip(self._plan.nodes, self._lives, self._memory.states, strict=True):
            if node.wanted:
                lives.append((node, own.copy()))
                refresh_open(lives[-1][1], state)
        return zone_table(lives, self._key, self._digits, all_extras())

    def save(self) -> bytes:
        """A checkpoint: the compressed bytes of everything remembered."""
        sizes = np.array([len(own) for own in self._lives], np.int64)
        content = b"".join([sizes.tobytes(), *(own.tobytes() for own in self._lives), self._memory.save()])
        packed: bytes = pa.Codec("zstd", 1).compress(content, asbytes=True)
        return len(content).to_bytes(8, "little") + packed

    @classmethod
    def load(cls, plan: Plan, key: SeriesKey, digits: int, saved: bytes) -> Self:
        """The fold whose ``save()`` is ``saved``.

        Raises:
            ValueError: the bytes are not a checkpoint of this plan.
        """
        size = int.from_bytes(saved[:8], "little")
        content: bytes = pa.Codec("zstd").decompress(saved[8:], size, asbytes=True)
        at = 8 * len(plan.nodes)
        lives = []
        for count in np.frombuffer(content[:at], np.int64).tolist():
            end = at + count * LIFE.itemsize
            lives.append(np.frombuffer(bytearray(content[at:end]), LIFE))
            at = end
        return cls(plan, key, digits, Memory.load(plan, content[at:]), lives)


def _beside(bars: Bars, other: Bars | None) -> Bars | None:
    """The bars of the second symbol that can share an open with some bars."""
    if other is None or not len(bars):
        return other
    return other.slice(
        int(np.searchsorted(other.ts, bars.ts[0])), int(np.searchsorted(other.ts, bars.ts[-1], "right"))
    )
