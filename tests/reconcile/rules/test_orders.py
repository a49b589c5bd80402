"""Whose orders are, orders submitted twice, states of orders, and orders that the broker does not know."""

import dataclasses
from typing import Any

import pytest

from ictcli.reconcile.rules.known import RULES
from ictcli.reconcile.rules.orders import ORDER_IDENTITY_RULES, ORDER_STATE_RULES
from ictcli.trading.identity import magic_of
from tests.reconcile.rules.books import (
    HOUR,
    LATER,
    T0,
    WINDOW,
    Books,
    account,
    changed,
    fill,
    incomplete,
    n,
    order,
    roots,
    told,
)

STRANGE: dict[str, Any] = {"magic": 5, "intent": "", "reason": "client"}


def strange(books: Books) -> None:
    """Another program places an order that opens a position."""
    books.orders.append(order(600, position=950, **STRANGE))
    books.fills.append(fill(20, order=600, position=950, magic=5, intent="", reason="client"))


def strange_and_kept(books: Books) -> None:
    """The ledger has booked the deal of an order that it makes no intent of."""
    strange(books)
    books.orders.pop()
    books.foreign = {("order", 600), ("deal", 20), ("position", 950)}


def test_rules_stand_in_the_order_in_which_one_explains_another() -> None:
    assert RULES[:2] == ORDER_IDENTITY_RULES
    assert all(RULES.index(one) > RULES.index(ORDER_IDENTITY_RULES[-1]) for one in ORDER_STATE_RULES)
    assert len(set(RULES)) == len(RULES)


def test_an_order_of_nobody_we_know_is_foreign_and_explains_its_deal_and_its_position() -> None:
    found = told(account(), changed(strange))
    assert {name: one.caused_by for name, one in found.items()} == {
        "foreign order:600": (),
        "foreign deal:20": ("foreign order:600",),
        "foreign position:950": ("foreign deal:20",),
        "balance_diff account balance": ("foreign deal:20",),
    }


def test_what_the_ledger_has_flagged_as_foreign_is_told_and_not_counted() -> None:
    found = told(changed(strange_and_kept), changed(strange))
    assert set(found) == {"foreign order:600", "foreign deal:20", "foreign position:950"}
    assert all(one.known for one in found.values())


def test_what_the_ledger_has_booked_without_an_intent_is_known_even_where_nothing_is_flagged() -> None:
    def booked(books: Books) -> None:
        strange_and_kept(books)
        books.foreign = set()

    assert all(one.known for one in told(changed(booked), changed(strange)).values())


@pytest.mark.parametrize(
    ("strategy", "sequence", "known"),
    [(3, 9, False), (4, 9, True)],  # a number of a strategy of ours that no intent got; one of nobody's
)
def test_an_order_that_a_strategy_of_ours_sent_unwritten_is_never_settled_by_a_flag(
    strategy: int, sequence: int, *, known: bool
) -> None:
    def numbered(books: Books) -> None:
        for row in books.orders + books.fills:
            if row["order"] == 600:
                row["magic"] = magic_of(strategy, sequence)

    def kept(books: Books) -> None:
        strange_and_kept(books)
        numbered(books)

    def sent(books: Books) -> None:
        strange(books)
        numbered(books)

    found = told(dataclasses.replace(changed(kept).ledger(), strategies=frozenset({3})), changed(sent))
    assert {name: one.known for name, one in found.items()} == dict.fromkeys(
        ("foreign order:600", "foreign deal:20", "foreign position:950"), known
    )
    assert [one.name for one in found.values() if not one.caused_by] == ["foreign order:600"]
    assert ("of a strategy of ours" in found["foreign order:600"].note) is not known


@pytest.mark.parametrize(
    ("row", "foreign"),
    [
        ({"magic": 0, "position": 900, "side": -1}, False),  # a hand closes a position of ours
        ({"magic": 5, "position": 901, "side": -1}, False),  # one that is closed by now
        ({"magic": 0, "reason": "stop", "position": 900}, False),
        ({"magic": 70, "reason": "target", "position": 900, "side": -1}, False),
        ({"magic": 0, "reason": "client"}, True),
        ({"magic": 0, "reason": "client", "status": "open", "filled": 0}, True),
        ({"magic": 0, "placed": LATER, "touched": LATER}, False),  # behind the watermark
        ({"magic": 0, "placed": T0 - 2 * HOUR, "touched": T0 - 2 * HOUR}, False),  # over before we began
        ({"magic": 0, "placed": T0 - 2 * HOUR, "touched": T0 - 2 * HOUR, "status": "open"}, True),
    ],
)
def test_an_order_is_foreign_by_number_and_position(row: dict[str, Any], *, foreign: bool) -> None:
    broker = changed(lambda books: books.orders.append(order(600, **({"intent": ""} | row))))
    assert roots(account(), broker) == (["foreign order:600"] if foreign else [])


def submit_twice(books: Books) -> None:
    books.orders.append(order(601, magic=70))


def submit_twice_and_fill(books: Books) -> None:
    submit_twice(books)
    books.fills.append(fill(21, order=601, position=960, intent=""))


def test_a_second_order_of_one_number_is_a_double_submit_and_explains_its_deals() -> None:
    found = told(account(), changed(submit_twice_and_fill))
    assert {name: one.caused_by for name, one in found.items()} == {
        "double_submit order:601": (),
        "missing_fill_local deal:21": ("double_submit order:601",),
        "position_qty_diff position:960": ("missing_fill_local deal:21",),
        "balance_diff account balance": ("missing_fill_local deal:21",),
    }
    assert (found["double_submit order:601"].ours, found["double_submit order:601"].theirs) == ("500", "601")


def test_each_further_order_of_one_number_is_one() -> None:
    def thrice(books: Books) -> None:
        books.orders += [order(601, magic=70), order(602, magic=70), order(603, magic=71)]

    assert roots(account(), changed(thrice)) == [
        f"double_submit order:{ticket}" for ticket in (601, 602, 603)
    ]


def test_without_a_ticket_in_the_ledger_the_lowest_is_the_original() -> None:
    def unknown(books: Books) -> None:
        books.of("orders", "order", 503)["order"] = 0

    def two(books: Books) -> None:
        resting = books.of("orders", "order", 503)
        books.orders.append(resting | {"order": 490})

    assert roots(changed(unknown), changed(two)) == ["double_submit order:503"]
    assert roots(account(), changed(two)) == ["double_submit order:490"]


@pytest.mark.parametrize(
    "row",
    [
        {"reason": "stop", "side": -1, "position": 900},
        {"reason": "stop_out", "position": 900},
        {
            "side": -1,
            "position": 900,
            "reason": "client",
        },  # closed by hand at a broker that copies the number
        {"placed": LATER},
        {"order": 400, "status": "rejected", "filled": 0},  # refused first, and sent again
    ],
)
def test_not_every_order_of_one_number_was_submitted_twice(row: dict[str, Any]) -> None:
    broker = changed(lambda books: books.orders.append(order(601, magic=70) | row))
    assert roots(account(), broker) == []


STATES = [
    ("open", "open", False),
    ("open", "partial", False),
    ("unknown", "pending", False),
    ("sent", "open", False),
    ("open", "filled", True),
    ("partial", "cancelled", True),
    ("unknown", "rejected", True),
    ("cancelled", "open", True),
    ("filled", "partial", True),
    ("absent", "open", True),
    ("cancelled", "expired", False),
    ("rejected", "cancelled", False),
    ("absent", "rejected", False),
    ("filled", "filled", False),
    ("filled", "cancelled", True),
    ("expired", "filled", True),
]


@pytest.mark.parametrize(("ours", "theirs", "differ"), STATES)
@pytest.mark.parametrize("by_ticket", [True, False])
def test_states_differ_where_an_order_is_over_or_filled_on_one_side(
    ours: str, theirs: str, *, differ: bool, by_ticket: bool
) -> None:
    def here(books: Books) -> None:
        one = books.of("orders", "order", 503)
        one["status"], one["order"] = ours, 503 if by_ticket else 0

    broker = changed(lambda books: books.of("orders", "order", 503).update(status=theirs))
    assert roots(changed(here), broker) == (["order_status_diff order:503"] if differ else [])


def test_a_state_that_a_missing_deal_explains_follows_from_it() -> None:
    def behind(books: Books) -> None:
        books.drop(12)
        books.of("orders", "order", 500)["status"] = "partial"

    found = told(changed(behind), account())
    assert found["order_status_diff order:500"].caused_by == ("missing_fill_local deal:12",)
    assert roots(changed(behind), account()) == ["missing_fill_local deal:12"]


def test_faults_of_several_orders_do_not_explain_each_other() -> None:
    def behind(books: Books) -> None:
        books.drop(12)
        books.of("orders", "order", 500)["status"] = "partial"
        books.of("orders", "order", 504)["status"] = "open"

    assert roots(changed(behind), account()) == ["missing_fill_local deal:12", "order_status_diff order:504"]


@pytest.mark.parametrize("late", [{"touched": LATER}, {"placed": LATER}])
@pytest.mark.parametrize("side", [0, 1])
def test_the_state_of_an_order_that_changed_behind_the_watermark_is_not_compared(
    late: dict[str, int], side: int
) -> None:
    sides = [account(), account()]
    sides[0].of("orders", "order", 503)["status"] = "cancelled"
    sides[side].of("orders", "order", 503).update(late)
    assert roots(*sides) == []


def forget(books: Books) -> None:
    books.orders = [one for one in books.orders if one["order"] != 503]


@pytest.mark.parametrize("status", ["sent", "unknown", "open", "partial"])
@pytest.mark.parametrize("ticket", [0, 503])
def test_an_order_that_should_be_there_and_is_nowhere_is_missing(status: str, ticket: int) -> None:
    def here(books: Books) -> None:
        books.of("orders", "order", 503).update(status=status, order=ticket)

    assert roots(changed(here), changed(forget)) == ["order_missing_at_broker intent:i503"]


@pytest.mark.parametrize(
    "row",
    [
        {"status": "intent"},
        {"status": "cancelled"},
        {"status": "absent"},
        {"placed": WINDOW.since - 1},
        {"placed": LATER},
        {"touched": LATER},
        {"action": "cancel"},
    ],
)
def test_an_order_that_need_not_be_there_is_not_missing(row: dict[str, Any]) -> None:
    def here(books: Books) -> None:
        books.of("orders", "order", 503).update(row)

    assert roots(changed(here), changed(forget)) == []


def test_nothing_is_missing_where_the_broker_did_not_answer_in_full_or_tells_no_orders() -> None:
    assert roots(account(), incomplete(changed(forget))) == ["window_incomplete account"]

    def no_orders(books: Books) -> None:
        books.orders = []

    assert roots(account(), changed(no_orders)) == []


def test_an_incomplete_answer_leaves_open_what_a_deal_would_explain() -> None:
    def phantom(books: Books) -> None:
        books.fills.append(fill(15, order=503, magic=73, intent="i503", position=903, volume=n("0.2")))
        books.of("orders", "order", 503)["status"] = "filled"

    assert roots(changed(phantom), account()) == ["phantom_fill_local deal:15"]
    assert roots(changed(phantom), incomplete(account())) == ["window_incomplete account"]
