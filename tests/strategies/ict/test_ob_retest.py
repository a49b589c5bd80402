"""Order block retests as a strategy."""

from typing import Any

import msgspec
import pytest

from ictcli.clock import NS_PER_HOUR
from ictcli.market.bars import Bars
from ictcli.strategies.ict.ob_retest import STRATEGY, ObRetestParams
from tests.strategies.drawing import (
    NEW_YORK_2AM,
    ONE_EACH_SIDE,
    Row,
    bars_of,
    decided,
    negated,
    prices_of,
    told,
)

RISE: list[Row] = [
    (20, 21, 19, 20),
    (20, 24, 20, 23),
    (23, 23, 20, 21),
    (21, 22, 18, 19),
    (19, 23, 19, 22),
    (22, 27, 22, 26),
]
"""Bar 5 closes above the swing high 24 of bar 1; the block is bar 3, [18, 22]; the leg is 18 to 27."""
PARAMS = ObRetestParams(buffer_atr=0.0, require_fvg=False, require_trend=False)
WAITS = (5, "enter", "armed", "waiting for price to come back to the block")


def tell(params: ObRetestParams, bars: Bars) -> list[tuple[int, str, str, str]]:
    return told(STRATEGY, params, bars, ONE_EACH_SIDE)


def order(params: ObRetestParams, bars: Bars) -> dict[str, Any]:
    return next(own for own in decided(STRATEGY, params, bars, ONE_EACH_SIDE) if own["kind"] == 1)


def change(**values: object) -> ObRetestParams:
    return msgspec.structs.replace(PARAMS, **values)


@pytest.mark.jit_off
def test_a_limit_order_waits_at_the_top_of_the_block() -> None:
    """Stop: 18 less one point; target 22 + 2 * 5."""
    assert tell(PARAMS, bars_of(RISE)) == [WAITS]
    own = order(PARAMS, bars_of(RISE))
    assert prices_of(own) == (1, 22, 17, 32)
    assert (own["order"], own["max_wait"], own["max_bars"], own["void_at"]) == (1, 50, 96, 32)
    assert (own["formed"], own["zone"], own["setup"]) == (3, 0, 0)


def test_the_mirrored_bars_are_sold() -> None:
    assert prices_of(order(PARAMS, bars_of(negated(RISE)))) == (-1, -22, -17, -32)


@pytest.mark.parametrize(
    ("params", "entry", "stop", "target"),
    [
        ({"entry_at": "ce"}, 20, 17, 26),
        ({"buffer": 3}, 22, 15, 36),
        ({"target_r": 1.5}, 22, 17, 30),  # 7.5 points are 8
    ],
)
def test_the_order_follows_its_parameters(params: dict[str, Any], entry: int, stop: int, target: int) -> None:
    assert prices_of(order(change(**params), bars_of(RISE))) == (1, entry, stop, target)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"require_fvg": True}, "no gap in the leg"),
        ({"windows": "02:00-02:05"}, "outside hours"),
        ({"windows": "02:05-02:06"}, WAITS[3]),
    ],
)
def test_a_block_that_is_passed_over_says_why(params: dict[str, Any], reason: str) -> None:
    assert [row[3] for row in tell(change(**params), bars_of(RISE))] == [reason]


def test_missing_bars_are_told() -> None:
    paused = bars_of(RISE, skip=4)
    assert [row[3] for row in tell(PARAMS, paused)] == ["bars missing inside the pattern"]
    assert [row[3] for row in tell(change(exclude_spans_gap=False), paused)] == [WAITS[3]]


def test_a_block_in_the_upper_half_of_the_leg_is_told() -> None:
    """The origin, bar 3, closes up; the block is bar 2, [20, 23], its middle that of the leg 18-25."""
    for high, reason in ((25, "block not in discount"), (26, WAITS[3])):
        rows = [*RISE[:3], (19, 22, 18, 21), RISE[4], (22, high, 22, 25)]
        assert [row[3] for row in tell(PARAMS, bars_of(rows))] == [reason]
        assert [row[3] for row in tell(change(require_discount=False), bars_of(rows))] == [WAITS[3]]


def test_a_block_that_the_break_closed_inside_is_told() -> None:
    """The swing high 24 needs three bars behind it; the block is bar 5, [17, 26], the break closes at 25."""
    rows = [*RISE[:3], (21, 22, 19, 20), (20, 22, 19, 21), (21, 26, 17, 19), (19, 25, 19, 25)]
    slow = {"swing.internal": {"left": 1, "right": 3}}
    found = told(STRATEGY, PARAMS, bars_of(rows), slow)
    assert [row[3] for row in found] == ["price is not beyond the block"]


def test_the_trend_of_the_larger_swings_must_agree() -> None:
    large = {**ONE_EACH_SIDE, "swing.swing": {"left": 4, "right": 4}}
    needs = change(require_trend=True)
    assert [row[3] for row in told(STRATEGY, needs, bars_of(RISE), large)] == ["against the trend"]
    assert tell(needs, bars_of(RISE)) == [WAITS]


def test_a_close_below_the_block_withdraws_the_order() -> None:
    rows = [*RISE, (26, 26, 18, 18), (18, 18, 17, 17)]
    assert (7, "cancel", "idle", "closed through the block") in tell(PARAMS, bars_of(rows))


def test_a_break_against_it_withdraws_the_order() -> None:
    """Bar 8 makes the low 24 of bar 7 a swing, bar 9 closes below it but not below the block."""
    rows = [*RISE, (26, 30, 26, 29), (29, 29, 24, 25), (25, 28, 25, 27), (27, 27, 23, 23)]
    found = tell(PARAMS, bars_of(rows))
    assert found[:2] == [WAITS, (9, "cancel", "idle", "structure broke against it")]


def test_a_newer_block_of_the_direction_takes_its_place() -> None:
    """Bar 7 is a swing high of 28, bar 9 closes above it from the down bar 8."""
    rows = [*RISE, (26, 28, 25, 27), (27, 27, 25, 26), (26, 31, 26, 30)]
    found = tell(change(require_discount=False), bars_of(rows))
    assert [row for row in found if row[0] == 8][:2] == [
        (8, "cancel", "idle", "a newer block took its place"),
        (8, "enter", "armed", WAITS[3]),
    ]


def test_the_windows_are_those_of_new_york() -> None:
    default = ObRetestParams().windows
    noon = bars_of(RISE, NEW_YORK_2AM + 10 * NS_PER_HOUR)
    assert tell(change(windows=default), noon)[0][3] == "outside hours"
