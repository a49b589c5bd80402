"""Orders from intent to outcome, each line of the protocol on the model broker."""

from ictcli.brokers.requests import Close, Place
from ictcli.ledger.bodies import Filled, Intent, Sent
from tests.trading.order_model import D, desk, intent


def test_a_market_order_is_recorded_as_sent_in_one_transaction_and_filled_by_its_deal() -> None:
    trader = desk()
    before = len(trader.log.batches)
    order = trader.submit(intent())
    intent_batch = trader.log.bodies()[sum(trader.log.batches[:before]) :][:2]
    assert [type(one) for one in intent_batch] == [Intent, Sent]
    assert trader.log.batches[before] == 2
    assert trader.status(order) == "filled"
    assert [type(request) for _, request in trader.broker.asked] == [Place]
    fill = next(one for one in trader.log.bodies() if isinstance(one, Filled))
    assert (fill.id, fill.volume, fill.late, fill.over) == (order.id, D("0.10"), False, False)


def test_a_close_takes_the_position_and_the_money_agrees_to_the_last_digit() -> None:
    trader = desk()
    trader.submit(intent())
    (position,) = trader.book.positions
    close = trader.submit(intent("close", bar=2, side=-1, volume=D("0.10"), position=position))
    assert trader.status(close) == "filled"
    assert trader.book.positions == {}
    assert trader.book.cash == trader.broker.balance
    assert isinstance(trader.broker.asked[-1][1], Close)
