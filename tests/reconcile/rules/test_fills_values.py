"""Deals that both sides tell, with another side, symbol, volume, price or time."""

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_SECOND
from ictcli.reconcile.case import Effect
from ictcli.reconcile.findings import Kind
from ictcli.reconcile.story import INSTRUMENTS, Story, table
from ictcli.reconcile.tolerances import Tolerances
from tests.reconcile.rules.fill_worlds import STEP, T0, TICK, both, changed, look, n, names, only

AT = T0 + 11 * NS_PER_SECOND


def with_steps(story: Story, tick: int, step: int) -> Story:
    steps = {"tick": pl.lit(tick, pl.Int64), "step": pl.lit(step, pl.Int64)}
    return replace(story, instruments=story.instruments.with_columns(**steps))


@pytest.mark.parametrize(("away", "found"), [(TICK // 2, 0), (TICK // 2 + 1, 1), (-TICK // 2 - 1, 1)])
def test_a_price_may_be_half_a_tick_off(away: int, found: int) -> None:
    ours, theirs = both()
    assert len(look(ours, changed(theirs, 11, price=n("1.10432") + away))) == found


def test_another_price_is_told_with_both_values() -> None:
    ours, theirs = both()
    one = only(look(ours, changed(theirs, 11, price=n("1.10434"))))
    assert (one.finding.name, one.finding.policy) == ("fill_price_diff deal:11", "adopt")
    assert (one.finding.ours, one.finding.theirs) == ("1.10432", "1.10434")
    assert one.finding.tolerance == "0.5 ticks, 0.000005"
    assert one.effect == Effect()


@pytest.mark.parametrize(("away", "found"), [(STEP // 2 - 1, 0), (STEP // 2, 1), (-STEP // 2, 1)])
def test_half_a_step_of_volume_is_a_difference(away: int, found: int) -> None:
    ours, theirs = both()
    assert len(look(ours, changed(theirs, 11, volume=n("0.1") + away))) == found


def test_another_volume_says_what_it_does_to_position_and_order() -> None:
    ours, theirs = both()
    one = only(look(ours, changed(theirs, 13, volume=n("0.15"))))
    assert (one.finding.name, one.finding.policy) == ("fill_qty_diff deal:13", "human")
    assert (one.finding.ours, one.finding.theirs) == ("0.2", "0.15")
    assert one.finding.tolerance == "less than 0.5 steps, 0.005"
    assert one.effect == Effect(position=900, volume=n("0.05"), order=501)


@pytest.mark.parametrize("larger", ["ours", "theirs"])
def test_a_volume_that_differs_is_no_overfill_as_well(larger: str) -> None:
    ours, theirs = both()
    if larger == "ours":
        ours = changed(ours, 11, volume=n("5"))
    else:
        theirs = changed(theirs, 11, volume=n("5"))
    assert names(look(ours, theirs)) == ["fill_qty_diff deal:11"]


def test_where_contracts_do_not_agree_the_finer_step_decides() -> None:
    ours, theirs = both()
    coarse, unlike = with_steps(ours, TICK * 10, STEP), changed(theirs, 11, price=n("1.10433"))
    assert len(look(coarse, unlike)) == 1
    assert look(coarse, with_steps(unlike, TICK * 10, STEP)) == []


def test_of_a_symbol_that_nobody_describes_any_difference_counts() -> None:
    ours, theirs = (with_steps(one, 0, 0) for one in both())
    found = look(ours, changed(theirs, 11, price=n("1.10432") + 1, volume=n("0.1") + 1))
    assert names(found) == ["fill_qty_diff deal:11", "fill_price_diff deal:11"]
    assert {one.finding.tolerance for one in found} == {""}


def with_another_symbol(story: Story, tick: int) -> Story:
    row = {"symbol": "GBPUSD", "digits": 5, "tick": tick, "step": STEP, "contract": n("100000")}
    return replace(story, instruments=story.instruments.vstack(table(INSTRUMENTS, [row])))


@pytest.mark.parametrize(
    ("tick", "away", "found"), [(0, 1, 0), (TICK // 10, 1, 0), (TICK * 10, 10, 0), (TICK * 10, 11, 1)]
)
def test_of_symbols_that_differ_the_coarser_decides(tick: int, away: int, found: int) -> None:
    ours, theirs = (with_another_symbol(one, tick) for one in both())
    near = changed(theirs, 11, price=n("1.10432") + away * TICK // 2)
    for one in (
        look(ours, changed(near, 11, symbol="GBPUSD")),
        look(changed(ours, 11, symbol="GBPUSD"), near),
    ):
        assert names(one) == ["fill_side_diff deal:11 symbol", *["fill_price_diff deal:11"] * found]


def test_another_side_turns_the_position() -> None:
    ours, theirs = both()
    one = only(look(ours, changed(theirs, 11, side=-1)))
    assert (one.finding.name, one.finding.policy) == ("fill_side_diff deal:11 side", "halt_symbol")
    assert (one.finding.ours, one.finding.theirs) == ("buy", "sell")
    assert one.effect == Effect(position=900, volume=-n("0.2"))


def test_side_and_volume_together_change_what_both_change() -> None:
    ours, theirs = both()
    found = look(ours, changed(theirs, 11, side=-1, volume=n("0.3")))
    assert sum(one.effect.volume for one in found) == -n("0.3") - n("0.1")


def test_another_symbol_is_told_by_its_name() -> None:
    ours, theirs = both()
    one = only(look(ours, changed(theirs, 11, symbol="GBPUSD")))
    assert (one.finding.name, one.finding.symbol) == ("fill_side_diff deal:11 symbol", "EURUSD")
    assert (one.finding.ours, one.finding.theirs) == ("EURUSD", "GBPUSD")
    assert one.effect == Effect()


def test_what_a_source_does_not_tell_is_no_difference() -> None:
    ours, theirs = both()
    silent = {"symbol": "", "side": 0, "reason": ""}
    assert look(ours, changed(theirs, 11, **silent)) == []
    assert look(changed(ours, 11, **silent), theirs) == []


def test_what_both_sides_call_taken_back_is_compared_without_effect() -> None:
    ours, theirs = (changed(one, 11, voided=True) for one in both())
    found = look(ours, changed(theirs, 11, side=-1, volume=n("0.3")))
    assert names(found) == ["fill_side_diff deal:11 side", "fill_qty_diff deal:11"]
    assert {one.effect for one in found} == {Effect()}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("away", "found"), [(2 * NS_PER_SECOND, 0), (2 * NS_PER_SECOND + 1, 1)])
def test_a_time_may_be_two_seconds_off(sign: int, away: int, found: int) -> None:
    ours, theirs = both()
    assert len(look(ours, changed(theirs, 11, ts=AT + sign * away))) == found


@pytest.mark.parametrize(
    ("away", "note"),
    [
        (3 * NS_PER_SECOND, ""),
        (3 * NS_PER_HOUR, "+3 h: one side has the broker's time zone wrong"),
        (-2 * NS_PER_HOUR - 2 * NS_PER_SECOND, "-2 h: one side has the broker's time zone wrong"),
        (-2 * NS_PER_HOUR - 2 * NS_PER_SECOND - 1, ""),
        (NS_PER_HOUR // 2, ""),
    ],
)
def test_whole_hours_are_called_a_time_zone(away: int, note: str) -> None:
    ours, theirs = both()
    one = only(look(ours, changed(theirs, 11, ts=AT + away)))
    assert (one.finding.kind, one.finding.severity, one.finding.note) == (Kind.FILL_TIME_DIFF, "info", note)
    assert one.finding.tolerance == "2 s"
    assert one.finding.ours == "2026-05-28T20:26:51Z"


def test_tolerances_are_the_given_ones() -> None:
    wide = Tolerances(price_ticks=Decimal(3), volume_steps=Decimal("1.5"), time=NS_PER_HOUR)
    ours, theirs = both()
    near = changed(theirs, 11, price=n("1.10435"), volume=n("0.11"), ts=AT + NS_PER_HOUR)
    assert len(look(ours, near)) == 3
    assert look(ours, near, tolerances=wide) == []


def test_one_deal_may_differ_in_everything() -> None:
    ours, theirs = both()
    theirs = changed(theirs, 11, side=-1, symbol="X", volume=n("1"), price=n("2"), ts=AT + NS_PER_HOUR)
    kinds = [one.finding.kind for one in look(ours, theirs)]
    assert kinds[:2] == [Kind.FILL_SIDE_DIFF] * 2
    assert kinds[2:] == [Kind.FILL_QTY_DIFF, Kind.FILL_PRICE_DIFF, Kind.FILL_TIME_DIFF]
