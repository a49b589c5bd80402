"""Orders from intent to outcome, each line of the protocol on the model broker."""

from itertools import pairwise

import pytest

from ictcli.brokers.reports import Evidence, Outcome
from ictcli.brokers.requests import Amend, Cancel, Close, Place, Protect
from ictcli.ledger.bodies import (
    Acked,
    Alerted,
    CancelAsked,
    Ended,
    Filled,
    Illegal,
    Intent,
    ModeSet,
    Rejected,
    Sent,
    Unresolved,
)
from ictcli.trading.identity import parts_of, strategy_number
from ictcli.trading.manager import OrderManager
from ictcli.trading.messages import (
    Begin,
    DoneNotice,
    EndNotice,
    FillNotice,
    Latch,
    Look,
    Passed,
    Quoted,
    Record,
    Restrict,
    Seen,
    Send,
    Submit,
    Told,
    Wake,
)
from ictcli.trading.orderbook import OrderBook
from tests.trading.order_model import (
    SECOND,
    T0,
    D,
    Desk,
    Fate,
    ModelBroker,
    desk,
    intent,
    refold,
    settings,
    start,
    state,
)


def position_of(trader: Desk) -> int:
    trader.submit(intent())
    (position,) = trader.book.positions
    return position


def test_a_market_order_is_recorded_as_sent_in_one_transaction_and_filled_by_its_deal() -> None:
    trader = desk()
    before = len(trader.log.batches)
    order = trader.submit(intent())
    first = trader.log.bodies()[sum(trader.log.batches[:before]) :][:2]
    assert [type(one) for one in first] == [Intent, Sent]
    assert trader.log.batches[before] == 2
    assert trader.status(order) == "filled"
    assert [type(request) for _, request in trader.broker.asked] == [Place]
    fill = next(one for one in trader.log.bodies() if isinstance(one, Filled))
    assert (fill.id, fill.volume, fill.late, fill.over) == (order.id, D("0.10"), False, False)
    assert [type(notice) for notice in trader.told] == [FillNotice, EndNotice]


def test_commands_come_record_first_then_the_request() -> None:
    broker = ModelBroker()
    manager = OrderManager(settings(), OrderBook())
    manager.handle(Begin(start()), T0)
    manager.handle(Seen(broker.evidence(0)), T0)
    manager.handle(Quoted("EURUSD", broker.quote("EURUSD")), T0)
    commands = manager.handle(Submit(intent()), T0)
    assert [type(command) for command in commands] == [Record, Send]
    (send,) = (command for command in commands if isinstance(command, Send))
    told = manager.handle(Told(send.id, 1, Outcome("unknown", -10005, "silence")), T0)
    assert [type(command) for command in told[:2]] == [Record, Look]
    assert isinstance(told[-1], Wake)


def test_a_close_takes_the_position_and_the_money_agrees_to_the_last_digit() -> None:
    trader = desk()
    position = position_of(trader)
    close = trader.submit(intent("close", bar=2, side=-1, volume=D("0.10"), position=position))
    assert trader.status(close) == "filled"
    assert trader.book.positions == {}
    assert trader.book.cash == trader.broker.balance
    assert isinstance(trader.broker.asked[-1][1], Close)


def test_magic_numbers_are_of_the_strategy_and_a_durable_sequence() -> None:
    trader = desk()
    numbers = []
    for bar in (1, 2, 3):
        one = trader.submit(intent(bar=bar, volume=D(bar) / 10))
        numbers.append(parts_of(trader.book.orders[one.id].intent.magic))
    assert {strategy for strategy, _ in numbers} == {strategy_number("s")}
    first = numbers[0][1]
    assert [sequence - first for _, sequence in numbers] == [0, 1, 2]


def test_symbols_go_out_by_the_brokers_name_and_come_back_by_ours() -> None:
    trader = desk()
    trader.manager = OrderManager(settings(), OrderBook(), {"EUR": "EURUSD"})
    trader.shell.manager = trader.manager
    trader.begin()
    trader.do(Quoted("EUR", trader.broker.quote("EURUSD")))
    trader.do(Submit(intent(symbol="EUR")))
    _, request = trader.broker.asked[-1]
    assert request.symbol == "EURUSD"
    assert [position.symbol for position in trader.book.positions.values()] == ["EUR"]


def test_a_partial_fill_keeps_what_was_filled_when_the_rest_is_withdrawn() -> None:
    trader = desk()
    trader.broker.fates = [Fate(share=D("0.5"))]
    order = trader.submit(intent())
    assert trader.status(order) == "cancelled"
    assert trader.book.orders[order.id].filled == D("0.050")


def test_a_refused_order_is_over_and_tells_the_brokers_code() -> None:
    trader = desk()
    trader.broker.fates = [Fate(executed=False)]
    order = trader.submit(intent())
    assert trader.told == [EndNotice(order.id, "rejected", D(0), 10006, "reject")]
    assert trader.book.rejects == 1


def test_a_requote_is_asked_again_twice_at_most_and_each_time_recorded_before() -> None:
    trader = desk()
    trader.broker.fates = [Fate(executed=False, answer="retryable")] * 5
    order = trader.submit(intent())
    assert len(trader.broker.asked) == 3
    assert trader.status(order) == "rejected"
    kinds = [body for body in trader.log.bodies() if isinstance(body, Sent | Rejected)]
    assert [type(body) for body in kinds] == [Sent, Rejected] * 3
    assert [body.attempt for body in kinds] == [1, 1, 2, 2, 3, 3]
    assert [body.again for body in kinds if isinstance(body, Rejected)] == [True, True, False]


def test_a_requote_on_a_price_that_ran_away_is_not_asked_again() -> None:
    trader = desk()
    trader.broker.fates = [Fate(executed=False, answer="retryable")]
    trader.broker.price += D("0.00100")
    order = trader.submit(intent())
    assert trader.status(order) == "denied"
    assert len(trader.broker.asked) == 1


def test_a_close_is_asked_again_until_its_position_is_gone() -> None:
    trader = desk()
    position = position_of(trader)
    trader.broker.fates = [Fate(executed=False, answer="retryable")] * 8
    close = trader.submit(intent("close", bar=2, side=-1, volume=D("0.10"), position=position))
    assert len(trader.broker.asked) == 4
    trader.wait(120)
    assert trader.status(close) == "filled"
    assert len(trader.broker.asked) == 10
    instants = [at // SECOND for at, _ in trader.broker.asked[3:]]
    assert [later - earlier for earlier, later in pairwise(instants)] == [1, 2, 4, 8, 16, 30]


def test_a_close_waits_no_longer_when_its_position_was_stopped_out() -> None:
    trader = desk()
    position = position_of(trader)
    trader.broker.fates = [Fate(executed=False, answer="retryable")] * 20
    close = trader.submit(intent("close", bar=2, side=-1, volume=D("0.10"), position=position))
    trader.broker.stop_hit(position)
    trader.do(Seen(trader.broker.evidence(0)))
    trader.wait(40)
    assert trader.status(close) == "denied"
    assert trader.book.positions == {}


def test_a_close_of_what_is_closed_already_does_no_harm() -> None:
    trader = desk()
    position = position_of(trader)
    trader.broker.stop_hit(position)
    close = trader.submit(intent("close", bar=2, side=-1, volume=D("0.10"), position=position))
    assert trader.status(close) == "rejected"
    assert trader.book.positions == {}
    assert trader.book.cash == trader.broker.balance


def test_a_cancel_is_carried_out_and_the_order_ends_by_the_brokers_records() -> None:
    trader = desk()
    order = trader.submit(intent(order="limit", price=D("1.09")))
    cancel = trader.submit(intent("cancel", bar=2, target_id=order.id))
    assert (trader.status(order), trader.status(cancel)) == ("cancelled", "done")
    assert [type(notice) for notice in trader.told] == [DoneNotice, EndNotice]
    assert isinstance(trader.broker.asked[-1][1], Cancel)
    assert [body.id for body in trader.log.bodies() if isinstance(body, CancelAsked)] == [order.id]


def test_a_cancel_that_loses_its_race_fails_and_the_fill_is_booked() -> None:
    trader = desk()
    order = trader.submit(intent(order="limit", price=D("1.09")))
    trader.broker.fill(trader.book.orders[order.id].ticket)
    cancel = trader.submit(intent("cancel", bar=2, target_id=order.id))
    assert (trader.status(order), trader.status(cancel)) == ("filled", "failed")
    assert not trader.book.orders[order.id].cancel_asked
    assert not trader.alerts


def test_a_cancel_of_an_order_of_unknown_outcome_waits_for_it() -> None:
    trader = desk()
    trader.broker.fates = [Fate(executed=False, answer="unknown")]
    order = trader.submit(intent(order="limit", price=D("1.09")))
    cancel = trader.submit(intent("cancel", bar=2, target_id=order.id))
    assert (trader.status(cancel), len(trader.broker.asked)) == ("intent", 1)
    _, request = trader.broker.asked[0]
    trader.broker.execute(request, Fate())
    trader.wait(5)
    assert (trader.status(order), trader.status(cancel)) == ("cancelled", "done")


def test_a_cancel_of_an_order_that_is_over_is_done() -> None:
    trader = desk()
    order = trader.submit(intent())
    cancel = trader.submit(intent("cancel", bar=2, target_id=order.id))
    assert trader.status(cancel) == "done"
    assert len(trader.broker.asked) == 1


@pytest.mark.parametrize("executed", [True, False])
def test_a_cancel_without_an_answer_is_settled_by_the_records(executed: bool) -> None:
    trader = desk()
    order = trader.submit(intent(order="limit", price=D("1.09")))
    trader.broker.fates = [Fate(executed=executed, answer="unknown")]
    cancel = trader.submit(intent("cancel", bar=2, target_id=order.id))
    trader.wait(5)
    assert (trader.status(order), trader.status(cancel)) == ("cancelled", "done")
    assert len(trader.broker.asked) == (2 if executed else 3)


def test_an_incomplete_pass_settles_no_cancel() -> None:
    trader = desk()
    order = trader.submit(intent(order="limit", price=D("1.09")))
    trader.broker.fates = [Fate(executed=False, answer="unknown")]
    trader.broker.complete = False
    cancel = trader.submit(intent("cancel", bar=2, target_id=order.id))
    trader.do(Seen(Evidence(0, trader.broker.now, trader.broker.now, complete=False)))
    assert (trader.status(order), trader.status(cancel)) == ("open", "unknown")


def test_stops_and_targets_are_changed_and_the_broker_is_seen_to_hold_them() -> None:
    trader = desk()
    position = position_of(trader)
    change = intent("protect", bar=2, position=position, stop=D("1.0950"), target=D("1.13"))
    trader.submit(change)
    assert trader.status(change) == "done"
    held = trader.book.positions[position]
    assert (held.stop, held.target, held.wanted_stop) == (D("1.0950"), D("1.13"), D("1.0950"))
    assert isinstance(trader.broker.asked[-1][1], Protect)


def test_a_change_of_stops_without_an_answer_is_asked_again_when_it_had_no_effect() -> None:
    trader = desk()
    position = position_of(trader)
    trader.broker.fates = [Fate(executed=False, answer="unknown")]
    change = trader.submit(intent("protect", bar=2, position=position, stop=D("1.0950")))
    second = trader.submit(intent("protect", bar=3, position=position, stop=D("1.0960")))
    assert trader.status(second) == "denied"
    trader.wait(5)
    assert trader.status(change) == "done"
    assert trader.broker.positions[position].stop == D("1.0950")


def test_a_resting_order_is_amended_and_its_version_counts() -> None:
    trader = desk()
    order = trader.submit(intent(order="limit", price=D("1.09")))
    change = intent("amend", bar=2, target_id=order.id, price=D("1.0880"), stop=D("1.08"), target=D("1.12"))
    trader.submit(change)
    assert trader.status(change) == "done"
    kept = trader.book.orders[order.id]
    assert (kept.version, kept.changed) == (1, change)
    assert isinstance(trader.broker.asked[-1][1], Amend)


def test_a_position_whose_stop_did_not_arrive_is_given_it() -> None:
    trader = desk()
    trader.broker.keep_stops = False
    position = position_of(trader)
    assert [type(request) for _, request in trader.broker.asked] == [Place, Protect]
    trader.wait(2)
    assert trader.broker.positions[position].stop == D("1.09000")
    assert [alert.code for alert in trader.alerts] == ["stop_differs"]


def test_a_stop_that_the_broker_never_takes_is_asked_for_eight_times_and_a_person_told() -> None:
    trader = desk()
    trader.broker.keep_stops = False
    trader.broker.fates = [Fate(), *[Fate(executed=False)] * 50]
    position_of(trader)
    for _ in range(60):
        trader.wait(10)
        trader.do(Seen(trader.broker.evidence(0)))
    assert len(trader.broker.asked) == 9
    assert [alert.code for alert in trader.alerts] == ["stop_differs", "stop_missing"]


def test_a_position_without_a_stop_by_intent_is_told_once() -> None:
    trader = desk()
    trader.submit(intent(stop=None))
    trader.wait(5)
    trader.do(Seen(trader.broker.evidence(0)))
    assert [alert.code for alert in trader.alerts] == ["no_stop"]


def test_too_many_refusals_in_a_row_stop_opening_until_a_person_says_so() -> None:
    trader = desk(most_rejects=3)
    trader.broker.fates = [Fate(executed=False)] * 3
    for bar in (1, 2, 3):
        trader.submit(intent(bar=bar, volume=D(bar) / 10))
    assert [body.mode for body in trader.log.bodies() if isinstance(body, ModeSet)] == ["active", "reducing"]
    assert trader.status(trader.submit(intent(bar=4))) == "denied"
    trader.do(Restrict("active", "looked at it"))
    assert trader.status(trader.submit(intent(bar=5))) == "filled"


def test_an_answer_that_never_comes_makes_the_outcome_unknown() -> None:
    manager = OrderManager(settings(), OrderBook())
    broker = ModelBroker()
    manager.handle(Begin(start()), T0)
    manager.handle(Seen(broker.evidence(0)), T0)
    manager.handle(Quoted("EURUSD", broker.quote("EURUSD")), T0)
    one = intent()
    manager.handle(Submit(one), T0)
    manager.handle(Passed(), T0 + 60 * SECOND)
    assert manager.book.orders[one.id].status == "sent"
    commands = manager.handle(Passed(), T0 + 61 * SECOND)
    assert any(isinstance(command, Look) for command in commands)
    (record,) = (command for command in commands if isinstance(command, Record))
    assert [type(body) for body in record.bodies] == [Unresolved]


def test_repeated_and_contradicting_answers_change_nothing_that_is_known() -> None:
    trader = desk()
    order = trader.submit(intent())
    before = len(trader.log.lines)
    trader.do(Told(order.id, 1, Outcome("done", 10009, "done", order=101)))
    trader.do(Told(order.id, 7, Outcome("rejected", 10006, "of another attempt")))
    assert len(trader.log.lines) == before
    trader.do(Told(order.id, 1, Outcome("rejected", 10006, "no")))
    added = trader.log.bodies()[before:]
    assert [type(body) for body in added] == [Illegal, Alerted]
    assert trader.status(order) == "filled"


def test_a_venue_that_says_it_has_the_order_already_is_asked_for_it() -> None:
    broker = ModelBroker(deduplicates=True)
    trader = desk(broker)
    trader.broker.fates = [Fate(executed=True, answer="noop")]
    order = trader.submit(intent())
    assert trader.status(order) == "filled"
    assert [body.message for body in trader.log.bodies() if isinstance(body, Unresolved)] == ["noop"]


def test_a_clock_that_goes_back_delays_neither_looks_nor_retries() -> None:
    trader = desk()
    position = position_of(trader)
    trader.broker.fates = [Fate(executed=False, answer="retryable")] * 4
    close = trader.submit(intent("close", bar=2, side=-1, volume=D("0.10"), position=position))
    trader.broker.reachable = False
    order = trader.submit(intent(bar=3, order="limit", price=D("1.09")))
    trader.broker.fates = []
    trader.broker.now -= 7200 * SECOND
    trader.broker.reachable = True
    trader.broker.fill(trader.book.orders[order.id].ticket)
    trader.do(Passed())
    trader.wait(40)
    assert trader.status(close) == "filled"
    assert trader.status(order) == "filled"


def test_the_emergency_stop_is_recorded_once_and_lifted_once() -> None:
    trader = desk()
    for _ in range(2):
        trader.do(Latch(on=True, reason="panic", by="me", epoch=3))
    assert trader.status(trader.submit(intent())) == "denied"
    for _ in range(2):
        trader.do(Latch(on=False, reason="all clear", by="me"))
    assert trader.status(trader.submit(intent(bar=2))) == "filled"
    kinds = [type(body).__name__ for body in trader.log.bodies()]
    assert (kinds.count("Latched"), kinds.count("Released")) == (1, 1)


def test_everything_it_knows_is_the_fold_of_what_it_recorded() -> None:
    trader = desk()
    position = position_of(trader)
    trader.submit(intent("protect", bar=2, position=position, stop=D("1.0950")))
    trader.submit(intent("close", bar=3, side=-1, volume=D("0.04"), position=position))
    limit = trader.submit(intent(bar=4, order="limit", price=D("1.09")))
    trader.submit(intent("cancel", bar=5, target_id=limit.id))
    trader.broker.fates = [Fate(executed=False, answer="unknown")]
    trader.submit(intent(bar=6, volume=D("0.3")))
    trader.wait(150)
    assert state(trader.book) == state(refold(trader.log))
    kinds = {type(body) for body in trader.log.bodies()}
    assert {Acked, Ended, Filled, Sent, Unresolved} <= kinds
