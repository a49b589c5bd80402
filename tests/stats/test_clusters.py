"""Clustered shares: what n hits on few days are worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.stats.clusters import bootstrap_share, cluster_counts, effective_n, intraclass_correlation
from ictcli.stats.intervals import wilson


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, np.float64)


def test_observations_are_counted_per_cluster_in_any_order() -> None:
    hits, sizes = cluster_counts(np.array([7, 3, 7, 7]), np.array([True, False, False, True]))
    assert hits.tolist() == [0, 2]
    assert sizes.tolist() == [1, 3]


def test_correlation_of_a_worked_example() -> None:
    # Two days of 4: hits 3 and 1, share 1/2. Between: 4 (1/4)² + 4 (1/4)² = 1/2 over 1 degree of freedom.
    # Within: 3 (1/4) + 1 (3/4) = 3/2 over 6 = 1/4. ICC = (1/2 - 1/4) / (1/2 + 3/4) = 1/5.
    assert intraclass_correlation(floats(3, 1), floats(4, 4)) == pytest.approx(0.2)
    # n_eff = 8 / (1 + 3 / 5) = 5.
    assert effective_n(floats(3, 1), floats(4, 4)) == pytest.approx(5)


def test_unequal_clusters_use_the_size_a_random_observation_meets() -> None:
    # Sizes 1 and 3, hits 1 and 0: share 1/4. Between: 9/16 + 3/16 = 3/4. Within: 0 over 2. ICC 1.
    # Met size (1 + 9) / 4 = 5/2, so n_eff = 4 / (1 + 3/2) = 8/5.
    assert intraclass_correlation(floats(1, 0), floats(1, 3)) == 1.0
    assert effective_n(floats(1, 0), floats(1, 3)) == pytest.approx(1.6)


def test_whole_days_of_hits_or_misses_count_once_each() -> None:
    assert effective_n(floats(5, 0, 5, 0), floats(5, 5, 5, 5)) == pytest.approx(4)


def test_days_more_alike_than_chance_do_not_count_for_more_than_they_are() -> None:
    assert intraclass_correlation(floats(2, 2), floats(4, 4)) == 0.0
    assert effective_n(floats(2, 2), floats(4, 4)) == 8


@pytest.mark.parametrize(
    ("hits", "sizes", "expected"),
    [
        ((), (), 0.0),
        ((9.0,), (9.0,), 9.0),  # no miss: no variance that clusters could explain
        ((0.0, 0.0), (4.0, 5.0), 9.0),
        ((4.0,), (9.0,), 1.0),  # one cluster says nothing about others
        ((1.0, 0.0, 1.0), (1.0, 1.0, 1.0), 3.0),  # clusters of one are independent
    ],
)
def test_the_ends(hits: tuple[float, ...], sizes: tuple[float, ...], expected: float) -> None:
    assert effective_n(floats(*hits), floats(*sizes)) == expected


@given(st.lists(st.tuples(st.integers(1, 20), st.floats(0, 1)), min_size=1, max_size=20))
def test_the_worth_lies_between_one_and_all(days: list[tuple[int, float]]) -> None:
    sizes = floats(*(size for size, _ in days))
    hits = np.floor(sizes * np.array([share for _, share in days]))
    assert 1 - 1e-9 <= effective_n(hits, sizes) <= sizes.sum() + 1e-9


def test_whole_clusters_are_drawn() -> None:
    draws = bootstrap_share(floats(5, 0), floats(5, 15), 400, seed=3)
    assert set(np.unique(draws)) == {0.0, 0.25, 1.0}
    assert np.mean(draws == 0.25) == pytest.approx(0.5, abs=0.1)
    assert (draws == bootstrap_share(floats(5, 0), floats(5, 15), 400, seed=3)).all()
    assert np.isnan(bootstrap_share(floats(), floats(), 3, seed=1)).all()


def clustered_coverage(worlds: int) -> tuple[float, float]:
    """How often intervals of a share hold the truth: over the worth of clustered hits, and over all of them.

    60 days of 8 alerts; a day's share is Beta(4.5, .5), so the true share is .9 and the ICC 1/6.
    """
    rng = np.random.default_rng(11)
    sizes = np.full(60, 8.0)
    held = [0, 0]
    for _ in range(worlds):
        hits = rng.binomial(8, rng.beta(4.5, 0.5, 60)).astype(np.float64)
        for at, n in enumerate((effective_n(hits, sizes), 480.0)):
            interval = wilson(hits.sum() / 480 * n, n, 0.95)
            held[at] += (interval.low or 0) <= 0.9 <= (interval.high or 1)
    return held[0] / worlds, held[1] / worlds


def test_intervals_over_the_worth_of_clustered_hits_hold_the_truth() -> None:
    clustered, naive = clustered_coverage(400)
    assert 0.91 <= clustered <= 0.985
    assert naive < 0.88


@pytest.mark.proof
def test_coverage_of_clustered_intervals_at_full_count(proof_facts: dict[str, object]) -> None:
    clustered, naive = clustered_coverage(20_000)
    proof_facts |= {"worlds": 20_000, "clustered": clustered, "naive": naive}
    assert 0.93 <= clustered <= 0.97
    assert naive < 0.88
