"""Volatility spikes: vector V7, the scales, silence and rearming, and a slow reading."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.detectors.base.events import SPANS_GAP
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]

VECTOR = next(
    vector
    for vector in json.loads((Path(__file__).parents[1] / "ict_vectors.json").read_text(encoding="utf-8"))[
        "vectors"
    ]
    if vector["id"] == "V7_vol_spike"
)
FACTOR = 10**12
"""Closes with so many points that returns survive the rounding."""


def closes(build: Build, prices: list[int]) -> Bars:
    return build([(price, price, price, price) for price in prices])


def from_returns(build: Build, returns: list[float]) -> Bars:
    levels = [FACTOR]
    for value in returns:
        levels.append(round(levels[-1] * math.exp(value)) if value else levels[-1])
    return closes(build, levels)


def log(records: Records, bars: Bars, **params: Any) -> list[tuple[str, int, int, float]]:
    found = records("volatility_spike", bars, params)
    return [(row["record"], row["at"], row["direction"], row["ratio"][2]) for row in found]


@pytest.mark.jit_off
def test_reproduces_the_vector_with_its_masked_spike_and_its_zero_sigma(
    build: Build, records: Records
) -> None:
    """Return k is known at bar k + 1; a low threshold shows the z of every bar that has one."""
    bars = from_returns(build, VECTOR["returns"])
    expected = VECTOR["expect"]["volspike"]
    alerts = [row for row in log(records, bars, length=4, threshold_sigma=2.0) if row[0] == "confirmed"]
    assert [row[1] - 1 for row in alerts] == [at for at, (_, alert) in enumerate(expected) if alert]
    shown = {
        row[1] - 1: row[2] * row[3]
        for row in log(records, bars, length=4, threshold_sigma=0.001)
        if row[0] == "confirmed"
    }
    assert shown == pytest.approx({at: z for at, (z, _) in enumerate(expected) if z}, abs=5e-5)


def test_sigma_is_the_sample_deviation_of_the_returns_before(build: Build, records: Records) -> None:
    """Returns .01, -.01, .01, -.01 have a mean of 0 and a sum of squares of .0004: sigma is sqrt(.0004/3)."""
    event = records(
        "volatility_spike", from_returns(build, [0.01, -0.01, 0.01, -0.01, 0.025]), {"length": 4}
    )[0]
    assert event["ratio"] == pytest.approx(
        [0.025, math.sqrt(0.0004 / 3), 0.025 / math.sqrt(0.0004 / 3)], rel=1e-9
    )
    assert (event["formed"], event["direction"]) == (5, 1)


def test_the_threshold_includes_equality(build: Build, records: Records) -> None:
    """Closes 8, 8, 16, 8, 16 give returns 0, a, -a, a with a = ln 2: an exact z at the last bar."""
    bars = closes(build, [8, 8, 16, 8, 16])
    value = math.log(2.0)
    mean = (0.0 + value - value) / 3
    sigma = math.sqrt(((0.0 - mean) ** 2 + (value - mean) ** 2 + (-value - mean) ** 2) / 2)
    at_edge = abs(value / sigma)
    assert len(log(records, bars, length=3, threshold_sigma=at_edge)) == 1
    assert log(records, bars, length=3, threshold_sigma=at_edge + 1e-9) == []


def test_a_window_of_equal_returns_or_too_few_has_no_sigma(build: Build, records: Records) -> None:
    """Doubling closes have equal returns; only the last bar has a window of unequal ones."""
    bars = closes(build, [1, 2, 4, 8, 1024, 2**30])
    assert [row[1] for row in log(records, bars, length=3, threshold_sigma=0.1)] == [5]
    assert log(records, bars.slice(2, 6), length=3, threshold_sigma=0.1) == []


@pytest.mark.parametrize(("rearm", "again"), [(0.5, 6), (0.2, 7)])
def test_after_an_alert_the_next_needs_a_calm_bar(
    build: Build, records: Records, rearm: float, again: int
) -> None:
    """Window of 2 before each bar; alert at bar 3. z of the bars 4, 5, 6 by hand from returns below.

    Returns a = .01: 1, -1, 4, 9, 1, ... bar 3 (4): sigma of (1, -1) is 1.414, z 2.83. Bar 4 (9): sigma of
    (-1, 4) is 3.54, z 2.55: silent. Bar 5 (1): sigma of (4, 9) is 3.54, z 0.28: calm for 0.5, not for 0.2.
    Bar 6 (20): sigma of (9, 1) is 5.66, z 3.54. Bar 7 (0): z 0. Bar 8 (60): sigma of (20, 0) is 14.1, z 4.24.
    """
    returns = [0.01, -0.01, 0.04, 0.09, 0.01, 0.2, 0.0, 0.6]
    rows = log(records, from_returns(build, returns), length=2, threshold_sigma=2.5, rearm_sigma=rearm)
    if again == 6:
        expected = [("confirmed", 3), ("rearmed", 5), ("confirmed", 6), ("rearmed", 7), ("confirmed", 8)]
    else:
        expected = [("confirmed", 3), ("rearmed", 7), ("confirmed", 8)]
    assert [row[:2] for row in rows] == expected


@pytest.mark.parametrize(
    ("cooldown", "alerts"), [(0, [3, 4, 6, 8]), (1, [3, 6, 8]), (2, [3, 6]), (3, [3, 8])]
)
def test_the_cooldown_counts_bars_after_the_alert(
    build: Build, records: Records, cooldown: int, alerts: list[int]
) -> None:
    returns = [0.01, -0.01, 0.04, 0.09, 0.01, 0.2, 0.0, 0.6]
    rows = log(records, from_returns(build, returns), length=2, threshold_sigma=2.5, cooldown=cooldown)
    assert [row[1] for row in rows if row[0] == "confirmed"] == alerts
    assert [row[1] for row in rows if row[0] == "rearmed"] == [
        at + cooldown + 1 for at in alerts if at + cooldown < 8
    ]


def test_mad_ignores_one_spike_and_ewma_weighs_the_latest(build: Build, records: Records) -> None:
    """Window 1, -1, 3, -2, 50 (percent): median 1; distances 0, 2, 2, 3, 49: 1.4826 * 2 = 2.9652."""
    window = [0.01, -0.01, 0.03, -0.02, 0.5]
    bars = from_returns(build, [*window, 0.1])
    mad = records("volatility_spike", bars, {"length": 5, "scale": "mad"})
    assert mad[-1]["ratio"][1] == pytest.approx(0.029652, rel=1e-9)
    ewma = records("volatility_spike", bars, {"length": 5, "scale": "ewma", "threshold_sigma": 0.01})
    weights = [0.94**age for age in range(5, 0, -1)]
    square = sum(w * x * x for w, x in zip(weights, window, strict=True)) / sum(weights)
    assert ewma[-1]["ratio"][1] == pytest.approx(math.sqrt(square), rel=1e-9)


def test_the_mad_of_mostly_equal_returns_is_no_sigma(build: Build, records: Records) -> None:
    bars = closes(build, [8, 8, 8, 8, 16, 800])
    assert log(records, bars, length=4, scale="mad", threshold_sigma=0.1) == []
    assert len(log(records, bars, length=4, threshold_sigma=0.1)) == 1


def test_the_median_of_four_is_between_the_middle_two(build: Build, records: Records) -> None:
    event = records(
        "volatility_spike",
        from_returns(build, [0.01, -0.01, 0.03, -0.02, 0.5]),
        {"length": 4, "scale": "mad"},
    )[0]
    assert event["ratio"][1] == pytest.approx(1.4826 * 0.015, rel=1e-9)


def test_a_change_of_sign_starts_the_window_anew(build: Build, records: Records) -> None:
    bars = closes(build, [8, 16, 8, -8, -16, -8, -16, -160])
    assert [row[:3] for row in log(records, bars, length=3, threshold_sigma=2)] == [("confirmed", 7, -1)]
    assert log(records, bars.slice(4, 8), length=3, threshold_sigma=2) == []


def test_equal_returns_have_no_sigma_even_where_their_mean_is_rounded(build: Build, records: Records) -> None:
    """5 returns of ln 7, whose computed mean is not ln 7: without C9 sigma would be near 1e-16."""
    prices = [7**power for power in range(6)]
    assert log(records, closes(build, [*prices, prices[-1] * 2]), length=5) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_price_of_zero_starts_the_window_anew(build: Build, records: Records, sign: int) -> None:
    """The window before bar 7 holds the returns of bars 4, 5 and 6."""
    bars = closes(build, [sign * price for price in (8, 16, 0, 8, 16, 8, 16, 160)])
    assert [row[:3] for row in log(records, bars, length=3, threshold_sigma=2)] == [("confirmed", 7, sign)]


def test_a_pause_before_the_bar_marks_the_alert(build: Build, records: Records) -> None:
    prices = [(price, price, price, price) for price in (8, 16, 8, 800)]
    found = records("volatility_spike", build(prices, [0, 1, 2, 9]), {"length": 2})
    assert [row["marks"] for row in found] == [SPANS_GAP]
    found = records("volatility_spike", build(prices, [0, 1, 9, 10]), {"length": 2})
    assert [row["marks"] for row in found] == [0]


@pytest.mark.parametrize("length", [5, 20])
def test_alerts_equal_the_slow_reading(walk: Bars, records: Records, length: int) -> None:
    returns = np.diff(np.log(walk.close.astype(np.float64)))
    slow = []
    for i in range(length, len(returns)):
        sigma = float(np.std(returns[i - length : i], ddof=1))
        if np.ptp(returns[i - length : i]) > 0 and abs(returns[i]) >= 2 * sigma:
            slow.append((i + 1, int(np.sign(returns[i])), round(abs(float(returns[i])) / sigma, 6)))
    found = records("volatility_spike", walk, {"length": length})
    fast = [
        (row["at"], row["direction"], round(row["ratio"][2], 6))
        for row in found
        if row["record"] == "confirmed"
    ]
    assert fast == slow
    assert len(slow) > 5


def test_a_bar_exactly_at_the_calm_share_is_not_calm(build: Build, records: Records) -> None:
    """Returns a, -a, 4a, a with a = ln 2: alert at bar 3, then a window of (-a, 4a) and a return of a."""
    bars = closes(build, [8, 16, 8, 128, 256])
    value = math.log(2.0)
    mean = (-value + 4 * value) / 2
    sigma = math.sqrt((-value - mean) ** 2 + (4 * value - mean) ** 2)
    at_edge = value / sigma
    assert at_edge * sigma == value
    params = {"length": 2, "threshold_sigma": 2.5, "cooldown": 0}
    assert [row[0] for row in log(records, bars, **params, rearm_sigma=at_edge)] == ["confirmed"]
    calm = log(records, bars, **params, rearm_sigma=at_edge + 1e-9)
    assert [row[:2] for row in calm] == [("confirmed", 3), ("rearmed", 4)]
