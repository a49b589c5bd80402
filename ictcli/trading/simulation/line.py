"""The line between a terminal and its broker: it loses, delays and doubles what passes over it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ictcli.clock import NS_PER_SECOND
from ictcli.trading.simulation.books import Answer, Ask
from ictcli.trading.simulation.crashes import Doom
from ictcli.trading.simulation.surface import ask_of
from ictcli.trading.simulation.venue import Venue

MS = NS_PER_SECOND // 1000
DEADLINE = 5 * NS_PER_SECOND
"""How long a caller waits for an answer."""
LONGEST_FLIGHT = 40 * NS_PER_SECOND
"""A request that is under way arrives within this time or never."""
UNDECIDED = {"timeout": 10012, "no connection": 10031, "error": 10011}
"""Return codes that do not tell whether the request was executed."""


@dataclass(frozen=True, slots=True)
class Wired:
    """A request that a process handed to the line, whatever became of it.

    Attributes:
        at: when, ns UTC.
        ask: the request in the venue's units.
        certain: the process was told a definite answer, or that it was not sent.
        code: return code that it was told; 0 for none.
    """

    at: int
    ask: Ask
    certain: bool = False
    code: int = 0


class Line:
    """The line of one account; it outlives the processes at its near end.

    Attributes:
        cut_until: no connection to the trade server before this instant, ns UTC.
        gone_until: the terminal itself does not answer before this instant, ns UTC.
        wired: all requests ever handed over, in order.
        blind: readings so far that were answered without a connection.
    """

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.schedule, self.faults = venue.schedule, venue.faults
        self.cut_until = self.gone_until = 0
        self.wired: list[Wired] = []
        self.blind = 0

    @property
    def present(self) -> bool:
        """Whether the terminal answers at all."""
        return self.schedule.now >= self.gone_until

    @property
    def connected(self) -> bool:
        """Whether the terminal has its trade server now."""
        return self.schedule.now >= self.cut_until

    def carry(self, request: Mapping[str, Any], doom: Doom) -> Answer | None:
        """Take a request to the venue and its answer back; what becomes of both is drawn.

        Returns:
            The answer; one with code 0 where the request provably never left; None for silence.
        """
        ask = ask_of(request)
        place = len(self.wired)
        self.wired.append(Wired(self.schedule.now, ask))
        answer = self._carried(ask, doom)
        if answer is not None:
            certain = answer.code not in UNDECIDED.values()
            self.wired[place] = Wired(self.wired[place].at, ask, certain, answer.code)
        return answer

    def read(self, look: Callable[[], Any], doom: Doom) -> tuple[str, Any]:
        """Ask the terminal for what it knows: the fault that struck, empty for none, and what it says."""
        doom.step("reading")
        self.schedule.wait(MS)
        fault = self.faults.draw("read") if self.present else "failed"
        if fault == "line cut":
            self.cut()
        elif fault == "terminal gone":
            self.gone_until = self.schedule.now + self.faults.random.randrange(3, 40) * NS_PER_SECOND
            fault = "failed"
        if fault == "silent":
            self.schedule.wait(DEADLINE)
        if fault in {"failed", "silent"}:
            return fault, None
        self.blind += not self.connected
        return "", look()

    def garbled(self, records: list[Any]) -> tuple[Any, ...]:
        """The rows of an answer: one of them twice, in any order, or as they are."""
        fault = self.faults.draw("rows") if records else ""
        if fault == "doubled":
            records.append(records[self.faults.random.randrange(len(records))])
        elif fault == "shuffled":
            self.faults.random.shuffle(records)
        return tuple(records)

    def cut(self) -> None:
        """Lose the connection for a while."""
        seconds = self.faults.random.randrange(2, 12)
        self.cut_until = self.schedule.now + seconds * NS_PER_SECOND

    def _carried(self, ask: Ask, doom: Doom) -> Answer | None:
        if not self.present:
            return Answer(0)
        if not self.connected:
            self._pause()
            return Answer(10031)
        fault = self.faults.draw("send")
        if fault in {"", "doubled request", "slow answer"}:
            return self._answered(ask, fault, doom)
        return self._spoiled(ask, fault, doom)

    def _answered(self, ask: Ask, fault: str, doom: Doom) -> Answer:
        self._pause()
        answer = self.venue.execute(ask)
        if fault == "doubled request" and (self.venue.deduplicates or ask.action >= 6):
            self.venue.execute(ask)
        doom.step("on the way back")
        if fault == "slow answer":
            self.schedule.wait(DEADLINE * 9 // 10)
        self._pause()
        return answer

    def _spoiled(self, ask: Ask, fault: str, doom: Doom) -> Answer | None:
        if fault == "not sent":
            return Answer(0)
        if fault == "line cut":
            self.cut()
            return Answer(10031)
        if fault == "late request":
            flight = self.faults.random.randrange(100, LONGEST_FLIGHT // MS) * MS
            self.schedule.plan(flight, lambda: self._arrive(ask))
        code = UNDECIDED.get(fault.removesuffix(" executed"))
        self._pause()
        if fault.endswith(" executed") or fault in {"lost answer", "error"}:
            self.venue.execute(ask)
        if code is not None:
            return Answer(code)
        doom.step("waiting for an answer")
        self.schedule.wait(DEADLINE)
        return None

    def _arrive(self, ask: Ask) -> None:
        self.venue.execute(ask)

    def _pause(self) -> None:
        self.schedule.wait(self.faults.random.randrange(2, 30) * MS)
