"""What every registered feature must keep: causality, one result however driven, finite, scale, warm-up.

The features are taken from the registry, so a new one is swept without being named here.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.detectors.plan import Settings
from ictcli.features.feature import Feature
from ictcli.features.matrix import FeatureStream, build
from ictcli.features.registry import FEATURES, FeatureSet
from ictcli.market.bars import Bars
from tests.features.worlds import PRICES, QUARTER, flat_from, scaled, wandering, worlds

Floats = NDArray[np.float64]

SETTINGS = Settings(QUARTER)
EVERYTHING = FeatureSet("everything", "", tuple(FEATURES.values()))
PLAIN = FeatureSet("plain", "", tuple(one for one in FEATURES.values() if not one.feeds))
names = pytest.mark.parametrize("name", list(FEATURES))


def matrix(features: FeatureSet, bars: Bars) -> Floats:
    return build(features, bars, SETTINGS).values


def columns(features: FeatureSet, feature: Feature) -> slice:
    """Where the columns of a feature stand in those of a set."""
    at = features.features.index(feature)
    first = sum(one.width for one in features.features[:at])
    return slice(first, first + feature.width)


def same(found: Floats, wanted: Floats, features: FeatureSet) -> list[str]:
    """The features that differ in any bit."""
    return [
        one.name
        for one in features.features
        if found[:, columns(features, one)].tobytes() != wanted[:, columns(features, one)].tobytes()
    ]


def pushed(stream: FeatureStream, bars: Bars, first: int, last: int) -> Floats:
    return np.array([stream.push(bars, at).copy() for at in range(first, last)])


def corrupted(bars: Bars, since: int, seed: int) -> Bars:
    """The bars with other prices and volumes from one on."""
    other = wandering(len(bars), seed, 3_000_000, 500.0)
    parts = {name: getattr(bars, name).copy() for name in (*PRICES, "tick_volume")}
    for name, column in parts.items():
        column[since:] = getattr(other, name)[since:]
    return replace(bars, **parts)


def check_causal(features: FeatureSet, bars: Bars, cut: int, seed: int) -> None:
    whole = matrix(features, bars)
    assert np.isfinite(whole).all()
    assert same(matrix(features, bars.slice(0, cut)), whole[:cut], features) == []
    assert same(matrix(features, corrupted(bars, cut, seed))[:cut], whole[:cut], features) == []


def check_drivers(features: FeatureSet, bars: Bars, cuts: tuple[int, int]) -> None:
    """Batch, bar by bar, and any mix of both with checkpoints between them."""
    whole = matrix(features, bars)
    first, second = cuts
    stream = FeatureStream(features, SETTINGS)
    parts = [stream.advance(bars.slice(0, first))]
    stream = FeatureStream(features, SETTINGS, stream.save())
    parts.append(pushed(stream, bars, first, second))
    stream = FeatureStream(features, SETTINGS, stream.save())
    parts.append(stream.advance(bars.slice(second, len(bars))))
    assert same(np.concatenate([part.reshape(-1, whole.shape[1]) for part in parts]), whole, features) == []
    alone = FeatureStream(features, SETTINGS)
    assert same(pushed(alone, bars, 0, len(bars)), whole, features) == []
    assert alone.save() == stream.save()


@given(worlds(), st.integers(1, 419), st.integers(0, 2**32 - 1))
@hypothesis_settings(max_examples=15)
def test_features_of_bars_alone_know_nothing_of_later_bars(bars: Bars, cut: int, seed: int) -> None:
    check_causal(PLAIN, bars, cut, seed)


@given(worlds(), st.tuples(st.integers(0, 210), st.integers(210, 420)))
@hypothesis_settings(max_examples=10)
def test_features_of_bars_alone_are_the_same_however_they_are_driven(
    bars: Bars, cuts: tuple[int, int]
) -> None:
    check_drivers(PLAIN, bars, cuts)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_feature_knows_anything_of_later_bars(seed: int) -> None:
    bars = flat_from(wandering(1500, seed), 700, 720)
    for cut in (1, 640, 1203):
        check_causal(EVERYTHING, bars, cut, seed)


def test_all_features_are_the_same_however_they_are_driven() -> None:
    check_drivers(EVERYTHING, wandering(1200, 3), (517, 901))


@names
def test_a_feature_alone_is_what_it_is_among_all(name: str) -> None:
    """Its columns do not depend on what runs beside it, nor on where in the row they stand."""
    bars = wandering(700, 4)
    alone = FeatureSet(name, "", (FEATURES[name],))
    found = matrix(EVERYTHING, bars)[:, columns(EVERYTHING, FEATURES[name])]
    assert same(matrix(alone, bars), found, alone) == []


@names
def test_every_column_says_something(name: str) -> None:
    """On lively bars no column of bars alone stays what it falls back to."""
    found = matrix(EVERYTHING, wandering(1500, 5))[1000:, columns(EVERYTHING, FEATURES[name])]
    silent = [
        column.name
        for column, values in zip(FEATURES[name].columns, found.T, strict=True)
        if len(set(values.tolist())) < 2
    ]
    assert silent == [] or FEATURES[name].feeds


def test_prices_of_ten_times_the_size_change_no_column_that_is_free_of_scale() -> None:
    bars = wandering(900, 6)
    small, large = matrix(PLAIN, bars), matrix(PLAIN, scaled(bars, 10))
    listed = [column.name for column, *_ in zip(PLAIN.columns, small.T, strict=True) if column.scale_free]
    assert len(listed) > 26
    for column, one, ten in zip(PLAIN.columns, small.T, large.T, strict=True):
        if column.scale_free:
            assert ten.tolist() == pytest.approx(one.tolist(), rel=1e-9, abs=1e-9), column.name


def started_later(features: FeatureSet, bars: Bars, dropped: int) -> tuple[Floats, Floats]:
    """Rows of a series, and of the same series without its first bars, for the bars of the latter."""
    return matrix(features, bars)[dropped:], matrix(features, bars.slice(dropped, len(bars)))


@pytest.mark.parametrize(
    "feature", [one for one in FEATURES.values() if one.memory == "window"], ids=lambda one: one.name
)
def test_what_sees_a_window_forgets_the_start_to_the_last_bit(feature: Feature) -> None:
    alone = FeatureSet(feature.name, "", (feature,))
    for seed, dropped in ((7, 1), (8, 333)):
        whole, late = started_later(alone, wandering(1400, seed), dropped)
        assert late[feature.warmup :].tobytes() == whole[feature.warmup :].tobytes()


@pytest.mark.parametrize(
    "feature", [one for one in FEATURES.values() if one.memory == "fading"], ids=lambda one: one.name
)
def test_what_fades_forgets_the_start_but_for_a_billionth(feature: Feature) -> None:
    alone = FeatureSet(feature.name, "", (feature,))
    for seed, dropped in ((9, 1), (10, 333)):
        whole, late = started_later(alone, wandering(1400, seed), dropped)
        size = np.abs(whole).max(axis=0)
        assert (np.abs(late - whole)[feature.warmup :] <= 1e-9 * size).all()
        assert (np.abs(late - whole)[: feature.warmup] > 1e-9 * size).any(axis=0).all()


def test_the_declared_warm_up_of_a_window_is_no_longer_than_it_must_be() -> None:
    """One bar earlier the series without its beginning still differs, for some seed."""
    for feature in PLAIN.features:
        if feature.memory != "window" or feature.warmup == 0 or feature.name == "regime":
            continue
        alone = FeatureSet(feature.name, "", (feature,))
        pairs = [started_later(alone, wandering(600, seed), 50) for seed in range(11, 14)]
        at = feature.warmup - 1
        assert any((whole[at] != late[at]).any() for whole, late in pairs), feature.name


def peeking(states: NDArray[np.void], rows: Floats, at: int, facts: NDArray[np.void]) -> None:
    """A loop that writes the close of the next bar, where there is one in the block."""
    rows[:, at] = np.append(facts["close"][1:], facts["close"][-1])


def carrying(states: NDArray[np.void], rows: Floats, at: int, facts: NDArray[np.void]) -> None:
    """A loop that begins to sum anew in every block."""
    rows[:, at] = np.cumsum(facts["close"])


@pytest.mark.jit_off
def test_the_sweep_notices_a_feature_that_looks_ahead_and_one_that_forgets_between_blocks() -> None:
    bars = wandering(60, 14)
    model = FEATURES["hour_of_week"]
    ahead, forgetful = (
        FeatureSet("planted", "", (replace(model, name="planted", run=run),)) for run in (peeking, carrying)
    )
    with pytest.raises(AssertionError, match="planted"):
        check_causal(ahead, bars, 30, 1)
    with pytest.raises(AssertionError, match="planted"):
        check_drivers(forgetful, bars, (20, 40))
