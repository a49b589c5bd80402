"""Momentum runs: growth, colour, where a run starts anew, and a slow reading."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.events import SPANS_GAP
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]


def bar(body: int) -> tuple[int, int, int, int]:
    return (100, 101 + max(body, 0), 99 + min(body, 0), 100 + body)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("bodies", "runs"),
    [
        ([1, 2, 3], [(0, 2, 1)]),
        ([-1, -2, -3], [(0, 2, -1)]),
        ([1, 2, 2], []),  # an equal body ends the run
        ([1, 2, 3, 4, 5], [(0, 2, 1)]),  # one report per run
        ([1, 2, 2, 3, 4], [(2, 4, 1)]),  # the bar that ends a run starts the next
        ([0, -1, -2], []),
        ([0, 1, 2], []),  # a bar without a body belongs to no run
        ([1, 2, 0, 3, 4, 5], [(3, 5, 1)]),
        ([-1, 1, 2, 3], [(1, 3, 1)]),
        ([1, -2, -3, -4], [(1, 3, -1)]),
    ],
)
def test_a_run_is_three_bars_of_a_colour_with_rising_bodies(
    build: Build, records: Records, bodies: list[int], runs: list[tuple[int, int, int]]
) -> None:
    found = records("momentum_run", build([bar(body) for body in bodies]))
    assert [(row["formed"], row["at"], row["direction"]) for row in found] == runs


def test_its_edges_are_the_extremes_of_its_bars(build: Build, records: Records) -> None:
    """Lows 90, 95, 85 and highs 120, 110, 115; the bars before do not count."""
    rows = [(100, 300, 1, 99), (100, 120, 90, 101), (101, 110, 95, 103), (103, 115, 85, 106)]
    found = records("momentum_run", build(rows))
    assert [(row["bottom"], row["top"]) for row in found] == [(85, 120)]
    assert found[0]["formed_ts"] == 60 * 10**9


def test_the_length_is_a_parameter(build: Build, records: Records) -> None:
    bars = build([bar(body) for body in (1, 2, 3, 4, 4)])
    assert [row["at"] for row in records("momentum_run", bars, {"length": 2})] == [1]
    assert [row["at"] for row in records("momentum_run", bars, {"length": 4})] == [3]
    assert records("momentum_run", bars, {"length": 5}) == []


def test_size_and_pause(build: Build, records: Records) -> None:
    """Three ranges of 3, 4 and 5 make an average of 3.5 before bar 2; the run spans 99 to 104."""
    rows = [bar(1), bar(2), bar(3)]
    found = records("momentum_run", build(rows, [0, 1, 9]), {"atr_length": 2})
    assert [(row["marks"], row["size_atr"]) for row in found] == [(SPANS_GAP, 5 / 3.5)]
    assert [row["marks"] for row in records("momentum_run", build([bar(0), *rows], [0, 9, 10, 11]))] == [0]


def test_runs_equal_the_slow_reading(walk: Bars, records: Records) -> None:
    body = (walk.close - walk.open).tolist()
    grows = [
        i > 0 and body[i] * body[i - 1] > 0 and abs(body[i]) > abs(body[i - 1]) for i in range(len(body))
    ]
    first = [i for i in range(1, len(body)) if grows[i] and not grows[i - 1]]
    third = [i + 1 for i in first if i + 1 < len(body) and grows[i + 1]]
    assert [row["at"] for row in records("momentum_run", walk, {"length": 2})] == first
    assert [row["at"] for row in records("momentum_run", walk)] == third
    assert len(first) > 5
