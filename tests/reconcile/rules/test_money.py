"""Movements of money, and whether balance and equity add up."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.clock import NS_PER_SECOND
from tests.reconcile.rules.books import (
    CENT,
    LATER,
    T0,
    WINDOW,
    Books,
    account,
    cash,
    changed,
    fill,
    incomplete,
    n,
    roots,
    told,
)

PAID = cash(40, "250", kind="bonus", comment="welcome")


def off(amount: int) -> Books:
    """Books whose balance is not what its deals and movements make."""
    balance = account().broker().facts.balance
    assert balance is not None
    return changed(lambda books: books.facts.update(balance=balance + amount, equity=None))


def paid(books: Books) -> None:
    books.cash.append(PAID)


def test_money_that_only_the_broker_moved_is_unexplained_and_explains_the_balance() -> None:
    found = told(account(), changed(paid))
    assert set(found) == {"unexplained_cash deal:40", "balance_diff account balance"}
    one = found["unexplained_cash deal:40"]
    assert (one.ours, one.theirs, one.note, one.root) == (None, "250", "bonus welcome", True)
    assert found["balance_diff account balance"].caused_by == ("unexplained_cash deal:40",)


def test_money_that_only_the_ledger_moved_is_unexplained_too() -> None:
    assert roots(changed(paid), account()) == ["unexplained_cash deal:40"]
    assert told(changed(paid), account())["unexplained_cash deal:40"].theirs is None


@pytest.mark.parametrize(
    ("away", "differs"), [(CENT, False), (CENT + 1, True), (-CENT, False), (-CENT - 1, True)]
)
def test_amounts_differ_beyond_a_unit(away: int, *, differs: bool) -> None:
    theirs = changed(lambda books: books.cash[0].update(amount=n("1000") + away))
    assert roots(account(), theirs) == (["unexplained_cash deal:5"] if differs else [])


@pytest.mark.parametrize(
    "row",
    [
        {"operator": True, "deal": 0, "key": "operator-fund-14"},
        {"ts": WINDOW.since - 1},  # the broker tells nothing of it
        {"ts": LATER},
    ],
)
def test_what_need_not_be_on_the_brokers_books_is_no_finding(row: dict[str, Any]) -> None:
    assert roots(changed(lambda books: books.cash.append(PAID | row)), account())[:-1] == []


def test_an_operators_fee_changes_no_balance() -> None:
    fee = PAID | {"operator": True, "deal": 0, "key": "operator-fund-14", "amount": n("-12")}
    assert roots(changed(lambda books: books.cash.append(fee)), account()) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({"deal": 0, "key": "a"}, {"deal": 0, "key": "a"}, []),
        ({"deal": 0, "key": "a"}, {"deal": 0, "key": "a", "amount": n("251")}, ["unexplained_cash cash:a"]),
        ({"deal": 0, "key": "a"}, {"key": "b"}, []),  # the same amount at the same time
        ({"deal": 0, "key": "a"}, {"key": "b", "ts": T0 + 2 * NS_PER_SECOND}, []),
        (
            {"deal": 0, "key": "a"},
            {"key": "b", "ts": T0 + 2 * NS_PER_SECOND + 1},
            ["unexplained_cash cash:a", "unexplained_cash deal:40"],
        ),
        ({"deal": 41}, {}, ["unexplained_cash deal:40", "unexplained_cash deal:41"]),
    ],
)
def test_movements_belong_together_by_number_then_key_then_amount_and_time(
    ours: dict[str, Any], theirs: dict[str, Any], expected: list[str]
) -> None:
    here = changed(lambda books: books.cash.append(PAID | ours))
    there = changed(lambda books: books.cash.append(PAID | theirs))
    assert roots(here, there) == expected


def test_two_movements_alike_need_two() -> None:
    def twice(books: Books) -> None:
        books.cash += [PAID | {"deal": 0, "key": "a"}, PAID | {"deal": 0, "key": "b"}]

    assert roots(changed(twice), changed(paid)) == ["unexplained_cash cash:b"]


def test_an_incomplete_answer_denies_no_movement_and_no_balance() -> None:
    assert roots(changed(paid), incomplete(account())) == ["window_incomplete account"]
    assert roots(account(), incomplete(off(n("50")))) == ["window_incomplete account"]
    assert roots(account(), incomplete(changed(paid))) == [
        "unexplained_cash deal:40",
        "window_incomplete account",
    ]


@pytest.mark.parametrize(
    ("away", "differs"), [(CENT, False), (CENT + 1, True), (-CENT, False), (-CENT - 1, True)]
)
def test_balances_differ_beyond_a_unit(away: int, *, differs: bool) -> None:
    assert roots(account(), off(away)) == (["balance_diff account balance"] if differs else [])


def test_a_balance_that_is_not_told_is_not_compared() -> None:
    assert roots(account(), changed(lambda books: books.facts.update(balance=None))) == []


def test_deals_and_movements_explain_a_balance_together() -> None:
    def there(books: Books) -> None:
        paid(books)
        books.drop(14)
        books.of("fills", "deal", 12)["commission"] = n("-0.90")
        books.of("fills", "deal", 13)["profit"] = n("3")

    found = told(account(), changed(there))
    assert set(found["balance_diff account balance"].caused_by) == {
        "unexplained_cash deal:40",
        "phantom_fill_local deal:14",
        "fee_diff deal:12 commission",
        "realised_pnl_diff position:901",
    }


def test_what_they_do_not_explain_is_a_finding_of_its_own() -> None:
    def there(books: Books) -> None:
        paid(books)
        balance = books.broker().facts.balance
        assert balance is not None
        books.facts = {"balance": balance + n("7"), "equity": None}

    found = told(account(), changed(there))
    assert found["balance_diff account balance"].root
    assert found["balance_diff account balance"].note == "7 of it is not explained"


def test_differences_within_their_tolerances_may_add_up() -> None:
    def there(books: Books) -> None:
        for deal in (11, 12, 13):
            books.of("fills", "deal", deal)["commission"] -= CENT

    assert roots(account(), changed(there)) == []

    def and_a_fee(books: Books) -> None:
        there(books)
        books.of("fills", "deal", 14)["commission"] -= 2 * CENT

    assert roots(account(), changed(and_a_fee)) == ["fee_diff deal:14 commission"]


def test_a_deal_that_stands_twice_explains_a_balance_that_counts_it_once_or_twice() -> None:
    def twice(books: Books) -> None:
        books.fills.append(books.of("fills", "deal", 14))

    for ours in (
        changed(twice).ledger(),
        replace(
            changed(twice).ledger(), facts=account().ledger().facts, positions=account().ledger().positions
        ),
    ):
        assert roots(ours, account()) == ["duplicate_fill deal:14"]


@pytest.mark.parametrize(("away", "differs"), [(CENT, False), (CENT + 1, True), (-CENT - 1, True)])
def test_an_equity_is_the_balance_and_what_is_open(away: int, *, differs: bool) -> None:
    equity = account().broker().facts.equity
    assert equity is not None
    theirs = changed(lambda books: books.facts.update(equity=equity + away))
    assert roots(account(), theirs) == (["balance_diff account equity"] if differs else [])
    assert roots(account(), incomplete(theirs)) == ["window_incomplete account"]


def test_an_equity_that_adds_up_with_the_ledgers_balance_follows_from_the_brokers() -> None:
    story = account().broker()
    balance = story.facts.balance
    assert balance is not None
    theirs = replace(story, facts=replace(story.facts, balance=balance + n("30")))
    found = told(account(), theirs)
    assert found["balance_diff account balance"].root
    assert found["balance_diff account equity"].caused_by == ("balance_diff account balance",)
    both = replace(story, facts=replace(story.facts, balance=balance + n("30"), equity=0))
    assert len(roots(account(), both)) == 2


def test_an_equity_that_adds_up_with_the_ledgers_swap_follows_from_the_brokers() -> None:
    story = account().broker()
    theirs = replace(story, positions=story.positions.with_columns(swap=pl.col("swap") - n("3")))
    found = told(account(), theirs)
    assert found["swap_diff position:900"].root
    assert found["balance_diff account equity"].caused_by == ("swap_diff position:900",)


def test_an_equity_counts_what_is_open_of_others_too() -> None:
    def strange(books: Books) -> None:
        books.fills.append(fill(20, order=600, position=950, magic=5, intent="", reason="client"))

    assert roots(account(), changed(strange)) == ["foreign deal:20"]


@settings(max_examples=12)
@given(
    st.lists(st.integers(-(10**14), 10**14), max_size=4),
    st.sets(st.sampled_from([11, 12, 13, 14])),
    st.integers(-(10**12), 10**12),
)
def test_a_balance_is_explained_exactly_when_nothing_is_left(
    amounts: list[int], lost: set[int], rest: int
) -> None:
    def there(books: Books) -> None:
        for at, amount in enumerate(amounts):
            books.cash.append(cash(50 + at, "0") | {"amount": amount})
        for deal in lost:
            books.drop(deal)
        balance = books.broker().facts.balance
        assert balance is not None
        books.facts = {"balance": balance + rest, "equity": None}

    found = told(account(), changed(there)).get("balance_diff account balance")
    if found is not None:
        allowed = max(CENT, CENT * (len(amounts) + len(lost)) // 2)
        assert found.root == (abs(rest) > allowed)
