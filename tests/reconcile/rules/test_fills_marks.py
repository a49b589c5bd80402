"""Deals that both sides have and that the ledger has not marked for what they are."""

from dataclasses import replace

import pytest

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.reconcile.case import Difference, Effect
from ictcli.reconcile.findings import Kind, finding
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
    of_order,
    only,
    told,
    without,
)

END = T0 + NS_PER_MINUTE
"""When order 510 was over."""


def after_the_end(by: int, **given: object) -> dict[str, object]:
    return fill(50, order=510, position=901, magic=72, intent="given_up", ts=END + by) | given


@pytest.mark.parametrize("reason", ["stop_out", "rollover", "corporate"])
def test_a_cause_of_the_brokers_own_must_be_in_the_ledger(reason: str) -> None:
    ours, theirs = both()
    theirs = changed(theirs, 13, reason=reason)
    one = only(look(ours, theirs))
    assert (one.finding.name, one.finding.policy) == ("special_deal deal:13", "classify")
    assert (one.finding.ours, one.finding.theirs, one.effect) == ("expert", reason, Effect())
    assert look(changed(ours, 13, reason=reason), theirs) == []


@pytest.mark.parametrize("reason", ["client", "stop", "target", "other", ""])
def test_any_other_cause_is_not_compared(reason: str) -> None:
    ours, theirs = both()
    assert look(ours, changed(theirs, 13, reason=reason)) == []
    assert look(changed(ours, 13, reason="stop_out"), changed(theirs, 13, reason=reason)) == []


def test_a_booked_deal_beyond_the_volume_of_its_order_must_be_marked() -> None:
    ours, theirs = both()
    extra = fill(50)
    one = only(look(booked(ours, extra), told(theirs, extra)))
    assert (one.finding.name, one.finding.policy) == ("overfill deal:50", "book")
    assert one.effect == Effect(order=500)
    assert look(booked(ours, extra | {"over": True}), told(theirs, extra)) == []


def test_a_deal_that_is_marked_explains_the_volume_beyond_also_when_it_came_first() -> None:
    ours, theirs = both()
    early = fill(5, over=True, ts=T0)
    assert look(booked(ours, early), told(theirs, early)) == []


def test_the_deals_beyond_are_the_last_ones() -> None:
    ours, theirs = both()
    ours = of_order(ours, "enter", volume=n("0.1"))
    assert names(look(ours, theirs)) == ["overfill deal:12"]
    assert names(look(of_order(ours, "enter", volume=n("0.05")), theirs)) == [
        "overfill deal:11",
        "overfill deal:12",
    ]


def test_deals_of_the_position_do_not_fill_the_order_that_opened_it() -> None:
    ours, theirs = both()
    stop = fill(50, order=777, side=-1, entry="out", reason="stop", of_position=True)
    assert look(booked(ours, stop), told(theirs, stop)) == []


@pytest.mark.parametrize(("by", "found"), [(2 * NS_PER_SECOND, 0), (2 * NS_PER_SECOND + 1, 1)])
def test_a_booked_deal_from_after_the_end_of_its_order_must_be_marked(by: int, found: int) -> None:
    ours, theirs = both()
    deal = after_the_end(by)
    assert names(look(booked(ours, deal), told(theirs, deal))) == ["late_fill deal:50"] * found
    assert look(booked(ours, deal | {"late": True}), told(theirs, deal)) == []


def test_of_a_booked_late_deal_only_the_mark_is_to_be_taken_over() -> None:
    ours, theirs = both()
    deal = after_the_end(NS_PER_MINUTE)
    one = only(look(booked(ours, deal), told(theirs, deal)))
    assert (one.finding.policy, one.effect) == ("book", Effect(order=510))
    assert one.finding.note == "it is in the ledger, and not marked as such"


@pytest.mark.parametrize("status", ["filled", "open", "partial", "unknown"])
def test_an_order_that_is_not_over_unfilled_has_no_late_deals(status: str) -> None:
    ours, theirs = both()
    deal = after_the_end(NS_PER_MINUTE)
    assert look(of_order(booked(ours, deal), "given_up", status=status), told(theirs, deal)) == []


def test_the_end_of_an_order_behind_the_watermark_does_not_count() -> None:
    ours, theirs = both()
    deal = after_the_end(NS_PER_MINUTE)
    ours, theirs = booked(ours, deal), told(theirs, deal)
    short = replace(WINDOW, until=END - 1)
    assert look(ours, replace(theirs, window=short)) == []


def test_a_deal_that_is_both_late_and_beyond_is_called_beyond() -> None:
    ours, theirs = both()
    deal = after_the_end(NS_PER_MINUTE, volume=n("0.6"))
    assert names(look(booked(ours, deal), told(theirs, deal))) == ["overfill deal:50"]


def test_marks_are_missed_also_where_the_broker_does_not_tell_all() -> None:
    ours, theirs = both()
    half = replace(without(theirs, 12), window=replace(WINDOW, complete=False))
    deal = after_the_end(NS_PER_MINUTE)
    found = look(booked(of_order(ours, "enter", volume=n("0.1")), deal), half)
    assert names(found) == ["overfill deal:12", "late_fill deal:50"]


def test_what_was_taken_back_fills_nothing() -> None:
    ours, theirs = both()
    extra = fill(50)
    assert look(booked(ours, extra | {"voided": True}), told(theirs, extra | {"voided": True})) == []
    assert names(look(booked(ours, extra), told(theirs, extra | {"voided": True}))) == ["bust deal:50"]
    gone_here = look(booked(ours, extra | {"voided": True}), told(theirs, extra))
    assert names(gone_here) == ["missing_fill_local deal:50"]


def test_a_booked_deal_of_an_order_that_was_submitted_twice_follows_from_that() -> None:
    ours, theirs = both()
    twice = Difference(finding(Kind.DOUBLE_SUBMIT, "order:502"))
    extra = fill(50, order=502, position=902)
    one = only(look(booked(ours, extra), told(theirs, extra), before=[twice]))
    assert (one.finding.name, one.finding.caused_by) == ("overfill deal:50", ("double_submit order:502",))


def test_a_deal_that_the_ledger_has_booked_as_nobodys_is_known_as_foreign() -> None:
    ours, theirs = both()
    strange = fill(60, order=999, position=999, magic=5, intent="")
    one = only(look(booked(ours, strange), told(theirs, strange)))
    assert (one.finding.name, one.finding.known, one.effect) == ("foreign deal:60", True, Effect())
    assert one.finding.ours == one.finding.theirs == "buy 0.1 EURUSD at 1.10432"


def test_a_foreign_deal_in_the_ledger_is_compared_like_any_other() -> None:
    ours, theirs = both()
    strange = fill(60, order=999, position=999, magic=5, intent="")
    found = look(booked(ours, strange), told(theirs, strange | {"commission": 0}))
    assert names(found) == ["fee_diff deal:60 commission", "foreign deal:60"]
