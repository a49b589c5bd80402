"""Costs, swaps and results of deals that both sides tell."""

from dataclasses import replace

import pytest

from ictcli.reconcile.case import Effect
from ictcli.reconcile.story import Facts
from tests.reconcile.rules.fill_worlds import (
    CENT,
    booked,
    both,
    changed,
    fill,
    look,
    n,
    names,
    of_order,
    only,
    told,
)

CLOSE = {"order": 501, "magic": 71, "intent": "leave", "side": -1, "entry": "out", "volume": n("0.01")}


@pytest.mark.parametrize("name", ["commission", "fee"])
@pytest.mark.parametrize(("away", "found"), [(CENT, 0), (CENT + 1, 1), (-CENT, 0), (-CENT - 1, 1)])
def test_a_cost_may_be_one_minor_unit_off(name: str, away: int, found: int) -> None:
    ours, theirs = both()
    here = {"commission": n("-0.35"), "fee": 0}[name]
    assert len(look(ours, changed(theirs, 11, **{name: here + away}))) == found


def test_a_cost_is_told_with_what_it_moves() -> None:
    ours, theirs = both()
    one = only(look(ours, changed(theirs, 11, commission=n("-1.2"))))
    assert (one.finding.name, one.finding.policy) == ("fee_diff deal:11 commission", "adopt")
    assert (one.finding.ours, one.finding.theirs) == ("-0.35", "-1.2")
    assert one.finding.tolerance == "0.01 EUR"
    assert one.effect == Effect(money=n("-0.85"), amounts=1)


def test_the_minor_unit_is_the_accounts() -> None:
    ours, theirs = (replace(one, facts=Facts("a/1", "JPY", minor=0)) for one in both())
    assert look(ours, changed(theirs, 11, commission=n("0.65"))) == []
    assert names(look(ours, changed(theirs, 11, commission=n("0.66")))) == ["fee_diff deal:11 commission"]


@pytest.mark.parametrize(
    ("mine", "other", "found"),
    [("", "", 0), ("", "EUR", 0), ("EUR", "", 0), ("USD", "USD", 0), ("", "BNB", 1), ("USD", "EUR", 1)],
)
def test_costs_in_another_currency_are_found(mine: str, other: str, found: int) -> None:
    ours, theirs = both()
    differ = look(changed(ours, 11, currency=mine), changed(theirs, 11, currency=other))
    assert names(differ) == ["fee_diff deal:11 currency"] * found
    if found:
        assert (differ[0].finding.ours, differ[0].finding.theirs) == (mine or "EUR", other or "EUR")


@pytest.mark.parametrize(("name", "kind"), [("swap", "swap_diff"), ("profit", "realised_pnl_diff")])
@pytest.mark.parametrize(("away", "found"), [(CENT, 0), (CENT + 1, 1), (-CENT, 0), (-CENT - 1, 1)])
def test_swap_and_result_of_one_deal_may_be_one_minor_unit_off(
    name: str, kind: str, away: int, found: int
) -> None:
    ours, theirs = both()
    here = {"swap": n("-0.82"), "profit": n("13.50")}[name]
    differ = look(ours, changed(theirs, 13, **{name: here + away}))
    assert names(differ) == [f"{kind} position:900"] * found


def test_a_result_is_told_for_the_whole_position() -> None:
    ours, theirs = both()
    more = fill(14, **CLOSE, profit=n("1"))
    ours = booked(of_order(ours, "leave", volume=n("0.21")), more)
    one = only(look(ours, changed(told(theirs, more), 13, profit=n("14"))))
    assert (one.finding.name, one.finding.policy) == ("realised_pnl_diff position:900", "adopt")
    assert (one.finding.ours, one.finding.theirs) == ("14.5", "15")
    assert one.finding.tolerance == "0.01 EUR a deal, 0.02 EUR in sum"
    assert one.effect == Effect(money=n("0.5"), amounts=1)


@pytest.mark.parametrize(("rest", "found"), [(0, 0), (1, 1)])
def test_amounts_that_are_near_by_themselves_may_be_too_far_in_sum(rest: int, found: int) -> None:
    """Six deals may be three cents off together: three that differ are a cent each, a fourth has the rest."""
    ours, theirs = both()
    closes = [fill(deal, **CLOSE, profit=n("1")) for deal in (20, 21, 22)]
    away = [one | {"profit": n("1.01")} for one in closes]
    ours = booked(of_order(ours, "leave", volume=n("0.23")), *closes)
    differ = look(ours, changed(told(theirs, *away), 13, profit=n("13.5") + rest))
    assert names(differ) == ["realised_pnl_diff position:900"] * found


@pytest.mark.parametrize(("away", "found"), [(CENT, 0), (CENT + 1, 1)])
def test_the_only_amount_of_a_position_may_be_one_minor_unit_off(away: int, found: int) -> None:
    ours, theirs = both()
    alone = fill(30, position=901, order=510, magic=72, intent="given_up")
    differ = look(booked(ours, alone), told(theirs, alone | {"profit": away}))
    assert names(differ) == ["realised_pnl_diff position:901"] * found
    assert [one.finding.tolerance for one in differ] == ["0.01 EUR"] * found


@pytest.mark.parametrize(("mine", "other"), [(True, True), (False, True), (True, False)])
def test_what_was_taken_back_is_in_no_sum(mine: bool, other: bool) -> None:
    ours, theirs = both()
    gone = fill(14, **CLOSE, profit=n("1"))
    ours, theirs = booked(ours, gone | {"voided": mine}), told(theirs, gone | {"voided": other})
    ours = of_order(ours, "leave", volume=n("0.21"))
    result = look(ours, changed(theirs, 13, profit=n("14")))[-1].finding
    assert (result.name, result.ours, result.theirs) == ("realised_pnl_diff position:900", "13.5", "14")
    assert result.tolerance == "0.01 EUR a deal, 0.015 EUR in sum"


def test_amounts_of_two_positions_are_not_summed() -> None:
    ours, theirs = both()
    other = fill(30, position=901, order=510, magic=72, intent="given_up", late=True, swap=n("-1"))
    ours, theirs = booked(ours, other), told(theirs, other)
    found = look(ours, changed(changed(theirs, 13, swap=n("-0.9")), 30, swap=n("-1.1")))
    assert names(found) == ["swap_diff position:900", "swap_diff position:901"]
    assert [one.effect.money for one in found] == [n("-0.08"), n("-0.1")]


def test_what_both_sides_say_turned_round_is_the_same_finding_with_the_other_sign() -> None:
    ours, theirs = both()
    theirs = changed(theirs, 13, swap=n("-0.9"), profit=n("13"), commission=n("2"))
    here, there = look(ours, theirs), look(
        replace(ours, fills=theirs.fills.with_columns(intent=ours.fills["intent"])),
        replace(theirs, fills=ours.fills),
    )  # fmt: skip
    assert names(here) == names(there)
    assert [one.effect.money for one in here] == [-one.effect.money for one in there]
    assert [one.finding.ours for one in here] == [one.finding.theirs for one in there]
