"""Scores against scikit-learn; intervals that cover although labels overlap."""

import math

import numpy as np
import pytest

from ictcli.learning.trust.scores import auc, independent_labels, score, score_folds
from ictcli.stats.intervals import wilson


def test_scores_agree_with_scikit_learn() -> None:
    from sklearn.metrics import (
        accuracy_score,
        balanced_accuracy_score,
        brier_score_loss,
        log_loss,
        roc_auc_score,
    )

    generator = np.random.default_rng(1)
    p = np.round(generator.random(1000), 2)
    p[p == 0.5] = 0.51
    y = (generator.random(1000) < 0.2 + 0.5 * p).astype(np.int64)
    start = np.arange(1000)
    found = score(p, y, start, start + 3, 0.4, 7)
    assert found.accuracy.value == pytest.approx(accuracy_score(y, p > 0.5))
    assert found.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(y, p > 0.5))
    assert found.auc.value == pytest.approx(roc_auc_score(y, p))
    assert found.log_loss.value == pytest.approx(log_loss(y, np.clip(p, 1e-6, 1 - 1e-6)))
    assert found.base_log_loss.value == pytest.approx(log_loss(y, np.full(1000, 0.4)))
    assert found.brier.value == pytest.approx(brier_score_loss(y, p))
    assert found.base_rate.value == y.mean()
    assert (found.events, found.independent) == (1000, 334)
    for one in (found.accuracy, found.auc, found.balanced_accuracy, found.brier):
        assert one.low is not None
        assert one.high is not None
        assert one.low < one.value < one.high


def test_intervals_of_overlapping_labels_cover_where_binomial_ones_do_not() -> None:
    covered = naive = ranked = 0
    for seed in range(60):
        generator = np.random.default_rng([seed, 5])
        price = np.cumsum(generator.normal(size=2021))
        start = np.arange(2000)
        y = (price[start + 20] > price[start]).astype(np.int64)
        p = 0.5 + 0.1 * np.sin(np.cumsum(generator.normal(size=2000)) / 9)
        found = score(p, y, start, start + 20, 0.5, seed)
        assert found.accuracy.low is not None
        assert found.accuracy.high is not None
        assert found.auc.low is not None
        assert found.auc.high is not None
        covered += found.accuracy.low <= 0.5 <= found.accuracy.high
        ranked += found.auc.low <= 0.5 <= found.auc.high
        bounds = wilson(found.accuracy.value * 2000, 2000, 0.95)
        assert bounds.low is not None
        assert bounds.high is not None
        naive += bounds.low <= 0.5 <= bounds.high
    assert covered >= 52
    assert ranked >= 50
    assert naive < 45


def test_levels_of_folds_are_not_ranked_against_each_other() -> None:
    pooled, within = [], []
    for seed in range(40):
        y = (np.random.default_rng(seed).random(180) < 0.3).astype(np.int64)
        fold = np.repeat(np.arange(6), 30)
        learnt = np.array([0.0, *(y[: 30 * at].mean() for at in range(1, 6))])[fold]
        start, tested = np.arange(180), fold > 0
        own = learnt[tested], y[tested], start[tested], start[tested] + 1, learnt[tested], seed
        pooled.append(score(*own).auc.value)
        within.append(score(*own, fold[tested]).auc.value)
    assert np.mean(pooled) < 0.48
    assert within == [0.5] * 40


def test_pairs_of_a_fold_are_counted_as_sklearn_counts_them_fold_by_fold() -> None:
    from sklearn.metrics import roc_auc_score

    generator = np.random.default_rng(3)
    p, fold = np.round(generator.random(600), 2), np.repeat(np.arange(3), 200)
    y = (generator.random(600) < 0.2 + 0.5 * p).astype(np.int64)
    found = score(p, y, np.arange(600), np.arange(600) + 2, 0.4, 7, fold).auc
    parts = [(p[fold == at], y[fold == at]) for at in range(3)]
    pairs = [float(labels.sum() * (1 - labels).sum()) for _, labels in parts]
    alone = [roc_auc_score(labels, values) for values, labels in parts]
    assert found.value == pytest.approx(np.average(alone, weights=pairs))
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_auc_is_undefined_for_one_label_and_half_for_ties() -> None:
    assert math.isnan(auc(np.array([0.1, 0.2]), np.array([1, 1])))
    assert auc(np.full(4, 0.3), np.array([1, 0, 1, 0])) == 0.5
    assert auc(np.array([0.1, 0.2, 0.3]), np.array([0, 1, 1])) == 1.0


def test_labels_that_touch_do_not_overlap() -> None:
    start = np.array([0, 1, 5, 10, 12])
    assert independent_labels(start, np.array([10, 5, 10, 12, 30])) == 4
    assert independent_labels(start[:0], start[:0]) == 0


def test_what_cannot_be_said_is_not_said() -> None:
    start = np.arange(40)
    found = score(np.full(40, 0.6), np.ones(40, np.int64), start, start + 20, 0.5, 1)
    assert found.accuracy.value == 1.0
    assert found.accuracy.low is None
    assert math.isnan(found.auc.value)
    assert math.isnan(found.balanced_accuracy.value)
    empty = score(np.full(3, math.nan), np.ones(3, np.int64), start[:3], start[:3] + 1, 0.5, 1)
    assert empty.events == 0
    assert math.isnan(empty.log_loss.value)


def test_folds_are_scored_by_themselves() -> None:
    generator = np.random.default_rng(2)
    p, y = generator.random(600), generator.integers(0, 2, 600)
    start = np.arange(600)
    folds = np.repeat([-1, 0, 1], 200)
    base = np.where(folds == 0, 0.4, 0.6)
    found = score_folds(p, y, start, start + 2, base, folds, 3)
    assert sorted(found) == [0, 1]
    own = folds == 1
    assert found[1] == score(p[own], y[own], start[own], start[own] + 2, 0.6, 3)
