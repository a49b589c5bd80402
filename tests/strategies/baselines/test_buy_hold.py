"""Buy and hold."""

import pytest

from ictcli.detectors.plan import Settings
from ictcli.strategies.baselines.buy_hold import STRATEGY, BuyHoldParams
from ictcli.strategies.decide import decide
from tests.strategies.drawing import bars_of, decided, prices_of

ROWS = [(100, 110, 90, 105), (105, 120, 100, 101), (101, 102, 50, 60)]


@pytest.mark.jit_off
def test_the_first_bar_is_bought_and_nothing_else_happens() -> None:
    """The stop: 105 less 10 % of it, 10.5, rounded up to 11."""
    found = decided(STRATEGY, BuyHoldParams(), bars_of(ROWS))
    assert [(one["bar"], one["steps"], *prices_of(one)) for one in found] == [(0, 0, 1, 0, 94, 0)]


def test_without_a_stop_none_is_asked_for() -> None:
    assert decided(STRATEGY, BuyHoldParams(stop_percent=0.0), bars_of(ROWS))[0]["stop"] == 0


def test_a_volume_can_be_asked_for() -> None:
    assert decided(STRATEGY, BuyHoldParams(steps=7), bars_of(ROWS))[0]["steps"] == 7


def test_no_bars_are_not_bought() -> None:
    assert len(decide(STRATEGY, BuyHoldParams(), bars_of([]), Settings(60))) == 0
