"""Conformal sets keep the coverage they promise, and adapt with matured labels only."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.trust.conformal_fit import conformity_scores, cross_sets, fit_conformal, replay
from ictcli.models.conformal import BOTH, AdaptiveSets

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]


def events(seed: int, n: int) -> tuple[Floats, Int64]:
    generator = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-1.5 * generator.normal(size=n)))
    return p, (generator.random(n) < p).astype(np.int64)


def test_scores_are_what_the_label_that_came_was_not_given() -> None:
    assert conformity_scores(np.array([0.7, 0.7]), np.array([1, 0])) == pytest.approx([0.3, 0.7])


def test_coverage_is_at_least_what_was_promised_and_hardly_more() -> None:
    shares = []
    for seed in range(60):
        p, y = events(seed, 1200)
        rule = fit_conformal(p[:200], y[:200], alpha=0.2, gamma=0.0)
        sets = AdaptiveSets(rule).prediction_sets(p[200:])
        shares.append(((sets >> (y[200:] > 0)) & 1).mean())
    assert 0.79 < float(np.mean(shares)) < 0.82


def test_the_threshold_is_the_upper_quantile_numpy_gives() -> None:
    p, y = events(1, 400)
    rule = fit_conformal(p[:199], y[:199], alpha=0.1)
    level = math.ceil(200 * 0.9) / 199
    scores = conformity_scores(p[:199], y[:199])
    assert rule.threshold(0.1) == np.quantile(scores, level - 1e-9, method="inverted_cdf")


def test_many_scores_are_thinned_and_sets_never_get_smaller() -> None:
    p, y = events(2, 9001)
    rule = fit_conformal(p, y)
    scores = np.sort(conformity_scores(p, y))
    assert (rule.count, len(rule.scores)) == (9001, 2000)
    for alpha in (0.01, 0.1, 0.333, 0.9):
        exact = scores[math.ceil(9002 * (1 - alpha) - 1e-9) - 1]
        assert exact <= rule.threshold(alpha) <= scores[min(9000, math.ceil(9002 * (1 - alpha)) + 5)]


def test_each_fold_is_judged_by_the_scores_of_the_others() -> None:
    p, y = events(3, 600)
    folds = np.repeat([-1, 0, 1], 200)
    sets = cross_sets(p, y, folds, 0.2)
    assert (sets[folds < 0] == BOTH).all()
    turned = np.where(folds == 0, 1 - y, y)
    assert cross_sets(p, turned, folds, 0.2)[folds == 0].tolist() == sets[folds == 0].tolist()
    assert cross_sets(p, turned, folds, 0.2)[folds == 1].tolist() != sets[folds == 1].tolist()


def test_a_replay_uses_a_label_only_once_it_is_known() -> None:
    p, y = events(4, 500)
    start = np.arange(500)
    end = start + 7
    rule = fit_conformal(p[:100], y[:100], alpha=0.3, gamma=0.1)
    found = replay(rule, p, y, start, end)
    for bar in (50, 200, 390):
        turned = np.where(end > bar, 1 - y, y)
        again = replay(rule, p, turned, start, end)
        assert again.sets[: bar + 1].tolist() == found.sets[: bar + 1].tolist()
        assert again.sets.tolist() != found.sets.tolist()
    early = replay(rule, p, y, start, start + 1)
    assert early.sets.tolist() != found.sets.tolist()


def test_overlapping_labels_move_alpha_once_per_life() -> None:
    p, y = events(5, 700)
    start = np.arange(700)
    found = replay(fit_conformal(p, y), p, y, start, start + 7)
    assert found.matured == 99


def test_a_replay_keeps_the_coverage_where_the_model_decays() -> None:
    generator = np.random.default_rng(6)
    p, y = events(6, 6000)
    y[2000:] = generator.integers(0, 2, 4000)
    start = np.arange(6000)
    still = fit_conformal(p[:1000], y[:1000], alpha=0.2, gamma=0.0)
    moving = fit_conformal(p[:1000], y[:1000], alpha=0.2, gamma=0.02)
    late = slice(1000, None)
    frozen = replay(still, p[late], y[late], start[late], start[late] + 1)
    adapted = replay(moving, p[late], y[late], start[late], start[late] + 1)
    assert frozen.covered < 0.75
    assert abs(adapted.covered - 0.8) < 0.01
    assert adapted.single < frozen.single


def test_an_event_without_a_probability_is_given_both_labels() -> None:
    p, y = events(7, 200)
    p[40] = math.nan
    start = np.arange(200)
    assert replay(fit_conformal(p, y), p, y, start, start + 1).sets[40] == BOTH
    empty = replay(fit_conformal(p, y), p[:0], y[:0], start[:0], start[:0])
    assert math.isnan(empty.covered)


def test_what_does_not_fit_is_refused() -> None:
    p, y = events(8, 20)
    with pytest.raises(DataError, match="out-of-fold"):
        fit_conformal(np.full(5, math.nan), np.ones(5, np.int64))
    start = np.arange(20)
    with pytest.raises(DataError, match="order of time"):
        replay(fit_conformal(p, y), p, y, start[::-1].copy(), start + 30)
