"""Unicorns as a strategy: vector V8 and what one change makes of it."""

from typing import Any

import msgspec
import pytest

from ictcli.market.bars import Bars
from ictcli.strategies.ict.unicorn import STRATEGY, UnicornParams
from tests.strategies.drawing import ONE_EACH_SIDE, V8, bars_of, decided, negated, prices_of, told

PARAMS = UnicornParams(buffer=1, buffer_atr=0.0)
KNOWN = (9, "note", "shifted", "breaker block known")
TAKEN = (10, "enter", "armed", "breaker block and gap overlap")


def tell(params: UnicornParams, bars: Bars) -> list[tuple[int, str, str, str]]:
    return told(STRATEGY, params, bars, ONE_EACH_SIDE, atr_length=1)


def order(params: UnicornParams, bars: Bars) -> dict[str, Any]:
    found = decided(STRATEGY, params, bars, ONE_EACH_SIDE, atr_length=1)
    return next(own for own in found if own["kind"] == 1)


def change(**values: object) -> UnicornParams:
    return msgspec.structs.replace(PARAMS, **values)


@pytest.mark.jit_off
def test_a_breaker_and_a_gap_become_a_limit_order() -> None:
    """Overlap [51, 54]: entry 54, stop 46 - 1, target 54 + 2 * 9."""
    assert tell(PARAMS, bars_of(V8)) == [KNOWN, TAKEN]
    own = order(PARAMS, bars_of(V8))
    assert prices_of(own) == (1, 54, 45, 72)
    assert (own["order"], own["void_at"], own["max_wait"], own["formed"], own["setup"]) == (1, 72, 20, 6, 0)


def test_the_mirrored_bars_are_sold() -> None:
    assert prices_of(order(PARAMS, bars_of(negated(V8)))) == (-1, -54, -45, -72)


@pytest.mark.parametrize(
    ("params", "entry", "stop", "target"),
    [
        ({"entry_at": "ce"}, 53, 45, 68),  # 52.5, and 67.5 for the risk of 7.5
        ({"stop": "breaker"}, 54, 50, 62),
        ({"target_r": 1.55}, 54, 45, 68),
    ],
)
def test_the_order_follows_its_parameters(params: dict[str, Any], entry: int, stop: int, target: int) -> None:
    assert prices_of(order(change(**params), bars_of(V8))) == (1, entry, stop, target)
    assert prices_of(order(change(**params), bars_of(negated(V8)))) == (-1, -entry, -stop, -target)


def test_a_breaker_without_a_gap_in_time_is_given_up() -> None:
    rows = [*V8[:10], (57, 59, 51, 55), (55, 58, 51, 55), (55, 58, 51, 55)]
    lost = "no gap overlapped the breaker in time"
    assert tell(change(separation=2), bars_of(rows)) == [KNOWN, (11, "note", "idle", lost)]
    assert tell(change(separation=0), bars_of(V8)) == [KNOWN, (9, "note", "idle", lost)]


def test_outside_hours_it_is_passed_over() -> None:
    assert tell(change(windows="02:00-02:10"), bars_of(V8)) == [KNOWN, (10, "note", "idle", "outside hours")]
    assert tell(change(windows="02:00-02:11"), bars_of(V8)) == [KNOWN, TAKEN]


def test_a_further_gap_adds_no_order() -> None:
    """Bar 11 leaves the gap [58, 60], above the breaker; with bars 9-11 far apart [51, 53] overlaps too."""
    rows = [*V8[:9], (54, 58, 54, 57), (57, 60, 54, 59)]
    found = tell(change(separation=3), bars_of(rows))
    assert [row[3] for row in found if row[1] == "enter"] == ["breaker block and gap overlap"]


def test_a_close_below_the_overlap_withdraws_the_order() -> None:
    rows = [*V8, (55, 55, 51, 51), (51, 52, 50, 50)]
    assert tell(PARAMS, bars_of(rows))[2:] == [(12, "cancel", "idle", "closed through the overlap")]
