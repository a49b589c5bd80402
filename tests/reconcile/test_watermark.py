"""Stories cut at the watermark: nothing behind it counts, and nothing before it is lost."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.clock import NS_PER_SECOND
from ictcli.reconcile.story import Story, Window
from ictcli.reconcile.watermark import cut, once
from tests.reconcile.rules.books import (
    LATER,
    STEP,
    T0,
    WINDOW,
    Books,
    account,
    cash,
    changed,
    fill,
    n,
    order,
    roots,
)

CLOSING: dict[str, Any] = {"side": -1, "entry": "out", "volume": n("0.2"), "profit": n("40"), "ts": LATER}


def volumes(story: Story) -> dict[int, int]:
    """Volume by position."""
    return dict(story.positions.select("position", "volume").iter_rows())


def without_marks(story: Story) -> Story:
    """A story without what says when positions last changed."""
    known = pl.col("position", "ticket", "magic", "symbol", "volume")
    return replace(story, positions=story.positions.select(known).sort("position"))


def same(one: Story, other: Story) -> bool:
    """Whether two stories tell alike of deals, money and volumes."""
    first, second = without_marks(one), without_marks(other)
    tables = ("fills", "orders", "positions", "cash")
    return first.facts == second.facts and all(
        getattr(first, at).equals(getattr(second, at)) for at in tables
    )


def test_a_story_with_nothing_behind_the_watermark_stays_as_it_is() -> None:
    story = account().broker()
    assert same(cut(story, WINDOW), story)


def test_a_deal_at_the_watermark_counts_and_one_behind_it_does_not() -> None:
    at = changed(lambda books: books.fills.append(fill(15, ts=WINDOW.until)))
    assert same(cut(at.broker(), WINDOW), at.broker())
    behind = changed(lambda books: books.fills.append(fill(15, ts=WINDOW.until + 1)))
    assert volumes(cut(behind.broker(), WINDOW)) == {900: n("0.2")}


def test_a_position_that_was_opened_behind_it_is_not_there() -> None:
    opened = changed(lambda books: books.fills.append(fill(15, position=902, ts=LATER)))
    assert same(cut(opened.broker(), WINDOW), account().broker())


def test_a_position_that_was_closed_behind_it_is_there_again() -> None:
    closed = changed(lambda books: books.fills.append(fill(15, magic=0, **CLOSING)))
    before = cut(closed.broker(), WINDOW)
    held = before.positions.row(0, named=True)
    assert (held["position"], held["volume"], held["symbol"], held["magic"]) == (900, n("0.2"), "EURUSD", 70)
    assert (held["touched"], held["stop"], held["swap"]) == (LATER, None, 0)
    assert before.facts.balance == account().broker().facts.balance


def test_a_position_that_turned_behind_it_is_on_its_side_again() -> None:
    def turned(books: Books) -> None:
        books.fills.append(fill(15, side=-1, entry="inout", volume=n("0.5"), ts=LATER))

    before = cut(changed(turned).ledger(), WINDOW)
    assert volumes(before) == {900: n("0.2")}
    assert before.positions.get_column("touched").to_list() == [LATER]


def test_what_was_taken_back_and_what_an_operator_took_moved_nothing() -> None:
    def later(books: Books) -> None:
        books.fills.append(fill(15, ts=LATER, voided=True))
        books.cash.append(cash(0, "-9", operator=True, ts=LATER, key="operator-a-1"))

    assert same(cut(changed(later).ledger(), WINDOW), account().ledger())


def test_what_is_not_told_stays_untold() -> None:
    def silent(books: Books) -> None:
        books.fills.append(fill(15, ts=LATER))
        books.facts = {"balance": None, "equity": None}

    facts = cut(changed(silent).broker(), WINDOW).facts
    assert (facts.balance, facts.equity) == (None, None)


def test_a_deal_whose_times_differ_is_on_one_side_of_the_watermark_on_both() -> None:
    ours, theirs = account(), account()
    ours.of("fills", "deal", 12)["ts"] = LATER
    assert roots(ours, theirs) == ["fill_time_diff deal:12"]
    ours, theirs = account(), account()
    theirs.of("fills", "deal", 12)["ts"] = LATER
    assert roots(ours, theirs) == []
    ours, theirs = account(), account()
    ours.of("cash", "deal", 5)["ts"] = LATER
    assert roots(ours, theirs) == []


def test_a_wrong_time_in_the_ledger_keeps_no_position_from_being_compared() -> None:
    ours, theirs = account(), account()
    ours.of("fills", "deal", 12)["ts"] = LATER
    theirs.held[900]["stop"] = None
    assert roots(ours, theirs) == ["stop_diff position:900 stop", "fill_time_diff deal:12"]
    ours.held[900]["touched"] = LATER + 1
    assert roots(ours, theirs) == ["fill_time_diff deal:12"]


later_rows = st.lists(
    st.tuples(
        st.sampled_from([900, 901, 902, 903]),
        st.integers(-40, 40).filter(bool),
        st.integers(-(10**11), 10**11),
    ),
    max_size=8,
)


def trade(books: Books, rows: list[tuple[int, int, int]]) -> None:
    """Deals behind the watermark."""
    for at, (position, volume, profit) in enumerate(rows):
        row = fill(
            60 + at, position=position, order=700 + at, magic=900 + at, intent=f"late{at}",
            side=1 if volume > 0 else -1, volume=abs(volume) * STEP, profit=profit, swap=-at,
            ts=LATER + at * NS_PER_SECOND,
        )  # fmt: skip
        books.fills.append(row)
        books.orders.append(order(700 + at, magic=900 + at, intent=f"late{at}", placed=LATER, touched=LATER))


@given(later_rows)
def test_whatever_is_dealt_behind_the_watermark_the_story_before_it_is_the_same(
    rows: list[tuple[int, int, int]],
) -> None:
    on = changed(lambda books: trade(books, rows))
    before = cut(on.ledger(), WINDOW)
    expected = account().ledger()
    assert same(replace(before, orders=expected.orders), expected)
    broker = cut(on.broker(), WINDOW)
    assert broker.facts.balance == account().broker().facts.balance
    assert broker.facts.equity is not None


@settings(max_examples=12)
@given(later_rows, later_rows)
def test_a_trader_and_a_broker_that_go_on_differ_in_nothing(
    ours: list[tuple[int, int, int]], theirs: list[tuple[int, int, int]]
) -> None:
    assert roots(changed(lambda books: trade(books, ours)), changed(lambda books: trade(books, theirs))) == []


@pytest.mark.parametrize("deal", [11, 13, 14])
def test_a_fault_is_found_whatever_happens_behind_the_watermark(deal: int) -> None:
    def on(books: Books) -> None:
        trade(books, [(900, -20, 5), (901, 7, 3), (902, 1, 1)])

    behind = changed(lambda books: books.drop(deal), changed(on))
    assert roots(behind, account()) == roots(behind, changed(on)) == [f"missing_fill_local deal:{deal}"]


@pytest.mark.parametrize("until", [T0 + seconds * NS_PER_SECOND for seconds in (0, 11, 12, 13, 14, 3600)])
def test_both_sides_agree_at_any_watermark(until: int) -> None:
    window = Window(WINDOW.since, until)
    ours, theirs = account(), account()
    ours.window = theirs.window = window
    assert roots(ours, theirs) == []
    ours.drop(13)
    expected = ["missing_fill_local deal:13"] if until >= T0 + 13 * NS_PER_SECOND else []
    assert roots(ours, theirs) == expected


def test_what_a_broker_tells_twice_is_told_once() -> None:
    story = account().broker()
    twice = replace(
        story,
        **{name: pl.concat([getattr(story, name)] * 2) for name in ("fills", "orders", "positions", "cash")},
    )
    assert same(once(twice), story)
    assert roots(account().ledger(), twice) == []


def test_of_an_order_that_is_told_in_two_states_the_later_one_counts() -> None:
    story = account().broker()
    before = story.orders.with_columns(status=pl.lit("open"), touched=pl.col("touched") - 1)
    for rows in ([before, story.orders], [story.orders, before]):
        told = once(replace(story, orders=pl.concat(rows)))
        assert told.orders.sort("order").equals(story.orders.sort("order"))
