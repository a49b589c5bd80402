"""Turtle soup as a strategy."""

from typing import Any

import msgspec
import pytest

from ictcli.clock import NS_PER_HOUR
from ictcli.strategies.ict.turtle_soup import STRATEGY, TurtleSoupParams
from tests.strategies.drawing import NEW_YORK_2AM, bars_of, decided, negated, prices_of, told

PARAMS = TurtleSoupParams(lookback=5, min_age=3, buffer=1, buffer_atr=0.0)
ROWS = [(60, 60, low, 60) for low in (55, 50, 55, 55, 55, 47)]
"""Bar 5 trades 3 points below the low 50 of bar 1 and closes above it."""


def change(**values: object) -> TurtleSoupParams:
    return msgspec.structs.replace(PARAMS, **values)


@pytest.mark.jit_off
def test_a_failed_break_is_bought_at_the_market() -> None:
    """Stop: 47 less one point; risk 60 - 46 = 14; target 60 + 2 * 14."""
    assert told(STRATEGY, PARAMS, bars_of(ROWS)) == [(5, "enter", "armed", "a break failed")]
    own = decided(STRATEGY, PARAMS, bars_of(ROWS))[0]
    assert prices_of(own) == (1, 0, 46, 88)
    assert (own["order"], own["max_bars"], own["formed"]) == (0, 48, 5)


def test_the_mirrored_bars_are_sold() -> None:
    assert prices_of(decided(STRATEGY, PARAMS, bars_of(negated(ROWS)))[0]) == (-1, 0, -46, -88)


@pytest.mark.parametrize(
    ("params", "spread", "stop", "target"),
    [
        ({"buffer": 3}, -1, 44, 92),
        ({}, 5, 42, 96),
        ({"target_r": 0.5}, -1, 46, 67),
        ({"buffer_atr": 0.3}, -1, 45, 90),
    ],
)
def test_stop_and_target_follow_the_parameters(
    params: dict[str, Any], spread: int, stop: int, target: int
) -> None:
    """The average of 2 of the true ranges 5, 10, 5, 5, 5 is 5.3125; 0.3 of it counts as 2 points."""
    own = decided(STRATEGY, change(**params), bars_of(ROWS, spread=spread))[0]
    assert prices_of(own) == (1, 0, stop, target)


def test_with_plus_one_the_bar_after_may_fail_and_the_stop_goes_beyond_both() -> None:
    rows = [*ROWS[:5], (60, 60, 47, 49), (49, 56, 45, 55)]
    assert told(STRATEGY, PARAMS, bars_of(rows)) == []
    own = decided(STRATEGY, change(plus_one=True), bars_of(rows))[0]
    assert (own["bar"], own["formed"], *prices_of(own)) == (6, 5, 1, 0, 44, 77)


@pytest.mark.parametrize(
    ("params", "start", "skip", "reason"),
    [
        ({}, NEW_YORK_2AM + 3 * NS_PER_HOUR, -1, "outside hours"),
        ({}, NEW_YORK_2AM, 3, "bars missing inside the pattern"),
        ({"exclude_spans_gap": False}, NEW_YORK_2AM, 3, "a break failed"),
        ({"max_depth_atr": 0.5}, NEW_YORK_2AM, -1, "break too deep"),
        ({"max_depth_atr": 0.6}, NEW_YORK_2AM, -1, "a break failed"),
    ],
)
def test_a_break_that_is_passed_over_says_why(
    params: dict[str, Any], start: int, skip: int, reason: str
) -> None:
    """Depth 3; the average before bar 5 is 5.3125, of which 0.5 is 2.66 and 0.6 is 3.19."""
    bars = bars_of(ROWS, start, skip=skip)
    assert [row[3] for row in told(STRATEGY, change(**params), bars)] == [reason]
