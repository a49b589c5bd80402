"""Distances, ages and places stay within their bounds."""

import math

import pytest

from ictcli.features.ict.scale import FAR, NEVER, OLDEST, age, in_ranges, place_in

pytestmark = pytest.mark.jit_off


@pytest.mark.parametrize(
    ("distance", "average", "expected"),
    [(15.0, 10.0, 1.5), (-15.0, 10.0, -1.5), (101.0, 10.0, 10.0), (-101.0, 10.0, -10.0), (5.0, 0.0, 10.0)],
)
def test_a_distance_is_a_bounded_number_of_ranges(distance: float, average: float, expected: float) -> None:
    assert in_ranges(distance, average, FAR) == expected


def test_an_age_is_a_bounded_logarithm() -> None:
    assert age(7, 7) == 0.0
    assert age(10, 7) == math.log(4)
    assert age(507, 7) == math.log1p(500) == OLDEST
    assert age(5000, 7) == OLDEST
    assert age(7, NEVER) == OLDEST


@pytest.mark.parametrize(("price", "expected"), [(15.0, 0.25), (10.0, 0.0), (0.0, -0.5), (99.0, 1.5)])
def test_a_place_in_a_range_is_bounded(price: float, expected: float) -> None:
    assert place_in(10.0, 30.0, price) == expected
    assert place_in(10.0, 10.0, price) == 0.5
