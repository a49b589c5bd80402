"""Fitted maps against vectors, scikit-learn and known truth; cross-fitting sees only other folds."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.trust.calibrating import (
    calibration_slope,
    choose_calibration,
    cross_calibrated,
    fit_calibration,
    pava,
    platt_targets,
    quality,
    reliability_curve,
)
from ictcli.models.calibration import IDENTITY, Kind

Floats = NDArray[np.float64]
KINDS: tuple[Kind, ...] = ("identity", "sigmoid", "beta", "isotonic")


def logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)), np.float64)


def events(n: int, seed: int, slope: float = 1.0, shift: float = 0.0) -> tuple[Floats, Floats, Floats]:
    """Probabilities, labels drawn with log-odds slope·logit + shift, and weights."""
    generator = np.random.default_rng(seed)
    logit = generator.normal(0, 0.8, n)
    labels = (generator.random(n) < logistic(slope * logit + shift)).astype(np.float64)
    return logistic(logit), labels, generator.uniform(0.2, 1.0, n)


def test_platt_targets_are_the_published_ones() -> None:
    y = np.array([1.0] * 3 + [0.0] * 5)
    assert platt_targets(y, np.ones(8)) == pytest.approx([0.8] * 3 + [1 / 7] * 5)


def test_pava_gives_the_published_example() -> None:
    y = np.array([0.0, 1, 0, 1, 1, 0, 1])
    assert pava(y, np.ones(7)) == pytest.approx([0, 0.5, 0.5, 2 / 3, 2 / 3, 2 / 3, 1])


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 3)), min_size=1, max_size=40))
def test_pava_is_monotone_and_keeps_the_weighted_mean(pairs: list[tuple[float, float]]) -> None:
    y, weights = np.array(pairs).T
    out = pava(y, weights)
    assert (np.diff(out) >= 0).all()
    assert weights @ out == pytest.approx(weights @ y, abs=1e-9)


def sklearn_sigmoid(logits: Floats, y: Floats, weights: Floats) -> Any:
    from sklearn.calibration import _SigmoidCalibration

    return _SigmoidCalibration().fit(logits, y, weights)


def test_sigmoid_agrees_with_scikit_learn() -> None:
    p, y, weights = events(800, 1, slope=0.6, shift=-0.3)
    logits = np.log(p) - np.log1p(-p)
    oracle = sklearn_sigmoid(logits, y, weights)
    found = fit_calibration("sigmoid", p, y, weights)
    assert found.apply(p) == pytest.approx(oracle.predict(logits), abs=2e-5)


def test_isotonic_agrees_with_scikit_learn_and_is_clipped() -> None:
    from sklearn.isotonic import IsotonicRegression

    p, y, weights = events(1500, 2)
    p = np.round(p, 2)
    oracle = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p, y, sample_weight=weights)
    found = fit_calibration("isotonic", p, y, weights)
    at = np.append(np.unique(p), [0.0, 1.0])
    assert found.apply(at) == pytest.approx(np.clip(oracle.predict(at), 0.01, 0.99), abs=1e-9)
    assert found.apply(at).min() >= 0.01
    assert found.apply(at).max() <= 0.99
    separable = fit_calibration("isotonic", np.array([0.4, 0.6]), np.array([0.0, 1.0]), np.ones(2))
    assert separable.apply(np.array([0.0, 1.0])).tolist() == [0.01, 0.99]


def test_beta_finds_the_truth_and_scikit_learn_s_optimum() -> None:
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(3)
    p = generator.beta(2, 2, 60_000)
    y = (generator.random(60_000) < logistic(0.6 * np.log(p) - 1.4 * np.log1p(-p) + 0.2)).astype(np.float64)
    found = fit_calibration("beta", p, y, np.ones(60_000))
    assert found.numbers == pytest.approx([0.6, 1.4, 0.2], abs=0.12)
    design = np.stack([np.log(p), -np.log1p(-p)], axis=1)
    oracle = LogisticRegression(C=math.inf, tol=1e-8, max_iter=500).fit(design, y)
    assert found.numbers == pytest.approx([*oracle.coef_[0], oracle.intercept_[0]], abs=2e-3)


def test_slopes_below_zero_are_not_learned() -> None:
    p, y, weights = events(2000, 4, slope=-1.0)
    share = float(weights @ y / weights.sum())
    for kind in ("sigmoid", "beta"):
        out = fit_calibration(kind, p, y, weights).apply(p)
        assert np.ptp(out) < 1e-9
        assert out[0] == pytest.approx(share, abs=2e-3)


def test_beta_drops_only_the_side_that_would_fall() -> None:
    generator = np.random.default_rng(5)
    p = generator.beta(2, 2, 20_000)
    y = (generator.random(20_000) < logistic(1.5 * np.log(p) + 0.6 * np.log1p(-p) + 1.0)).astype(np.float64)
    a, b, _ = fit_calibration("beta", p, y, np.ones(20_000)).numbers
    assert b == 0.0
    assert a > 0.5


def test_separable_labels_do_not_run_away() -> None:
    p = np.linspace(0.05, 0.95, 40)
    y = (p > 0.5).astype(np.float64)
    for kind in ("sigmoid", "beta"):
        out = fit_calibration(kind, p, y, np.ones(40)).apply(p)
        assert 1e-4 < out.min() < out.max() < 1 - 1e-4


def test_each_fold_is_calibrated_by_the_others_only() -> None:
    p, y, weights = events(900, 6, slope=0.5)
    folds = np.repeat([0, 1, 2], 300)
    for kind in KINDS:
        whole = cross_calibrated(p, y, weights, folds, kind)
        turned = y.copy()
        turned[folds == 1] = 1 - turned[folds == 1]
        again = cross_calibrated(p, turned, weights, folds, kind)
        assert whole[folds == 1].tobytes() == again[folds == 1].tobytes()
        if kind != "identity":
            assert (whole[folds == 0] != again[folds == 0]).any()


def test_events_without_a_fold_are_neither_learned_from_nor_calibrated() -> None:
    p, y, weights = events(600, 7)
    folds = np.repeat([-1, 0, 1], 200)
    turned = np.where(folds < 0, 1 - y, y)
    out = cross_calibrated(p, y, weights, folds, "sigmoid")
    assert np.isnan(out[:200]).all()
    assert out.tobytes() == cross_calibrated(p, turned, weights, folds, "sigmoid").tobytes()
    chosen = choose_calibration(p, y, weights, folds)
    assert chosen == choose_calibration(p, turned, weights, folds)


def test_calibrated_probabilities_are_left_alone_and_bold_ones_are_not() -> None:
    folds = np.repeat(np.arange(4), 1500)
    bold = events(6000, 8, slope=0.3)
    calibration, losses = choose_calibration(*bold, folds)
    assert calibration.kind in {"sigmoid", "beta"}
    assert losses[calibration.kind] < losses["identity"] - 0.01
    assert set(losses) == set(KINDS)
    good = [choose_calibration(*events(6000, seed), folds)[0] for seed in range(9, 14)]
    p = np.linspace(0.2, 0.8, 13)
    assert max(float(np.abs(one.apply(p) - p).max()) for one in good) < 0.05


def test_isotonic_is_not_tried_with_few_events() -> None:
    _, losses = choose_calibration(*events(999, 10), np.arange(999) % 3)
    assert set(losses) == {"identity", "sigmoid", "beta"}


def test_a_single_fold_keeps_the_identity() -> None:
    calibration, losses = choose_calibration(*events(500, 11, slope=0.2), np.zeros(500, np.int64))
    assert calibration == IDENTITY
    assert set(losses) == {"identity"}


def test_one_label_only_is_refused() -> None:
    for kind in ("sigmoid", "beta", "isotonic"):
        with pytest.raises(DataError, match="both labels"):
            fit_calibration(kind, np.array([0.4, 0.6]), np.ones(2), np.ones(2))
    with pytest.raises(DataError, match="both labels"):
        fit_calibration("sigmoid", np.full(3, math.nan), np.ones(3), np.ones(3))


def test_slope_finds_bold_probabilities_and_agrees_with_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    p, y, weights = events(5000, 12, slope=0.5, shift=0.2)
    found = calibration_slope(p, y, weights)
    assert found is not None
    logits = (np.log(p) - np.log1p(-p)).reshape(-1, 1)
    oracle = LogisticRegression(C=math.inf, tol=1e-8).fit(logits, y, sample_weight=weights)
    assert (found.slope, found.intercept) == pytest.approx(
        (oracle.coef_[0, 0], oracle.intercept_[0]), abs=1e-3
    )
    low, high = found.interval.low, found.interval.high
    assert low is not None
    assert high is not None
    assert low < 0.5 < high < 1


def test_the_interval_of_the_slope_covers_the_truth_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        p, y, _ = events(300, 1000 + seed)
        found = calibration_slope(p, y, np.ones(300))
        assert found is not None
        assert found.interval.low is not None
        assert found.interval.high is not None
        covered += found.interval.low <= 1 <= found.interval.high
    assert 180 <= covered <= 199


def test_slope_is_undefined_without_two_labels_or_two_probabilities() -> None:
    p, y, weights = events(50, 13)
    assert calibration_slope(p, np.ones(50), weights) is None
    assert calibration_slope(np.full(50, 0.4), y, weights) is None


def test_losses_agree_with_scikit_learn() -> None:
    from sklearn.metrics import brier_score_loss, log_loss

    p, y, weights = events(700, 14)
    found = quality(p, y, weights)
    assert found.log_loss == pytest.approx(log_loss(y, p, sample_weight=weights))
    assert found.brier == pytest.approx(brier_score_loss(y, p, sample_weight=weights))
    assert math.isnan(quality(p[:0], y[:0], weights[:0]).log_loss)


def test_the_curve_has_bins_of_equal_mass_and_knows_a_bias() -> None:
    p, y, weights = events(5000, 15)
    bins = reliability_curve(p, y, weights)
    assert sum(one.events for one in bins) == 5000
    assert [one.events for one in bins] == pytest.approx([500] * 10, abs=2)
    inside = [(one.interval.low or 0) <= one.predicted <= (one.interval.high or 1) for one in bins]
    assert sum(inside) >= 8
    assert quality(p, y, weights).calibration_error < 0.03
    assert quality(np.minimum(p + 0.1, 0.99), y, weights).calibration_error == pytest.approx(0.1, abs=0.02)


def test_equal_probabilities_stay_in_one_bin() -> None:
    p = np.repeat([0.3, 0.5], [900, 100])
    bins = reliability_curve(p, np.arange(1000) % 2, np.ones(1000))
    assert [one.events for one in bins] == [900, 100]
    assert [one.predicted for one in bins] == pytest.approx([0.3, 0.5])
    assert reliability_curve(p[:0], p[:0], p[:0]) == ()
