"""How long production code takes, seen from outside of it: from the clock it reads, at the broker it asks.

The clock of a simulated world is moved on right before a bar's close is handed to the trader, and again right
before each word about its inside. So the real time of the last move is when what the trader does now began.
"""

from collections.abc import Callable

from ictcli.brokers.broker import Broker, never
from ictcli.brokers.forwarding import ForwardingBroker
from ictcli.brokers.reports import Outcome
from ictcli.brokers.requests import Place, Request
from ictcli.clock import monotonic
from ictcli.trading.playback import VirtualClock


class Stopwatch(VirtualClock):
    """A simulated world's clock that remembers when it was moved on last, by the real clock."""

    def __init__(self, now: int) -> None:
        super().__init__(now)
        self.moved = monotonic()
        """Real time of the last move, seconds."""

    def move(self, now: int) -> None:
        """Go on to an instant."""
        super().move(now)
        self.moved = monotonic()

    def since(self) -> float:
        """Real seconds since the last move."""
        return monotonic() - self.moved


class WatchedBroker(ForwardingBroker):
    """A broker whose answers to orders are timed, from the signal behind them.

    Args:
        watch: of the world it is in.

    Attributes:
        orders: seconds from signal to answer, of every order that opens something.
    """

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch
        self.orders: list[float] = []

    def around(self, broker: Broker) -> Broker:
        """Itself, with a broker inside that does the work; nothing is asked of it before."""
        super().__init__(broker)
        return self

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        """Send, and note how long after the signal the answer came."""
        outcome = super().send(request, hold)
        if isinstance(request, Place):
            self.orders.append(self._watch.since())
        return outcome
