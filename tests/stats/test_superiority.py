"""Hansen's test: its parts restated, its size and power, and agreement with an independent implementation."""

import math

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.stats.resampling import stationary_orders
from ictcli.stats.superiority import Superiority, _centres, _long_run_deviation, spa_hansen_2005

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def noise(rows: int, columns: int, seed: int) -> Matrix:
    return np.random.default_rng(seed).normal(0.0, 1.0, (rows, columns))


def outcome(returns: Matrix, resamples: int = 300, seed: int = 1) -> Superiority:
    result = spa_hansen_2005(returns, np.zeros(len(returns)), resamples, seed)
    assert result is not None
    return result


def test_the_long_run_deviation_is_hansens_kernel_written_out() -> None:
    returns = noise(37, 3, 1).cumsum(axis=0)
    apart = returns - returns.mean(axis=0)
    n, q = 37, 0.2
    expected = (apart**2).sum(axis=0) / n
    for lag in range(1, n):
        kernel = (n - lag) / n * (1 - q) ** lag + lag / n * (1 - q) ** (n - lag)
        expected += 2 * kernel * (apart[:-lag] * apart[lag:]).sum(axis=0) / n
    assert _long_run_deviation(apart, q) == pytest.approx(np.sqrt(expected), rel=1e-10)


def test_the_statistic_is_the_largest_studentised_advantage() -> None:
    returns = noise(100, 4, 2) + np.array([0.0, 0.3, 0.1, -0.5])
    result = outcome(returns)
    studentised = 10 * returns.mean(axis=0) / _long_run_deviation(returns - returns.mean(axis=0), 1 / 5)
    assert result.mean_block == 5.0
    assert result.statistic == pytest.approx(studentised.max())
    assert result.best == int(studentised.argmax())


@pytest.mark.jit_off
def test_p_values_are_the_bootstrap_written_out() -> None:
    """The definition in plain numpy over the same orders gives the same three p-values."""
    returns = noise(30, 8, 11) - np.array([0.0, 0.1, 0.1, 0.1, 0.8, 0.8, 0.8, 0.8])
    result = outcome(returns, 80, 3)
    mean = returns.mean(axis=0)
    spread = _long_run_deviation(returns - mean, 1 / result.mean_block)
    draws = np.concatenate(list(stationary_orders(30, 30, result.mean_block, 80, 3)))
    bound = -spread * math.sqrt(2 * math.log(math.log(30)) / 30)
    for centre, found in (
        (np.maximum(mean, 0), result.p_lower),
        (np.where(mean < bound, 0.0, mean), result.p_consistent),
        (mean, result.p_upper),
    ):
        largest = (math.sqrt(30) * (returns[draws].mean(axis=1) - centre) / spread).max(axis=1)
        assert found == (np.maximum(largest, 0.0) > result.statistic).mean()
    assert result.p_lower < result.p_consistent < result.p_upper


def test_lower_consistent_and_upper_are_ordered() -> None:
    for seed in range(10):
        result = outcome(noise(80, 6, seed) - np.linspace(0, 1, 6))
        assert result.p_lower <= result.p_consistent <= result.p_upper


def test_a_hopeless_trial_costs_the_consistent_value_nothing() -> None:
    good = noise(200, 3, 3) + 0.05
    alone, crowded = outcome(good), outcome(np.hstack([good, noise(200, 30, 4) * 4 - 8]))
    assert crowded.p_consistent == pytest.approx(alone.p_consistent, abs=1e-12)
    assert crowded.p_upper > alone.p_upper


def test_a_trial_is_clearly_worse_beyond_the_law_of_the_iterated_logarithm() -> None:
    bound = math.sqrt(2 * math.log(math.log(1000)) / 1000)
    mean = np.array([0.5, 0.0, -0.999, -1.001]) * bound * 3
    lower, consistent, upper = _centres(mean, np.full(4, 3.0), 1000)
    assert lower.tolist() == [mean[0], 0, 0, 0]
    assert consistent.tolist() == [*mean[:3], 0]
    assert upper.tolist() == mean.tolist()


def test_where_all_trials_are_worse_the_statistic_is_zero() -> None:
    result = outcome(noise(200, 3, 12) - 0.1)
    assert result.statistic == 0.0
    assert result.p_consistent > 0.4


def test_scale_of_a_trial_does_not_matter() -> None:
    returns = noise(100, 5, 5)
    scaled = outcome(returns * np.array([1.0, 10, 0.1, 3, 7]))
    assert scaled.p_consistent == outcome(returns).p_consistent


def test_seeds_decide() -> None:
    returns = noise(60, 4, 6)
    assert outcome(returns, seed=1) == outcome(returns, seed=1)
    assert outcome(returns, seed=1) != outcome(returns, seed=2)


def test_a_true_advantage_is_found_and_none_is_not() -> None:
    returns = noise(500, 20, 7)
    assert outcome(returns).p_consistent > 0.1
    returns[:, 13] += 0.3
    result = outcome(returns)
    assert result.p_consistent < 0.01
    assert result.best == 13


def test_the_best_of_many_is_judged_by_how_many_there_are() -> None:
    one = noise(300, 1, 8) + 0.12
    few, many = outcome(one), outcome(np.hstack([one, noise(300, 100, 9)]))
    assert many.p_consistent > 3 * few.p_consistent


def p_values_without_skill(data_sets: int, rows: int, columns: int, resamples: int) -> Matrix:
    found = []
    for seed in range(data_sets):
        result = outcome(noise(rows, columns, 1000 + seed), resamples, seed)
        found.append((result.p_lower, result.p_consistent, result.p_upper))
    return np.array(found)


def assert_near_uniform(p_values: Matrix, slack: float) -> None:
    """Rejections at the level, and no crowd at either end."""
    for level in (0.1, 0.5, 0.9):
        share = (p_values[:, 2] <= level).mean()
        assert abs(share - level) < slack, (level, share)


def test_p_values_without_skill_are_about_uniform() -> None:
    assert_near_uniform(p_values_without_skill(200, 100, 5, 200), 0.13)


@pytest.mark.proof
def test_the_level_is_kept_over_a_thousand_periods(proof_facts: dict[str, object]) -> None:
    """On 250 periods the test rejects too often, as all tests of the best of many do; that is recorded."""
    for rows in (250, 1000):
        found = p_values_without_skill(1000, rows, 20, 400)[:, 1]
        proof_facts.update(
            {f"rejected_at_{level}_of_{rows}": float((found <= level).mean()) for level in (0.05, 0.1, 0.5)}
        )
    assert proof_facts["rejected_at_0.05_of_1000"] == pytest.approx(0.05, abs=0.02)
    assert proof_facts["rejected_at_0.1_of_1000"] == pytest.approx(0.1, abs=0.03)
    assert proof_facts["rejected_at_0.5_of_1000"] == pytest.approx(0.5, abs=0.06)


def test_a_trial_like_the_benchmark_is_left_out() -> None:
    benchmark = noise(50, 1, 1)[:, 0]
    copies = np.stack([benchmark, benchmark + 1], axis=1)
    assert spa_hansen_2005(copies, benchmark, 100, 1) is None
    both = spa_hansen_2005(np.column_stack([copies, noise(50, 1, 2)]), benchmark, 100, 1)
    assert both is not None
    assert (both.compared, both.best) == (1, 2)


def test_what_is_undefined_is_none() -> None:
    assert spa_hansen_2005(np.empty((0, 3)), np.empty(0), 100, 1) is None
    assert spa_hansen_2005(noise(2, 3, 1), np.zeros(2), 100, 1) is None
    assert spa_hansen_2005(noise(3, 3, 1), np.zeros(3), 1, 1) is not None
    assert spa_hansen_2005(noise(3, 3, 1), np.zeros(3), 0, 1) is None
    assert spa_hansen_2005(np.empty((10, 0)), np.zeros(10), 100, 1) is None


def test_periods_that_do_not_match_and_gaps_are_refused() -> None:
    with pytest.raises(DataError, match="10 periods of trials against 9"):
        spa_hansen_2005(noise(10, 2, 1), np.zeros(9), 100, 1)
    with pytest.raises(DataError, match="not finite"):
        spa_hansen_2005(noise(10, 2, 1), np.full(10, math.nan), 100, 1)


def test_an_independent_implementation_agrees() -> None:
    """The package ``arch`` compares means that are not studentised: equal deviations make both tests one."""
    arch = pytest.importorskip("arch.bootstrap", reason="package arch absent: pip install arch to compare")
    for seed in range(4):
        returns = noise(200, 8, seed) + np.array([0.1] + [0.0] * 6 + [-0.5])
        returns /= _long_run_deviation(returns - returns.mean(axis=0), 0.1)
        theirs = arch.SPA(
            np.zeros(200), -returns, block_size=10, reps=4000, bootstrap="stationary", seed=seed
        )
        theirs.compute()
        ours = spa_hansen_2005(returns, np.zeros(200), 4000, seed, mean_block=10.0)
        assert ours is not None
        found = (ours.p_lower, ours.p_consistent, ours.p_upper)
        assert found == pytest.approx(tuple(theirs.pvalues), abs=0.035)
