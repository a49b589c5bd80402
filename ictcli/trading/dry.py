"""A broker that is only read: requests are shown exactly as they would go over the wire, and go nowhere."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from ictcli.brokers.broker import Broker, Health, never
from ictcli.brokers.reports import AccountReport, Evidence, Instrument, Outcome, Quote
from ictcli.brokers.requests import Request
from ictcli.config.trading import TradeConfig
from ictcli.errors import IctError
from ictcli.market.bars import Bars
from ictcli.market.timeframes import Timeframe
from ictcli.trading.request import TradeRequest

_CODE = 0
_UNBOUND = 1 << 40


def settings_of(request: TradeRequest, settings: TradeConfig) -> TradeConfig:
    """What a session keeps to: in a dry run every request is refused, which must not end it."""
    return replace(settings, most_rejects=_UNBOUND) if request.dry_run else settings


class DryBroker:
    """The broker behind ``--dry-run``.

    Args:
        broker: is read.
        show: takes every request.
    """

    deduplicates = False

    def __init__(self, broker: Broker, show: Callable[[Mapping[str, Any]], None]) -> None:
        self._broker, self._show = broker, show

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
        """Show the request and answer that it was not sent."""
        try:
            self._show({"request": dict(self._broker.exact(request))})
        except IctError as error:
            self._show({"request": repr(request), "refused": error.message})
        return Outcome("rejected", _CODE, "dry run: nothing was sent", sent="no")

    def preview(self, request: Request) -> Outcome:
        """What the broker says about a request."""
        return self._broker.preview(request)

    def exact(self, request: Request) -> dict[str, Any]:
        """The request as it would go over the wire."""
        return dict(self._broker.exact(request))
