"""A trader that dies at any moment and goes on trades as the one that never died."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.trading.crashpoints import POINTS
from ictcli.trading.parity import compare_trades
from tests.trading.paper_worlds import on_paper
from tests.trading.restarting import Phoenix
from tests.trading.test_parity_worlds import staged

MEASURED = {"spread", "slippage"}
"""Fields of a trade that are measured against the last quote, which a new process has not seen."""
PROOFS = 400
"""Worlds of the proof, each with every chance of dying."""
CHANCES = (0.002, 0.01, 0.05)


def goes_on_as_if_nothing_had_happened(seed: int, chance: float) -> list[str]:
    """The trades of both, bit for bit, and the balance; the crash points of the deaths."""
    books, trader = on_paper(staged(seed))
    stage = staged(seed)
    mortal = Phoenix(stage, Random(seed), chance, 0.1)
    stage.play(mortal)
    assert mortal.trader.account.desk.balance == int(stage.server.scene.world.account[0]["balance"])
    other = stage.books(mortal.trader)
    assert compare_trades(books.trades, other.trades) == []
    for name in set(books.trades.dtype.names or ()) - MEASURED:
        assert books.trades[name].tobytes() == other.trades[name].tobytes(), name
    assert trader.account.desk.balance == mortal.trader.account.desk.balance
    return mortal.deaths


@settings(max_examples=5)
@given(st.integers(0, 2**31), st.sampled_from(CHANCES))
def test_a_trader_that_dies_trades_as_the_one_that_does_not(seed: int, chance: float) -> None:
    goes_on_as_if_nothing_had_happened(seed, chance)


def test_a_withdrawal_that_was_refused_waits_as_without_a_death() -> None:
    """The world in which a new process asked again at once, and the order was gone before it was filled."""
    goes_on_as_if_nothing_had_happened(255, 0.05)


def test_a_partial_exit_that_slipped_leaves_no_trader_behind() -> None:
    """The world in which a position was never closed, as its second close had the name of its first."""
    goes_on_as_if_nothing_had_happened(154, 0.01)


@pytest.mark.no_cover
def test_traders_do_die_everywhere() -> None:
    deaths = {point for seed in range(2) for point in goes_on_as_if_nothing_had_happened(seed, 0.05)}
    assert len(deaths) > len(POINTS) // 2


@pytest.mark.proof
def test_proof_a_trader_that_dies_trades_as_the_one_that_does_not(
    record_property: Callable[[str, object], None],
) -> None:
    deaths = [
        point
        for seed in range(PROOFS)
        for chance in CHANCES
        for point in goes_on_as_if_nothing_had_happened(seed, chance)
    ]
    assert set(deaths) == set(POINTS)
    record_property("replays", PROOFS * len(CHANCES))
    record_property("deaths", len(deaths))
    record_property("deaths by crash point", {point: deaths.count(point) for point in POINTS})
