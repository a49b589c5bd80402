"""A broker with one account on its books, which misbehaves as a test writes down."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ictcli.brokers.broker import Health, never
from ictcli.brokers.reports import (
    AccountReport,
    Evidence,
    Instrument,
    OrderReport,
    Outcome,
    PositionReport,
    Quote,
)
from ictcli.brokers.requests import Cancel, Close, Request
from ictcli.clock import NS_PER_SECOND
from ictcli.errors import SourceUnavailable
from ictcli.market.bars import Bars
from ictcli.market.timeframes import Timeframe
from ictcli.trading.identity import magic_of
from ictcli.trading.ownership import Ownership

OURS, THEIRS = magic_of(3, 17), 99
OWNED = Ownership(frozenset({OURS}))
LOT = Decimal("0.30")
ACCOUNT = AccountReport(7, "s", "USD", Decimal(0), Decimal(0), Decimal(0), "hedging", True, True)
Answer = Callable[["Desk", Request], Outcome]


def order(ticket: int, magic: int = OURS) -> OrderReport:
    """A resting order."""
    return OrderReport(ticket, magic, "EURUSD", 1, "limit", "open", LOT, LOT, 1)


def position(ticket: int, magic: int = OURS, side: int = 1) -> PositionReport:
    """An open position."""
    zero = Decimal(0)
    return PositionReport(
        ticket, ticket, magic, "EURUSD", side, LOT, Decimal("1.1"), None, None, zero, zero, 1
    )


def execute(desk: "Desk", request: Request) -> Outcome:
    """Do what is asked."""
    if isinstance(request, Cancel):
        desk.orders.pop(request.order)
        return Outcome("done", 10009, "done")
    assert isinstance(request, Close)
    held = desk.positions[request.position]
    assert request.side == -held.side
    assert request.volume <= held.volume
    if request.volume == held.volume:
        desk.positions.pop(request.position)
    else:
        desk.positions[request.position] = replace(held, volume=held.volume - request.volume)
    return Outcome("done", 10009, "done")


def silent_but_executed(desk: "Desk", request: Request) -> Outcome:
    """Do it and lose the answer."""
    execute(desk, request)
    return Outcome("unknown", 10012, "time-out", sent="unknown")


def silent(desk: "Desk", request: Request) -> Outcome:
    """Lose the request."""
    return Outcome("unknown", 10012, "time-out", sent="unknown")


def refuse(desk: "Desk", request: Request) -> Outcome:
    """Say no for good."""
    return Outcome("rejected", 10018, "market closed")


def requote(desk: "Desk", request: Request) -> Outcome:
    """Say not at this price."""
    return Outcome("retryable", 10004, "requote")


def half(desk: "Desk", request: Request) -> Outcome:
    """Close a part only."""
    assert isinstance(request, Close)
    part = Decimal("0.10")
    execute(desk, replace(request, volume=part))
    return Outcome("partial", 10010, "partial", volume=part)


class Desk:
    """A broker with one account, whose answers a test writes down; time passes with each call."""

    deduplicates = False

    def __init__(self, *answers: Answer, mode: str = "hedging") -> None:
        self.orders: dict[int, OrderReport] = {}
        self.positions: dict[int, PositionReport] = {}
        self.answers = list(answers)
        self.asked: list[Request] = []
        self.mode = mode
        self.looks: list[str] = []
        self.arriving: list[OrderReport] = []
        self.time = 0

    def holding(self, *things: OrderReport | PositionReport) -> "Desk":
        """With these on its books."""
        for one in things:
            if isinstance(one, OrderReport):
                self.orders[one.ticket] = one
            else:
                self.positions[one.ticket] = one
        return self

    def evidence(self, since: int) -> Evidence:
        self.time += NS_PER_SECOND // 100
        how = self.looks.pop(0) if self.looks else "whole"
        if how == "gone":
            raise SourceUnavailable("no connection")
        if how == "torn":
            return Evidence(since, self.time, self.time, complete=False)
        return Evidence(
            since, self.time, self.time, complete=True,
            open_orders=tuple(self.orders.values()),
            positions=tuple(self.positions.values()),
            account=replace(ACCOUNT, mode="netting") if self.mode == "netting" else ACCOUNT,
        )  # fmt: skip

    def send(self, request: Request, hold: Callable[[], str | None] = never) -> Outcome:
        self.time += NS_PER_SECOND // 100
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else execute
        return answer(self, request)

    def connect(self) -> AccountReport:
        return ACCOUNT

    def account(self) -> AccountReport:
        return ACCOUNT

    def close(self) -> None:
        return

    def health(self) -> Health:
        raise AssertionError

    def instrument(self, symbol: str) -> Instrument:
        raise AssertionError

    def quote(self, symbol: str) -> Quote:
        raise AssertionError

    def bars(self, symbol: str, timeframe: Timeframe, start: int, end: int) -> Bars:
        raise AssertionError

    def preview(self, request: Request) -> Outcome:
        raise AssertionError

    def exact(self, request: Request) -> dict[str, Any]:
        raise AssertionError

    def wait(self, seconds: float) -> None:
        self.time += int(seconds * NS_PER_SECOND)
        if self.arriving:
            self.holding(self.arriving.pop())
