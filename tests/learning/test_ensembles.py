"""Which members, which weights, and that no weight knows a label before its time."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.ensembles import (
    Run,
    ensemble_gain,
    error_correlations,
    finish,
    run_ensemble,
    select_members,
)
from ictcli.models.ensemble import Ensemble, RegimeWeights, log_losses

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
RULE = Ensemble(members=("a", "b", "c"), rate=2.0, decay=0.99, prior=10.0)


@dataclass(frozen=True)
class Stream:
    """Events of a market whose regimes suit different members."""

    oof: Floats
    labels: Int64
    regimes: Int64
    start: Int64
    end: Int64
    weights: Floats


def stream(seed: int, n: int = 1500, horizon: int = 10) -> Stream:
    """Member a is right in regimes 0 and 1, member b in 2 and 3, member c never knows anything."""
    generator = np.random.default_rng(seed)
    signal = np.convolve(generator.normal(size=n + horizon - 1), np.ones(horizon) / horizon**0.5, "valid")
    regimes = np.repeat(generator.integers(0, 4, n // 25 + 1), 25)[:n]
    labels = (generator.random(n) < 1 / (1 + np.exp(-1.5 * signal))).astype(np.int64)
    known = 1 / (1 + np.exp(-signal))
    blind = 1 / (1 + np.exp(-generator.normal(size=n)))
    oof = np.column_stack(
        [np.where(regimes < 2, known, blind), np.where(regimes < 2, blind, known), np.full(n, 0.5)]
    )
    start = np.sort(generator.choice(2 * n, n, replace=False)).astype(np.int64)
    end = start + generator.integers(1, horizon + 1, n)
    return Stream(oof, labels, regimes, start, end, generator.uniform(0.1, 1.0, n))


def walked(one: Stream, ensemble: Ensemble = RULE) -> Run:
    return run_ensemble(one.oof, one.labels, one.regimes, one.start, one.end, one.weights, ensemble)


def too_early(one: Stream) -> Run:
    """The planted leak: every label is used at the next bar, whenever it ends."""
    return run_ensemble(one.oof, one.labels, one.regimes, one.start, one.start + 1, one.weights, RULE)


def knows_the_future(walk: Callable[[Stream], Run], one: Stream, bar: int) -> bool:
    """Whether decisions up to ``bar`` change when the labels that are unknown then are turned round."""
    unknown = one.end > bar
    turned = Stream(
        one.oof, np.where(unknown, 1 - one.labels, one.labels), one.regimes, one.start, one.end, one.weights
    )
    before = one.start <= bar
    return walk(one).p[before].tobytes() != walk(turned).p[before].tobytes()


def test_no_decision_knows_a_label_that_has_not_matured() -> None:
    one = stream(1)
    bars = np.random.default_rng(2).choice(one.start[100:], 12)
    assert not any(knows_the_future(walked, one, bar) for bar in bars.tolist())


def test_a_planted_leak_changes_the_result_and_is_caught() -> None:
    one = stream(1)
    bars = np.random.default_rng(2).choice(one.start[100:], 12)
    assert (too_early(one).p != walked(one).p).mean() > 0.5
    assert sum(knows_the_future(too_early, one, bar) for bar in bars.tolist()) >= 8


@pytest.mark.jit_off
def test_a_walk_is_bit_equal_to_serving_event_by_event() -> None:
    one = stream(3, 120)
    one.oof[7, 1] = math.nan
    run = walked(one)
    work = RegimeWeights(RULE)
    by_end = np.argsort(one.end, kind="stable").tolist()
    p = []
    for at in range(len(one.labels)):
        while by_end and one.end[by_end[0]] <= one.start[at]:
            due = by_end.pop(0)
            losses = log_losses(one.oof[due], int(one.labels[due]))
            work.mature(int(one.regimes[due]), losses, float(one.weights[due]))
        p.append(work.combine(one.oof[at], int(one.regimes[at])))
    assert run.p.tobytes() == np.array(p).tobytes()
    assert run.ensemble == work.snapshot()
    assert run.pending.tolist() == by_end
    assert run.weights[-1].tobytes() == work.weights[one.regimes[-1]].tobytes()


def test_finishing_lets_the_pending_labels_mature() -> None:
    one = stream(4)
    run = walked(one)
    assert len(run.pending)
    after = finish(run, one.oof, one.labels, one.regimes, one.weights)
    longer = Stream(
        np.vstack([one.oof, one.oof[-1:]]),
        np.append(one.labels, 1),
        np.append(one.regimes, 0),
        np.append(one.start, one.end.max()),
        np.append(one.end, one.end.max() + 1),
        np.append(one.weights, 1.0),
    )
    assert after == walked(longer).ensemble


def test_a_walk_can_be_cut_in_two() -> None:
    one = stream(5, 400)
    quiet = np.flatnonzero(np.maximum.accumulate(one.end)[:-1] <= one.start[1:])
    cut = int(quiet[len(quiet) // 2]) + 1
    first, second = (
        Stream(*(getattr(one, name)[part] for name in Stream.__dataclass_fields__))
        for part in (slice(0, cut), slice(cut, None))
    )
    head = walked(first)
    middle = finish(head, first.oof, first.labels, first.regimes, first.weights)
    tail = walked(second, middle)
    assert np.append(head.p, tail.p).tobytes() == walked(one).p.tobytes()


def test_weights_learn_which_member_suits_which_regime_and_beat_the_best_one() -> None:
    one = stream(6, 6000)
    run = walked(one)
    late = np.arange(len(one.labels)) > 4000
    calm, wild = late & (one.regimes < 2), late & (one.regimes >= 2)
    assert run.weights[calm, 0].min() > 0.5
    assert run.weights[wild, 1].min() > 0.5
    gain = ensemble_gain(run.p, one.oof, one.labels, one.start, one.end, 1, skip=1000)
    assert gain.interval.low is not None
    assert gain.interval.low > 0
    assert gain.over_equal > 0


def test_members_that_are_equally_good_gain_nothing_that_can_be_shown() -> None:
    one = stream(7, 3000)
    alike = Stream(
        np.column_stack([one.oof[:, 0]] * 3), one.labels, one.regimes, one.start, one.end, one.weights
    )
    run = walked(alike)
    gain = ensemble_gain(run.p, alike.oof, one.labels, one.start, one.end, 1)
    assert gain.value == pytest.approx(0, abs=1e-12)
    assert run.p == pytest.approx(one.oof[:, 0])


def test_the_gain_is_that_of_the_log_loss_scikit_learn_computes() -> None:
    from sklearn.metrics import log_loss

    one = stream(8)
    run = walked(one)
    gain = ensemble_gain(run.p, one.oof, one.labels, one.start, one.end, 1)
    members = [log_loss(one.labels, column) for column in one.oof.T]
    assert gain.best == int(np.argmin(members))
    assert gain.value == pytest.approx(min(members) - log_loss(one.labels, run.p))
    assert gain.over_equal == pytest.approx(log_loss(one.labels, one.oof.mean(axis=1))
                                            - log_loss(one.labels, run.p))  # fmt: skip


def forecasts(noise: tuple[float, ...], seed: int = 9, n: int = 4000) -> tuple[Floats, Int64]:
    """Candidates that see one signal through noise of their own."""
    generator = np.random.default_rng(seed)
    signal = generator.normal(size=n)
    labels = (generator.random(n) < 1 / (1 + np.exp(-signal))).astype(np.int64)
    seen = np.column_stack([signal + level * generator.normal(size=n) for level in noise])
    return 1 / (1 + np.exp(-0.5 * seen)), labels


def test_a_twin_is_refused_and_named() -> None:
    p, labels = forecasts((1.0, 1.0))
    twins = np.column_stack([p, p[:, 0] ** 0.98])
    found = select_members(twins, labels, np.ones(len(labels)), ("first", "second", "copy"))
    assert sorted(found.kept) in ([0, 1], [1, 2])
    name = "copy" if 0 in found.kept else "first"
    assert "its errors are those of" in found.refused[name]
    assert found.losses == tuple(sorted(found.losses, reverse=True))


def test_a_member_that_makes_the_mean_worse_is_refused() -> None:
    p, labels = forecasts((0.5, 0.7))
    wild = np.where(np.random.default_rng(1).random(len(labels)) < 0.5, 0.02, 0.98)
    found = select_members(np.column_stack([wild, p]), labels, np.ones(len(labels)), ("wild", "a", "b"))
    assert sorted(found.kept) == [1, 2]
    assert "raises the log-loss" in found.refused["wild"]


def test_the_best_single_candidate_comes_first() -> None:
    p, labels = forecasts((3.0, 0.1, 2.0))
    assert select_members(p, labels, np.ones(len(labels)), ("a", "b", "c")).kept[0] == 1


def test_weak_members_are_not_alike_only_because_the_label_moves_both_errors() -> None:
    generator = np.random.default_rng(10)
    p = 0.5 + 0.01 * generator.normal(size=(5000, 2))
    ones = generator.random(5000) < 0.5
    found = error_correlations(p, ones, np.ones(5000))
    assert abs(found[0, 1]) < 0.05
    assert np.diag(found) == pytest.approx([1, 1])
    errors = p - ones[:, None]
    assert np.asarray(np.corrcoef(errors.T))[0, 1] > 0.99


def test_a_constant_candidate_has_no_correlation_and_does_no_harm() -> None:
    p, labels = forecasts((0.5,))
    found = select_members(np.column_stack([p, np.full(len(p), 0.5)]), labels, np.ones(len(p)), ("a", "flat"))
    assert 0 in found.kept


def test_what_does_not_fit_is_refused() -> None:
    one = stream(11, 50)
    with pytest.raises(DataError, match="order of time"):
        walked(Stream(one.oof, one.labels, one.regimes, one.start[::-1].copy(), one.end, one.weights))
    with pytest.raises(DataError, match="ends at or before"):
        walked(Stream(one.oof, one.labels, one.regimes, one.start, one.start, one.weights))
    with pytest.raises(DataError, match="2 columns of probabilities for 3 members"):
        walked(Stream(one.oof[:, :2], one.labels, one.regimes, one.start, one.end, one.weights))
    with pytest.raises(DataError, match="4 is no market regime"):
        walked(Stream(one.oof, one.labels, one.regimes + 4, one.start, one.end, one.weights))
    missing = np.full_like(one.oof, math.nan)
    with pytest.raises(DataError, match="every model"):
        select_members(missing, one.labels, one.weights, ("a", "b", "c"))
    with pytest.raises(DataError, match="every model"):
        ensemble_gain(missing[:, 0], one.oof, one.labels, one.start, one.end, 1)
