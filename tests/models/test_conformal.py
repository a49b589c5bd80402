"""Prediction sets, their adaptation to matured labels, and the abstain band."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.models.conformal import (
    BOTH,
    EMPTY,
    ONLY_0,
    ONLY_1,
    AdaptiveSets,
    Conformal,
    decide_side,
    decide_sides,
    decide_signal,
    decide_signals,
)


def conformal(n: int, alpha: float = 0.1, gamma: float = 0.005) -> Conformal:
    return Conformal(alpha=alpha, gamma=gamma, count=n, scores=tuple(i / n for i in range(1, n + 1)))


def test_nineteen_scores_at_ten_percent_give_the_eighteenth_smallest() -> None:
    assert conformal(19).threshold(0.1) == 18 / 19


def test_eight_scores_are_too_few_for_ten_percent() -> None:
    sets = AdaptiveSets(conformal(8))
    assert sets.threshold == math.inf
    assert sets.prediction_set(0.999) == BOTH


def test_a_product_that_should_be_whole_is_not_rounded_up_by_its_binary_rest() -> None:
    for n in (9, 19, 29, 99, 199):
        assert conformal(n).threshold(0.1) == (n + 1) * 9 // 10 / n


def test_alpha_beyond_its_range_gives_everything_or_nothing() -> None:
    assert conformal(50).threshold(-0.01) == conformal(50).threshold(0.0) == math.inf
    assert conformal(50).threshold(1.0) == conformal(50).threshold(1.2) == -math.inf
    assert conformal(50).threshold(0.999) == 1 / 50


def test_sets_hold_the_labels_whose_score_conforms() -> None:
    loose = AdaptiveSets(Conformal(alpha=0.5, gamma=0.0, count=3, scores=(0.3, 0.6, 0.7)))
    strict = AdaptiveSets(Conformal(alpha=0.5, gamma=0.0, count=3, scores=(0.3, 0.4, 0.7)))
    assert [loose.prediction_set(p) for p in (0.2, 0.5, 0.9)] == [ONLY_0, BOTH, ONLY_1]
    assert [strict.prediction_set(p) for p in (0.2, 0.5, 0.9)] == [ONLY_0, EMPTY, ONLY_1]
    p = np.random.default_rng(0).random(100)
    assert loose.prediction_sets(p).tolist() == [loose.prediction_set(one) for one in p.tolist()]


def test_a_thinned_calibration_never_gives_smaller_sets() -> None:
    whole = conformal(1000)
    kept = tuple(-(-i * 1000 // 37) / 1000 for i in range(1, 38))
    thin = Conformal(alpha=0.1, gamma=0.0, count=1000, scores=kept)
    for alpha in np.linspace(0.002, 0.998, 400).tolist():
        assert whole.threshold(alpha) <= thin.threshold(alpha) <= whole.threshold(alpha) + 0.0281


def test_alpha_follows_the_published_sequence_and_is_not_clipped() -> None:
    sets = AdaptiveSets(conformal(40))
    seen = []
    for at, missed in enumerate((1, 0, 0, 1)):
        assert sets.choose(10 * at)
        sets.mature(ONLY_0 if missed else ONLY_1, 1, 10 * at)
        seen.append(sets.state.alpha)
    assert seen == pytest.approx([0.0955, 0.0960, 0.0965, 0.0920], abs=1e-12)
    greedy = AdaptiveSets(conformal(40, gamma=0.5))
    greedy.choose(0)
    greedy.mature(ONLY_0, 1, 0)
    assert greedy.state.alpha == pytest.approx(-0.35)
    assert greedy.prediction_set(0.5) == BOTH


def test_of_labels_that_overlap_the_one_decided_first_counts_whichever_ends_first() -> None:
    sets = AdaptiveSets(conformal(40))
    assert sets.choose(0)
    assert not sets.choose(5)
    before = sets.encode_state()
    assert not sets.mature(ONLY_0, 1, 5)  # ends at bar 8, long before the other
    assert sets.encode_state() == before
    assert sets.mature(ONLY_0, 1, 0)
    assert sets.choose(20)
    assert sets.mature(ONLY_1, 1, 20)
    assert (sets.state.matured, sets.state.missed) == (2, 1)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 59))
def test_a_state_saved_midway_goes_on_as_if_nothing_happened(hits: list[bool], cut: int) -> None:
    rule = conformal(30, gamma=0.02)
    straight, stopped = AdaptiveSets(rule), AdaptiveSets(rule)
    for at, hit in enumerate(hits):
        if at == cut:
            stopped = AdaptiveSets(Conformal.decode(rule.encode()), stopped.encode_state())
        for sets in (straight, stopped):
            sets.choose(at)
            sets.mature(ONLY_1 if hit else ONLY_0, 1, at)
    assert straight.encode_state() == stopped.encode_state()
    assert straight.threshold == stopped.threshold


def test_adaptation_keeps_the_coverage_when_the_scores_drift_away() -> None:
    generator = np.random.default_rng(5)
    rule = conformal(500, alpha=0.2, gamma=0.02)
    fixed = Conformal(alpha=0.2, gamma=0.0, count=500, scores=rule.scores)
    adaptive, frozen = AdaptiveSets(rule), AdaptiveSets(fixed)
    for at, score in enumerate(generator.random(3000).tolist()):
        p = 1 - (0.3 + 0.7 * score if at > 500 else score)
        for sets in (adaptive, frozen):
            sets.choose(at)
            sets.mature(sets.prediction_set(p), 1, at)
    assert frozen.state.missed / 3000 > 0.25
    assert abs(adaptive.state.missed / 3000 - 0.2) < 0.01


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"alpha":0.0,"gamma":0.0,"count":1,"scores":[0.5]}',
        b'{"alpha":0.1,"gamma":0.0,"count":1,"scores":[0.5,0.6]}',
        b'{"alpha":0.1,"gamma":0.0,"count":2,"scores":[0.7,0.6]}',
    ],
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"conformal\.json"):
        Conformal.decode(data)
    with pytest.raises(DataError, match="state"):
        AdaptiveSets(conformal(5), b"[]")


def test_a_direction_model_abstains_within_its_band() -> None:
    p = np.array([0.1, 0.45, 0.46, 0.54, 0.55, 0.9, math.nan])
    assert decide_sides(p, 0.45, 0.55).tolist() == [-1, -1, 0, 0, 1, 1, 0]
    assert [decide_side(one, 0.45, 0.55) for one in p.tolist()] == [-1, -1, 0, 0, 1, 1, 0]


def test_a_meta_model_takes_or_skips_the_side_of_the_signal() -> None:
    p = np.array([0.54, 0.55, 0.7, math.nan])
    side = np.array([1, -1, 1, -1])
    assert decide_signals(p, side, 0.55).tolist() == [0, -1, 1, 0]
    pairs = zip(p.tolist(), side.tolist(), strict=True)
    assert [decide_signal(one, way, 0.55) for one, way in pairs] == [0, -1, 1, 0]
