"""A broker that is only read: requests are shown exactly as they would go over the wire, and go nowhere."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from ictcli.brokers.broker import Broker, never
from ictcli.brokers.forwarding import ForwardingBroker
from ictcli.brokers.reports import Outcome
from ictcli.brokers.requests import Request
from ictcli.config.trading import TradeConfig
from ictcli.errors import IctError
from ictcli.trading.request import TradeRequest

_CODE = 0
_UNBOUND = 1 << 40


def settings_of(request: TradeRequest, settings: TradeConfig) -> TradeConfig:
    """What a session keeps to: in a dry run every request is refused, which must not end it."""
    return replace(settings, most_rejects=_UNBOUND) if request.dry_run else settings


class DryBroker(ForwardingBroker):
    """The broker behind ``--dry-run``.

    Args:
        broker: is read.
        show: takes every request.
    """

    def __init__(self, broker: Broker, show: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__(broker)
        self._show = show

    @property
    def deduplicates(self) -> bool:
        """Nothing is sent that could be met again."""
        return False

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        """Show the request and answer that it was not sent."""
        try:
            self._show({"request": dict(self._broker.exact(request))})
        except IctError as error:
            self._show({"request": repr(request), "refused": error.message})
        return Outcome("rejected", _CODE, "dry run: nothing was sent", sent="no")
