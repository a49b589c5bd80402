"""Uniqueness of overlapping labels: the published example, a plain count, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.learning.events import Int64
from ictcli.learning.labels.uniqueness import average_uniqueness, sequential_probabilities

ALIVE = np.array([0, 2, 4], np.int64), np.array([3, 4, 6], np.int64)
"""The published example: labels alive on bars 1 to 3, 3 and 4, 5 and 6."""


def lives(seed: int, n: int) -> tuple[Int64, Int64]:
    rng = np.random.default_rng(seed)
    start = np.sort(rng.integers(0, 60, n))
    return start, start + rng.integers(1, 20, n)


def test_the_published_example() -> None:
    assert average_uniqueness(*ALIVE, 7) == pytest.approx([5 / 6, 3 / 4, 1.0], abs=1e-15)


def test_the_published_chances_of_the_sequential_bootstrap() -> None:
    after_2 = sequential_probabilities(*ALIVE, 7, np.array([1]))
    after_2_3 = sequential_probabilities(*ALIVE, 7, np.array([1, 2]))
    assert after_2 == pytest.approx([5 / 14, 3 / 14, 6 / 14], abs=1e-15)
    assert after_2_3 == pytest.approx([5 / 11, 3 / 11, 3 / 11], abs=1e-15)


def test_before_anything_is_drawn_all_chances_are_equal() -> None:
    assert sequential_probabilities(*ALIVE, 7, np.zeros(0, np.int64)) == pytest.approx([1 / 3] * 3)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_every_share_is_counted_bar_by_bar(seed: int, n: int) -> None:
    start, end = lives(seed, n)
    alive = [sum(int(a < bar <= b) for a, b in zip(start, end, strict=True)) for bar in range(80)]
    expected = [
        np.mean([1 / alive[bar] for bar in range(a + 1, b + 1)]) for a, b in zip(start, end, strict=True)
    ]
    assert average_uniqueness(start, end, 80) == pytest.approx(expected, rel=1e-12)


def test_labels_of_h_bars_on_every_bar_have_a_share_of_one_in_h() -> None:
    start = np.arange(200, dtype=np.int64)
    weights = average_uniqueness(start, start + 8, 208)
    assert weights[10:-10] == pytest.approx(np.full(180, 1 / 8))
    assert weights.sum() == pytest.approx(200 / 8, rel=0.1)


def test_labels_apart_from_each_other_are_unique() -> None:
    start = np.arange(0, 100, 5, dtype=np.int64)
    assert average_uniqueness(start, start + 5, 101).tolist() == [1.0] * 20


def test_a_label_without_life_has_no_weight_and_takes_none() -> None:
    start, end = np.array([0, 3, 3], np.int64), np.array([5, 3, 4], np.int64)
    assert average_uniqueness(start, end, 6)[1] == 0.0
    others = average_uniqueness(start[[0, 2]], end[[0, 2]], 6)
    assert average_uniqueness(start, end, 6)[[0, 2]].tolist() == others.tolist()


def test_no_labels_have_no_weights() -> None:
    nothing = np.zeros(0, np.int64)
    assert average_uniqueness(nothing, nothing, 10).tolist() == []
