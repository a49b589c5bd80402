"""How far stops and targets lie, and on which whole points."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.detectors.base.context import BAR
from ictcli.strategies.ict.prices import UNREACHABLE, asked, halved_up, reward, stop_buffer


def bar(spread: int, atr: float) -> Any:
    one = np.zeros(1, BAR)[0]
    one["spread"], one["atr"] = spread, atr
    return one


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("spread", "points", "atr", "expected"),
    [(3, 1, 0.0, 3), (-1, 2, 0.0, 2), (1, 1, 0.25, 3), (1, 1, 0.2, 2), (1, 1, math.inf, UNREACHABLE)],
)
def test_the_largest_of_spread_points_and_ranges_counts(
    spread: int, points: int, atr: float, expected: int
) -> None:
    """The average true range is 10: a quarter is 2.5, rounded up."""
    assert stop_buffer(bar(spread, 10.0), points, atr) == expected


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("risk", "multiple", "expected"),
    [
        (5, 2.0, 10),
        (5, 1.5, 8),
        (5, 1.45, 7),
        (1, 0.1, 1),
        (5, 1e300, UNREACHABLE),
        (5, math.nan, UNREACHABLE),
    ],
)
def test_the_reward_is_the_nearest_multiple_of_the_risk_and_never_nothing(
    risk: int, multiple: float, expected: int
) -> None:
    assert reward(risk, multiple) == expected


@given(twice=st.integers(-(10**12), 10**12))
def test_halves_go_up(twice: int) -> None:
    assert 2 * halved_up(twice) - twice in (0, 1)


@given(signed=st.integers(-100, 100), direction=st.sampled_from([1, -1]))
def test_a_price_that_is_asked_for_is_never_none(signed: int, direction: int) -> None:
    found = asked(signed, direction)
    assert found != 0
    assert direction * found == (signed or 1)
