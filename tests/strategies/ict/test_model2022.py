"""The 2022 model as a strategy: vector V8 and what one change makes of it."""

from typing import Any

import msgspec
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.errors import ConfigError
from ictcli.market.bars import Bars
from ictcli.strategies.decide import decide
from ictcli.strategies.decisions import ENTER, NEVER
from ictcli.strategies.ict.model2022 import STRATEGY, Model2022Params
from tests.strategies.drawing import (
    NEW_YORK_2AM,
    ONE_EACH_SIDE,
    V8,
    bars_of,
    decided,
    negated,
    prices_of,
    told,
)

PARAMS = Model2022Params(buffer=1, buffer_atr=0.0)
FOUR_PM = NEW_YORK_2AM + 14 * NS_PER_HOUR
HUNT = [(8, "note", "swept", "liquidity swept"), (9, "note", "shifted", "structure shifted")]
TAKEN = (10, "enter", "armed", "sweep, shift and gap complete")


def tell(params: Model2022Params, bars: Bars) -> list[tuple[int, str, str, str]]:
    """What became of the first hunt upward; bars 0 to 7 sweep nothing else."""
    return [row for row in told(STRATEGY, params, bars, ONE_EACH_SIDE, atr_length=3) if row[0] >= 8]


def order(params: Model2022Params, bars: Bars) -> dict[str, Any]:
    found = decided(STRATEGY, params, bars, ONE_EACH_SIDE, atr_length=3)
    return next(own for own in found if own["kind"] == 1)


def change(**values: object) -> Model2022Params:
    return msgspec.structs.replace(PARAMS, **values)


@pytest.mark.jit_off
def test_sweep_shift_and_gap_become_a_limit_order() -> None:
    """Entry: middle of [50, 54]. Stop: 46 less one point. Target: the swing high 60."""
    assert tell(PARAMS, bars_of(V8)) == [*HUNT, TAKEN]
    own = order(PARAMS, bars_of(V8))
    assert prices_of(own) == (1, 52, 45, 60)
    assert (own["order"], own["void_at"], own["max_wait"], own["formed"]) == (1, 60, 20, 8)
    assert (own["expires"], own["flat"]) == (FOUR_PM, FOUR_PM)


def test_the_mirrored_bars_are_sold() -> None:
    assert prices_of(order(PARAMS, bars_of(negated(V8)))) == (-1, -52, -45, -60)


def test_half_points_are_rounded_to_the_worse_entry() -> None:
    """With a low of 53 at bar 10 the gap is [50, 53], its middle 51.5."""
    rows = [*V8[:10], (57, 59, 53, 55)]
    assert order(PARAMS, bars_of(rows))["price"] == 52
    assert order(PARAMS, bars_of(negated(rows)))["price"] == -52


@pytest.mark.parametrize(
    ("params", "rows", "last"),
    [
        ({"mss_within": 0}, V8, (9, "note", "idle", "no shift in time after the sweep")),
        ({}, [*V8[:10], (57, 59, 50, 55)], (10, "note", "idle", "no gap in the shift")),
        ({"entry_at": "edge"}, V8, (10, "note", "idle", "entry not in discount")),
        ({}, [*V8[:10], (57, 60, 54, 55)], (10, "note", "idle", "no liquidity to aim at")),
        ({"buffer": 3}, V8, (10, "note", "idle", "target too near")),
    ],
)
def test_a_hunt_that_fails_says_why(
    params: dict[str, Any], rows: list[tuple[int, int, int, int]], last: tuple[int, str, str, str]
) -> None:
    assert tell(change(**params), bars_of(rows))[-1] == last


def test_hours_and_missing_bars_are_told() -> None:
    noon = bars_of(V8, NEW_YORK_2AM + 10 * NS_PER_HOUR)
    assert tell(PARAMS, noon)[-1] == (10, "note", "idle", "outside hours")
    paused = bars_of(V8, skip=9)
    assert tell(PARAMS, paused)[-1] == (10, "note", "idle", "bars missing inside the pattern")


def test_a_newer_sweep_takes_the_place_of_one_that_waits() -> None:
    rows = [*V8[:9], (50, 52, 47, 51), (51, 52, 45, 47)]
    assert tell(PARAMS, bars_of(rows)) == [
        HUNT[0],
        (10, "note", "idle", "a newer sweep took its place"),
        (10, "note", "swept", "liquidity swept"),
    ]


def test_a_close_below_the_gap_withdraws_the_order() -> None:
    after = [(55, 56, 54, 55), (55, 55, 49, 50), (50, 50, 48, 49), (49, 49, 48, 48)]
    found = tell(PARAMS, bars_of([*V8, *after]))
    assert (13, "cancel", "idle", "closed through the gap") in found
    assert sum(kind == "cancel" for _, kind, _, _ in found) == 1


def test_an_order_that_has_lapsed_is_not_withdrawn() -> None:
    after = [(55, 56, 54, 55)] * 2 + [(55, 55, 49, 49)]
    kinds = [kind for _, kind, _, _ in tell(change(max_wait=2), bars_of([*V8, *after]))]
    assert "cancel" not in kinds
    kinds = [kind for _, kind, _, _ in tell(change(max_wait=3), bars_of([*V8, *after]))]
    assert "cancel" in kinds


def test_after_the_end_of_the_day_nothing_is_traded() -> None:
    """At 15:49 the last bar closes at 16:00 on the dot; the trading day after ends a day later."""
    any_hour = change(hours="any")
    late = bars_of(V8, FOUR_PM - 11 * NS_PER_MINUTE)
    assert tell(any_hour, late)[-1] == (10, "note", "idle", "too late in the day")
    assert order(any_hour, bars_of(V8, FOUR_PM - 12 * NS_PER_MINUTE))["expires"] == FOUR_PM
    evening = order(any_hour, bars_of(V8, FOUR_PM + 2 * NS_PER_HOUR))
    assert evening["expires"] == FOUR_PM + 24 * NS_PER_HOUR
    free = order(change(hours="any", flat_at=""), late)
    assert (free["expires"], free["flat"]) == (NEVER, NEVER)


def test_positions_can_be_closed_some_time_after_the_kill_zone() -> None:
    """London ends at 05:00, the New York morning at 10:00."""
    own = order(change(hold_minutes=240), bars_of(V8))
    assert own["flat"] == NEW_YORK_2AM + 7 * NS_PER_HOUR
    assert own["expires"] == FOUR_PM
    morning = order(change(hold_minutes=240), bars_of(V8, NEW_YORK_2AM + 6 * NS_PER_HOUR))
    assert morning["flat"] == NEW_YORK_2AM + 12 * NS_PER_HOUR


def test_the_end_of_the_day_follows_new_york_through_the_clock_change() -> None:
    """2024-03-10, a Sunday, has no 02:00-03:00: from midnight to 16:00 are 15 hours."""
    midnight = 1_710_046_800 * 10**9  # 05:00 UTC
    sunday = bars_of(V8, midnight)
    settings = Settings(NS_PER_MINUTE, always_open=True, atr_length=3, overrides=ONE_EACH_SIDE)
    found = decide(STRATEGY, change(hours="any"), sunday, settings)
    assert found[found["kind"] == ENTER]["expires"].tolist() == [midnight + 15 * NS_PER_HOUR]
    assert tell(change(hours="any"), sunday)[-1] == (10, "note", "idle", "too late in the day")
    monday = 1_710_136_800 * 10**9  # 02:00 New York is 06:00 UTC
    assert order(PARAMS, bars_of(V8, monday))["expires"] == monday + 14 * NS_PER_HOUR


@pytest.mark.parametrize("text", ["24:00", "16", "16:60", "4pm"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a New York time"):
        STRATEGY.init_state(Model2022Params(flat_at=text), NS_PER_MINUTE)
