"""One seed from the first order to the verdict: chaos, crashes and restarts, a quiet period, the judge."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from ictcli.clock import NS_PER_HOUR, NS_PER_SECOND
from ictcli.errors import IctError
from ictcli.terminals.times import ServerClock
from ictcli.trading.simulation.audit import Audit
from ictcli.trading.simulation.crashes import Crash, Doom
from ictcli.trading.simulation.faults import ROUGH, Faults, Menu
from ictcli.trading.simulation.line import Line
from ictcli.trading.simulation.process import Process
from ictcli.trading.simulation.schedule import Schedule
from ictcli.trading.simulation.script import BAR, Script
from ictcli.trading.simulation.storage import Disk
from ictcli.trading.simulation.surface import Surface
from ictcli.trading.simulation.venue import Venue

BEGUN = 1_789_470_000 * NS_PER_SECOND
"""A Tuesday in September 2026, 11:00 UTC."""
PRICES = {"EURUSD": 108_000, "GBPUSD": 127_000}
AFTERMATH, QUIET = 70 * NS_PER_SECOND, 120 * NS_PER_SECOND
MOST_CRASHES = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One run.

    Attributes:
        seed: of everything random in it.
        deduplicates: whether the broker carries an order out once per magic number.
        bars: length of the chaos in bars of the script.
        menus: shares of faults.
        skipped: numbers of faults and crashes that are left out.
    """

    seed: int
    deduplicates: bool = False
    bars: int = 8
    menus: Mapping[str, Menu] = field(default_factory=lambda: ROUGH)
    skipped: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to.

    Attributes:
        violations: what must never happen and did; empty is a pass.
        journal: SHA-256 of the journal's events and instants.
        faults: names of all faults drawn, crashes among them, in order.
        requests, deals, crashes: how much happened.
    """

    case: Case
    violations: tuple[str, ...]
    journal: str
    faults: tuple[str, ...]
    requests: int
    deals: int
    crashes: int


class Switch:
    """The emergency stop of a run."""

    def __init__(self) -> None:
        self.on = False
        self.flips = 0

    def flattens(self) -> bool:
        """It never asks for positions to be closed."""
        return False

    def reason(self) -> str | None:
        """Why nothing may be sent; None while sending is allowed."""
        return "halted by the script" if self.on else None

    def engage(self) -> None:
        """Set it."""
        self.flips += not self.on
        self.on = True

    def release(self) -> None:
        """Lift it."""
        self.on = False


class World:
    """A broker, a line, a disk and whoever trades there, process after process.

    Args:
        case: what to run.
        start: makes a process of the trader, which recovers first; planted mistakes come in here.
    """

    def __init__(self, case: Case, start: Callable[["World", Doom], Process] = Process) -> None:
        self.case = case
        self._start = start
        self.random = Random(case.seed)
        self.schedule = Schedule(BEGUN)
        self.faults = Faults(Random(case.seed * 3 + 1), case.menus, case.skipped)
        market = Random(case.seed * 3 + 2)
        self.venue = Venue(self.schedule, self.faults, market, dict(PRICES), deduplicates=case.deduplicates)
        self.line = Line(self.venue)
        self.surface = Surface(self.venue, 3 * NS_PER_HOUR)
        self.switch = Switch()
        self.begun = BEGUN
        self.clock = ServerClock("+03:00")
        self.audit = Audit(self.line, lambda: self.switch.on)
        self.disk = Disk(self.schedule, self.faults, self.audit.durable, self.switch.engage)
        self.script = Script(case.seed, tuple(PRICES), BEGUN)
        self.crashes = 0
        self.ended: list[str] = []
        self._end = BEGUN + case.bars * BAR

    def run(self) -> Verdict:
        """Trade in chaos, go on without new wishes, keep quiet, and judge."""
        self._plan_halt()
        self.schedule.plan(self.random.randrange(10, 30) * NS_PER_SECOND, self._let_hands_in)
        calm = self._end + AFTERMATH
        while self.schedule.now < calm:
            self._life(self._doom(), calm)
        self.faults.calm = True
        self.line.cut_until = self.line.gone_until = 0
        self.switch.release()
        self.venue.market.hands = self.venue.market.open = False
        until = self.schedule.now + QUIET
        last: Process | None = None
        while self.schedule.now < until:
            last = self._life(Doom(None), until)
        self.audit.violations += last.faults() if last is not None else ["no process lived to the end"]
        return self._verdict()

    @property
    def deciding(self) -> bool:
        """Whether the script still has wishes."""
        return self.schedule.now < self._end

    def _life(self, doom: Doom, until: int) -> Process | None:
        """One process from start to crash, failure or the end of the period; itself if it reached that."""
        try:
            process = self._start(self, doom)
            process.live(until)
            return process
        except Crash:
            self.crashes += 1
            self.disk.crash(self.random)
        except IctError as error:
            self.ended.append(f"{type(error).__name__}: {error.message}")
        except Exception as error:
            self.audit.violations.append(f"raised {error!r}")
        self.schedule.wait(self.random.randrange(200, 3000) * (NS_PER_SECOND // 1000))
        return None

    def _doom(self) -> Doom:
        fated = self.random.random() < 0.75 and self.crashes < MOST_CRASHES
        steps = self.random.randrange(1, 160)
        return Doom(steps if fated and self.faults.strikes("crash") else None)

    def _let_hands_in(self) -> None:
        """From when the journal knows how the account stood; what is done before is in that."""
        self.venue.market.hands = bool(self.audit.retold.cash)
        if not self.venue.market.hands:
            self.schedule.plan(NS_PER_SECOND, self._let_hands_in)

    def _plan_halt(self) -> None:
        if self.random.random() < 0.3:
            at = self.random.randrange(self._end - BEGUN)
            self.schedule.plan(at, self.switch.engage)
            self.schedule.plan(at + self.random.randrange(20) * NS_PER_SECOND, self.switch.release)

    def _verdict(self) -> Verdict:
        digest = hashlib.sha256()
        for block in self.disk.blocks:
            for text in block.texts:
                digest.update(b"%d " % block.ts + text)
        books = self.venue.books
        return Verdict(
            self.case, tuple(self.audit.judge()), digest.hexdigest(), tuple(self.faults.happened),
            len(self.line.wired), len(books.deals), self.crashes,
        )  # fmt: skip
