"""Impulses: both thresholds at their edge, one report per run, and a slow reading."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.events import SPANS_GAP
from ictcli.market.bars import Bars
from tests.detectors.test_reference import average_true_range, true_range

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]

CALM = [(100, 102, 98, 100)] * 3
"""Three ranges of 4: an average of 4 from bar 2 on with atr_length 2 or 3."""
ATR = {"atr_length": 2}


def found(build: Build, records: Records, rows: list[Any], **params: Any) -> list[Any]:
    events = records("impulse", build(rows), {**ATR, **params})
    return [(row["formed"], row["at"], row["direction"], row["bottom"], row["top"]) for row in events]


@pytest.mark.jit_off
def test_a_net_move_of_k_averages_times_the_root_of_its_bars_is_an_impulse(
    build: Build, records: Records
) -> None:
    """Four bars, root 2, average 4 through bar 2: with range_atr 1.5 the move must reach 12 points.

    Each rises 3 from its open (the last close) without wicks: net 12 of a path of 12.
    """
    rise = [(100 + 3 * i, 103 + 3 * i, 100 + 3 * i, 103 + 3 * i) for i in range(4)]
    rows = [*CALM, *rise]
    assert found(build, records, rows, length=4) == [(3, 6, 1, 100, 112)]
    assert found(build, records, rows, length=4, range_atr=1.51) == []
    mirrored = [(-o, -low, -high, -c) for o, high, low, c in rows]
    assert found(build, records, mirrored, length=4) == [(3, 6, -1, -112, -100)]
    event = records("impulse", build(rows), {**ATR, "length": 4})[0]
    assert (event["size_atr"], event["ratio"][0]) == (3.0, 1.0)


def test_the_average_is_the_one_before_the_move(build: Build, records: Records) -> None:
    """One bar of 40 points after an average of 4: undefined one bar earlier, so no impulse there."""
    rows = [*CALM[:2], (100, 140, 100, 140)]
    assert found(build, records, rows, length=1, range_atr=10) == [(2, 2, 1, 100, 140)]
    assert found(build, records, rows, length=2, range_atr=1) == []
    assert found(build, records, rows, length=1, range_atr=1, atr_length=3) == []


@pytest.mark.parametrize(("share", "count"), [(0.6, 1), (0.61, 0)])
def test_the_net_move_must_be_its_share_of_the_path(
    build: Build, records: Records, share: float, count: int
) -> None:
    """One bar with a range of 20 that moves the close by 12."""
    rows = [*CALM, (100, 116, 96, 112)]
    assert len(found(build, records, rows, length=1, efficiency=share)) == count


def test_a_run_is_reported_once_per_length_and_side(build: Build, records: Records) -> None:
    """Every bar moves 20 of 20 points; with length 2 the side is silent for two bars after a report."""
    ups = [(100 + 20 * i, 120 + 20 * i, 100 + 20 * i, 120 + 20 * i) for i in range(5)]
    downs = [(200 - 40 * i, 200 - 40 * i, 160 - 40 * i, 160 - 40 * i) for i in range(2)]
    events = found(build, records, [*CALM, *ups, *downs], length=2, range_atr=0.1, efficiency=0.1)
    assert [(row[1], row[2]) for row in events] == [(3, 1), (6, 1), (8, -1)]


def test_a_pause_inside_the_move_marks_it(build: Build, records: Records) -> None:
    rows = [*CALM, (100, 110, 100, 110), (110, 120, 110, 120)]
    ask = {**ATR, "length": 2, "range_atr": 2.0}
    assert [row["marks"] for row in records("impulse", build(rows, [0, 1, 2, 9, 10]), ask)] == [SPANS_GAP]
    assert [row["marks"] for row in records("impulse", build(rows, [0, 1, 9, 10, 11]), ask)] == [0]


def test_impulses_equal_the_slow_reading(walk: Bars, records: Records) -> None:
    atr = average_true_range(walk, 14)
    close = walk.close.tolist()
    slow: list[tuple[int, int]] = []
    last = {1: -9, -1: -9}
    for i in range(3, len(walk)):
        move, scale = close[i] - close[i - 3], atr[i - 3]
        travelled = sum(true_range(walk, j) for j in range(i - 2, i + 1))
        if not scale or not move or 16 * move**2 < 27 * scale**2 or 10 * abs(move) < 6 * travelled:
            continue
        side = 1 if move > 0 else -1
        if i - last[side] > 3:
            slow.append((i, side))
            last[side] = i
    assert [(row["at"], row["direction"]) for row in records("impulse", walk, {"range_atr": 0.75})] == slow
    assert len(slow) > 5
