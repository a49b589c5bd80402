"""From results in training to the probabilities that are worth a trade."""

import numpy as np
import pytest

from ictcli.learning.thresholds import NEVER_SHORT, fit_thresholds, results_of
from tests.learning.made import made_events


def test_equal_gains_and_losses_without_costs_break_even_at_one_half() -> None:
    events = made_events(label=[1, 0, 1, 0], long_net=[0.01, -0.01, 0.01, -0.01])
    assert fit_thresholds(events, 0.02) == pytest.approx((0.48, 0.52))


def test_costs_move_both_thresholds_outwards() -> None:
    cost = 0.002
    events = made_events(
        label=[1, 0], long_net=[0.01 - cost, -0.01 - cost], short_net=[-0.01 - cost, 0.01 - cost]
    )
    even = (0.01 + cost) / 0.02
    assert fit_thresholds(events, 0.0) == pytest.approx((1 - even, even))


def test_a_trade_that_never_earns_is_never_taken() -> None:
    events = made_events(label=[1, 0], long_net=[-0.001, -0.01], short_net=[-0.01, -0.001])
    assert fit_thresholds(events, 0.0) == (0.0, 1.0)


def test_a_rule_with_large_gains_needs_less_than_one_half() -> None:
    events = made_events(label=[1, 0], long_net=[0.03, -0.01], side=[1, 1])
    assert fit_thresholds(events, 0.05) == pytest.approx((NEVER_SHORT, 0.30))


def test_sells_are_judged_by_their_own_results() -> None:
    events = made_events(label=[1, 0], long_net=[0.0, 0.0], short_net=[0.01, -0.03], side=[-1, -1])
    assert fit_thresholds(events, 0.0) == pytest.approx((NEVER_SHORT, 0.75))


def test_results_follow_the_side_taken() -> None:
    events = made_events(label=[1, 1, 0], long_net=[0.01, 0.01, 0.01], short_net=[-0.02, -0.02, -0.02])
    assert results_of(events, np.array([1, 0, -1])).tolist() == [0.01, 0.0, -0.02]
