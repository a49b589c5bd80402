"""The FVG retest set-up, rule by rule."""

import msgspec
import numpy as np
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.market.bars import Bars
from ictcli.strategies.decide import decide
from ictcli.strategies.decisions import ENTER
from ictcli.strategies.ict.fvg_retest import STRATEGY, FvgRetestParams
from tests.strategies.drawing import NEW_YORK_2AM, bars_of, decided, negated, prices_of, told

PARAMS = FvgRetestParams(left=1, right=1, atr_length=2, windows="", buffer_atr=0.0, min_size_atr=0.0)
SETUP = [
    *((100, 102, 99, 101), (101, 106, 100, 104), (104, 104, 98, 99)),
    *((99, 103, 99, 103), (103, 118, 103, 117), (117, 125, 110, 124)),  # break at 4, gap 103-110 at 5
    (124, 124, 108, 120),  # first touch, closes above the bottom
]
TAKEN = "first touch of a gap of the trend's last leg"


def change(**values: object) -> FvgRetestParams:
    return msgspec.structs.replace(PARAMS, **values)


def reason(params: FvgRetestParams, bars: Bars) -> list[tuple[int, str]]:
    return [(bar, why) for bar, _, _, why in told(STRATEGY, params, bars)]


@pytest.mark.jit_off
def test_the_first_touch_of_a_gap_of_the_breaking_leg_is_bought_at_the_market() -> None:
    """Stop: bottom 103 less one point; risk 120 - 102 = 18; target 120 + 2 * 18."""
    assert told(STRATEGY, PARAMS, bars_of(SETUP)) == [(6, "enter", "armed", TAKEN)]
    found = decided(STRATEGY, PARAMS, bars_of(SETUP))[0]
    assert prices_of(found) == (1, 0, 102, 156)
    assert (found["max_bars"], found["zone"], found["formed"], found["setup"]) == (48, 0, 4, 0)


def test_the_mirrored_bars_are_sold() -> None:
    found = decided(STRATEGY, PARAMS, bars_of(negated(SETUP)))
    assert [prices_of(one) for one in found] == [(-1, 0, -102, -156)]


def test_the_second_touch_is_no_matter() -> None:
    again = [*SETUP, (120, 125, 115, 121), (121, 122, 107, 119)]
    assert reason(PARAMS, bars_of(again)) == [(6, TAKEN)]


@pytest.mark.parametrize(
    ("hold", "close", "held"),
    [
        ("bottom", 104, True),
        ("bottom", 103, False),
        ("middle", 107, True),
        ("middle", 106, False),
        ("top", 111, True),
        ("top", 110, False),
    ],
)
def test_the_close_must_hold(hold: str, close: int, held: bool) -> None:
    bars = bars_of([*SETUP[:6], (124, 124, 103, close)])
    assert reason(change(hold=hold), bars) == [(6, TAKEN if held else "close did not hold")]


def test_small_gaps_are_passed_over() -> None:
    """The gap is 7 points, the average range before it (5 + 15) / 2 or so."""
    assert reason(change(min_size_atr=0.1), bars_of(SETUP)) == [(6, TAKEN)]
    assert reason(change(min_size_atr=3.0), bars_of(SETUP)) == [(6, "gap too small")]


def test_a_gap_with_missing_bars_inside_is_passed_over_unless_allowed() -> None:
    paused = bars_of(SETUP, skip=5)
    assert reason(PARAMS, paused) == [(6, "bars missing inside the gap")]
    assert reason(change(exclude_spans_gap=False), paused) == [(6, TAKEN)]


def test_a_gap_against_the_trend_is_passed_over() -> None:
    """Without a break of structure there is no trend yet."""
    assert reason(change(left=3, right=3), bars_of(SETUP)) == [(6, "against the trend")]


def test_only_bars_inside_the_new_york_windows_are_traded_through_the_clock_change() -> None:
    params = change(windows=FvgRetestParams().windows)
    for hour, allowed in ((0, True), (2, True), (3, False), (5, True), (9, False)):
        expected = TAKEN if allowed else "outside hours"
        assert reason(params, bars_of(SETUP, NEW_YORK_2AM + hour * NS_PER_HOUR)) == [(6, expected)], hour
    summer = 1_720_591_200 * 10**9  # 2024-07-10 06:00 UTC is 02:00 in New York
    assert reason(params, bars_of(SETUP, summer)) == [(6, TAKEN)]
    assert reason(params, bars_of(SETUP, summer - NS_PER_HOUR)) == [(6, "outside hours")]


def test_the_stop_lies_beyond_the_gap_by_the_larger_of_spread_and_buffer() -> None:
    wide = decided(STRATEGY, PARAMS, bars_of(SETUP, spread=5))[0]
    assert prices_of(wide) == (1, 0, 98, 164)
    buffered = decided(STRATEGY, change(buffer_atr=0.5), bars_of(SETUP))[0]
    assert buffered["stop"] < 98
    assert buffered["target"] == 120 + 2 * (120 - buffered["stop"])


def test_distances_that_no_price_reaches_stay_so() -> None:
    found = decided(STRATEGY, change(reward_risk=1000.0, buffer_atr=1000.0), bars_of(SETUP))[0]
    assert found["stop"] < 0 < found["target"]


def test_on_real_bars_every_entry_has_its_stop_behind_and_its_target_ahead(real_bars: Bars) -> None:
    found = decide(STRATEGY, FvgRetestParams(), real_bars, Settings(NS_PER_MINUTE))
    entries = found[found["kind"] == ENTER]
    close = real_bars.close[entries["bar"]]
    assert len(entries) > 300
    assert ((close - entries["stop"]) * entries["side"] > 0).all()
    assert ((entries["target"] - close) * entries["side"] > 0).all()
    assert (np.diff(entries["bar"]) > 0).all()
    assert len(set(entries["zone"].tolist())) == len(entries)
