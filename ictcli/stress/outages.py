"""When a terminal cannot be traded through, drawn from a seed, and a terminal to which it happens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Literal

from ictcli.brokers.simulated.faults_views import SeenServer
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.terminals.constants import Retcode
from ictcli.terminals.terminal import TerminalSilent

OutageKind = Literal["cut", "gone", "silent"]
KINDS: tuple[OutageKind, ...] = ("cut", "gone", "silent")
"""The terminal has lost its trade server; it ended and does not start; it stands still and answers nobody."""
_LONG = 0.25
"""Share of outages that last minutes; the others last seconds."""
_AT_A_CLOSE = 0.5
"""Share of outages that begin around the close of a minute bar, where requests are under way."""
_PROGRAM_CALLS = frozenset({"last_error", "shutdown"})


@dataclass(frozen=True, slots=True)
class Outage:
    """A span in which the terminal is no use.

    Attributes:
        kind: what is wrong.
        start, end: ns UTC, end exclusive.
    """

    kind: OutageKind
    start: int
    end: int


def draw_outages(random: Random, start: int, end: int, every: int) -> tuple[Outage, ...]:
    """Outages of a span, of every kind in turn, in order and apart from each other.

    Args:
        random: draws them.
        start: of the span, ns UTC.
        end: of the span, exclusive.
        every: mean ns from the end of one to the start of the next.
    """
    found: list[Outage] = []
    at = start
    while True:
        at += int(random.uniform(0.5, 1.5) * every)
        if random.random() < _AT_A_CLOSE:
            at += NS_PER_MINUTE - at % NS_PER_MINUTE + int(random.uniform(-0.5, 2.5) * NS_PER_SECOND)
        long = random.random() < _LONG
        seconds = random.uniform(60, 300) if long else random.uniform(2, 20)
        until = at + int(seconds * NS_PER_SECOND)
        if until >= end:
            return tuple(found)
        found.append(Outage(KINDS[len(found) % len(KINDS)], at, until))
        at = until


@dataclass(frozen=True, slots=True)
class Return:
    """An outage that somebody ran into, and when the terminal was of use again.

    Attributes:
        outage: which.
        back: of the first call after it that was answered as it should be, ns UTC; 0 while none was.
    """

    outage: Outage
    back: int = 0

    @property
    def seconds(self) -> float:
        """From the end of the outage until the terminal was asked again, and answered."""
        return (self.back - self.outage.end) / NS_PER_SECOND


class UnsteadyTerminal:
    """A simulated terminal with outages; all functions of the module, by name.

    Args:
        terminal: who answers.
        server: its trade server, whose line a ``cut`` takes down.
        outages: in order.
        now: the instant, ns UTC.
        sleep: waits so many seconds.
        deadline: seconds after which a caller gives up.
        random: whether a request reached a terminal that then fell silent.

    Attributes:
        returns: outages that were noticed, in order.
        calm: True ends all outages.
    """

    def __init__(
        self,
        terminal: SimulatedTerminal,
        server: SeenServer,
        outages: Sequence[Outage],
        now: Callable[[], int],
        sleep: Callable[[float], None],
        deadline: float,
        random: Random,
    ) -> None:
        self._terminal, self._server, self._outages = terminal, server, tuple(outages)
        self._now, self._sleep, self._deadline, self._random = now, sleep, deadline, random
        self._at = 0
        self._begun = -1
        self.returns: list[Return] = []
        self.calm = False

    def __getattr__(self, name: str) -> Any:
        """A function of the module, through the outages; whatever else it has as it is."""
        found = getattr(self._terminal, name)
        if not callable(found) or name in _PROGRAM_CALLS or name[:1].isupper():
            return found
        return partial(self._call, name, found)

    def outage(self) -> Outage | None:
        """The outage of the moment."""
        now = self._now()
        while self._at < len(self._outages) and self._outages[self._at].end <= now:
            self._at += 1
        if self.calm or self._at == len(self._outages) or self._outages[self._at].start > now:
            return None
        return self._outages[self._at]

    def _call(self, name: str, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        outage = self.outage()
        self._follow(outage)
        if outage is None:
            found = function(*args, **named)
            self._answered()
            return found
        if outage.kind == "silent":
            return self._wait(name, outage, function, *args, **named)
        found = function(*args, **named)
        if outage.kind == "gone" or _shows_cut(name, found):
            self._notice(outage)
        return found

    def _follow(self, outage: Outage | None) -> None:
        """Let an outage begin or end."""
        controls = self._terminal.controls
        if outage is None:
            controls.starts = True
            return
        if self._begun == self._at:
            return
        self._begun = self._at
        if outage.kind == "cut":
            self._server.down_until = outage.end
        elif outage.kind == "gone":
            controls.starts = False
            self._terminal.restart()

    def _wait(self, name: str, outage: Outage, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Ask a terminal that stands still: it answers once it wakes up, if the caller waits that long."""
        self._notice(outage)
        left = (outage.end - self._now()) / NS_PER_SECOND
        if left <= self._deadline:
            self._sleep(max(left, 0.0))
            found = function(*args, **named)
            self._answered()
            return found
        if name == "order_send" and self._random.random() < 0.5:
            function(*args, **named)
        self._sleep(self._deadline)
        raise TerminalSilent("the terminal did not answer in time")

    def _notice(self, outage: Outage) -> None:
        if not self.returns or self.returns[-1].outage != outage:
            self.returns.append(Return(outage))

    def _answered(self) -> None:
        """A call was answered while all is well: whoever ran into the last outage is back."""
        if self.returns and not self.returns[-1].back and self._terminal.session.initialized:
            self.returns[-1] = Return(self.returns[-1].outage, self._now())


def _shows_cut(name: str, found: Any) -> bool:
    """Whether an answer tells that the trade server is not there."""
    if name == "terminal_info":
        return found is not None and not found.connected
    return name == "order_send" and found is not None and found.retcode == Retcode.CONNECTION
