"""Trend scanning: the vector, ordinary regressions, straight lines and ties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import UsageError
from ictcli.learning.labels.trend_scan import PERFECT, t_value, trend_scan, trends
from ictcli.market.bars import Bars
from tests.learning.labels.bars import closes_only, same_but_weight, walks

X = np.array([0.0, 1.0, 2.0, 3.0, 2.5, 2.0, 1.5, 1.0])


@pytest.mark.parametrize(("length", "expected"), [(5, 4.0415), (6, 2.3706), (7, 1.4471), (8, 0.7006)])
def test_the_published_t_values(length: int, expected: float) -> None:
    assert t_value(X, 0, length) == pytest.approx(expected, abs=5e-5)


def test_the_published_choice() -> None:
    bars = closes_only(100, *(100 + 2 * X).astype(int).tolist())
    chosen, found = trends(bars, np.zeros(1, np.int64), [5, 6, 7, 8])
    assert (chosen.tolist(), found[0]) == ([5], pytest.approx(4.0415, abs=5e-5))
    events = trend_scan(bars, np.zeros(1, np.int64), [8, 5, 6, 7], np.zeros(9)).events
    assert (events.label.tolist(), events.end.tolist()) == ([1], [8])
    assert events.long_net[0] == pytest.approx(2 / 100)


@given(walks(), st.integers(3, 20))
def test_t_values_are_those_of_an_ordinary_regression(bars: Bars, length: int) -> None:
    values = bars.close[1 : length + 1].astype(float)
    design = np.stack([np.arange(length), np.ones(length)], axis=1)
    slope, level = np.linalg.lstsq(design, values)[0]
    residuals = values - slope * design[:, 0] - level
    variance = (residuals**2).sum() / (length - 2) * np.linalg.inv(design.T @ design)[0, 0]
    if variance > 1e-9:
        assert t_value(bars.close, 1, length) == pytest.approx(slope / np.sqrt(variance), rel=1e-6, abs=1e-9)


def test_a_straight_line_is_as_clear_as_can_be_and_the_shortest_wins() -> None:
    up, down = closes_only(*range(100, 120)), closes_only(*range(120, 100, -1))
    assert [part.tolist() for part in trends(up, np.array([3]), [4, 6, 9])] == [[4], [PERFECT]]
    assert [part.tolist() for part in trends(down, np.array([3]), [4, 6, 9])] == [[4], [-PERFECT]]


def test_no_trend_and_no_future_are_dropped_and_counted() -> None:
    bars = closes_only(*[100] * 8, 101, 102, 104)
    labelled = trend_scan(bars, np.arange(11), [3, 4], np.zeros(11))
    assert labelled.dropped == {"horizon beyond the last bar": 4, "no trend": 4}
    assert labelled.events.start.tolist() == [4, 5, 6]
    assert labelled.rule == {"rule": "trend scan", "lengths": [3, 4]}


@given(walks(least=40), st.integers(1, 15))
def test_later_bars_change_no_event(bars: Bars, cut: int) -> None:
    n, lengths = len(bars) - cut, [4, 7, 9]
    early = trend_scan(bars.slice(0, n), np.arange(n), lengths, np.zeros(n)).events
    late = trend_scan(bars, np.arange(n), lengths, np.zeros(len(bars))).events
    same_but_weight(early, late.take(late.end < n))


@pytest.mark.parametrize("lengths", [[], [2], [5, 1]])
def test_impossible_lengths_are_usage_errors(lengths: list[int]) -> None:
    with pytest.raises(UsageError, match="not possible"):
        trend_scan(closes_only(*range(100, 120)), np.arange(3), lengths, np.zeros(20))
