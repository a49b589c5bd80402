"""Engulfing bars: each comparison at its edge, the trend, and a slow reading."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.events import OWN_MARK, SPANS_GAP
from ictcli.market.bars import Bars
from tests.detectors.test_reference import average_true_range

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]

DOWN = (20, 21, 15, 16)
"""Opens 20, closes 16: a body of 4."""
ANY = {"min_body_atr": 0.0}


def found(build: Build, records: Records, *rows: tuple[int, int, int, int], **params: Any) -> list[Any]:
    rows_found = records("engulfing", build(rows), {**ANY, **params})
    return [(row["at"], row["direction"], row["bottom"], row["top"]) for row in rows_found]


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("row", "engulfs"),
    [
        ((16, 22, 14, 21), True),  # opens exactly at 16, closes above 20
        ((17, 22, 14, 22), False),  # opens above the close before
        ((15, 22, 14, 20), True),  # closes exactly at the open before, body 5 > 4
        ((15, 22, 14, 19), False),  # closes below the open before
        ((16, 22, 14, 20), False),  # an equal body swallows nothing
        ((16, 16, 14, 16), False),  # no body
    ],
)
def test_an_engulfing_body_covers_the_opposite_one_and_is_larger(
    build: Build, records: Records, row: tuple[int, int, int, int], *, engulfs: bool
) -> None:
    """The pattern spans the extremes of both bars: lows 15 and 14, highs 21 and 22."""
    assert found(build, records, DOWN, row) == ([(1, 1, 14, 22)] if engulfs else [])
    mirrored = [(-o, -low, -high, -c) for o, high, low, c in (DOWN, row)]
    assert found(build, records, *mirrored) == ([(1, -1, -22, -14)] if engulfs else [])


def test_a_body_of_the_same_colour_or_none_is_not_engulfed(build: Build, records: Records) -> None:
    assert found(build, records, (16, 21, 15, 20), (16, 22, 14, 21)) == []
    assert found(build, records, (16, 21, 15, 16), (16, 22, 14, 21)) == []


def test_the_extremes_are_those_of_both_bars(build: Build, records: Records) -> None:
    assert found(build, records, (20, 30, 5, 16), (16, 22, 14, 21)) == [(1, 1, 5, 30)]


def test_the_body_must_reach_its_share_of_the_average_range(build: Build, records: Records) -> None:
    """Ranges 10 and 6 give an average of 8 over two bars; the body of 5 is 0.625 of it."""
    rows = [(20, 25, 15, 20), DOWN, (16, 22, 14, 21)]
    atr = {"atr_length": 2}
    assert found(build, records, *rows, min_body_atr=0.625, **atr) == [(2, 1, 14, 22)]
    assert found(build, records, *rows, min_body_atr=0.63, **atr) == []
    assert found(build, records, *rows, min_body_atr=0.1, atr_length=3) == []
    event = records("engulfing", build(rows), {"min_body_atr": 0.625, **atr})[0]
    assert event["size_atr"] == 0.625


@pytest.mark.parametrize(("old", "against"), [(17, True), (16, False), (15, False)])
def test_the_trend_compares_the_closes_two_and_seven_bars_before(
    build: Build, records: Records, old: int, *, against: bool
) -> None:
    """Bar 7 engulfs bar 6; close 5 is 16, close 0 is ``old``; closes 1 to 4 do not count."""
    filler = [(50, 50, 50, 50), (1, 1, 1, 1)] * 2
    rows = [(old, old, old, old), *filler, (16, 16, 16, 16), DOWN, (16, 22, 14, 21)]
    marks = [row["marks"] for row in records("engulfing", build(rows), ANY)]
    assert marks == [OWN_MARK if against else 0]
    assert len(found(build, records, *rows, require_trend=True)) == against
    assert found(build, records, *rows[1:], require_trend=True) == []


def test_a_pause_between_both_bars_marks_the_pattern_and_one_before_does_not(
    build: Build, records: Records
) -> None:
    rows = [DOWN, (16, 22, 14, 21)]
    assert records("engulfing", build(rows, [0, 5]), ANY)[0]["marks"] == SPANS_GAP
    assert records("engulfing", build([DOWN, *rows], [0, 5, 6]), ANY)[0]["marks"] == 0


@pytest.mark.parametrize("halves", [False, True])
def test_engulfing_bars_equal_the_slow_reading(walk: Bars, records: Records, *, halves: bool) -> None:
    """Every body counts, unless half an average range is asked for."""
    atr = average_true_range(walk, 14)
    params = {"min_body_atr": 0.5} if halves else {}
    slow = []
    for i in range(1, len(walk)):
        o, c, before, last = (
            int(x) for x in (walk.open[i], walk.close[i], walk.open[i - 1], walk.close[i - 1])
        )
        scale = atr[i - 1]
        if abs(c - o) <= abs(last - before) or (halves and (not scale or 2 * abs(c - o) < scale)):
            continue
        if last < before and c > o and o <= last and c >= before:
            slow.append((i, 1))
        if last > before and c < o and o >= last and c <= before:
            slow.append((i, -1))
    assert [(row["at"], row["direction"]) for row in records("engulfing", walk, params)] == slow
    assert len(slow) > 5
