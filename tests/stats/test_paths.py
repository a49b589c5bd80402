"""Simulated paths against closed forms: random walks, Kelly, and paths small enough to write down."""

import math
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError, UsageError
from ictcli.stats.kelly import chance_of_falling_to
from ictcli.stats.paths import (
    block_bootstrap_paths,
    break_even_cost_multiplier,
    shuffled_paths,
    varied_cost_paths,
)

COIN = np.array([1.0, -1.0])


def walk_below(steps: int, depth: int) -> float:
    """P(a fair walk of ±1 ever reaches -depth), by reflection: 2·P(S < -depth) + P(S = -depth)."""
    beyond = [math.comb(steps, up) for up in range(steps + 1) if 2 * up - steps < -depth]
    at = [math.comb(steps, up) for up in range(steps + 1) if 2 * up - steps == -depth]
    return float((2 * sum(beyond) + sum(at)) / 2**steps)


@pytest.mark.jit_off
def test_one_path_by_hand() -> None:
    # 100, 110, 90, 90, 80, 105: peak 110, trough 80; 0 is a loss, so three losses in a row.
    paths = block_bootstrap_paths(np.array([10.0]), 100.0, 1, 1)
    assert paths.final.tolist() == [110.0]
    paths = varied_cost_paths(np.array([10.0, -20, 0, -10, 25]), np.zeros(5), 100.0, 2, 1)
    assert paths.max_drawdown.tolist() == [30 / 110, 30 / 110]
    assert paths.losing_streak.tolist() == [3, 3]
    assert paths.final.tolist() == [105.0, 105.0]
    assert not paths.ruined.any()


@pytest.mark.jit_off
def test_results_compound() -> None:
    paths = block_bootstrap_paths(np.array([0.1]), 100.0, 1, 1, length=3, growth="compounded")
    assert paths.final[0] == pytest.approx(133.1)


@pytest.mark.jit_off
def test_a_ruined_account_stops_there() -> None:
    paths = block_bootstrap_paths(np.array([-40.0]), 100.0, 3, 1, length=10)
    assert paths.ruined.all()
    assert paths.final.tolist() == [-20.0] * 3
    assert paths.losing_streak.tolist() == [3] * 3
    assert paths.max_drawdown.tolist() == [1.2] * 3
    at_level = block_bootstrap_paths(np.array([-40.0]), 100.0, 1, 1, length=10, ruin_level=60.0)
    assert at_level.final.tolist() == [60.0]


def test_shuffling_keeps_the_end_and_moves_the_way() -> None:
    results = np.array([50.0, -10, -10, -10, 30])
    paths = shuffled_paths(results, 100.0, 4000, 1)
    assert set(paths.final) == {150.0}
    exact = []
    for order in set(permutations(results)):
        balance = np.cumsum([100.0, *order])
        exact.append(((np.maximum.accumulate(balance) - balance) / np.maximum.accumulate(balance)).max())
    assert set(np.round(paths.max_drawdown, 12)) == set(np.round(exact, 12))
    assert set(paths.losing_streak) == {1, 2, 3}
    # Three losses among five places: 3 of 10 arrangements keep them together.
    assert (paths.losing_streak == 3).mean() == pytest.approx(0.3, abs=0.03)


def test_ruin_of_a_fair_walk_is_the_reflection_principle() -> None:
    paths = block_bootstrap_paths(COIN, 10.0, 8000, 2, length=100, block=1)
    ruin = paths.ruin(0.999)
    assert ruin.n == 8000
    assert ruin.interval.low is not None
    assert ruin.interval.high is not None
    assert ruin.interval.low <= walk_below(100, 10) <= ruin.interval.high


def test_final_balances_of_a_fair_walk_are_binomial() -> None:
    paths = block_bootstrap_paths(COIN, 1000.0, 8000, 3, length=64, block=1)
    assert paths.final.mean() == pytest.approx(1000, abs=0.4)
    assert paths.final.std() == pytest.approx(8, rel=0.04)
    below = paths.final_below(1000.0, 0.999)
    exact = (1 - math.comb(64, 32) / 2**64) / 2
    assert below.interval.low is not None
    assert below.interval.high is not None
    assert below.interval.low <= exact <= below.interval.high


def test_longest_losing_streak_of_a_coin_is_exact() -> None:
    longest = [max(map(len, "".join(one).split("w"))) for one in product("wl", repeat=10)]
    exact = np.bincount(longest, minlength=11) / 1024
    paths = block_bootstrap_paths(COIN, 100.0, 20_000, 4, length=10, block=1)
    assert np.bincount(paths.losing_streak, minlength=11) / 20_000 == pytest.approx(exact, abs=0.012)


@pytest.mark.parametrize(("multiple", "level"), [(1.0, 0.7), (0.5, 0.8), (0.25, 0.9)])
def test_fractional_kelly_falls_as_often_as_thorp_says(multiple: float, level: float) -> None:
    """Even bets at p = .53: the full fraction is .06. 20,000 bets are near enough to for ever."""
    stake = 0.06 * multiple
    results = np.concatenate([np.full(53, stake), np.full(47, -stake)])
    bets = {1.0: 6000, 0.5: 6000, 0.25: 12_000}[multiple]
    paths = block_bootstrap_paths(
        results, 1.0, 1500, 5, length=bets, block=1, growth="compounded", ruin_level=level
    )
    # A step can jump over the level: the mean overshoot moves the exact level down by about half a stake.
    low, high = (chance_of_falling_to(one, multiple) for one in (level * (1 - stake), level))
    share = paths.ruin(0.999)
    assert share.interval.low is not None
    assert share.interval.high is not None
    assert share.interval.low <= high
    assert share.interval.high >= low


def test_blocks_keep_losing_streaks_that_single_draws_break() -> None:
    results = np.tile(np.repeat([1.0, -1.0], 25), 8)
    alone = block_bootstrap_paths(results, 1000.0, 300, 6, block=1)
    together = block_bootstrap_paths(results, 1000.0, 300, 6, block=25)
    assert together.losing_streak.mean() > 1.5 * alone.losing_streak.mean()
    assert together.max_drawdown.mean() > 1.5 * alone.max_drawdown.mean()


def test_seeds_decide() -> None:
    results = np.linspace(-5, 6, 40)
    for simulate in (shuffled_paths, block_bootstrap_paths):
        first, again, other = (simulate(results, 100.0, 70, seed) for seed in (1, 1, 2))
        assert first.max_drawdown.tolist() == again.max_drawdown.tolist()
        assert first.max_drawdown.tolist() != other.max_drawdown.tolist()


def test_shares_count_paths() -> None:
    paths = shuffled_paths(np.array([-10.0, -20]), 100.0, 50, 1)
    assert paths.drawdown_beyond(0.3).value == 0.0  # exactly 30 % is not beyond
    assert paths.drawdown_beyond(0.29).value == 1.0
    assert paths.ruin().interval.low == 0.0
    assert paths.ruin().interval.high == pytest.approx(0.0713, abs=1e-3)


def test_without_trades_nothing_moves_and_without_paths_nothing_is_known() -> None:
    empty = np.empty(0)
    for paths in (shuffled_paths(empty, 100.0, 3, 1), block_bootstrap_paths(empty, 100.0, 3, 1)):
        assert paths.final.tolist() == [100.0] * 3
        assert paths.losing_streak.tolist() == [0] * 3
    none = shuffled_paths(np.array([1.0]), 100.0, 0, 1).ruin()
    assert none.value is None
    assert none.interval.low is None


def test_costs_may_grow_until_nothing_is_left() -> None:
    gross, costs = np.array([10.0, -5, 10, -5]), np.array([2.0, 2, 2, 2])
    assert break_even_cost_multiplier(gross, costs) == 10 / 8
    assert break_even_cost_multiplier(gross, costs * 0) is None
    assert break_even_cost_multiplier(-gross, costs) == -10 / 8


@pytest.mark.parametrize(("factor", "ruined"), [(1.0, False), (2.0, True)])
def test_costs_can_ruin(factor: float, ruined: bool) -> None:
    gross, costs = np.array([1.0, 1.0]), np.array([60.0, 1.0])
    paths = varied_cost_paths(gross, costs, 100.0, 1, 1, low=factor, high=factor)
    assert paths.ruined.tolist() == [ruined]


def test_costs_drawn_per_trade_average_out_and_per_path_do_not() -> None:
    gross, costs = np.full(400, 1.0), np.full(400, 1.0)
    trade, path = (
        varied_cost_paths(gross, costs, 1000.0, 800, 1, per="trade"),
        varied_cost_paths(gross, costs, 1000.0, 800, 1, per="path"),
    )
    mean = 1.5 / math.log(4)  # of a factor whose logarithm is uniform between those of ½ and 2
    for paths in (trade, path):
        assert paths.final.mean() == pytest.approx(1000 + 400 * (1 - mean), abs=20)
    assert path.final.std() > 15 * trade.final.std()
    assert path.final.min() >= 1000 + 400 * (1 - 2)
    assert path.final.max() <= 1000 + 400 * (1 - 0.5)


@given(st.floats(0.1, 3), st.integers(0, 5))
def test_fixed_cost_factors_multiply_every_cost(factor: float, seed: int) -> None:
    gross, costs = np.array([10.0, -5, 10, -5]), np.array([2.0, 1, 2, 3])
    paths = varied_cost_paths(gross, costs, 100.0, 2, seed, low=factor, high=factor)
    assert paths.final == pytest.approx(100 + (gross - factor * costs).sum())


def test_what_cannot_be_simulated_is_refused() -> None:
    with pytest.raises(UsageError, match="ruined at 0"):
        shuffled_paths(COIN, 0.0, 1, 1)
    with pytest.raises(UsageError, match="ruined at 100"):
        shuffled_paths(COIN, 100.0, 1, 1, ruin_level=100.0)
    with pytest.raises(DataError, match="not finite"):
        shuffled_paths(np.array([1.0, math.nan]), 100.0, 1, 1)
    with pytest.raises(DataError, match="negative"):
        varied_cost_paths(COIN, -COIN, 100.0, 1, 1)
    for low, high in ((0.0, 1.0), (2.0, 1.0), (math.nan, 1.0)):
        with pytest.raises(UsageError, match="no range"):
            varied_cost_paths(COIN, COIN * 0, 100.0, 1, 1, low=low, high=high)


@pytest.mark.proof
@pytest.mark.parametrize(("steps", "depth"), [(50, 5), (400, 20), (1000, 60)])
def test_ruin_of_many_fair_walks(steps: int, depth: int, proof_facts: dict[str, object]) -> None:
    ruin = block_bootstrap_paths(COIN, float(depth), 200_000, 7, length=steps, block=1).ruin(0.9999)
    exact = walk_below(steps, depth)
    proof_facts.update(paths=ruin.n, exact=exact, simulated=ruin.value)
    assert ruin.interval.low is not None
    assert ruin.interval.high is not None
    assert ruin.interval.low <= exact <= ruin.interval.high
