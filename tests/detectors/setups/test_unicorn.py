"""Worked examples of unicorns: vector V8 with one parameter changed each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.detectors.setups.orders import ENTRY, STOP, TARGET
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]
V8 = [
    *[(56, 57, 54, 55), (55, 56, 52, 53), (53, 60, 53, 58), (58, 58, 54, 55), (55, 55, 49, 50)],
    *[(50, 53, 50, 52), (52, 54, 51, 53), (53, 53, 50, 50), (50, 50, 46, 50), (50, 58, 50, 57)],
    (57, 59, 54, 55),
]
"""Breaker [51, 54] of bar 6 at 9 (leg extreme 46), gap [50, 54] at 10: the overlap is [51, 54]."""
PLAIN: dict[str, Any] = {"left": 1, "right": 1, "atr_length": 1, "buffer": 1, "buffer_atr": 0.0}


@pytest.mark.jit_off
def test_a_breaker_and_a_gap_make_a_plan(build: Build, records: Records) -> None:
    (row,) = records("unicorn.internal", build(V8), PLAIN)
    assert (row["formed"], row["confirmed"], row["bottom"], row["top"]) == (6, 10, 51, 54)
    assert [row["extra"][at] for at in (ENTRY, STOP, TARGET)] == [108, 45, 108 + 2 * (108 - 90)]
    assert [parent["formed_ts"] // 60_000_000_000 for parent in row["parent"]] == [6, 9]


@pytest.mark.parametrize(
    ("params", "entry", "stop", "target"),
    [
        ({"entry_at": "ce"}, 105, 45, 135),
        ({"stop": "breaker"}, 108, 50, 124),
        ({"buffer": 3}, 108, 43, 152),
        ({"buffer_atr": 0.25}, 108, 44, 148),  # the true range of bar 9 is 8
        ({"buffer_atr": 0.3}, 108, 43, 152),  # 2.4 points are rounded away
        ({"target_r": 1.0}, 108, 45, 126),
        ({"target_r": 1.55}, 108, 45, 136),  # 27.9 half points are rounded away
    ],
)
def test_the_plan_follows_its_parameters(
    params: dict[str, Any], entry: int, stop: int, target: int, build: Build, records: Records
) -> None:
    (row,) = records("unicorn.internal", build(V8), {**PLAIN, **params})
    assert [row["extra"][at] for at in (ENTRY, STOP, TARGET)] == [entry, stop, target]


def test_the_stop_keeps_at_least_the_spread(build: Build, records: Records) -> None:
    bars = build(V8)
    (row,) = records("unicorn.internal", replace(bars, spread=np.full(len(bars), 5, np.int32)), PLAIN)
    assert row["extra"][STOP] == 41


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"separation": 1}, 1),
        ({"separation": 0}, 0),
        ({"min_overlap": 0.75}, 1),
        ({"min_overlap": 0.76}, 0),
    ],
)
def test_the_pair_must_be_near_in_time_and_price(
    params: dict[str, Any], count: int, build: Build, records: Records
) -> None:
    assert len(records("unicorn.internal", build(V8), {**PLAIN, **params})) == count


def test_zones_that_only_touch_make_none(build: Build, records: Records) -> None:
    """The gap is [50, 51] when bar 10 comes down to 51."""
    assert records("unicorn.internal", build([*V8[:10], (57, 59, 51, 55)]), PLAIN) == []
    (thin,) = records("unicorn.internal", build([*V8[:10], (57, 59, 52, 55)]), PLAIN)
    assert (thin["bottom"], thin["top"]) == (51, 52)


def test_a_gap_may_come_before_its_breaker_or_with_it(build: Build, records: Records) -> None:
    """The gap [53, 54] of bars 7-9 comes one bar before the break at 10, or with a break at 9."""
    before = build([*V8[:9], (54, 54, 54, 54), (54, 58, 50, 57)])
    (row,) = records("unicorn.internal", before, {**PLAIN, "separation": 1})
    assert (row["confirmed"], row["bottom"], row["top"]) == (10, 53, 54)
    assert records("unicorn.internal", before, {**PLAIN, "separation": 0}) == []
    together = build([*V8[:9], (54, 58, 54, 57)])
    (row,) = records("unicorn.internal", together, {**PLAIN, "separation": 0})
    assert (row["confirmed"], row["bottom"], row["top"]) == (9, 53, 54)


def test_a_pause_inside_the_pattern_leaves_it_out(build: Build, records: Records) -> None:
    for pause, count in ((6, 1), (7, 0), (10, 0)):
        minutes = [at + (9 if at >= pause else 0) for at in range(len(V8))]
        assert len(records("unicorn.internal", build(V8, minutes), PLAIN)) == count, pause
        unfussy = {**PLAIN, "exclude_spans_gap": False}
        assert len(records("unicorn.internal", build(V8, minutes), unfussy)) == 1
