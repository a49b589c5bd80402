"""Labels after a fixed number of bars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import UsageError
from ictcli.learning.labels.fixed_horizon import fixed_horizon
from ictcli.market.bars import Bars
from tests.learning.labels.bars import bars_of, closes_only, same_but_weight, walk, walks


def test_the_trade_goes_from_the_next_open_to_the_close_after_the_horizon() -> None:
    rows = [(100, 100, 100, 100), (200, 220, 190, 210), (215, 230, 180, 190), (190, 260, 190, 250)]
    events = fixed_horizon(bars_of(rows), np.array([0, 1]), 2, np.array([0.0, 0.01, 0.02, 0.0])).events
    assert (events.start.tolist(), events.end.tolist(), events.label.tolist()) == ([0, 1], [2, 3], [0, 1])
    assert events.long_net == pytest.approx([-10 / 200 - 0.01, 35 / 215 - 0.02])
    assert events.short_net == pytest.approx([10 / 200 - 0.01, -35 / 215 - 0.02])
    assert (events.cost.tolist(), events.risk.tolist(), events.outcome.tolist()) == (
        [0.01, 0.02],
        [1, 1],
        [0, 0],
    )
    assert not events.has_side


def test_unresolved_and_unchanged_decisions_are_dropped_and_counted() -> None:
    labelled = fixed_horizon(closes_only(100, 101, 100, 102, 103), np.arange(5), 2, np.zeros(5))
    assert labelled.events.start.tolist() == [1, 2]
    assert labelled.dropped == {"horizon beyond the last bar": 2, "unchanged at the horizon": 1}
    assert labelled.rule == {"rule": "fixed horizon", "horizon": 2}


@given(walks(), st.integers(1, 10), st.integers(1, 15))
def test_later_bars_change_no_event(bars: Bars, horizon: int, cut: int) -> None:
    n = len(bars) - cut
    early = fixed_horizon(bars.slice(0, n), np.arange(n), horizon, np.zeros(n)).events
    late = fixed_horizon(bars, np.arange(n), horizon, np.zeros(len(bars))).events
    same_but_weight(early, late.take(late.end < n))


def test_decisions_on_every_bar_weigh_one_in_horizon() -> None:
    events = fixed_horizon(walk(2, 200), np.arange(200), 10, np.zeros(200)).events
    assert events.weight.sum() == pytest.approx(19, abs=2)


def test_a_horizon_below_one_bar_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="horizon of 0 bars"):
        fixed_horizon(walk(1, 30), np.arange(5), 0, np.zeros(30))
