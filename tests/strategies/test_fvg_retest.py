"""The FVG retest setup: its rules one by one, and its causality."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.context import init_context
from ictcli.detectors.base.events import EVENT, MOST_PER_BAR
from ictcli.detectors.drive import describe
from ictcli.errors import ConfigError, DataError, UsageError
from ictcli.market.bars import Bars, make_bars
from ictcli.strategies.fvg_retest import SIGNAL, STATE, FvgRetestParams, init_state, run, step
from ictcli.strategies.registry import STRATEGIES, configured, find_strategy
from ictcli.strategies.signals import Signals

PARAMS = FvgRetestParams(left=1, right=1, atr_length=2, windows="", buffer_atr=0.0, min_size_atr=0.0)
LIMITS: dict[str, tuple[float, float]] = {
    "left": (1, 500),
    "right": (1, 500),
    "atr_length": (2, 500),
    "max_active": (1, 128),
    "min_size_atr": (0, 1000),
    "buffer_atr": (0, 1000),
    "reward_risk": (0.001, 1000),
    "max_bars": (0, 1_000_000),
}
NEW_YORK_2AM = 1_704_265_200 * 10**9  # 2024-01-03 07:00 UTC, winter
SETUP = [
    *((100, 102, 99, 101), (101, 106, 100, 104), (104, 104, 98, 99)),
    *((99, 103, 99, 103), (103, 118, 103, 117), (117, 125, 110, 124)),  # break at 4, gap 103-110 at 5
    (124, 124, 108, 120),  # first touch, closes above the bottom
]


def bars_of(rows: Sequence[Sequence[int]], start: int = NEW_YORK_2AM, skip: int = -1) -> Bars:
    prices = np.array(rows, np.int64).reshape(-1, 4)
    minutes = np.arange(len(rows)) + np.where((np.arange(len(rows)) >= skip) & (skip >= 0), 30, 0)
    ts = start + minutes.astype(np.int64) * NS_PER_MINUTE
    opens, highs, lows, closes = (np.ascontiguousarray(prices[:, at]) for at in range(4))
    return make_bars(2, ts, ts + NS_PER_MINUTE, (opens, highs, lows, closes))


def random_bars(seed: int, count: int) -> Bars:
    rng = np.random.default_rng(seed)
    closes = 10_000 + np.cumsum(rng.integers(-15, 16, count))
    opens = np.append(10_000, closes[:-1])
    highs = np.maximum(opens, closes) + rng.integers(0, 4, count)
    lows = np.minimum(opens, closes) - rng.integers(0, 4, count)
    return bars_of(np.column_stack([opens, highs, lows, closes]).tolist())


def rows(signals: Signals) -> list[tuple[int, ...]]:
    names = ("bar", "side", "stop", "target", "max_bars", "zone")
    return list(zip(*(getattr(signals, name).tolist() for name in names), strict=True))


def change(params: FvgRetestParams, **values: object) -> FvgRetestParams:
    return msgspec.structs.replace(params, **values)


@pytest.mark.jit_off
def test_the_first_touch_of_a_gap_of_the_breaking_leg_is_bought() -> None:
    assert rows(run(bars_of(SETUP), PARAMS)) == [(6, 1, 102, 156, 48, 0)]


@pytest.mark.jit_off
def test_the_mirrored_bars_are_sold() -> None:
    mirrored = [(-o, -low, -high, -c) for o, high, low, c in SETUP]
    assert rows(run(bars_of(mirrored), PARAMS)) == [(6, -1, -102, -156, 48, 0)]


def test_the_second_touch_gives_nothing() -> None:
    again = [*SETUP, (120, 125, 115, 121), (121, 122, 107, 119)]
    assert len(run(bars_of(again), PARAMS)) == 1


@pytest.mark.parametrize(
    ("values", "close", "expected"),
    [
        ({"hold": "bottom"}, 104, 1),
        ({"hold": "bottom"}, 103, 0),
        ({"hold": "middle"}, 107, 1),
        ({"hold": "middle"}, 106, 0),
        ({"hold": "top"}, 111, 1),
        ({"hold": "top"}, 110, 0),
    ],
)
def test_the_close_must_hold(values: dict[str, str], close: int, expected: int) -> None:
    touch = (124, 124, 103, close)
    assert len(run(bars_of([*SETUP[:6], touch]), change(PARAMS, **values))) == expected


def test_small_gaps_are_left_out() -> None:
    ranges = 15.0  # of the bars before the gap
    assert len(run(bars_of(SETUP), change(PARAMS, min_size_atr=0.5))) == 1
    assert len(run(bars_of(SETUP), change(PARAMS, min_size_atr=7.5 / ranges * 2))) == 0


@pytest.mark.jit_off
def test_a_gap_with_missing_bars_inside_is_left_out_unless_allowed() -> None:
    paused = bars_of(SETUP, skip=5)
    assert len(run(paused, PARAMS)) == 0
    assert len(run(paused, change(PARAMS, exclude_spans_gap=False))) == 1


def test_a_gap_against_the_trend_is_left_out() -> None:
    down = [*SETUP[:5], (117, 118, 117, 117), (117, 117, 90, 91), (91, 92, 88, 90), (90, 118, 90, 100)]
    assert all(side > 0 for side in run(bars_of(down[:7]), PARAMS).side.tolist())
    assert not len(run(bars_of(down[:4]), PARAMS))


def test_the_stop_lies_beyond_the_gap_by_the_larger_of_spread_and_buffer() -> None:
    bars = bars_of(SETUP)
    wide = replace(bars, spread=np.full(len(bars), 5, np.int32))
    assert rows(run(wide, PARAMS))[0][2] == 103 - 5
    buffered = rows(run(bars, change(PARAMS, buffer_atr=0.5)))[0]
    assert buffered[2] < 103 - 5
    stop_distance = 120 - buffered[2]
    assert buffered[3] == 120 + 2 * stop_distance


def test_only_bars_inside_the_new_york_windows_give_signals() -> None:
    default = FvgRetestParams().windows
    for hour, expected in ((0, 1), (2, 1), (3, 0), (5, 1), (9, 0)):
        shifted = bars_of(SETUP, NEW_YORK_2AM + hour * NS_PER_HOUR)
        assert len(run(shifted, change(PARAMS, windows=default))) == expected, hour


def test_windows_follow_new_york_through_the_clock_change() -> None:
    summer = 1_720_591_200 * 10**9  # 2024-07-10 06:00 UTC is 02:00 in New York
    default = FvgRetestParams().windows
    assert len(run(bars_of(SETUP, summer), change(PARAMS, windows=default))) == 1
    assert len(run(bars_of(SETUP, summer - NS_PER_HOUR), change(PARAMS, windows=default))) == 0


@pytest.mark.parametrize(
    "values", [{"reward_risk": 1e300}, {"reward_risk": math.inf}, {"buffer_atr": math.inf}]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_distance_beyond_all_prices_is_never_a_short_one(values: dict[str, float], sign: int) -> None:
    """Such parameters are refused before; the kernel must hold on its own, too."""
    rows = [
        (sign * o, sign * (h if sign > 0 else low), sign * (low if sign > 0 else h), sign * c)
        for o, h, low, c in SETUP
    ]
    signals = run(bars_of(rows), change(PARAMS, **values))
    assert len(signals) == 1
    assert abs(int(signals.target[0])) >= 2**60 - 1000
    assert int(signals.target[0]) * sign > 0


@pytest.mark.parametrize("name", list(LIMITS))
def test_parameters_end_at_their_documented_limits(name: str) -> None:
    low, high = LIMITS[name]
    strategy = STRATEGIES["fvg_retest"]
    for value in (low, high):
        assert getattr(configured(strategy, {name: value}), name) == value
    for value in (low - 0.001, high + 1, -1, math.inf, math.nan, 10**19, 10**400):
        with pytest.raises(
            ConfigError, match=rf"^strategies\.fvg_retest\.{name} must be a .*number from {low} to {high}"
        ):
            configured(strategy, {name: value})


def test_the_page_shows_every_parameter_with_its_default_and_limits() -> None:
    page = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
    rows = {cells[1].strip(" `"): cells for line in page.splitlines() if (cells := line.split("|"))[1:]}
    for field in msgspec.structs.fields(FvgRetestParams):
        assert rows[field.name][2].strip() == ("true" if field.default is True else str(field.default))
        low_high = " to ".join(str(limit) for limit in LIMITS[field.name]) if field.name in LIMITS else ""
        assert rows[field.name][3].strip() == low_high


@given(seed=st.integers(0, 10_000), known=st.integers(0, 300))
def test_a_longer_run_starts_with_the_same_signals(seed: int, known: int) -> None:
    bars = random_bars(seed, 300)
    full = rows(run(bars, PARAMS))
    assert rows(run(bars.slice(0, known), PARAMS)) == [row for row in full if row[0] < known]


@given(seed=st.integers(0, 10_000), restart=st.integers(0, 300))
def test_one_bar_at_a_time_with_a_restart_gives_the_signals_of_the_batch(seed: int, restart: int) -> None:
    bars = random_bars(seed, 300)
    state = init_state(PARAMS, NS_PER_MINUTE)
    described = describe(init_context(NS_PER_MINUTE, PARAMS.atr_length), bars)
    scratch, signals, count = np.zeros(2 * MOST_PER_BAR, EVENT), np.zeros(len(bars), SIGNAL), 0
    for at in range(len(bars)):
        if at == restart:
            state = np.frombuffer(bytearray(state.tobytes()), STATE)
        count = step(state[0], scratch, signals, count, described[at], 1)
    batch = run(bars, PARAMS)
    for name in ("bar", "side", "stop", "target", "zone"):
        assert signals[name][:count].tolist() == getattr(batch, name).tolist()


@given(seed=st.integers(0, 10_000))
def test_negated_bars_give_opposite_signals_with_stops_and_targets_in_place(seed: int) -> None:
    bars = random_bars(seed, 300)
    mirrored = replace(bars, open=-bars.open, high=-bars.low, low=-bars.high, close=-bars.close)
    expected = [(row[0], -row[1], -row[2], -row[3]) for row in rows(run(bars, PARAMS))]
    assert [row[:4] for row in rows(run(mirrored, PARAMS))] == expected


def test_every_signal_has_its_stop_behind_and_its_target_ahead_of_the_close() -> None:
    bars = random_bars(1, 3000)
    signals = run(bars, PARAMS)
    close = bars.close[signals.bar]
    assert len(signals) > 20
    assert ((close - signals.stop) * signals.side > 0).all()
    assert ((signals.target - close) * signals.side > 0).all()
    assert (np.diff(signals.bar) > 0).all()
    assert len(set(signals.zone.tolist())) == len(signals)


def test_no_bars_give_no_signals() -> None:
    assert len(run(bars_of([]), PARAMS)) == 0


def test_unsound_bars_are_refused() -> None:
    with pytest.raises(DataError, match="row 1"):
        run(bars_of([(1, 2, 0, 1), (5, 4, 3, 4)]), PARAMS)


def test_strategies_are_found_by_name_with_a_suggestion_for_typos() -> None:
    assert find_strategy("fvg_retest") is STRATEGIES["fvg_retest"]
    with pytest.raises(UsageError) as refused:
        find_strategy("fvg_retets")
    assert "Did you mean fvg_retest?" in refused.value.hint


def test_config_values_become_parameters() -> None:
    params = configured(STRATEGIES["fvg_retest"], {"hold": "top", "max_bars": 12})
    assert params == FvgRetestParams(hold="top", max_bars=12)


@pytest.mark.parametrize(
    ("values", "words"), [({"reward_risc": 2.0}, "reward_risc"), ({"reward_risk": -1.0}, "reward_risk")]
)
def test_wrong_config_values_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        configured(STRATEGIES["fvg_retest"], values)
