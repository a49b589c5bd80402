"""What a fair value gap tells of its middle bar and of its stack; its life is pinned in test_rules."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.jit_off

Told = Callable[..., list[dict[str, Any]]]
BEFORE, AFTER = (100, 102, 99, 101), (109, 112, 106, 111)
"""Outer bars of a gap [102, 106]. With atr_length 1 the ATR through the first of them is 3, its range."""


@pytest.mark.parametrize(
    ("middle", "body", "beyond", "displacement"),
    [
        ((101, 110, 101, 109), 1, True, True),  # range 9 >= 1.5 * 3, body 8 of 9
        ((103, 108, 102, 102), -1, False, False),  # closes exactly at 102
        ((104, 108, 102, 103), -1, True, False),
        ((105, 110, 101, 105), 0, True, False),
        ((110, 110, 101, 101), -1, False, False),  # a displacement, but against the gap
        ((104, 107, 103, 107), 1, True, False),  # range 4 < 4.5
    ],
)
def test_the_middle_bar_is_described(
    middle: tuple[int, ...], body: int, *, beyond: bool, displacement: bool, told: Told
) -> None:
    (gap,) = told("fvg", [BEFORE, middle, AFTER], {"atr_length": 1})
    assert (gap["direction"], gap["bottom"], gap["top"], gap["formed"]) == (1, 102, 106, 1)
    assert gap["mid_dir"] == body
    assert gap["mid_close_beyond"] == beyond
    assert gap["mid_is_displacement"] == displacement


@pytest.mark.parametrize(
    ("params", "displacement"),
    [
        ({"range_atr": 3.0, "body_share": 0.8888}, True),  # 9 = 3 * 3, 8 of 9 = 0.88889
        ({"range_atr": 3.01}, False),
        ({"body_share": 0.8889}, False),
    ],
)
def test_what_is_a_displacement_is_a_parameter(
    params: dict[str, float], *, displacement: bool, told: Told
) -> None:
    (gap,) = told("fvg", [BEFORE, (101, 110, 101, 109), AFTER], {"atr_length": 1, **params})
    assert gap["mid_is_displacement"] == displacement


def test_gaps_on_consecutive_bars_descend_from_the_first_of_them(
    told: Told, parents: Callable[[dict[str, Any]], list[tuple[int, int]]]
) -> None:
    """Bars 2, 3 and 4 complete gaps, bar 5 none, bars 6 and 7 complete two more of another stack."""
    rows = [(10 * i, 10 * i + 4, 10 * i, 10 * i + 4) for i in range(5)]
    rows += [(44, 44, 24, 44), (64, 64, 54, 64), (74, 74, 64, 74)]
    gaps = [row for row in told("fvg", rows) if row["record"] == "confirmed"]
    assert [(gap["confirmed"], parents(gap)) for gap in gaps] == [
        (2, []),
        (3, [(0, 0)]),
        (4, [(0, 0)]),
        (6, []),
        (7, [(0, 3)]),
    ]
