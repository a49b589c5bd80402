"""A disk that keeps what was synced and a random part of what was not, and the journal on it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from ictcli.clock import NS_PER_SECOND
from ictcli.errors import LedgerUnwritable
from ictcli.ledger.bodies import AnyBody, decode, encode
from ictcli.ledger.log import Entry
from ictcli.trading.simulation.crashes import Doom
from ictcli.trading.simulation.faults import Faults
from ictcli.trading.simulation.schedule import Schedule

_MS = NS_PER_SECOND // 1000


@dataclass(frozen=True, slots=True)
class Block:
    """One transaction: when it was written, its events, and the same as canonical JSON."""

    ts: int
    bodies: tuple[AnyBody, ...]
    texts: tuple[bytes, ...]


class Disk:
    """Transactions written, and how many of them a crash of the machine cannot take any more.

    Args:
        schedule: a sync takes time, in which the world goes on.
        faults: of writing and syncing.
        durable: called with each transaction once it cannot be lost any more.
        halt: sets the emergency stop, for the fault of an operator who does so during a slow sync.
    """

    def __init__(
        self, schedule: Schedule, faults: Faults, durable: Callable[[Block], None], halt: Callable[[], None]
    ) -> None:
        self._schedule, self._faults, self._durable, self._halt = schedule, faults, durable, halt
        self.blocks: list[Block] = []
        self.synced = 0

    def write(self, block: Block) -> None:
        """Hand a transaction to the operating system; it may still be lost.

        Raises:
            LedgerUnwritable: the disk is full, nothing was written.
        """
        if self._faults.draw("disk"):
            raise LedgerUnwritable("cannot write the journal: no space left on device")
        self.blocks.append(block)

    def sync(self) -> None:
        """Make all that was written durable."""
        fault = self._faults.draw("sync")
        slow = self._faults.random.randrange(500, 4000) if fault else 1
        if fault == "halted meanwhile":
            self._schedule.plan(slow * _MS // 2, self._halt)
        self._schedule.wait(slow * _MS)
        self._settle(len(self.blocks))

    def crash(self, random: Random) -> None:
        """Lose a random tail of what was not synced; a transaction stays whole or goes."""
        del self.blocks[random.randint(self.synced, len(self.blocks)) :]
        self._settle(len(self.blocks))

    def _settle(self, count: int) -> None:
        for block in self.blocks[self.synced : count]:
            self._durable(block)
        self.synced = count


class DiskLog:
    """The journal of one process on a disk."""

    def __init__(self, disk: Disk, doom: Doom) -> None:
        self._disk = disk
        self._doom = doom
        self._last = sum(len(block.bodies) for block in disk.blocks)

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        """Write events in one transaction and sync them; the last sequence number."""
        self._doom.step("before the journal")
        self._disk.write(Block(now, tuple(bodies), tuple(encode(body) for body in bodies)))
        self._doom.step("journal written")
        self._disk.sync()
        self._doom.step("journal synced")
        self._last += len(bodies)
        return self._last

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Events behind a sequence number, in order."""
        lines = [(block.ts, text) for block in self._disk.blocks for text in block.texts]
        for seq, (ts, text) in enumerate(lines[after:], start=after + 1):
            yield Entry(seq, ts, decode(text))

    @property
    def last(self) -> int:
        """The last sequence number, 0 for an empty journal."""
        return self._last
