"""Inside bars: equality, flat mothers, and a slow reading."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.detectors.base.events import SPANS_GAP
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]

MOTHER = (10, 20, 5, 15)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("row", "plain", "strict"),
    [
        ((10, 19, 6, 12), True, True),
        ((10, 20, 6, 12), True, False),
        ((10, 19, 5, 12), True, False),
        ((10, 21, 6, 12), False, False),
        ((10, 19, 4, 12), False, False),
        ((7, 7, 7, 7), True, True),
    ],
)
def test_an_inside_bar_stays_within_its_mother(
    build: Build, records: Records, row: tuple[int, int, int, int], *, plain: bool, strict: bool
) -> None:
    bars = build([MOTHER, row])
    found = [
        (one["at"], one["formed"], one["direction"], one["bottom"], one["top"])
        for one in records("inside_bar", bars)
    ]
    assert found == ([(1, 1, 0, 5, 20)] if plain else [])
    assert len(records("inside_bar", bars, {"strict": True})) == strict


def test_a_flat_mother_has_no_inside_bar(build: Build, records: Records) -> None:
    assert records("inside_bar", build([(7, 7, 7, 7)] * 3)) == []


def test_its_size_is_the_range_of_the_mother(build: Build, records: Records) -> None:
    """Ranges 15 and 15: an average of 15 before bar 2; the mother has 15."""
    event = records(
        "inside_bar", build([MOTHER, MOTHER[:], (10, 12, 9, 11)]), {"atr_length": 2, "strict": True}
    )[0]
    assert (event["at"], event["size_atr"]) == (2, 1.0)


def test_a_pause_after_the_mother_marks_it(build: Build, records: Records) -> None:
    rows = [MOTHER, (10, 19, 6, 12)]
    assert [row["marks"] for row in records("inside_bar", build(rows, [0, 2]))] == [SPANS_GAP]
    assert [row["marks"] for row in records("inside_bar", build(rows))] == [0]


def test_inside_bars_equal_the_slow_reading(walk: Bars, records: Records) -> None:
    high, low = walk.high.tolist(), walk.low.tolist()
    slow = [
        i
        for i in range(1, len(walk))
        if high[i] <= high[i - 1] and low[i] >= low[i - 1] and high[i - 1] > low[i - 1]
    ]
    assert [row["at"] for row in records("inside_bar", walk)] == slow
    assert len(slow) > 5
