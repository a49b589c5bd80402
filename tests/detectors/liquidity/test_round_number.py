"""Round numbers: worked examples of every comparison."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.events import KNOWN_ON_OPEN
from ictcli.detectors.detector import Detector
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]
NOON = 17 * 60
"""Minute of 12:00 New York on the first day, a Thursday; the next trading day begins at 1320."""
TEN = {"spacing": 10, "each_side": 1}


def brief(rows: Rows) -> list[tuple[Any, ...]]:
    return [(row["record"], row["at"], row["direction"], row["bottom"]) for row in rows]


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("opened", "below", "above"),
    [(105, 100, 110), (101, 100, 110), (109, 100, 110), (100, 90, 110), (-5, -10, 0), (0, -10, 10)],
)
def test_the_nearest_multiples_on_both_sides_of_the_open_are_levels(
    opened: int, below: int, above: int, build: Build, records: Records
) -> None:
    rows = records("round_number", build([(opened,) * 4], [NOON]), TEN)
    assert brief(rows) == [("confirmed", 0, 1, below), ("confirmed", 0, -1, above)]
    assert all(row["marks"] & KNOWN_ON_OPEN for row in rows)


def test_each_side_has_as_many_as_asked_for(build: Build, records: Records) -> None:
    rows = records("round_number", build([(105,) * 4], [NOON]), {"spacing": 5, "each_side": 3})
    assert [(row["direction"], row["bottom"], row["extra"][0]) for row in rows] == [
        *((1, 100, 1), (1, 95, 2), (1, 90, 3), (-1, 110, 1), (-1, 115, 2), (-1, 120, 3))
    ]


@pytest.mark.jit_off
def test_a_level_is_swept_beyond_it_and_broken_by_a_close_beyond_it(build: Build, records: Records) -> None:
    """Touched at bar 0 and swept at bar 1, closed at on bar 2 and closed beyond at bar 3."""
    rows = [(105, 106, 100, 105), (105, 106, 99, 104), (104, 104, 98, 100), (100, 101, 97, 99)]
    falls = records("round_number", build(rows, range(NOON, NOON + 4)), TEN)
    assert brief(falls)[2:] == [("swept", 1, 1, 100), ("broken", 3, 1, 100)]
    rises = [(210 - o, 210 - low, 210 - high, 210 - c) for o, high, low, c in rows]
    found = records("round_number", build(rises, range(NOON, NOON + 4)), TEN)
    assert brief(found)[2:] == [("swept", 1, -1, 110), ("broken", 3, -1, 110)]


def test_the_bar_that_opens_the_day_can_take_a_level(build: Build, records: Records) -> None:
    rows = records("round_number", build([(105, 111, 100, 111)], [NOON]), TEN)
    assert brief(rows)[2:] == [("swept", 0, -1, 110), ("broken", 0, -1, 110)]


def test_levels_end_when_the_next_trading_day_opens(build: Build, records: Records) -> None:
    """Bar 1 opens at 16:59 and belongs to the day, bar 2 at 17:00 begins the next with its own levels."""
    bars = build([(105,) * 4, (105,) * 4, (95, 121, 80, 95)], [NOON, 1319, 1320])
    rows = records("round_number", bars, TEN)
    assert brief(rows)[2:] == [
        ("expired", 2, 1, 100),
        ("expired", 2, -1, 110),
        ("confirmed", 2, 1, 90),
        ("confirmed", 2, -1, 100),
        ("swept", 2, 1, 90),
        ("swept", 2, -1, 100),
    ]
    assert rows[2]["at_ts"] == bars.ts[2]


def test_bars_longer_than_a_day_are_refused() -> None:
    detector: Detector = DETECTORS["round_number"]
    assert detector.refuses is not None
    day = 24 * 60 * 60 * 10**9
    assert detector.refuses(detector.params(), day) == ""
    assert detector.refuses(detector.params(), 7 * day) != ""
