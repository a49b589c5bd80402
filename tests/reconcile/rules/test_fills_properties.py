"""What holds for deals of any two stories: order and repetition of rows change nothing, sides mirror."""

from dataclasses import replace
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.reconcile.case import Difference
from ictcli.reconcile.findings import Kind
from ictcli.reconcile.story import FILLS, Story, table
from tests.reconcile.rules.fill_worlds import CENT, STEP, T0, TICK, both, fill, look, n

_CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "price": st.integers(-TICK, TICK).map(lambda by: n("1.10432") + by),
    "volume": st.integers(-STEP, STEP).map(lambda by: n("0.1") + by),
    "side": st.sampled_from([1, -1]),
    "symbol": st.sampled_from(["EURUSD", "GBPUSD"]),
    "ts": st.integers(-3, 3).map(lambda seconds: T0 + seconds * 10**9),
    "commission": st.integers(-2, 2).map(lambda cents: cents * CENT),
    "profit": st.integers(-2, 2).map(lambda cents: cents * CENT),
    "swap": st.integers(-2, 2).map(lambda cents: cents * CENT),
    "reason": st.sampled_from(["expert", "stop_out", "client"]),
    "voided": st.booleans(),
    "late": st.booleans(),
    "over": st.booleans(),
    "magic": st.sampled_from([70, 72, 5]),
    "position": st.sampled_from([900, 901]),
    "order": st.sampled_from([500, 510, 999]),
}
_DEALS = st.lists(
    st.tuples(st.integers(1, 6), st.fixed_dictionaries({}, optional=_CHANGES)), max_size=8
).map(lambda rows: [fill(deal, **{"ts": T0} | changes) for deal, changes in rows])  # fmt: skip
_SAME_BOTH_WAYS = {
    Kind.FILL_PRICE_DIFF, Kind.FILL_QTY_DIFF, Kind.FILL_SIDE_DIFF, Kind.FILL_TIME_DIFF, Kind.FEE_DIFF,
}  # fmt: skip


def stories(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> tuple[Story, Story]:
    local, broker = both()
    nameless = [one | {"intent": "", "late": False, "over": False} for one in theirs]
    return replace(local, fills=table(FILLS, ours)), replace(broker, fills=table(FILLS, nameless))


def distinct(deals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({one["deal"]: one for one in deals}.values())


def shuffled(story: Story, seed: int) -> Story:
    return replace(
        story,
        fills=story.fills.sample(fraction=1, shuffle=True, seed=seed),
        orders=story.orders.sample(fraction=1, shuffle=True, seed=seed),
    )


def sorted_by_name(found: list[Difference]) -> list[Difference]:
    return sorted(found, key=lambda one: one.finding.name)


@settings(max_examples=20, deadline=None)
@given(ours=_DEALS, theirs=_DEALS, seed=st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]], seed: int
) -> None:
    local, broker = stories(ours, theirs)
    assert look(shuffled(local, seed), shuffled(broker, seed + 1)) == look(local, broker)


@settings(max_examples=20, deadline=None)
@given(ours=_DEALS, theirs=_DEALS, pages=st.lists(st.integers(0, 7), max_size=6))
def test_a_page_that_the_broker_repeats_changes_nothing(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]], pages: list[int]
) -> None:
    local, broker = stories(ours, theirs)
    again = broker.fills[[at for at in pages if at < broker.fills.height]]
    assert look(local, replace(broker, fills=pl.concat([broker.fills, again]))) == look(local, broker)


@settings(max_examples=20, deadline=None)
@given(deals=_DEALS)
def test_a_ledger_that_says_what_the_broker_says_lacks_at_most_marks(deals: list[dict[str, Any]]) -> None:
    found = look(*stories(distinct(deals), distinct(deals)))
    assert {one.finding.kind for one in found} <= {Kind.OVERFILL, Kind.LATE_FILL}
    assert all(one.effect.money == one.effect.volume == 0 for one in found)


@settings(max_examples=20, deadline=None)
@given(ours=_DEALS, theirs=_DEALS)
def test_values_that_differ_differ_both_ways(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> None:
    ours, theirs = ([one | {"position": 900} for one in distinct(side)] for side in (ours, theirs))
    here, there = (
        {one.finding.name: one for one in found if one.finding.kind in _SAME_BOTH_WAYS}
        for found in (look(*stories(ours, theirs)), look(*stories(theirs, ours)))
    )
    assert here.keys() == there.keys()
    for name, one in here.items():
        assert (one.finding.ours, one.finding.theirs) == (
            there[name].finding.theirs,
            there[name].finding.ours,
        )
        assert one.effect.money == -there[name].effect.money
        assert one.finding.evidence != there[name].finding.evidence


@settings(max_examples=20, deadline=None)
@given(ours=_DEALS, theirs=_DEALS)
def test_taking_the_broker_over_accounts_for_money_and_volumes(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> None:
    """What all findings change is what the sides differ by, but for what is within the tolerances."""
    local, broker = stories(ours, distinct(theirs))
    found = look(local, broker)
    money = sum(one.effect.money for one in found)
    compared = 4 * broker.fills.height
    assert abs(counted_money(broker) - counted_money(local) - money) <= compared * CENT
    volume = sum(one.effect.volume for one in found)
    assert abs(counted_volume(broker) - counted_volume(local) - volume) < broker.fills.height * STEP // 2 + 1


def counted_money(story: Story) -> int:
    amounts = story.fills.filter(~pl.col("voided")).select("profit", "commission", "swap", "fee")
    return sum(sum(row) for row in amounts.iter_rows())


def counted_volume(story: Story) -> int:
    rows = story.fills.filter(~pl.col("voided")).select("side", "volume").iter_rows()
    return sum(side * volume for side, volume in rows)
