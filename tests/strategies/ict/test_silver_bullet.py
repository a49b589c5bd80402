"""Silver Bullets as a strategy.

Bar 0 is the day before, with a high of 120 and a low of 80. Bars 1 to 3 leave the gap [101, 103]; its
middle bar, bar 2, opens at 03:00 New York, where the hour begins. Entry 103, low of bar 1 99, stop 98.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.errors import UsageError
from ictcli.market.bars import Bars
from ictcli.strategies.decide import decide
from ictcli.strategies.ict.silver_bullet import STRATEGY, SilverBulletParams
from tests.strategies.drawing import NEW_YORK_2AM, bars_of, decided, negated, prices_of, told

PARAMS = SilverBulletParams(frame_adr=0.0, buffer_atr=0.0)
THREE = NEW_YORK_2AM + NS_PER_HOUR
BEFORE = (100, 120, 80, 100)
GAP = [(100, 101, 99, 100), (100, 104, 100, 104), (104, 106, 103, 105)]
STAY = (105, 106, 104, 105)
BEGAN = "the hour began"
TAKEN = "gap toward liquidity within the hour"


def bars_at(rows: Sequence[Sequence[int]], minutes: int = -1) -> Bars:
    """Bar 0 at 05:00 the day before, the others from some minutes after 03:00 on."""
    bars = bars_of([BEFORE, *rows])
    ts = THREE + (minutes - 1 + np.arange(len(bars))) * NS_PER_MINUTE
    ts[0] = THREE - 22 * NS_PER_HOUR
    return replace(bars, ts=ts, ts_close=ts + NS_PER_MINUTE)


def change(**values: object) -> SilverBulletParams:
    return msgspec.structs.replace(PARAMS, **values)


def tell(params: SilverBulletParams, bars: Bars) -> list[tuple[int, str]]:
    return [(bar, why) for bar, _, _, why in told(STRATEGY, params, bars)]


def order(params: SilverBulletParams, bars: Bars) -> dict[str, Any]:
    return next(own for own in decided(STRATEGY, params, bars) if own["kind"] == 1)


@pytest.mark.jit_off
def test_the_first_gap_of_the_hour_becomes_a_limit_order_until_it_ends() -> None:
    """Risk 5: 2R is 113, nearer than the high of the day before."""
    assert tell(PARAMS, bars_at(GAP)) == [(2, BEGAN), (3, TAKEN)]
    own = order(PARAMS, bars_at(GAP))
    assert prices_of(own) == (1, 103, 98, 113)
    assert (own["order"], own["void_at"], own["max_wait"], own["formed"]) == (1, 113, 0, 2)
    assert (own["expires"], own["flat"]) == (THREE + NS_PER_HOUR, THREE + 2 * NS_PER_HOUR)
    assert own["setup"] == 0


def test_the_mirrored_bars_are_sold() -> None:
    bars = bars_at(GAP)
    upside_down = bars_of(negated([BEFORE, *GAP]))
    mirrored = replace(upside_down, ts=bars.ts, ts_close=bars.ts_close)
    assert prices_of(order(PARAMS, mirrored)) == (-1, -103, -98, -113)


@pytest.mark.parametrize(
    ("params", "entry", "stop", "target"),
    [
        ({"target_r": 5.0}, 103, 98, 120),
        ({"target_r": 3.3}, 103, 98, 120),  # 119.5 is farther than 119
        ({"entry_at": "ce"}, 102, 98, 110),
        ({"buffer": 3}, 103, 96, 117),
    ],
)
def test_the_order_follows_its_parameters(params: dict[str, Any], entry: int, stop: int, target: int) -> None:
    assert prices_of(order(change(**params), bars_at(GAP))) == (1, entry, stop, target)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"frame": 16}, "no liquidity far enough ahead"),
        ({"frame_adr": 0.01}, "average daily range not known yet"),
        ({"shift_minutes": 30}, "no shift of structure in time"),
    ],
)
def test_a_gap_that_is_passed_over_says_why(params: dict[str, Any], reason: str) -> None:
    assert tell(change(**params), bars_at(GAP)) == [(2, BEGAN), (3, reason)]


def test_an_hour_without_a_trade_says_so_when_it_is_over() -> None:
    rows = [*GAP, *[STAY] * 60]
    found = tell(change(frame=16), bars_at(rows))
    assert found[0] == (2, BEGAN)
    assert found[-1] == (62, "the hour ended without a trade")
    assert tell(PARAMS, bars_at(rows)) == [(2, BEGAN), (3, TAKEN)]


def test_a_gap_that_the_last_bar_of_the_hour_completes_comes_too_late() -> None:
    """Bar 3 opens at 03:59 and closes when the hour is over."""
    assert tell(PARAMS, bars_at(GAP, 57))[-1] == (3, "the hour is over")
    assert order(PARAMS, bars_at(GAP, 56))["expires"] == THREE + NS_PER_HOUR


def test_a_second_gap_of_the_hour_is_no_matter() -> None:
    again = [*GAP, (105, 110, 105, 109), (109, 112, 108, 111)]
    assert tell(PARAMS, bars_at(again)) == [(2, BEGAN), (3, TAKEN)]


def test_a_close_below_the_gap_withdraws_the_order() -> None:
    rows = [*GAP, STAY, (105, 105, 100, 100)]
    assert tell(PARAMS, bars_at(rows))[-1] == (5, "closed through the gap")


@pytest.mark.parametrize(("minutes", "fits"), [(1, True), (15, True), (20, True), (30, False), (60, False)])
def test_an_hour_must_have_room_for_a_gap_and_an_order(minutes: int, *, fits: bool) -> None:
    settings = Settings(minutes * NS_PER_MINUTE)
    if fits:
        assert len(decide(STRATEGY, PARAMS, bars_of([]), settings)) == 0
    else:
        with pytest.raises(UsageError, match="silver_bullet needs bars of at most 20 minutes"):
            decide(STRATEGY, PARAMS, bars_of([]), settings)
