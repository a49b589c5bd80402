"""What the gate lets pass, and the code of what it keeps."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.reports import Quote
from ictcli.ledger.bodies import Denied, Intent
from ictcli.trading.denials import SENTENCES, Denial
from ictcli.trading.gate import Limits, View, refusal
from ictcli.trading.messages import Latch, Quoted, Restrict, Submit
from tests.trading.order_model import SECOND, T0, D, Desk, Fate, desk, intent

LIMITS = Limits(D(50), 30 * SECOND, 20)


def code_of(trader: Desk, one: Intent, *, epoch: int = 1, again: bool = False, **quote: Any) -> str:
    """The gate's code on an intent with a quote; empty when it passes."""
    values: dict[str, Any] = {"symbol": "EURUSD", "bid": D("1.10000"), "ask": D("1.10010"), "ts": T0} | quote
    shown = Quote(**values) if "bid" not in quote or quote["bid"] is not None else None
    found = refusal(trader.book, View(one, epoch, shown, T0, again), LIMITS)
    return str(found.code) if found else ""


def test_an_order_with_a_fresh_quote_passes() -> None:
    assert code_of(desk(), intent()) == ""


@pytest.mark.parametrize(
    ("quote", "code"),
    [
        ({"bid": None}, "no_quote"),
        ({"bid": D("NaN")}, "bad_quote"),
        ({"ask": D("Infinity")}, "bad_quote"),
        ({"bid": D(0)}, "bad_quote"),
        ({"ask": D("-1.1")}, "bad_quote"),
        ({"bid": D("1.10011")}, "bad_quote"),
        ({"ts": T0 - 30 * SECOND}, ""),
        ({"ts": T0 - 30 * SECOND - 1}, "old_quote"),
        ({"ts": T0 + 30 * SECOND + 1}, "old_quote"),
        ({"ask": D("1.10000")}, ""),
    ],
)
def test_a_quote_must_be_sane_and_fresh_on_both_sides_of_its_limit(quote: dict[str, Any], code: str) -> None:
    assert code_of(desk(), intent(), **quote) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"volume": None}, "volume"),
        ({"volume": D(0)}, "volume"),
        ({"volume": D("NaN")}, "volume"),
        ({"volume": D("-0.1")}, "volume"),
        ({"volume": D(50)}, ""),
        ({"volume": D("50.01")}, "most_volume"),
        ({"stop": D(0)}, "price"),
        ({"target": D("sNaN").copy_abs()}, "price"),
        ({"order": "limit"}, "price"),
        ({"order": "stop_limit", "price": D("1.2")}, "price"),
        ({"order": "limit", "price": D("1.2")}, ""),
        ({"side": 0}, "price"),
        ({"order": ""}, "price"),
    ],
)
def test_volume_and_prices_must_make_sense(changes: dict[str, Any], code: str) -> None:
    assert code_of(desk(), intent(**changes)) == code


@given(
    st.decimals(allow_nan=True, allow_infinity=True, min_value=None),
    st.decimals(allow_nan=True, allow_infinity=True),
)
def test_no_quote_whatever_makes_the_gate_raise_or_lets_nonsense_pass(bid: Decimal, ask: Decimal) -> None:
    if code_of(TRADER, intent(), bid=bid, ask=ask) == "":
        assert Decimal(0) < bid <= ask < Decimal("Infinity")


TRADER = desk()


def test_before_a_start_and_behind_a_later_trader_nothing_passes() -> None:
    trader = desk()
    assert code_of(trader, intent(), epoch=2) == "fenced"
    trader.book.start = None
    assert code_of(trader, intent("cancel", target_id="x")) == "not_started"


def states(trader: Desk) -> dict[str, Intent]:
    """One passing intent of every action on a desk with a position and a resting order."""
    trader.submit(intent())
    (position,) = trader.book.positions
    resting = trader.submit(intent(bar=2, order="limit", price=D("1.095")))
    closing: dict[str, Any] = {"side": -1, "volume": D("0.10"), "position": position}
    return {
        "place": intent(bar=3),
        "reduce": intent(bar=4, reduces=True, side=-1),
        "close": intent("close", bar=5, **closing),
        "protect": intent("protect", bar=6, position=position, stop=D("1.08"), reduces=True),
        "loosen": intent("protect", bar=7, position=position, stop=D("1.08")),
        "cancel": intent("cancel", bar=8, target_id=resting.id),
        "amend": intent("amend", bar=9, target_id=resting.id, price=D("1.094")),
    }


@pytest.mark.parametrize(
    ("situation", "passing"),
    [
        ("active", {"place", "reduce", "close", "protect", "loosen", "cancel", "amend"}),
        ("reducing", {"reduce", "close", "protect", "loosen", "cancel"}),
        ("halted", {"protect", "cancel"}),
        ("latched", {"cancel"}),
        ("flattened", {"cancel", "close"}),
        ("flattened while halted", {"cancel", "close"}),
        ("recovering", {"cancel"}),
    ],
)
def test_the_less_is_allowed_the_more_it_must_shrink_exposure(situation: str, passing: set[str]) -> None:
    trader = desk()
    wanted = states(trader)
    if situation == "latched":
        trader.book.recovering = False
        trader.do(Latch(on=True, reason="test", by="test"))
    elif situation.startswith("flattened"):
        if "halted" in situation:
            trader.do(Restrict("halted", "test"))
        trader.latch.why, trader.latch.flatten = "test", True
        trader.do(Latch(on=True, reason="test", by="test"))
        trader.do(Latch(on=True, reason="test", by="test", flatten=True))
    elif situation == "recovering":
        trader.book.recovering = True
    elif situation == "reducing":
        trader.do(Restrict("reducing", "test"))
    elif situation == "halted":
        trader.do(Restrict("halted", "test"))
    assert {name for name, one in wanted.items() if code_of(trader, one) == ""} == passing


def test_beside_an_order_of_unknown_outcome_its_symbol_opens_nothing_and_others_do() -> None:
    trader = desk()
    trader.broker.fates = [Fate(executed=False, answer="unknown")]
    trader.submit(intent())
    assert code_of(trader, intent(bar=2)) == "unresolved"
    assert code_of(trader, intent(bar=2, reduces=True)) == ""
    assert code_of(trader, intent(bar=2, symbol="GBPUSD"), symbol="GBPUSD") == ""


def test_a_position_cannot_be_closed_by_more_than_is_open() -> None:
    trader = desk()
    trader.submit(intent())
    (position,) = trader.book.positions
    closing: dict[str, Any] = {"side": -1, "position": position}
    assert code_of(trader, intent("close", bar=2, volume=D("0.10"), **closing)) == ""
    assert code_of(trader, intent("close", bar=2, volume=D("0.11"), **closing)) == "conservation"
    assert (
        code_of(trader, intent("close", bar=2, volume=D("0.10"), side=1, position=position)) == "no_position"
    )
    assert code_of(trader, intent("close", bar=2, volume=D("0.10"), side=-1, position=5)) == "no_position"


def test_while_a_close_is_unknown_its_position_takes_no_second_one() -> None:
    trader = desk()
    trader.submit(intent())
    (position,) = trader.book.positions
    closing: dict[str, Any] = {"side": -1, "volume": D("0.05"), "position": position}
    trader.broker.fates = [Fate(executed=False, answer="unknown")]
    trader.submit(intent("close", bar=2, **closing))
    assert code_of(trader, intent("close", bar=3, **closing)) == "in_flight"


def test_the_same_order_four_times_in_a_minute_is_a_mistake() -> None:
    trader = desk()
    codes = []
    for bar in range(1, 6):
        one = trader.submit(intent(bar=bar))
        codes += [
            body.code for body in trader.log.bodies()[-3:] if isinstance(body, Denied) and body.id == one.id
        ]
    assert codes == ["repeated", "repeated"]
    trader.broker.now += 61 * SECOND
    assert trader.status(trader.submit(intent(bar=9))) == "filled"


def test_closes_have_a_lane_of_their_own_and_cancels_need_none() -> None:
    trader = desk(orders_per_minute=2)
    resting = trader.submit(intent(order="limit", price=D("1.09")))
    trader.submit(intent(bar=2))
    assert trader.status(trader.submit(intent(bar=3, volume=D("0.2")))) == "denied"
    (position,) = trader.book.positions
    for bar in (4, 5):
        close = intent("close", bar=bar, side=-1, volume=D("0.05"), position=position)
        assert trader.status(trader.submit(close)) == "filled"
    assert trader.status(trader.submit(intent("cancel", bar=6, target_id=resting.id))) == "done"


def test_a_retry_must_not_chase_the_price() -> None:
    one = intent(expected=D("1.10010"))
    assert code_of(desk(), one, again=True, ask=D("1.10030")) == ""
    assert code_of(desk(), one, again=True, ask=D("1.10031")) == "moved"
    assert code_of(desk(), one, again=True, bid=D("1.05000"), ask=D("1.05010")) == ""
    assert code_of(desk(), intent(expected=None), again=True) == "moved"
    sell = intent(side=-1, expected=D("1.10000"))
    assert code_of(desk(), sell, again=True, bid=D("1.09979")) == "moved"


def test_a_magic_number_serves_one_order() -> None:
    trader = desk()
    first = trader.submit(intent())
    taken = trader.book.orders[first.id].intent.magic
    assert code_of(trader, intent(bar=2, magic=taken)) == "magic"


def test_without_any_quote_the_order_is_denied_and_recorded() -> None:
    trader = desk()
    one = intent()
    trader.do(Submit(one))
    assert trader.status(one) == "denied"
    trader.do(Quoted("EURUSD", trader.broker.quote("EURUSD")))
    trader.do(Submit(one))
    assert trader.status(one) == "denied"
    assert trader.broker.asked == []


def test_every_code_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Denial)
    assert all(text.endswith(".") for text in SENTENCES.values())
