"""Clearing an account by an own session, at a broker that misbehaves as told."""

from decimal import Decimal

import pytest

from ictcli.brokers.requests import Close
from ictcli.clock import NS_PER_SECOND
from ictcli.errors import ExitCode, SourceUnavailable
from ictcli.trading.emergency import Cleared, Pace, clear
from ictcli.trading.identity import parts_of
from tests.trading.desks import (
    OWNED,
    THEIRS,
    Desk,
    half,
    order,
    position,
    refuse,
    requote,
    silent,
    silent_but_executed,
)


def cleared(desk: Desk, *, flatten: bool = True) -> Cleared:
    """What ``clear`` makes of it within five seconds."""
    return clear(desk, 42, Pace(5.0, 0.25, lambda: desk.time, desk.wait), OWNED, flatten=flatten)


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


def test_instants_that_others_use_as_numbers_are_never_touched() -> None:
    stamp = 1_700_000_000_000
    desk = Desk().holding(order(1, stamp), position(2, stamp), position(3))
    result = cleared(desk)
    assert (result.closed, result.cancelled, result.foreign, result.code) == ([3], [], 2, ExitCode.OK)
    assert (set(desk.orders), set(desk.positions)) == ({1}, {2})


def test_closing_orders_carry_a_number_and_a_comment_that_are_ours() -> None:
    desk = Desk().holding(position(2**40 + 5))
    cleared(desk)
    (request,) = desk.asked
    assert isinstance(request, Close)
    assert OWNED.owns(request.magic, request.comment)
    assert not OWNED.owns(request.magic, "")
    assert parts_of(request.magic)[0] == 2**16 - 1
