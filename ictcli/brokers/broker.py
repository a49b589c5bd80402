"""The broker as trading sees it: whatever passes the conformance cards is one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ictcli.brokers.reports import AccountReport, Evidence, Instrument, Outcome, Quote
from ictcli.brokers.requests import Request
from ictcli.market.bars import Bars
from ictcli.market.timeframes import Timeframe


@dataclass(frozen=True, slots=True)
class Health:
    """How the connection is.

    Attributes:
        connected: the terminal answers and is connected to its trade server.
        trade_allowed: orders are accepted.
        clock_offset: broker clock less ours after conversion, ns; None while no fresh quote told.
        clock_confirmed: the configured clock rule was seen to hold on a fresh quote.
        latency: of the last call, seconds.
        detail: why it is not well; empty when it is.
    """

    connected: bool
    trade_allowed: bool
    clock_offset: int | None
    clock_confirmed: bool
    latency: float
    detail: str = ""


def never() -> None:
    """Hold nothing back."""


class Broker(Protocol):
    """One account at one broker.

    Reading methods raise ``SourceUnavailable`` when the broker cannot be asked: an error while asking is
    never an answer. ``send`` never raises for what a broker or a line does; it tells by ``Outcome``.
    """

    @property
    def deduplicates(self) -> bool:
        """Whether the broker refuses a second order of the same id (MT5: no)."""
        ...

    def connect(self) -> AccountReport:
        """Log in and check that it is the configured account."""
        ...

    def close(self) -> None:
        """End the connection; orders and positions stay."""
        ...

    def health(self) -> Health:
        """The state of the connection."""
        ...

    def account(self) -> AccountReport:
        """Balance, equity, mode."""
        ...

    def instrument(self, symbol: str) -> Instrument:
        """The contract, by the broker's own name or one of ours."""
        ...

    def quote(self, symbol: str) -> Quote:
        """Best prices now."""
        ...

    def bars(self, symbol: str, timeframe: Timeframe, start: int, end: int) -> Bars:
        """Closed bars that open from ``start`` up to but without ``end``, ns UTC; never the forming one."""
        ...

    def evidence(self, since: int) -> Evidence:
        """One pass over open orders, done orders, deals, cash and positions since an instant, ns UTC."""
        ...

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        """Ask once; never asks again by itself.

        ``hold`` is asked in the very last moment, when nothing but the request is left to do: a text keeps
        it here, and the outcome is ``rejected`` and provably not sent.
        """
        ...

    def preview(self, request: Request) -> Outcome:
        """What the broker says about a request without executing it."""
        ...

    def exact(self, request: Request) -> dict[str, Any]:
        """The request as it goes over the wire, for ``--dry-run`` and the ledger."""
        ...
