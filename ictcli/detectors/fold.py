"""A plan on its way through a series: bars go in piece by piece, rows come out.

Where the pieces are cut makes no difference to any row. What is remembered in between (the states of all
steps and the objects that may still change) can be saved and loaded, so a computation can go on later.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors.drive import Memory, Records, Room, advance, advance_into, join, start
from ictcli.detectors.ledger import LIFE
from ictcli.detectors.lives import Teller, carry, no_lives, recalled, refresh_open
from ictcli.detectors.plan import NO_NODE, Plan
from ictcli.detectors.registry import all_extras
from ictcli.detectors.tables import Tables
from ictcli.market.bars import Bars, Int64, SeriesKey


@dataclass(frozen=True, slots=True)
class Piece:
    """What some bars brought.

    Attributes:
        events: the records of wanted nodes, in the order of the log.
        at: the bar at which each became known.
        ended: the objects that ended, by confirmation.
    """

    events: pa.Table
    at: Int64
    ended: pa.Table


class Fold:
    """A plan between two bars of a series.

    Args:
        plan: what to run; only wanted nodes are shown.
        key: whose bars they are.
        digits: of their prices.
        memory: after the bars so far; None before the first one.
        lives: ``LIFE`` of the objects that may still change.
    """

    def __init__(
        self,
        plan: Plan,
        key: SeriesKey,
        digits: int,
        memory: Memory | None = None,
        lives: NDArray[np.void] | None = None,
    ) -> None:
        self._plan = plan
        self._teller = Teller(plan.nodes, key)
        self._owners = np.array([at if node.wanted else NO_NODE for at, node in enumerate(plan.nodes)])
        self._tables = Tables(plan.nodes, key, digits, all_extras())
        self._memory = memory or start(plan)
        self._lives = no_lives() if lives is None else lives
        self._room = Room()

    def take(self, bars: Bars, other: Bars | None = None) -> Piece:
        """Take the bars that follow.

        Args:
            bars: closed and sound, oldest first.
            other: bars of the second symbol, at least those with the same opens.
        """
        beside = _beside(bars, other)
        counts = advance_into(self._plan, self._memory, bars, beside, self._room)
        return self._tell(self._room.records(0, self._room.used), counts)

    def take_opened(self, bar: Bars, as_of: int) -> Piece:
        """Take what is known on the open of a bar that is not closed: the last thing a fold can do.

        Args:
            bar: one bar, of which only the open is used.
            as_of: instant up to which facts count, nanoseconds UTC.
        """
        flat = replace(bar, high=bar.open, low=bar.open, close=bar.open)
        found = advance(self._plan, Memory.load(self._plan, self._memory.save()), flat)
        known = [rows[rows["at_ts"] <= as_of] for rows in found]
        return self._tell(join(known), np.array([[len(rows) for rows in known]]))

    def _tell(self, events: Records, counts: Int64) -> Piece:
        """Take records: ``counts`` of each node, row by row."""
        owner = np.repeat(np.tile(self._owners, len(counts)), counts.ravel())
        told = self._teller.tell(self._lives, events, owner)
        self._lives = carry(told.objects)
        rows, at = self._tables.events(told)
        return Piece(rows, at, self._tables.zones(told.objects, np.flatnonzero(told.objects.over)))

    def open_zones(self) -> pa.Table:
        """The objects that may still change, with their fill and touches of now, by confirmation."""
        lives = self._lives.copy()
        refresh_open(lives, self._memory.states)
        return self._tables.zones(recalled(lives), np.arange(len(lives)))

    def save(self) -> bytes:
        """A checkpoint: the compressed bytes of everything remembered."""
        size = len(self._lives) * LIFE.itemsize
        content = size.to_bytes(8, "little") + self._lives.tobytes() + self._memory.save()
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
        end = 8 + int.from_bytes(content[:8], "little")
        lives = np.frombuffer(bytearray(content[8:end]), LIFE)
        return cls(plan, key, digits, Memory.load(plan, content[end:]), lives)


def _beside(bars: Bars, other: Bars | None) -> Bars | None:
    """The bars of the second symbol that can share an open with some bars."""
    if other is None or not len(bars):
        return other
    return other.slice(
        int(np.searchsorted(other.ts, bars.ts[0])), int(np.searchsorted(other.ts, bars.ts[-1], "right"))
    )
