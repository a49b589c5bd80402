"""Breaker retests as a strategy: vector V8, whose breaker is [51, 54] with the leg's extreme at 46."""

from typing import Any

import msgspec
import pytest

from ictcli.market.bars import Bars
from ictcli.strategies.ict.breaker import STRATEGY, BreakerParams
from tests.strategies.drawing import ONE_EACH_SIDE, V8, bars_of, decided, negated, prices_of, told

PARAMS = BreakerParams(buffer_atr=0.0)
WAITS = (9, "enter", "armed", "waiting for price to come back to the block")


def tell(params: BreakerParams, bars: Bars) -> list[tuple[int, str, str, str]]:
    return told(STRATEGY, params, bars, ONE_EACH_SIDE)


def order(params: BreakerParams, bars: Bars) -> dict[str, Any]:
    return next(own for own in decided(STRATEGY, params, bars, ONE_EACH_SIDE) if own["kind"] == 1)


def change(**values: object) -> BreakerParams:
    return msgspec.structs.replace(PARAMS, **values)


@pytest.mark.jit_off
def test_a_limit_order_waits_at_the_top_of_the_breaker() -> None:
    """Stop: 46 less one point; target 54 + 2 * 9."""
    assert tell(PARAMS, bars_of(V8[:10])) == [WAITS]
    own = order(PARAMS, bars_of(V8[:10]))
    assert prices_of(own) == (1, 54, 45, 72)
    assert (own["max_wait"], own["max_bars"], own["void_at"], own["formed"]) == (50, 96, 72, 6)


def test_the_mirrored_bars_are_sold() -> None:
    assert prices_of(order(PARAMS, bars_of(negated(V8)))) == (-1, -54, -45, -72)


@pytest.mark.parametrize(
    ("params", "entry", "stop", "target"),
    [
        ({"stop": "breaker"}, 54, 50, 62),
        ({"entry_at": "ce"}, 53, 45, 69),  # 52.5 is bought at 53
        ({"entry_at": "ce", "stop": "breaker"}, 53, 50, 59),
    ],
)
def test_the_order_follows_its_parameters(params: dict[str, Any], entry: int, stop: int, target: int) -> None:
    assert prices_of(order(change(**params), bars_of(V8))) == (1, entry, stop, target)
    assert prices_of(order(change(**params), bars_of(negated(V8)))) == (-1, -entry, -stop, -target)


def test_what_is_passed_over_says_why() -> None:
    assert [row[3] for row in tell(change(windows="12:00-13:00"), bars_of(V8))] == ["outside hours"]
    paused = bars_of(V8, skip=8)
    assert [row[3] for row in tell(PARAMS, paused)] == ["bars missing inside the pattern"]
    assert [row[3] for row in tell(change(exclude_spans_gap=False), paused)] == [WAITS[3]]


def test_a_close_below_the_breaker_withdraws_the_order() -> None:
    """54 is touched at bar 10, filled or not; 51 does not lie below the breaker, 50 does."""
    rows = [*V8, (55, 55, 51, 51), (51, 51, 50, 50)]
    assert tell(PARAMS, bars_of(rows)) == [WAITS, (12, "cancel", "idle", "closed through the block")]
