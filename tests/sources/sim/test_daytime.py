from typing import get_args

import numpy as np
import pytest

from ictcli.sources.sim.daytime import (
    NEWS_SLOTS,
    Rhythm,
    news_by_minute,
    spread_by_minute,
    volatility_by_minute,
)


@pytest.mark.parametrize("rhythm", get_args(Rhythm))
def test_a_rhythm_has_mean_square_one_and_no_dead_minute(rhythm: Rhythm) -> None:
    shape = volatility_by_minute(rhythm)
    assert shape.shape == (1440,)
    assert (shape**2).mean() == pytest.approx(1)
    assert shape.min() > 0.2


def test_europe_wakes_in_london_peaks_in_new_york_and_sleeps_after_the_roll() -> None:
    shape = volatility_by_minute("europe")
    london, new_york, evening = shape[3 * 60 + 15], shape[10 * 60 + 15], shape[17 * 60 + 15]
    assert new_york > london > 1 > evening


def test_indices_jump_at_the_cash_open() -> None:
    shape = volatility_by_minute("index")
    assert shape[9 * 60 + 30] > 2 * shape[9 * 60 + 29]


def test_spreads_peak_at_the_roll_and_never_fall_below_the_typical() -> None:
    multiple = spread_by_minute()
    assert int(multiple.argmax()) == 17 * 60
    assert multiple.max() > 5
    assert multiple.min() == 1.0


def test_news_is_due_at_the_listed_minutes_only() -> None:
    slots = news_by_minute()
    assert np.flatnonzero(slots >= 0).tolist() == sorted(minute for minute, *_ in NEWS_SLOTS)
    assert NEWS_SLOTS[slots[8 * 60 + 30]][0] == 8 * 60 + 30
