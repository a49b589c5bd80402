"""NR7: the window, ties, and a slow reading."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.events import SPANS_GAP
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]


def bar(span: int) -> tuple[int, int, int, int]:
    return (100, 100 + span, 100, 100)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("spans", "at"),
    [
        ([9, 8, 9, 8, 9, 8, 7], [6]),
        ([9, 8, 9, 8, 9, 7, 7], []),  # a tie within the window
        ([7, 9, 8, 9, 8, 9, 7], []),  # a tie with its oldest bar
        ([7, 9, 8, 9, 8, 9, 8, 7], [7]),  # the tie is eight bars old
        ([9, 8, 9, 8, 9, 7], []),  # six bars only
        ([9, 8, 9, 8, 9, 8, 7, 6], [6, 7]),
    ],
)
def test_the_narrowest_of_seven_is_strictly_the_narrowest(
    build: Build, records: Records, spans: list[int], at: list[int]
) -> None:
    found = records("nr7", build([bar(span) for span in spans]))
    assert [(row["at"], row["formed"], row["direction"]) for row in found] == [(i, i, 0) for i in at]
    assert [(row["bottom"], row["top"]) for row in found] == [(100, 100 + spans[i]) for i in at]


def test_the_length_is_a_parameter(build: Build, records: Records) -> None:
    bars = build([bar(span) for span in (5, 4, 3, 3, 2)])
    assert [row["at"] for row in records("nr7", bars, {"length": 2})] == [1, 2, 4]
    assert [row["at"] for row in records("nr7", bars, {"length": 4})] == [4]


def test_a_pause_inside_the_window_marks_it(build: Build, records: Records) -> None:
    rows = [bar(span) for span in (9, 8, 7)]
    ask = {"length": 2}
    assert [row["marks"] for row in records("nr7", build(rows, [0, 5, 6]), ask)] == [SPANS_GAP, 0]


def test_size_is_the_range_in_averages_before_it(build: Build, records: Records) -> None:
    found = records("nr7", build([bar(9), bar(7), bar(4)]), {"length": 3, "atr_length": 2})
    assert [row["size_atr"] for row in found] == [0.5]


def test_narrow_bars_equal_the_slow_reading(walk: Bars, records: Records) -> None:
    span = (walk.high - walk.low).tolist()
    slow = [i for i in range(6, len(span)) if span[i] < min(span[i - 6 : i])]
    assert [row["at"] for row in records("nr7", walk)] == slow
    assert len(slow) > 5
