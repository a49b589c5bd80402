"""Random worlds trade on paper as in the engine alone, to the digit (docs/parity.md).

What no broker can do as a backtest does is listed in ``APART`` and left out of the worlds that must be equal;
in all others the books of the trader must still be the broker's.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.ledger.bodies import AnyBody, CancelAsked, Done, Filled
from ictcli.trading.parity import compare_trades
from tests.engine.random_worlds import Kind, random_world
from tests.engine.worlds import Ask, World
from tests.trading.paper_worlds import Stage, backtested, dated, on_paper

KIND = Kind(many=3, fine=True)
SEEDS = st.integers(0, 2**31)
APART = {
    "partial exits": "a level is seen when it was traded; a request closes at the next open",
    "groups": "a broker fills two orders of a group that one bar reaches",
    "reduce only": "no order only shrinks: one at the market is sent as closes, one that rests is refused",
    "freeze level": "an order that the market is near to cannot be withdrawn",
}
PROOFS = 1_500
"""Worlds of each proof."""


def without(world: World, asks: list[Ask], *apart: str) -> tuple[World, list[Ask]]:
    """A world without some of what ``APART`` names."""
    assert set(apart) <= set(APART)
    own: dict[str, tuple[str, Any]] = {
        "partial exits": ("partial_at", 0),
        "groups": ("group", 0),
        "reduce only": ("reduce_only", 0),
    }
    for name, (field, nothing) in own.items():
        for one in asks if name in apart else []:
            one.decision[field] = nothing
    if "freeze level" in apart:
        for terms in world.terms:
            terms["freeze_level"] = 0
    return world, asks


def staged(seed: int, *apart: str) -> Stage:
    """A random world on paper that has not begun."""
    world, asks = without(*random_world(seed, KIND), *apart)
    return Stage(*dated(world, asks))


def trades_are_equal(seed: int) -> int:
    """Same trades, same balance, same money as the broker counts; how many trades."""
    stage = staged(seed, *APART)
    told = backtested(stage.world, stage.asks)
    books, trader = on_paper(stage)
    assert compare_trades(told.books.trades, books.trades) == []
    assert told.balance == trader.account.desk.balance
    assert trader.counts.money_differences == 0
    return len(books.trades)


def books_are_the_brokers(seed: int) -> int:
    """Balance and open positions are the broker's, whatever was asked for; how many trades."""
    stage = staged(seed)
    trader = stage.engage()
    stage.begin()
    stage.play(trader)
    desk, server = trader.account.desk, stage.server.scene.world
    assert desk.balance == int(server.account[0]["balance"])
    for s in range(len(stage.world.bars)):
        ours = sorted(
            (int(p["side"]), int(p["steps"]), int(p["entry_value"])) for p in desk.live_positions(s)
        )
        open_there = server.positions[s][server.positions[s]["live"] == 1]
        theirs = sorted((int(p["side"]), int(p["steps"]), int(p["entry_value"])) for p in open_there)
        assert ours == theirs
    return len(trader.account.written.together().trades)


def groups_differ_where_both_filled(seed: int) -> bool:
    """Where trades differ, an order was filled before its withdrawal came; whether they do."""
    stage = staged(seed, "partial exits", "reduce only", "freeze level")
    told = backtested(stage.world, stage.asks)
    books, _ = on_paper(stage)
    if not compare_trades(told.books.trades, books.trades):
        return False
    bodies = [one.body for one in stage.log.entries]
    over = any("is over" in one.message for one in bodies if isinstance(one, Done))
    assert over or filled_in_part_beside_another(bodies)
    return True


def filled_in_part_beside_another(bodies: Sequence[AnyBody]) -> bool:
    """Whether an order whose rest was withdrawn had filled at the instant at which another one did.

    On a netting account the second of them closes what the first has opened.
    """
    filled: dict[int, set[str]] = {}
    for body in bodies:
        if isinstance(body, Filled) and body.reason == "expert":
            filled.setdefault(body.ts, set()).add(body.id)
        if isinstance(body, CancelAsked) and any(body.id in own and len(own) > 1 for own in filled.values()):
            return True
    return False


@settings(max_examples=16)
@given(SEEDS)
def test_trades_on_paper_are_those_of_the_engine(seed: int) -> None:
    trades_are_equal(seed)


@settings(max_examples=8)
@given(SEEDS)
def test_the_books_are_the_brokers_whatever_was_asked_for(seed: int) -> None:
    books_are_the_brokers(seed)


@settings(max_examples=6)
@given(SEEDS)
def test_groups_differ_only_where_a_broker_filled_both(seed: int) -> None:
    groups_differ_where_both_filled(seed)


def test_a_fill_one_point_off_is_found() -> None:
    """The comparison can fail: one deal of the broker is moved by a point."""
    stage = staged(5, *APART)
    told = backtested(stage.world, stage.asks)
    assert len(told.books.trades) > 3
    moved = told.books.trades.copy()
    moved["exit_value"][2] += 1
    books, _ = on_paper(stage)
    assert [(one.trade, one.field) for one in compare_trades(moved, books.trades)] == [(2, "exit_value")]
    assert compare_trades(told.books.trades, books.trades[:-1])[0].field == "exists"


@pytest.mark.parametrize("seed", [29, 282])
def test_a_group_of_which_both_filled_in_part_differs_for_that_reason(seed: int) -> None:
    assert groups_differ_where_both_filled(seed)


@pytest.mark.proof
def test_proof_trades_on_paper_are_those_of_the_engine(
    record_property: Callable[[str, object], None],
) -> None:
    trades = [trades_are_equal(seed) for seed in range(PROOFS)]
    record_property("worlds", PROOFS)
    record_property("trades compared", int(np.sum(trades)))
    record_property("mismatches", 0)


@pytest.mark.proof
def test_proof_books_and_groups_whatever_was_asked_for(
    record_property: Callable[[str, object], None],
) -> None:
    trades = [books_are_the_brokers(seed) for seed in range(PROOFS // 2)]
    differing = [groups_differ_where_both_filled(seed) for seed in range(PROOFS // 2)]
    record_property("worlds", PROOFS)
    record_property("trades booked", int(np.sum(trades)))
    record_property("worlds in which a broker filled two of a group", int(np.sum(differing)))
