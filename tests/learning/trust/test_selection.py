"""What was tried again is no other choice; the best of noise still is."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.learning.trust.selection import correlations, merge_alike, selection_of, stand_of

Floats = NDArray[np.float64]

DAYS = 400
GOOD = 0.2
"""Daily Sharpe ratio of a strategy that earns."""


def noise(seed: int, columns: int, days: int = DAYS) -> Floats:
    return np.random.default_rng([seed, 5]).normal(size=(days, columns))


def nearly(seed: int, copies: int, apart: float) -> Floats:
    """One good strategy and copies of it, each a little different; none rests."""
    good = GOOD + noise(seed, 1)
    return np.asarray(good + apart * noise(seed + 1000, copies), np.float64)


def failures(seeds: range, apart: float) -> int:
    """How often five near copies of a good strategy count as chosen by overfitting."""
    found = [stand_of((one := nearly(seed, 5, apart))[:, 0], one, 5) for seed in seeds]
    return sum(not one.answers[1][0] for one in found)


def best_of_noise(seeds: range, columns: int = 20) -> list[float]:
    found = [selection_of(noise(seed, columns)).pbo for seed in seeds]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("apart", [0.0, 1e-6, 0.1, 0.3])
def test_near_copies_of_what_earns_are_one_choice(apart: float) -> None:
    assert failures(range(10), apart) == 0
    copies = nearly(1, 5, apart)
    stand = stand_of(copies[:, 0], copies, 5)
    assert (stand.choices, stand.pbo) == (1, None)
    assert "5 trials that are alike, nothing was selected" in stand.answers[1][1]


def test_copies_among_other_trials_change_nothing() -> None:
    others = noise(7, 12)
    alone = selection_of(np.column_stack([GOOD + noise(8, 1), others]))
    among = selection_of(np.column_stack([nearly(8, 4, 0.0), others]))
    assert alone.choices == among.choices == 13
    assert among.pbo == alone.pbo
    assert alone.pbo is not None
    assert alone.pbo < 0.2


def test_the_best_of_noise_is_overfit_half_of_the_time() -> None:
    found = best_of_noise(range(20))
    assert len(found) == 20
    assert 0.35 < float(np.mean(found)) < 0.65


@pytest.mark.proof
def test_copies_pass_and_noise_does_not_over_many_seeds() -> None:
    for apart in (0.0, 0.01, 0.1, 0.3):
        assert failures(range(200), apart) == 0
    found = best_of_noise(range(200))
    assert 0.45 < float(np.mean(found)) < 0.55
    assert np.mean([one <= 0.2 for one in found]) < 0.12
    doubled = [selection_of(np.repeat(noise(seed, 20), 3, axis=1)).pbo for seed in range(20)]
    assert doubled == pytest.approx(best_of_noise(range(20)))


def test_alike_is_what_moves_together_on_the_days_that_either_acts() -> None:
    two = np.array([[1.0, 1.0], [-1.0, -0.9], [0.0, 0.0], [0.0, 2.0]])
    expected = float(np.corrcoef(two[[0, 1, 3]].T)[0, 1])
    assert correlations(two)[0, 1] == pytest.approx(expected)
    resting = np.vstack([two, np.zeros((50, 2))])
    assert correlations(resting)[0, 1] == pytest.approx(expected)


def test_links_go_from_one_to_the_next() -> None:
    first, step = noise(3, 1), 0.6 * noise(4, 2)
    chain = np.column_stack([first, first + step[:, :1], first + step[:, :1] + step[:, 1:]])
    apart = correlations(chain)
    assert apart[0, 1] >= 0.8
    assert apart[1, 2] >= 0.8
    assert apart[0, 2] < 0.8
    assert merge_alike(chain).shape == (DAYS, 1)
    assert merge_alike(chain)[:, 0] == pytest.approx(chain.mean(axis=1))


def test_what_never_traded_was_no_choice() -> None:
    idle = np.column_stack([noise(2, 1), np.zeros((DAYS, 3))])
    assert selection_of(idle).choices == 1
    assert selection_of(np.zeros((DAYS, 3))).choices == 0


def test_a_single_choice_counts_as_unknown_where_results_are_lost() -> None:
    copies = nearly(1, 2, 0.1)
    stand = stand_of(copies[:, 0], copies, 9)
    assert stand.choices is None
    assert not stand.answers[1][0]
    assert "missing" in stand.answers[1][1]
