"""A broker that hands everything on to another one: what stands between both overrides what it changes."""

from collections.abc import Callable
from typing import Any

from ictcli.brokers.broker import Broker, Health, never
from ictcli.brokers.reports import AccountReport, Evidence, Instrument, Outcome, Quote
from ictcli.brokers.requests import Request
from ictcli.market.bars import Bars
from ictcli.market.timeframes import Timeframe


class ForwardingBroker:
    """The broker inside, seen through.

    Args:
        broker: does the work.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

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
        """Send."""
        return self._broker.send(request, hold)

    def preview(self, request: Request) -> Outcome:
        """What the broker says about a request."""
        return self._broker.preview(request)

    def exact(self, request: Request) -> dict[str, Any]:
        """The request as it would go over the wire."""
        return dict(self._broker.exact(request))
