"""How long production code takes, seen from outside of it: from the clock it reads, at the broker it asks.

The clock of a simulated world is moved on right before a bar's close is handed to the trader, and again right
before each word about its inside. So the real time of the last move is when what the trader does now began.
"""

from collections.abc import Callable
from typing import Any

from ictcli.brokers.broker import Broker, Health, never
from ictcli.brokers.reports import AccountReport, Evidence, Instrument, Outcome, Quote
from ictcli.brokers.requests import Place, Request
from ictcli.clock import monotonic
from ictcli.market.bars import Bars
from ictcli.market.timeframes import Timeframe
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


class WatchedBroker:
    """A broker whose answers to orders are timed, from the signal behind them.

    Args:
        watch: of the world it is in.

    Attributes:
        orders: seconds from signal to answer, of every order that opens something.
    """

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch
        self._inner: Broker | None = None
        self.orders: list[float] = []

    def around(self, broker: Broker) -> Broker:
        """Itself, with a broker inside that does the work."""
        self._inner = broker
        return self

    @property
    def _broker(self) -> Broker:
        if self._inner is None:
            raise RuntimeError("there is no broker inside yet")
        return self._inner

    @property
    def deduplicates(self) -> bool:
        """As the broker."""
        return self._broker.deduplicates

    def connect(self) -> AccountReport:
        """Log in."""
        return self._broker.connect()

    def close(self) -> None:
        """Let go of the terminal."""
        self._broker.close()

    def health(self) -> Health:
        """State of the connection."""
        return self._broker.health()

    def account(self) -> AccountReport:
        """The account."""
        return self._broker.account()

    def instrument(self, symbol: str) -> Instrument:
        """The contract."""
        return self._broker.instrument(symbol)

    def quote(self, symbol: str) -> Quote:
        """Best prices now."""
        return self._broker.quote(symbol)

    def bars(self, symbol: str, timeframe: Timeframe, start: int, end: int) -> Bars:
        """Closed bars."""
        return self._broker.bars(symbol, timeframe, start, end)

    def evidence(self, since: int) -> Evidence:
        """One pass over the broker's records."""
        return self._broker.evidence(since)

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        """Send, and note how long after the signal the answer came."""
        outcome = self._broker.send(request, hold)
        if isinstance(request, Place):
            self.orders.append(self._watch.since())
        return outcome

    def preview(self, request: Request) -> Outcome:
        """What the broker says about a request."""
        return self._broker.preview(request)

    def exact(self, request: Request) -> dict[str, Any]:
        """The request as it would go over the wire."""
        return dict(self._broker.exact(request))
