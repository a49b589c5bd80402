"""Pin bars: each share at its edge, and a slow reading."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]


def found(build: Build, records: Records, *rows: tuple[int, int, int, int], **params: Any) -> list[Any]:
    events = records("pin_bar", build(rows), params)
    return [(row["at"], row["direction"], row["bottom"], row["top"], row["ratio"][0]) for row in events]


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("row", "share"),
    [
        ((110, 115, 100, 115), 10 / 15),  # wick 10 of 15, twice the body of 5, the body fills the upper third
        ((110, 116, 101, 116), None),  # wick 9 is less than twice the body of 6
        ((111, 115, 100, 110), 10 / 15),  # a body of 1 within the upper third
        ((109, 115, 100, 110), None),  # wick 9 of 15 is 0.6, but the body leaves the upper third
        ((100, 100, 100, 100), None),
    ],
)
def test_a_pin_bar_is_a_long_wick_with_the_body_in_the_other_third(
    build: Build, records: Records, row: tuple[int, int, int, int], share: float | None
) -> None:
    o, high, low, c = row
    assert found(build, records, row) == ([(0, 1, low, high, share)] if share else [])
    assert found(build, records, (-o, -low, -high, -c)) == ([(0, -1, -high, -low, share)] if share else [])


def test_the_wick_must_have_its_share_of_the_range(build: Build, records: Records) -> None:
    """Wick 14 of 20; the body starts at 0.7."""
    row = (115, 120, 100, 114)
    assert len(found(build, records, row, wick_share=0.7)) == 1
    assert found(build, records, row, wick_share=0.7001) == []


def test_the_wick_must_be_its_multiple_of_the_body(build: Build, records: Records) -> None:
    row = (119, 120, 100, 114)
    assert len(found(build, records, row, wick_body=2.8)) == 1
    assert found(build, records, row, wick_body=2.9) == []


def test_a_least_range_needs_a_defined_average(build: Build, records: Records) -> None:
    rows = [(100, 105, 95, 102), (102, 107, 97, 100), (115, 120, 100, 114)]
    assert [row[0] for row in found(build, records, *rows, min_range_atr=2.0, atr_length=2)] == [2]
    assert found(build, records, *rows, min_range_atr=2.1, atr_length=2) == []
    assert found(build, records, *rows, min_range_atr=0.1, atr_length=3) == []
    event = records("pin_bar", build(rows), {"atr_length": 2})[0]
    assert event["size_atr"] == 2.0


def test_pin_bars_equal_the_slow_reading(walk: Bars, records: Records) -> None:
    slow = []
    for i in range(len(walk)):
        o, h, low, c = (int(x[i]) for x in (walk.open, walk.high, walk.low, walk.close))
        body, span = abs(c - o), h - low
        for side, wick in ((1, min(o, c) - low), (-1, h - max(o, c))):
            other = span - wick
            if span and wick >= 2 * body and 10 * wick >= 6 * span and 3 * other <= span:
                slow.append((i, side))
    assert [(row["at"], row["direction"]) for row in records("pin_bar", walk)] == slow
    assert len(slow) > 5
