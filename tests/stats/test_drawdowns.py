"""Drawdowns of accounts small enough to draw by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.stats.drawdowns import Drawdown, closed_drawdowns, time_under_water
from ictcli.stats.sequences import max_drawdown

GAINS = st.lists(st.integers(-20, 25), max_size=30)


def drawdowns(gains: list[int], opening: float = 1000.0) -> tuple[Drawdown, ...]:
    """Trades that close at 1, 2, 3, ... in an account looked at from 0 to one unit after the last."""
    n = len(gains)
    return closed_drawdowns(np.array(gains, np.float64), np.arange(1, n + 1), opening, 0, n + 1)


@pytest.mark.jit_off
def test_two_drawdowns_one_of_them_open() -> None:
    # 100 at day 0, 120 at 2, 90 at 5, 108 at 9, 130 at 10, 117 at 30; looked at until day 40.
    gains, days = np.array([20.0, -30, 18, 22, -13]), np.array([2, 5, 9, 10, 30])
    found = closed_drawdowns(gains, days, 100.0, 0, 40)
    assert found == (
        Drawdown(began=2, lowest=5, ended=10, recovered=True, depth=0.25, trades=2),
        Drawdown(began=10, lowest=30, ended=40, recovered=False, depth=0.1, trades=1),
    )
    assert [one.time for one in found] == [8, 30]
    assert time_under_water(found, 0, 40) == 38 / 40


@pytest.mark.jit_off
def test_a_loss_before_any_gain_falls_from_the_opening() -> None:
    assert drawdowns([-100, 100]) == (
        Drawdown(began=0, lowest=1, ended=2, recovered=True, depth=0.1, trades=1),
    )


def test_reaching_the_peak_exactly_ends_it_and_the_first_of_equal_lows_counts() -> None:
    (only,) = drawdowns([-5, 3, -3, 5, 0, 1])
    assert (only.lowest, only.ended, only.trades) == (1, 4, 3)


def test_an_account_that_only_gains_or_never_trades_has_none() -> None:
    assert drawdowns([1, 0, 2]) == ()
    assert drawdowns([]) == ()
    assert time_under_water((), 0, 10) == 0
    assert time_under_water((), 5, 5) is None


@given(GAINS)
def test_the_deepest_is_the_maximum_drawdown_of_closed_balances(gains: list[int]) -> None:
    values = np.array(gains, np.float64)
    deepest = max((one.depth for one in drawdowns(gains)), default=0.0)
    assert deepest == pytest.approx(max_drawdown(values, np.zeros(len(values)), 1000.0))


@given(GAINS)
def test_trades_and_time_under_water_are_those_below_the_peak(gains: list[int]) -> None:
    balance = 1000 + np.cumsum([0, *gains])
    below = balance < np.maximum.accumulate(balance)
    found = drawdowns(gains)
    assert sum(one.trades for one in found) == below.sum()
    assert all(one.began < one.lowest < one.ended for one in found)
    assert all(first.ended <= second.began for first, second in pairwise(found))


def test_trades_may_close_at_the_same_time_and_accounts_open_at_any() -> None:
    found = closed_drawdowns(np.array([-1.0, -1, 2]), np.array([7, 7, 9]), 10.0, 5, 9)
    assert found == (Drawdown(began=5, lowest=7, ended=9, recovered=True, depth=0.2, trades=2),)
    assert time_under_water(found, 5, 13) == 0.5


def test_times_that_run_backwards_or_do_not_match_are_refused() -> None:
    for times, started, ended in (([2, 1], 0, 9), ([1, 2], 2, 9), ([1, 2], 0, 1), ([1], 0, 9)):
        with pytest.raises(DataError, match="times of closing"):
            closed_drawdowns(np.ones(2), np.array(times), 1.0, started, ended)
