"""Days of trading in chaos, each followed by a night in which ledger and broker are reconciled."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ictcli.clock import NS_PER_DAY, NS_PER_SECOND
from ictcli.errors import EventRefused
from ictcli.ledger.address import place_in
from ictcli.ledger.bodies import decode
from ictcli.ledger.journal import open_journal
from ictcli.reconcile.from_ledger import ledger_faults, ledger_story
from ictcli.reconcile.from_terminal import terminal_story
from ictcli.reconcile.handing_over import Where, apply
from ictcli.reconcile.matching import Verdict, reconcile
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances
from ictcli.trading.simulation.crashes import Doom
from ictcli.trading.simulation.process import Process
from ictcli.trading.simulation.script import BAR
from ictcli.trading.simulation.surface import LOGIN, SERVER
from ictcli.trading.simulation.terminal import FaultyTerminal
from ictcli.trading.simulation.world import AFTERMATH, BEGUN, QUIET, Case, World

KEY = bytes(range(32))
OF_BOOKS = {"I2", "I3", "I4", "I12", "I13"}
"""Invariants of what both sides have on their books; the others are of how it came about, or go by magic
numbers, which some mistakes hand out twice."""
LAG = 60 * NS_PER_SECOND


class Reader(FaultyTerminal):
    """A terminal that reconcile reads for itself; it counts its history, too."""

    def history_orders_total(self, first: int, last: int, /) -> Any:
        """Number of orders that are over."""
        return len(self.history_orders_get(first, last) or ())

    def history_deals_total(self, first: int, last: int, /) -> Any:
        """Number of deals."""
        return len(self.history_deals_get(first, last) or ())


@dataclass
class Night:
    """What one night came to.

    Attributes:
        first, second: verdicts before and behind what policies correct by themselves; None: the ledger did
            not take what the trader wrote.
        wrong: where the journal is not what the broker has on its books, as an honest trader's invariants
            say; empty for right ones.
    """

    first: Verdict | None
    second: Verdict | None
    wrong: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether anything was found."""
        return self.first is None or self.first.result != "clean"

    @property
    def clean(self) -> bool:
        """Whether nothing is left."""
        return self.second is not None and self.second.result == "clean"


class Month(World):
    """A world with nights.

    Args:
        case: seed, broker, bars of a day, faults.
        folder: for ledgers.
        start: makes a process of the trader.
    """

    def __init__(self, case: Case, folder: Path, start: Callable[[World, Doom], Process] = Process) -> None:
        super().__init__(case, start)
        self._folder = folder
        self.nights: list[Night] = []

    def nights_of(self, days: int) -> list[Night]:
        """Trade for some days."""
        self._plan_halt()
        self.schedule.plan(self.random.randrange(10, 30) * NS_PER_SECOND, self._let_hands_in)
        for day in range(days):
            opening = BEGUN + day * NS_PER_DAY
            self.schedule.wait(max(0, opening - self.schedule.now))
            self._trade(opening + self.case.bars * BAR)
            self.nights.append(self._night(day))
        return self.nights

    def _trade(self, end: int) -> None:
        """Chaos, an aftermath without new wishes, and quiet."""
        self._end, self.faults.calm, self.venue.market.open = end, False, True
        while self.schedule.now < end + AFTERMATH:
            self._life(self._doom(), end + AFTERMATH)
        self.faults.calm = True
        self.line.cut_until = self.line.gone_until = 0
        self.switch.release()
        self.venue.market.hands = self.venue.market.open = False
        until = self.schedule.now + QUIET
        while self.schedule.now < until:
            self._life(Doom(None), until)

    def _night(self, day: int) -> Night:
        place = place_in(self._folder / str(day), KEY)
        where = Where(place, self._folder / f"{day}-control", self._folder / f"{day}-spool", LOGIN)
        wrong = self._wrong()
        try:
            with open_journal(place, now=1, durable=False) as journal:
                for block in self.disk.blocks:
                    journal.append([decode(text) for text in block.texts], block.ts)
        except EventRefused:
            return Night(None, None, wrong)
        account, broker = f"{SERVER}/{LOGIN}", self._broker()

        def local() -> Story:
            return ledger_story(place, account, broker.window, faults=ledger_faults(place))

        ours = local()
        first = reconcile(ours, broker, Tolerances())
        done = apply(first.findings, (ours, broker), where, self.schedule.now, "night", lambda _line: None)
        second = reconcile(local(), broker, Tolerances()) if done.bodies else first
        return Night(first, second, wrong)

    def _wrong(self) -> tuple[str, ...]:
        """What the invariants say of the books, read by a trader without a mistake."""
        honest = Process(self, Doom(None))
        honest.broker.connect()
        return tuple(one for one in honest.faults() if one.partition(":")[0] in OF_BOOKS)

    def _broker(self) -> Story:
        terminal = Reader(self.line, self.surface, Doom(None), lambda _request: None)
        return terminal_story(
            terminal, self.clock, BEGUN - NS_PER_DAY, lambda: self.schedule.now, LAG, {},
            lambda seconds: self.schedule.wait(int(seconds * NS_PER_SECOND)),
        )  # fmt: skip
