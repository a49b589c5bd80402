"""Unknown outcomes, late and repeated deals, strangers: what the broker's records may say."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ictcli.brokers.reports import CashReport, Evidence
from ictcli.ledger.bodies import Adopted, Ended, Filled, Foreign, Missing, Voided
from ictcli.trading.messages import EndNotice, FillNotice, LookFailed, Seen
from tests.trading.order_model import SECOND, D, Desk, Fate, ModelBroker, desk, intent, refold, state

LOST = Fate(executed=False, answer="unknown")


def lost_order(trader: Desk) -> str:
    trader.broker.fates = [LOST]
    return trader.submit(intent()).id


def status(trader: Desk, name: str) -> str:
    return str(trader.book.orders[name].status)


def test_an_order_that_was_executed_without_an_answer_is_adopted_by_its_deal() -> None:
    trader = desk()
    trader.broker.fates = [Fate(answer="unknown")]
    order = trader.submit(intent())
    assert trader.status(order) == "filled"
    (fill,) = (body for body in trader.log.bodies() if isinstance(body, Filled))
    assert (fill.id, fill.recovered) == (order.id, True)
    assert len(trader.broker.asked) == 1


def test_a_resting_order_without_an_answer_is_adopted_by_its_number() -> None:
    trader = desk()
    trader.broker.fates = [Fate(answer="unknown")]
    order = trader.submit(intent(order="limit", price=D("1.09")))
    assert trader.status(order) == "open"
    (adopted,) = (body for body in trader.log.bodies() if isinstance(body, Adopted))
    assert adopted.order in trader.broker.orders


def test_absence_takes_a_minute_after_the_last_moment_of_flight_and_four_passes() -> None:
    trader = desk()
    name = lost_order(trader)
    trader.wait(104)
    assert status(trader, name) == "unknown"
    trader.wait(30)
    assert status(trader, name) == "absent"
    missing = [entry for entry in trader.log.read() if isinstance(entry.body, Missing)]
    asked = [entry.body.asked for entry in missing if isinstance(entry.body, Missing)]
    assert len(asked) >= 4
    sent = trader.book.orders[name].first_sent
    assert asked[0] - sent >= 45 * SECOND
    assert asked[-1] - asked[0] >= 60 * SECOND
    assert [alert.code for alert in trader.alerts] == ["order_absent"]
    assert len(trader.broker.asked) == 1
    assert trader.told == [EndNotice(name, "absent", D(0), 0, f"no trace in {len(asked)} complete looks")]


def test_errors_and_incomplete_passes_count_for_nothing() -> None:
    trader = desk()
    name = lost_order(trader)
    trader.broker.reachable = False
    trader.wait(300)
    trader.broker.reachable, trader.broker.complete = True, False
    trader.wait(300)
    for _ in range(10):
        trader.do(LookFailed("no connection"))
    assert status(trader, name) == "unknown"
    assert not [body for body in trader.log.bodies() if isinstance(body, Missing)]


@pytest.mark.parametrize(("margin", "status_after"), [(299, "unknown"), (300, "absent")])
def test_a_pass_must_reach_back_to_five_minutes_before_the_order(margin: int, status_after: str) -> None:
    trader = desk()
    name = lost_order(trader)
    trader.broker.reachable = False
    sent = trader.book.orders[name].first_sent
    for second in range(60, 200, 10):
        trader.broker.now = now = sent + second * SECOND
        seen = Evidence(sent - margin * SECOND, now, now, complete=True, account=trader.broker.account())
        trader.do(Seen(seen))
    assert status(trader, name) == status_after


def test_a_clock_that_jumps_ahead_proves_no_absence() -> None:
    trader = desk()
    name = lost_order(trader)
    trader.wait(46)
    trader.broker.now += 3600 * SECOND
    trader.wait(30)
    assert status(trader, name) == "unknown"
    assert trader.book.orders[name].absent_for < 60 * SECOND


def test_an_order_that_appears_after_it_was_called_absent_is_adopted_and_told() -> None:
    trader = desk()
    name = lost_order(trader)
    trader.wait(140)
    assert status(trader, name) == "absent"
    _, request = trader.broker.asked[0]
    trader.broker.execute(request, Fate())
    trader.do(Seen(trader.broker.evidence(0)))
    assert status(trader, name) == "filled"
    assert trader.book.cash == trader.broker.balance
    assert trader.alerts[-1].severity == "critical"
    assert trader.told[-1] == FillNotice(name, replace(next(iter(trader.broker.deals.values()))), late=True)


def test_a_late_fill_after_a_cancel_is_booked_and_told() -> None:
    trader = desk()
    order = trader.submit(intent(order="limit", price=D("1.09")))
    number = trader.book.orders[order.id].ticket
    trader.broker.fill(number, D("0.04"))
    trader.broker.hidden = set(trader.broker.deals)
    trader.submit(intent("cancel", bar=2, target_id=order.id))
    assert trader.status(order) == "open"
    trader.broker.hidden = set()
    trader.wait(3)
    assert trader.status(order) == "cancelled"
    assert trader.book.orders[order.id].filled == D("0.04")
    end = trader.told[-1]
    assert isinstance(end, EndNotice)
    assert (end.status, end.filled) == ("cancelled", D("0.04"))
    trader.broker.orders[number] = trader.broker.done.pop(number)
    trader.broker.fill(number, D("0.02"))
    trader.broker.end(number, "cancelled")
    trader.do(Seen(trader.broker.evidence(0)))
    (late,) = (body for body in trader.log.bodies() if isinstance(body, Filled) and body.late)
    assert (late.volume, trader.book.orders[order.id].filled) == (D("0.02"), D("0.06"))
    assert trader.status(order) == "cancelled"
    assert trader.book.cash == trader.broker.balance


def test_a_late_deal_finds_its_order_among_those_long_over_and_is_booked_once_for_ever() -> None:
    trader = desk()
    first = trader.submit(intent(order="limit", price=D("1.09")))
    number = trader.book.orders[first.id].ticket
    trader.broker.end(number, "cancelled")
    trader.do(Seen(trader.broker.evidence(0)))
    for bar in range(2, 30):
        trader.submit(intent(bar=bar, volume=D(bar) / 100))
        trader.wait(61)
    trader.submit(first)
    assert len(trader.broker.asked) == 29
    report = trader.broker.done.pop(number)
    trader.broker.orders[number] = replace(report, status="open")
    trader.broker.fill(number, D("0.02"))
    trader.broker.end(number, "cancelled")
    for _ in range(2):
        trader.do(Seen(trader.broker.evidence(0)))
    (late,) = (body for body in trader.log.bodies() if isinstance(body, Filled) and body.late)
    assert (late.id, trader.book.orders[first.id].filled) == (first.id, D("0.02"))
    assert len([body for body in trader.log.bodies() if isinstance(body, Filled)]) == 29
    assert trader.book.cash == trader.broker.balance
    assert state(trader.book) == state(refold(trader.log))


def test_a_deal_that_closes_what_no_deal_opened_waits_for_it_and_a_strangers_does_not() -> None:
    trader = desk()
    trader.broker.book(9_000, 9_000, 0, 1, "in", D("0.04"), "client")
    trader.do(Seen(trader.broker.evidence(0)))
    trader.broker.book(9_001, 9_000, 0, -1, "out", D("0.04"), "client")
    trader.broker.book(9_003, 9_002, 0, -1, "out", D("0.04"), "client")
    trader.do(Seen(trader.broker.evidence(0)))
    assert [fill.order for fill in trader.book.deals.values()] == [9_000, 9_001]
    trader.wait(31)
    trader.do(Seen(trader.broker.evidence(0)))
    assert [fill.order for fill in trader.book.deals.values()] == [9_000, 9_001, 9_003]


def test_a_deal_beyond_the_volume_is_flagged_and_booked() -> None:
    trader = desk()
    order = trader.submit(intent())
    number, magic = trader.book.orders[order.id].ticket, trader.book.orders[order.id].intent.magic
    trader.broker.book(number, number, magic, 1, "in", D("0.05"), "expert")
    trader.do(Seen(trader.broker.evidence(0)))
    fills = [body for body in trader.log.bodies() if isinstance(body, Filled)]
    assert [fill.over for fill in fills] == [False, True]
    assert trader.book.positions[number].volume == D("0.15")
    assert trader.alerts[-1].code == "overfilled"


def test_the_same_records_in_any_order_and_number_are_booked_once() -> None:
    trader = desk()
    for bar in range(1, 4):
        trader.submit(intent(bar=bar, volume=D(bar) / 10))
    before = len(trader.log.lines)
    seen = trader.broker.evidence(0)
    for _ in range(3):
        trader.do(
            Seen(replace(seen, deals=tuple(reversed(seen.deals * 2)), done_orders=seen.done_orders[::-1]))
        )
    assert len(trader.log.lines) == before


def test_a_stop_hit_is_the_positions_and_is_told_with_the_intent_that_opened_it() -> None:
    trader = desk()
    order = trader.submit(intent())
    (position,) = trader.book.positions
    trader.broker.stop_hit(position)
    trader.do(Seen(trader.broker.evidence(0)))
    assert trader.book.positions == {}
    assert trader.book.orders[order.id].filled == D("0.10")
    notice = trader.told[-1]
    assert isinstance(notice, FillNotice)
    assert (notice.id, notice.deal.entry, notice.deal.reason, notice.late) == (order.id, "out", "stop", False)
    assert trader.alerts == []


def test_a_close_by_another_hand_is_the_positions_too() -> None:
    trader = desk()
    order = trader.submit(intent())
    (position,) = trader.book.positions
    trader.broker.book(9_000, position, 0, -1, "out", D("0.04"), "client")
    trader.do(Seen(trader.broker.evidence(0)))
    assert trader.book.positions[position].volume == D("0.06")
    notice = trader.told[-1]
    assert isinstance(notice, FillNotice)
    assert notice.id == order.id


def test_what_is_not_ours_is_money_and_exposure_and_is_never_touched() -> None:
    broker = ModelBroker()
    trader = desk(broker)
    broker.book(9_000, 9_000, 77, -1, "in", D("0.30"), "client")
    trader.do(Seen(broker.evidence(0)))
    assert trader.book.positions == {}
    assert trader.book.exposure("EURUSD") == (D("-0.30"), D("-0.30"))
    assert trader.book.cash == broker.balance
    notice = trader.told[-1]
    assert isinstance(notice, FillNotice)
    assert notice.id == ""
    broker.book(9_001, 9_000, 0, 1, "out", D("0.30"), "client")
    trader.do(Seen(broker.evidence(0)))
    assert trader.book.exposure("EURUSD") == (D(0), D(0))
    assert trader.book.cash == broker.balance
    assert broker.asked == []
    assert [body.what for body in trader.log.bodies() if isinstance(body, Foreign)].count("position") == 2


def test_a_second_order_of_one_intent_raises_the_alarm_and_counts() -> None:
    trader = desk()
    trader.submit(intent(order="limit", price=D("1.09")))
    _, request = trader.broker.asked[0]
    trader.broker.execute(request, Fate())
    trader.do(Seen(trader.broker.evidence(0)))
    trader.do(Seen(trader.broker.evidence(0)))
    assert [alert.code for alert in trader.alerts] == ["double_order"]
    assert trader.book.exposure("EURUSD")[0] == D("0.20")


def test_a_deal_that_is_taken_back_is_undone_and_stays_on_record() -> None:
    trader = desk()
    trader.submit(intent())
    (ticket,) = trader.book.deals
    broker = trader.broker
    busted = broker.deals.pop(ticket)
    broker.balance -= busted.profit + busted.commission
    broker.positions.clear()
    broker.cash[ticket] = CashReport(ticket, "buy_canceled", Decimal(0), broker.now)
    trader.do(Seen(broker.evidence(0)))
    assert [body.deal for body in trader.log.bodies() if isinstance(body, Voided)] == [ticket]
    assert trader.book.positions == {}
    assert trader.book.cash == broker.balance
    assert ticket in trader.book.deals


def test_cash_without_an_order_is_booked_once() -> None:
    trader = desk()
    trader.broker.cash[500] = CashReport(500, "deposit", D(250), trader.broker.now)
    trader.broker.balance += 250
    for _ in range(2):
        trader.do(Seen(trader.broker.evidence(0)))
    assert trader.book.cash == trader.broker.balance == D(10_250)


def test_a_credit_is_noted_and_is_no_part_of_the_balance() -> None:
    trader = desk()
    trader.broker.cash[500] = CashReport(500, "credit", D(250), trader.broker.now)
    for _ in range(2):
        trader.do(Seen(trader.broker.evidence(0)))
    assert trader.book.cash == trader.broker.balance == D(10_000)
    assert [one.what for one in trader.book.movements.values()] == ["opening", "credit of 250"]


@pytest.mark.parametrize("end", ["cancelled", "expired", "rejected"])
def test_an_order_that_the_broker_ends_is_over_with_what_it_filled(end: str) -> None:
    trader = desk()
    order = trader.submit(intent(order="limit", price=D("1.09")))
    number = trader.book.orders[order.id].ticket
    trader.broker.fill(number, D("0.03"))
    trader.broker.end(number, end)
    trader.do(Seen(trader.broker.evidence(0)))
    assert trader.status(order) == end
    ended = [body for body in trader.log.bodies() if isinstance(body, Ended)]
    assert [body.status for body in ended] == [end]
    assert trader.book.positions[number].volume == D("0.03")
    assert state(trader.book) == state(refold(trader.log))
