"""Zigzag swings (ICT.md §4.2, C29)."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.context import init_context
from ictcli.detectors.drive import collect, describe
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars
from tests.detectors.structure.readings import Rows, average_true_range, ends, random_rows

Told = Callable[..., list[dict[str, Any]]]
Story = Callable[..., list[tuple[int, str, int]]]
TENTH = {"threshold": "percent", "reversal_percent": 10.0}
UP: Rows = [(100, 100, 100, 100), (100, 109, 100, 108), (109, 110, 105, 109)]
"""The low 100 of bar 0 is retraced by 9 at bar 1 and by exactly a tenth at bar 2."""


def swings(rows: list[dict[str, Any]]) -> list[tuple[int, ...]]:
    return [
        (row["direction"], row["formed"], row["at"], row["bottom"])
        for row in rows
        if row["record"] == "confirmed"
    ]


@pytest.mark.jit_off
def test_a_retracement_of_exactly_the_threshold_confirms_the_earlier_of_equal_extremes(told: Told) -> None:
    # Bar 3 repeats the high 110 and falls 10 of the 11 needed, bar 4 falls 11.
    rows = [*UP, (109, 110, 100, 101), (101, 105, 99, 100)]
    assert swings(told("zigzag", rows, TENTH)) == [(1, 0, 2, 100), (-1, 2, 4, 110)]


@pytest.mark.jit_off
def test_a_bar_that_makes_a_new_extreme_confirms_nothing(told: Told) -> None:
    rows = [*UP, (109, 111, 60, 101), (101, 105, 99, 100)]
    # Bar 3 makes the high 111; bar 4 falls 12 from it (11.1 needed).
    assert swings(told("zigzag", rows, TENTH)) == [(1, 0, 2, 100), (-1, 3, 4, 111)]


@pytest.mark.jit_off
def test_at_the_start_a_bar_that_retraces_both_extremes_is_passed_over(told: Told) -> None:
    wide = (100, 110, 98, 100)
    inside = (100, 109, 99, 100)  # 11 above 98 (9.8 needed), 11 below 110 (11 needed)
    only_up = (100, 109, 100, 100)  # 10 below 110
    assert swings(told("zigzag", [wide, inside, inside], TENTH)) == []
    assert swings(told("zigzag", [wide, inside, only_up], TENTH)) == [(1, 0, 2, 98)]


@pytest.mark.jit_off
def test_the_average_range_is_that_through_the_bar_before(told: Told) -> None:
    # With length 2 the average is 4 through bars 1 to 3; bar 4 rises 8 from the low 10 of bar 2 = 2 x 4.
    quiet: Rows = [(14, 16, 12, 14), (14, 16, 12, 14), (12, 14, 10, 12), (12, 14, 10, 12)]
    params = {"atr_length": 2, "reversal_atr": 2.0}
    assert swings(told("zigzag", [*quiet, (12, 18, 12, 18)], params)) == [(1, 2, 4, 10)]
    assert swings(told("zigzag", [*quiet, (12, 17, 12, 17)], params)) == []
    found = told("zigzag", [*quiet, (12, 18, 12, 18)], params)
    assert found[0]["size_atr"] == 2.0


@pytest.mark.jit_off
def test_without_an_average_range_nothing_is_confirmed(build: Callable[..., Bars]) -> None:
    # Thousands of flat bars later the average has decayed to zero: then no retracement counts.
    rows = [(14, 16, 12, 14)] * 2 + [(12, 14, 10, 12)] * 2 + [(12, 18, 12, 18), (18, 18, 18, 18)]
    bars = describe(init_context(60 * 10**9, 2), build(rows))
    detector = DETECTORS["zigzag"]
    for atr in (0.0, 1.0):
        bars["atr"][5] = atr
        params = detector.params(reversal_atr=2.0)
        assert len(collect(detector, detector.init_state(params, 60 * 10**9), bars, [])) == 1
    bars["low"][5] = 16
    assert len(collect(detector, detector.init_state(params, 60 * 10**9), bars, [])) == 2


@pytest.mark.jit_off
def test_a_swing_is_swept_then_broken_and_ends(told: Told, story: Story) -> None:
    rows = [*UP, (109, 110, 99, 101), (101, 101, 98, 100), (100, 100, 90, 90), (90, 90, 80, 80)]
    # The low 100 of bar 0 is swept by bar 3 and broken by the close 90 of bar 5.
    assert story(told("zigzag", rows, TENTH), 0) == [(0, "confirmed", 2), (0, "swept", 3), (0, "broken", 5)]


def slow(rows: Rows, factor: float, percent: int, length: int = 14) -> list[tuple[Any, ...]]:
    """``percent`` 0: average true ranges."""
    atr = [0.0, *average_true_range(rows, length)]
    found: list[tuple[Any, ...]] = []
    way = 0
    high = low = None  # (price, bar)
    for i, (_, top, bottom, _) in enumerate(rows):
        if not percent and atr[i] == 0.0:
            continue

        def enough(far: int, extreme: int, i: int = i) -> bool:
            return 100 * far >= percent * abs(extreme) if percent else far >= factor * atr[i]

        higher = high is None or top > high[0]
        lower = low is None or bottom < low[0]
        if higher and way >= 0:
            high = (top, i)
        if lower and way <= 0:
            low = (bottom, i)
        assert high is not None
        assert low is not None
        down = way >= 0 and not higher and enough(high[0] - bottom, high[0])
        up = way <= 0 and not lower and enough(top - low[0], low[0])
        if down and not up:
            found.append((-1, high[1], i, high[0]))
            way, low = -1, (bottom, i)
        elif up and not down:
            found.append((1, low[1], i, low[0]))
            way, high = 1, (top, i)
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("factor", "percent"), [(1.0, 0), (3.0, 0), (0.0, 2)])
def test_zigzags_equal_the_slow_reading(
    seed: int, factor: float, percent: int, build: Callable[..., Bars], records: Told
) -> None:
    rows = random_rows(seed)
    params = {"threshold": "percent", "reversal_percent": percent} if percent else {"reversal_atr": factor}
    found = records("zigzag", build(rows), params)
    expected = slow(rows, factor, percent)
    assert swings(found) == expected
    assert len(expected) > 4
    assert [one[0] for one in expected[1:]] == [-one[0] for one in expected[:-1]]
    when = {(row["serial"], row["record"]): row["at"] for row in found}
    last: dict[int, int] = {}
    for serial, (direction, _, k, level) in enumerate(expected):
        lives = tuple(when.get((serial, name)) for name in ("swept", "broken"))
        assert lives == ends(rows, direction, level, k)
        before = last.get(direction)
        label = (
            0
            if before is None
            else 1
            if direction * level < before
            else 2
            if direction * level > before
            else 3
        )
        last[direction] = direction * level
        assert next(row["label"] for row in found if row["serial"] == serial) == label
