"""Clearing an account by an own session, at a broker that misbehaves as told."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

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
from ictcli.errors import ExitCode, SourceUnavailable
from ictcli.market.bars import Bars
from ictcli.market.timeframes import Timeframe
from ictcli.trading.emergency import Cleared, Pace, clear, is_ours
from ictcli.trading.identity import magic_of, parts_of

OURS, THEIRS = magic_of(3, 17), 99
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


def cleared(desk: Desk, *, flatten: bool = True) -> Cleared:
    """What ``clear`` makes of it within five seconds."""
    return clear(desk, 42, Pace(5.0, 0.25, lambda: desk.time, desk.wait), flatten=flatten)


def test_our_orders_are_cancelled_and_our_positions_closed_and_nothing_else_is_touched() -> None:
    desk = Desk().holding(order(1), order(2, THEIRS), position(3), position(4, THEIRS), position(5, side=-1))
    result = cleared(desk)
    assert result.code is ExitCode.OK
    assert (result.cancelled, sorted(result.closed), result.foreign) == ([1], [3, 5], 2)
    assert (set(desk.orders), set(desk.positions)) == ({2}, {4})
    assert [(one.what, one.ticket, one.outcome) for one in result.requests] == [
        ("cancel", 1, "done"),
        ("close", 3, "done"),
        ("close", 5, "done"),
    ]
    assert len({one.key for one in result.requests}) == 3


def test_without_flatten_positions_stay_and_count_as_nothing_left() -> None:
    desk = Desk().holding(order(1), position(3))
    result = cleared(desk, flatten=False)
    assert result.code is ExitCode.OK
    assert result.positions == []
    assert set(desk.positions) == {3}


def test_an_empty_account_is_looked_at_twice_and_asked_for_nothing() -> None:
    desk = Desk()
    assert cleared(desk).code is ExitCode.OK
    assert desk.asked == []


def test_an_order_that_arrives_between_two_looks_is_cancelled_as_well() -> None:
    desk = Desk()
    desk.arriving = [order(9)]
    result = cleared(desk)
    assert (result.cancelled, result.code) == ([9], ExitCode.OK)


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_a_lost_answer_is_settled_by_looking(mode: str) -> None:
    desk = Desk(silent_but_executed, silent_but_executed, mode=mode).holding(order(1), position(3))
    result = cleared(desk)
    assert (result.code, len(desk.asked)) == (ExitCode.OK, 2)


def test_a_lost_request_is_made_again_where_that_cannot_open_anything() -> None:
    desk = Desk(silent, silent).holding(position(3))
    result = cleared(desk)
    assert (result.code, len(desk.asked)) == (ExitCode.OK, 3)
    assert [one.key for one in result.requests] == ["42-close-3-1", "42-close-3-2", "42-close-3-3"]


def test_on_a_netting_account_a_lost_close_is_never_asked_for_again() -> None:
    desk = Desk(silent, mode="netting").holding(position(3))
    result = cleared(desk)
    assert result.code is ExitCode.UNKNOWN_OUTCOME
    assert (len(desk.asked), result.unknown) == (1, [3])


def test_a_refusal_is_final_and_what_remains_is_named() -> None:
    desk = Desk(refuse, refuse).holding(order(1), position(3))
    result = cleared(desk)
    assert result.code is ExitCode.REJECTED
    assert ([one.ticket for one in result.resting], [one.ticket for one in result.positions]) == ([1], [3])
    assert desk.time < 2 * NS_PER_SECOND


def test_requotes_and_parts_are_followed_to_the_end() -> None:
    desk = Desk(requote, half, requote).holding(position(3))
    result = cleared(desk)
    assert result.code is ExitCode.OK
    volumes = [one.volume for one in desk.asked if isinstance(one, Close)]
    assert volumes == [Decimal("0.30"), Decimal("0.30"), Decimal("0.20"), Decimal("0.20")]


def test_endless_requotes_end_with_the_time_and_not_in_a_storm() -> None:
    desk = Desk(*[requote] * 1000).holding(position(3))
    result = cleared(desk)
    assert result.code is ExitCode.REJECTED
    assert 10 < len(desk.asked) < 30


def test_a_broker_that_never_answers_is_unreachable() -> None:
    desk = Desk().holding(order(1))
    desk.looks = ["gone"] * 1000
    with pytest.raises(SourceUnavailable):
        cleared(desk)
    assert desk.asked == []


def test_a_broker_that_comes_back_in_time_is_cleared() -> None:
    desk = Desk().holding(order(1))
    desk.looks = ["gone", "torn", "gone"]
    assert cleared(desk).code is ExitCode.OK


def test_a_broker_that_goes_away_after_a_request_leaves_the_outcome_unknown() -> None:
    desk = Desk().holding(order(1))
    desk.looks = ["whole", *["gone"] * 1000]
    result = cleared(desk)
    assert result.code is ExitCode.UNKNOWN_OUTCOME
    assert [one.outcome for one in result.requests] == ["done"]


def test_passes_that_are_never_complete_prove_nothing() -> None:
    desk = Desk().holding(order(1))
    desk.looks = ["torn"] * 1000
    result = cleared(desk)
    assert (result.code, desk.asked) == (ExitCode.UNKNOWN_OUTCOME, [])


def test_closing_orders_carry_a_number_that_is_ours_and_no_strategys() -> None:
    desk = Desk().holding(position(2**40 + 5))
    cleared(desk)
    (request,) = desk.asked
    assert isinstance(request, Close)
    assert is_ours(request.magic)
    assert parts_of(request.magic)[0] == 2**16 - 1
