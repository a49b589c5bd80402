"""Finished trades out of a journal."""

from decimal import Decimal

from ictcli.ledger.bodies import AnyBody, Voided
from ictcli.trading.closed_trades import closed_trades
from tests.trading.journals import NOON, SECOND, deal, entries, intent, round_trip, start


def test_a_trade_is_finished_when_the_last_of_it_is_closed() -> None:
    bodies: list[AnyBody] = [
        start("live", "other@9:ff", "fvg_retest@2:abcd"),
        intent("a"),
        deal(1, 50, 1, "0.10", id="a"),
        deal(2, 50, 1, "0.10", id="a"),
        deal(3, 50, -1, "0.15", entry="out", profit=Decimal("5.00")),
        deal(4, 50, -1, "0.05", entry="out", profit=Decimal("2.50"), swap=Decimal("-0.30")),
    ]
    assert closed_trades(entries(bodies[:-1])) == []
    (trade,) = closed_trades(entries(bodies))
    assert (trade.position, trade.closing, trade.side, trade.volume) == (50, 4, 1, Decimal("0.20"))
    assert trade.net == Decimal("3.20")
    assert (trade.mark, trade.mode, trade.intent.id) == ("fvg_retest@2:abcd", "live", "a")
    assert (trade.opened, trade.closed) == (NOON + SECOND, NOON + 4 * SECOND)


def test_a_deal_that_comes_twice_counts_once_and_a_strangers_position_not_at_all() -> None:
    opened, closed = deal(1, 50, 1, "0.10", id="a"), deal(2, 50, -1, "0.10", entry="out")
    bodies: list[AnyBody] = [start(), intent("a"), opened, opened, closed, closed]
    assert [trade.net for trade in closed_trades(entries(bodies))] == [Decimal(-2)]
    foreign: list[AnyBody] = [start(), deal(1, 51, 1, "0.10"), deal(2, 51, -1, "0.10", entry="out")]
    assert closed_trades(entries(foreign)) == []


def test_a_close_that_the_broker_takes_back_is_followed_by_the_real_one() -> None:
    bodies = [*round_trip(1, "9.00"), Voided(deal=3, reason="bust")]
    bodies.append(deal(9, 1, -1, "0.20", entry="out", profit=Decimal("4.00")))
    assert [(one.closing, one.net) for one in closed_trades(entries([start(), *bodies]))] == [
        (3, Decimal("7.00")),
        (9, Decimal("2.00")),
    ]


def test_a_close_of_long_ago_that_is_taken_back_opens_its_trade_again() -> None:
    bodies: list[AnyBody] = [start(), *round_trip(1, "9.00")]
    for number in range(2, 700):
        bodies += round_trip(number, "1.00")
    bodies += [Voided(deal=3, reason="bust")]
    bodies.append(deal(9_000, 1, -1, "0.20", entry="out", profit=Decimal("4.00")))
    trades = closed_trades(entries(bodies))
    assert len(trades) == 700
    assert (trades[-1].position, trades[-1].closing, trades[-1].net) == (1, 9_000, Decimal("2.00"))
    assert trades[-1].intent.id == "intent1"


def test_a_strategy_that_the_start_does_not_tell_of_keeps_its_bare_name() -> None:
    (trade,) = closed_trades(entries([start("paper", "other@1:aa"), *round_trip(1, "1")]))
    assert trade.mark == "fvg_retest"
    (trade,) = closed_trades(entries(round_trip(1, "1")))
    assert (trade.mark, trade.mode) == ("fvg_retest", "")
