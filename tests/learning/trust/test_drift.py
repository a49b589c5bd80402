"""Shifts and decays ring, stationary data do not."""

import math

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.learning.trust.drift import PageHinkley, alarm_threshold

HIT = 0.064
"""Accuracy above one half of a signal with correlation 0.2."""


def hits(seed: int, count: int, accuracy: float) -> list[float]:
    generator = np.random.default_rng(seed)
    return [0.5 if one < accuracy else -0.5 for one in generator.random(count).tolist()]


def first_alarm(results: list[float], **options: float) -> int | None:
    """Position of the first alarm of a watch on hits less one half."""
    watch = PageHinkley(HIT, math.sqrt(0.25 - HIT * HIT), 2000, **options)
    return next((at for at, one in enumerate(results) if watch.add(one)), None)


def test_the_threshold_solves_siegmund_s_formula() -> None:
    for slack in (0.02, 0.1, 0.5):
        for length in (100.0, 20_000.0):
            reach = alarm_threshold(slack, length) + 1.166
            scaled = 2 * slack * reach
            assert (math.exp(scaled) - 1 - scaled) / (2 * slack**2) == pytest.approx(length, rel=1e-9)


def test_a_decaying_edge_rings_and_a_lasting_one_does_not() -> None:
    delays = [first_alarm(hits(seed, 4000, 0.5)) for seed in range(12)]
    assert sum(delay is not None for delay in delays) >= 11
    assert float(np.median([4000 if delay is None else delay for delay in delays])) < 2000
    assert sum(first_alarm(hits(100 + seed, 1500, 0.5 + HIT)) is not None for seed in range(12)) <= 1
    slowly = [hits(seed, 1, 0.5 + HIT * max(0.0, 1 - at / 2000))[0] for at, seed in enumerate(range(6000))]
    assert first_alarm(slowly) is not None


def test_a_single_call_keeps_the_sum_the_definition_gives() -> None:
    watch = PageHinkley(0.1, 0.5, 1_000_000)
    watch.add(-0.4)
    assert watch.behind == pytest.approx(1.0 - 0.1)
    watch.add(0.6)
    assert watch.behind == 0.0


def test_a_small_fall_can_be_watched_for_instead_of_a_full_loss() -> None:
    half = PageHinkley(0.1, 0.5, 100, fall=0.05)
    assert half.threshold > PageHinkley(0.1, 0.5, 100).threshold


@pytest.mark.proof
def test_false_alarms_are_as_rare_as_promised() -> None:
    """Over 4,000 results with a run length of 100,000: about 4 %."""
    alarms = [first_alarm(hits(1000 + seed, 4000, 0.5 + HIT)) is not None for seed in range(400)]
    decays = [first_alarm(hits(5000 + seed, 4000, 0.5)) is not None for seed in range(400)]
    assert sum(alarms) <= 0.06 * 400
    assert sum(decays) >= 0.95 * 400


def test_without_an_edge_there_is_nothing_to_watch() -> None:
    for mean, deviation in ((0.0, 0.5), (-0.1, 0.5), (0.1, 0.0)):
        with pytest.raises(DataError, match="without an edge"):
            PageHinkley(mean, deviation, 10)
