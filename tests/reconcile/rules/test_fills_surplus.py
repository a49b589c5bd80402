"""Deals that the ledger has, and the broker has not, has once, or has taken back."""

from dataclasses import replace

import pytest

from ictcli.reconcile.case import Effect
from ictcli.reconcile.findings import Kind
from tests.reconcile.rules.fill_worlds import (
    T0,
    WINDOW,
    booked,
    both,
    changed,
    fill,
    look,
    n,
    names,
    only,
    without,
)


def test_a_deal_that_the_broker_does_not_tell_is_a_phantom() -> None:
    ours, theirs = both()
    one = only(look(ours, without(theirs, 13)))
    assert (one.finding.name, one.finding.policy) == ("phantom_fill_local deal:13", "human")
    assert (one.finding.ours, one.finding.theirs) == ("sell 0.2 EURUSD at 1.105", None)
    assert one.effect == Effect(n("-12.68"), 900, n("0.2"), 501, 1)


def test_a_phantom_beyond_the_volume_of_its_order_is_no_overfill_as_well() -> None:
    ours, theirs = both()
    assert names(look(booked(ours, fill(50)), theirs)) == ["phantom_fill_local deal:50"]


def test_nothing_follows_from_a_silence_of_a_broker_who_does_not_tell_all() -> None:
    ours, theirs = both()
    half = replace(without(theirs, 13), window=replace(WINDOW, complete=False))
    assert look(ours, half) == []


@pytest.mark.parametrize(("since", "found"), [(0, 1), (1, 0)])
def test_a_deal_from_before_the_window_is_no_phantom(since: int, found: int) -> None:
    ours, theirs = both()
    short = replace(without(theirs, 11), window=replace(WINDOW, since=T0 + 11_000_000_000 + since))
    assert len(look(ours, short)) == found


def test_a_deal_that_the_ledger_calls_taken_back_may_be_gone_at_the_broker() -> None:
    ours, theirs = both()
    assert look(changed(ours, 12, voided=True), without(theirs, 12)) == []


def test_a_deal_that_stands_twice_is_found_once_for_each_further_row() -> None:
    ours, theirs = both()
    one = only(look(booked(ours, fill(11)), theirs))
    assert one.finding.name == "duplicate_fill deal:11"
    assert one.effect == Effect(n("0.35"), 900, -n("0.1"), 500, 1)
    assert only(look(booked(ours, fill(11, voided=True)), theirs)).effect == Effect()
    found = look(booked(ours, fill(11), fill(11)), theirs)
    assert names(found) == ["duplicate_fill deal:11 1", "duplicate_fill deal:11 2"]


def test_rows_of_one_deal_that_do_not_agree_give_one_answer_in_any_order() -> None:
    ours, theirs = both()
    ours = booked(ours, fill(11, price=n("1.2")))
    turned = replace(ours, fills=ours.fills.reverse())
    assert look(ours, theirs) == look(turned, theirs)
    assert names(look(ours, theirs)) == ["duplicate_fill deal:11"]


def test_a_phantom_that_stands_twice_is_both() -> None:
    ours, theirs = both()
    found = look(booked(ours, fill(12)), without(theirs, 12))
    assert names(found) == ["phantom_fill_local deal:12", "duplicate_fill deal:12"]


def test_a_deal_that_the_broker_has_taken_back_is_undone_and_not_compared() -> None:
    ours, theirs = both()
    one = only(look(ours, changed(theirs, 13, voided=True, profit=0, price=0, side=1, reason="other")))
    assert (one.finding.name, one.finding.policy) == ("bust deal:13", "adopt")
    assert (one.finding.ours, one.finding.theirs) == ("sell 0.2 EURUSD at 1.105", "taken back")
    assert one.effect == Effect(n("-12.68"), 900, n("0.2"), 501, 1)


def test_what_both_sides_call_taken_back_moves_no_money_and_has_no_owner() -> None:
    ours, theirs = both()
    gone = changed(ours, 13, voided=True)
    assert look(gone, changed(theirs, 13, voided=True, profit=0, commission=n("-9"), swap=0)) == []


def test_a_broker_who_repeats_a_page_tells_nothing_new() -> None:
    ours, theirs = both()
    assert look(ours, booked(theirs, *theirs.fills.to_dicts())) == []


def test_of_a_deal_that_the_broker_tells_twice_the_later_word_counts() -> None:
    ours, theirs = both()
    gone = changed(theirs, 12, voided=True).fills
    for fills in (theirs.fills.vstack(gone), gone.vstack(theirs.fills)):
        assert only(look(ours, replace(theirs, fills=fills))).finding.kind is Kind.BUST
