"""A set of features over a series: shape, warm-up, what was known when, and checkpoints that fit."""

from dataclasses import replace

import numpy as np
import pytest

from ictcli.detectors.detector import Feed
from ictcli.detectors.plan import NO_NODE, Settings
from ictcli.errors import UsageError
from ictcli.features.matrix import FeatureStream, build
from ictcli.features.registry import FEATURES, SETS, FeatureSet
from ictcli.features.wiring import wire_features
from tests.features.worlds import QUARTER, wandering

CORE = SETS["core26"]
SETTINGS = Settings(QUARTER)


@pytest.mark.jit_off
def test_a_row_is_known_at_the_close_of_its_bar_and_the_first_300_teach_nothing() -> None:
    bars = wandering(310, 1)
    matrix = build(CORE, bars, SETTINGS)
    assert matrix.values.shape == (310, 26)
    assert len(matrix) == 310
    assert matrix.known_at.tolist() == bars.ts_close.tolist()
    assert matrix.warmup == 300


@pytest.mark.jit_off
@pytest.mark.parametrize("size", [0, 1, 40])
def test_a_short_series_is_all_warm_up(size: int) -> None:
    matrix = build(CORE, wandering(60, 1).slice(0, size), SETTINGS)
    assert matrix.values.shape == (size, 26)
    assert matrix.warmup == size


@pytest.mark.jit_off
def test_a_checkpoint_of_other_features_or_of_no_stream_is_refused() -> None:
    stream = FeatureStream(CORE, SETTINGS)
    stream.advance(wandering(30, 1))
    saved = stream.save()
    reordered = FeatureSet("reordered", "", CORE.features[::-1])
    for features, text in ((reordered, saved), (SETS["time"], saved), (CORE, saved[:40]), (CORE, b"")):
        with pytest.raises(ValueError, match="not a checkpoint"):
            FeatureStream(features, SETTINGS, text)
    with pytest.raises(ValueError, match="not a checkpoint"):
        FeatureStream(CORE, SETTINGS, saved + b"more")


@pytest.mark.jit_off
def test_a_checkpoint_of_another_bar_length_is_refused() -> None:
    saved = FeatureStream(CORE, SETTINGS).save()
    with pytest.raises(ValueError, match="not a checkpoint of these features"):
        FeatureStream(CORE, Settings(2 * QUARTER), saved)


@pytest.mark.jit_off
def test_saving_changes_nothing_of_what_comes() -> None:
    bars = wandering(60, 2)
    quiet, saving = FeatureStream(CORE, SETTINGS), FeatureStream(CORE, SETTINGS)
    for at in range(60):
        expected = quiet.push(bars, at).copy()
        assert saving.push(bars, at).tobytes() == expected.tobytes()
        saving.save()
    assert saving.save() == quiet.save()


@pytest.mark.jit_off
def test_only_the_detectors_that_features_listen_to_are_run() -> None:
    assert wire_features(CORE.features, SETTINGS).plan.nodes == ()
    gaps = wire_features((FEATURES["ict_gaps"],), SETTINGS)
    assert [node.title for node in gaps.plan.nodes][-1] == "fvg"


@pytest.mark.jit_off
def test_a_detector_that_cannot_run_is_named_with_the_feature_that_needs_it() -> None:
    """An Asian session lies within a bar of a day; a feature that can do without it still runs."""
    day = Settings(96 * QUARTER)
    optional = FEATURES["ict_asia"]
    needing = replace(optional, feeds=(Feed("asian_range"),))
    with pytest.raises(UsageError, match="feature ict_asia listens to asian_range, which every window"):
        wire_features((needing,), day)
    assert wire_features((optional,), day).feeds[0][0] == NO_NODE


def test_a_set_with_detectors_goes_on_from_a_checkpoint_in_new_memory() -> None:
    bars = wandering(900, 3)
    whole = build(SETS["all"], bars, SETTINGS).values
    stream = FeatureStream(SETS["all"], SETTINGS)
    stream.advance(bars.slice(0, 450))
    later = FeatureStream(SETS["all"], SETTINGS, stream.save())
    stream.advance(bars.slice(0, 30))
    assert np.array_equal(later.advance(bars.slice(450, 900)), whole[450:])
