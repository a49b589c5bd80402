"""What is heard is bounded before it is told, and what has no direction is not heard."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED, EVENT
from ictcli.detectors.liquidity.penetration import RUN, SWEEP
from ictcli.detectors.structure.structure import AMBIGUOUS, BOS
from ictcli.features.facts import FACTS
from ictcli.features.feature import Feature
from ictcli.features.ict import blocks, breaks, gaps, inside, sweeps, trend

pytestmark = pytest.mark.jit_off


def events(count: int, **fields: Any) -> NDArray[np.void]:
    """Confirmed records, one a bar from bar 0 on, with a serial number each."""
    found = np.zeros(count, EVENT)
    found["record"] = CONFIRMED
    found["direction"] = 1
    found["serial"] = found["at"] = found["confirmed"] = np.arange(count)
    for name, value in fields.items():
        found[name] = value
    return found


def last_row(feature: Feature, facts: NDArray[np.void], *feeds: NDArray[np.void]) -> dict[str, float]:
    """The last row of a feature over bars that are told as facts."""
    rows = np.full((len(facts), feature.width), np.nan)
    feature.run(feature.init_state(feature.params(), 1), rows, 0, facts, *feeds)
    return dict(zip((column.name for column in feature.columns), rows[-1].tolist(), strict=True))


def bars(count: int, **fields: Any) -> NDArray[np.void]:
    found = np.zeros(count, FACTS)
    found["bar"] = np.arange(count)
    for name, value in fields.items():
        found[name] = value
    return found


def test_breaks_in_a_row_and_their_distance_are_bounded() -> None:
    row = last_row(breaks.FEATURE, bars(25), events(25, label=BOS, direction=-1, size_atr=50.0))
    assert (row["bos_run"], row["break_dist"]) == (-20.0, -10.0)


def test_a_break_both_ways_is_none() -> None:
    both = events(3, label=[BOS, BOS, AMBIGUOUS], direction=[1, 1, 0], size_atr=[1.0, 1.0, 9.0])
    row = last_row(breaks.FEATURE, bars(3), both)
    assert (row["bos_age"], row["break_dist"], row["bos_run"]) == (math.log1p(1), 1.0, 2.0)
    assert last_row(trend.FEATURE, bars(3), both, both)["trend_internal"] == 1.0


def test_sweeps_of_unknown_or_endless_depth_are_bounded_and_runs_are_none() -> None:
    depths = np.zeros((3, 3))
    depths[:, 0] = (np.nan, 40.0, 3.0)
    found = events(3, label=[SWEEP, SWEEP, RUN], direction=[1, -1, -1], ratio=depths)
    row = last_row(sweeps.FEATURE, bars(3), found)
    assert (row["ssl_sweep_depth"], row["ssl_sweep_age"]) == (0.0, math.log1p(2))
    assert (row["bsl_sweep_depth"], row["bsl_sweep_age"]) == (10.0, math.log1p(1))
    assert row["sweep_balance"] == 0.0
    many = last_row(sweeps.FEATURE, bars(30), events(30, label=SWEEP))
    assert many["sweep_balance"] == 10.0


def test_no_more_than_ten_gaps_are_counted_and_their_size_is_bounded() -> None:
    many = events(15, bottom=80, top=90, size_atr=25.0)
    row = last_row(gaps.FEATURE, bars(15, low=95.0, high=100.0, close=100.0, atr=10.0), many)
    assert (row["fvg_bull_near"], row["fvg_bull_size"], row["fvg_bull_dist"]) == (10.0, 10.0, 1.0)
    assert row["fvg_balance"] == 10.0


def test_a_gap_exactly_three_average_ranges_away_is_counted() -> None:
    some = events(2, bottom=[60, 60], top=[70, 69], size_atr=1.0)
    row = last_row(gaps.FEATURE, bars(2, low=95.0, high=100.0, close=100.0, atr=10.0), some)
    assert (row["fvg_bull_near"], row["fvg_bull_dist"]) == (1.0, 3.0)


def test_touches_are_bounded_and_need_a_bar_that_left() -> None:
    lows = np.where(np.arange(60) % 2 == 1, 90.0, 95.0)
    row = last_row(
        blocks.FEATURE, bars(60, low=lows, high=100.0, close=100.0, atr=10.0), events(1, bottom=80, top=90)
    )
    assert row["ob_bull_touches"] == math.log1p(20)
    staying = bars(60, low=90.0, high=100.0, close=100.0, atr=10.0)
    assert last_row(blocks.FEATURE, staying, events(1, bottom=80, top=90))["ob_bull_touches"] == math.log1p(1)


def test_the_higher_of_two_gaps_is_the_nearest_and_of_equal_ones_the_newest() -> None:
    some = events(3, bottom=[70, 80, 85], top=[90, 91, 91], size_atr=[1.0, 2.0, 3.0])
    row = last_row(gaps.FEATURE, bars(3, low=95.0, high=100.0, close=100.0, atr=10.0), some)
    assert (row["fvg_bull_dist"], row["fvg_bull_size"]) == (0.9, 3.0)


def test_a_close_on_the_near_edge_stands_in_the_zone() -> None:
    bull, bear, none = events(1, bottom=90, top=100), events(1, bottom=100, top=110, direction=-1), events(0)
    row = last_row(inside.FEATURE, bars(1, close=100.0), bull, bear, none)
    assert row == {"in_ifvg": 1.0, "in_bpr": -1.0, "in_breaker": 0.0}
    beside = [last_row(inside.FEATURE, bars(1, close=close), bull, bear, none) for close in (101.0, 99.0)]
    assert [(row["in_ifvg"], row["in_bpr"]) for row in beside] == [(0.0, -1.0), (1.0, 0.0)]
