"""Probability of backtest overfitting: exact answers, a plain restatement, and noise."""

import math
import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError, UsageError
from ictcli.stats.overfitting import Overfitting, pbo_cscv_mean, pbo_cscv_sharpe

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def noise(rows: int, columns: int, seed: int) -> Matrix:
    return np.random.default_rng(seed).normal(0.0, 1.0, (rows, columns))


def defined(result: Overfitting | None) -> Overfitting:
    assert result is not None
    return result


def restated(returns: Matrix, blocks: int) -> list[tuple[int, int]]:
    """Selected column and rank out of sample of every split, written out as the definition reads."""
    length = len(returns) // blocks
    rows = returns[len(returns) - length * blocks :]
    answers = []
    for half in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([rows[i * length : (i + 1) * length] for i in half])
        outside = np.concatenate(
            [rows[i * length : (i + 1) * length] for i in range(blocks) if i not in half]
        )
        first, second = (part.mean(axis=0) / part.std(axis=0, ddof=1) for part in (inside, outside))
        best = int(first.argmax())
        answers.append((best, 1 + int((second < second[best]).sum())))
    return answers


def test_columns_without_mean_are_overfit_for_certain() -> None:
    """What a trial made in sample it must lose out of sample: the best in sample is the worst out of it."""
    returns = noise(400, 20, 1)
    result = defined(pbo_cscv_mean(returns - returns.mean(axis=0), 8))
    assert result.pbo == 1.0
    assert result.degradation_slope == pytest.approx(-1)
    assert result.loss_probability == 1.0
    assert set(np.round(result.logits, 12)) == {round(math.log(1 / 20), 12)}


def test_one_dominant_column_is_not_overfit() -> None:
    returns = noise(400, 20, 2)
    returns[:, 7] = returns[:, 7] * 0.01 + 5
    result = defined(pbo_cscv_sharpe(returns, 8))
    assert result.pbo == 0.0
    assert set(result.chosen) == {7}
    assert result.loss_probability == 0.0
    assert len(result.logits) == math.comb(8, 4)


@pytest.mark.jit_off
def test_a_toy_matrix_worked_out_by_hand() -> None:
    """Eight rows, three trials, four blocks; sums per block: A -1 -1 3 0, B 2 1 2 1, C -1 -1 -1 -1.

    Blocks 1 and 2 in sample: B; out of sample A 3, B 3, C -2, so rank 2 of 3: λ = 0, overfit.
    1 and 3, 1 and 4, 2 and 3, 2 and 4: B both in and out of sample, rank 3.
    3 and 4: A 3 and B 3 tie, A is selected; out of sample A -2, B 3, C -2, so rank 1: overfit.
    """
    sums = np.array([[-1, 2, -1], [-1, 1, -1], [3, 2, -1], [0, 1, -1]], np.float64)
    result = defined(pbo_cscv_mean(np.repeat(sums / 2, 2, axis=0), 4))
    assert result.pbo == 2 / 6
    assert result.chosen.tolist() == [1, 1, 1, 1, 1, 0]
    better, worst = math.log(3 / 1), math.log(1 / 3)
    assert result.logits.tolist() == [0.0, better, better, better, better, worst]
    assert result.in_sample.tolist() == [3 / 4, 1, 3 / 4, 3 / 4, 1 / 2, 3 / 4]
    assert result.out_of_sample.tolist() == [3 / 4, 1 / 2, 3 / 4, 3 / 4, 1, -1 / 2]
    assert result.loss_probability == 1 / 6


@pytest.mark.jit_off
@given(st.integers(8, 25), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_the_kernel_agrees_with_the_definition_written_out(rows: int, columns: int, seed: int) -> None:
    returns = noise(rows, columns, seed)
    result = defined(pbo_cscv_sharpe(returns, 4))
    expected = restated(returns, 4)
    assert result.rows_dropped == rows % 4
    assert result.chosen.tolist() == [column for column, _ in expected]
    omegas = [rank / (columns + 1) for _, rank in expected]
    assert result.logits.tolist() == pytest.approx([math.log(one / (1 - one)) for one in omegas])
    assert result.pbo == sum(2 * rank <= columns + 1 for _, rank in expected) / 6


def test_surplus_rows_leave_at_the_start() -> None:
    returns = noise(83, 6, 3)
    whole, cut = defined(pbo_cscv_sharpe(returns, 8)), defined(pbo_cscv_sharpe(returns[3:], 8))
    assert (whole.rows_dropped, cut.rows_dropped) == (3, 0)
    assert whole.pbo == cut.pbo
    assert whole.logits.tolist() == cut.logits.tolist()


def test_copies_tie_for_the_lowest_column_and_the_middle_counts_as_overfit() -> None:
    result = defined(pbo_cscv_sharpe(np.tile(noise(40, 1, 4), (1, 3)), 4))
    assert set(result.chosen) == {0}
    # Nobody is strictly smaller: rank 1 of 3.
    assert set(result.logits) == {math.log(1 / 3)}
    assert result.pbo == 1.0


def test_a_trial_that_did_not_move_is_never_selected_and_ranks_last() -> None:
    returns = noise(80, 3, 5)
    returns[:, 0] = 0.0
    result = defined(pbo_cscv_sharpe(returns, 8))
    assert 0 not in result.chosen
    assert result.logits.min() >= math.log(2 / 2)


@pytest.mark.jit_off
def test_a_selected_trial_that_rests_out_of_sample_ranks_last_there() -> None:
    returns = noise(40, 2, 6) - 1
    returns[:, 0] = np.where(np.arange(40) < 20, 5 + returns[:, 0] * 0.01, 0.0)
    result = defined(pbo_cscv_sharpe(returns, 2))
    assert result.chosen.tolist() == [0, 1]
    assert math.isnan(result.out_of_sample[0])
    assert result.logits[0] == math.log(1 / 2)
    assert result.degradation_slope is None


@pytest.mark.jit_off
def test_a_half_in_which_nothing_moves_leaves_everything_undefined() -> None:
    returns = noise(40, 3, 8)
    returns[:20] = 0.0
    assert pbo_cscv_sharpe(returns, 2) is None


@pytest.mark.parametrize(
    "returns", [np.zeros((100, 5)), noise(100, 1, 1), noise(3, 5, 1), noise(2, 5, 1), np.empty((0, 0))]
)
def test_without_a_choice_to_judge_it_is_undefined(returns: Matrix) -> None:
    assert pbo_cscv_sharpe(returns, 4) is None


@pytest.mark.jit_off
def test_metrics_are_sharpe_ratios_of_the_rows_of_a_half() -> None:
    returns = noise(12, 3, 10)
    result = defined(pbo_cscv_sharpe(returns, 2))
    first, second = (half.mean(axis=0) / half.std(axis=0, ddof=1) for half in (returns[:6], returns[6:]))
    assert result.in_sample == pytest.approx([first.max(), second.max()])
    assert result.out_of_sample == pytest.approx([second[first.argmax()], first[second.argmax()]])


def test_two_rows_in_a_half_and_twenty_blocks_are_the_limits() -> None:
    assert len(defined(pbo_cscv_sharpe(noise(4, 3, 11), 2)).logits) == 2
    assert len(defined(pbo_cscv_sharpe(noise(20, 2, 11), 20)).logits) == 184_756


@pytest.mark.parametrize("blocks", [0, 3, 22, -2])
def test_blocks_that_cannot_be_halved_are_refused(blocks: int) -> None:
    with pytest.raises(UsageError, match="halved"):
        pbo_cscv_sharpe(noise(100, 5, 1), blocks)


def test_a_gap_in_a_trial_is_refused() -> None:
    returns = noise(100, 5, 1)
    returns[3, 2] = math.nan
    with pytest.raises(DataError, match="not finite"):
        pbo_cscv_sharpe(returns)


def test_adding_much_to_all_returns_changes_no_ratio_of_deviations() -> None:
    """Sums of squares about the mean keep the digits that plain sums would lose."""
    returns = noise(160, 4, 7)
    shifted = defined(pbo_cscv_sharpe(returns + 1e7, 8))
    expected = restated(returns + 1e7, 8)
    assert shifted.chosen.tolist() == [column for column, _ in expected]


def pbo_of_noise(data_sets: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(
        [defined(pbo_cscv_sharpe(noise(400, 20, 100 + seed), 8)).pbo for seed in range(data_sets)]
    )


def test_noise_is_overfit_half_of_the_time_with_much_scatter() -> None:
    found = pbo_of_noise(60)
    assert found.mean() == pytest.approx(0.5, abs=0.09)  # 0.21/√60 = 0.027
    assert found.std() == pytest.approx(0.21, abs=0.06)


@pytest.mark.proof
def test_noise_is_overfit_half_of_the_time_over_two_thousand_data_sets(
    proof_facts: dict[str, object],
) -> None:
    found = pbo_of_noise(2000)
    proof_facts.update(data_sets=2000, mean=float(found.mean()), sd=float(found.std()))
    assert found.mean() == pytest.approx(0.5, abs=0.02)
    assert found.std() == pytest.approx(0.21, abs=0.02)


@pytest.mark.proof
def test_five_hundred_trials_and_all_12870_splits_take_seconds(proof_facts: dict[str, object]) -> None:
    returns = noise(2000, 500, 9)
    pbo_cscv_sharpe(returns[:, :2], 4)
    began = time.perf_counter()
    result = defined(pbo_cscv_sharpe(returns, 16))
    seconds = time.perf_counter() - began
    proof_facts.update(rows=2000, trials=500, splits=len(result.logits), seconds=seconds)
    assert len(result.logits) == 12_870
    assert seconds < 5
