"""Deals that the broker has and the ledger has not."""

from dataclasses import replace

import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.reconcile.case import Difference, Effect
from ictcli.reconcile.findings import Kind, finding
from tests.reconcile.rules.fill_worlds import (
    STEP,
    T0,
    WINDOW,
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

STRANGE = {"order": 999, "position": 999, "magic": 5, "ts": T0 + 30 * NS_PER_MINUTE}


def test_two_sides_that_agree_have_no_finding() -> None:
    assert look(*both()) == []


def test_a_deal_that_the_ledger_lacks_is_missing_with_all_that_it_would_bring() -> None:
    ours, theirs = both()
    one = only(look(without(ours, 13), theirs))
    assert (one.finding.kind, one.finding.key) == (Kind.MISSING_FILL_LOCAL, "deal:13")
    assert (one.finding.ours, one.finding.theirs) == (None, "sell 0.2 EURUSD at 1.105")
    assert (one.finding.policy, one.finding.symbol, one.finding.root) == ("book", "EURUSD", True)
    assert one.finding.ts == T0 + 13_000_000_000
    assert len(one.finding.evidence) == 64
    assert one.effect == Effect(money=n("12.68"), position=900, volume=-n("0.2"), order=501, amounts=1)


def test_every_deal_of_a_position_that_was_missed_whole_is_missing() -> None:
    ours, theirs = both()
    theirs = told(theirs, fill(14, order=0, magic=0, side=-1, entry="out", reason="client"))
    found = names(look(without(ours, 11, 12, 13), without(theirs, 13)))
    assert found == [f"missing_fill_local deal:{deal}" for deal in (11, 12, 14)]


def test_a_deal_that_was_taken_back_and_never_booked_is_nothing() -> None:
    ours, theirs = both()
    assert look(without(ours, 12), changed(theirs, 12, voided=True)) == []


def test_a_deal_from_before_the_ledger_began_is_not_missed() -> None:
    ours, theirs = both()
    began = replace(without(ours, 11), window=replace(WINDOW, since=T0 + 11_000_000_001))
    assert look(began, theirs) == []
    began = replace(without(ours, 11), window=replace(WINDOW, since=T0 + 11_000_000_000))
    assert names(look(began, theirs)) == ["missing_fill_local deal:11"]


def test_a_missing_deal_is_found_also_where_the_broker_does_not_tell_all() -> None:
    ours, theirs = both()
    half = replace(theirs, window=replace(WINDOW, complete=False))
    assert names(look(without(ours, 11), half)) == ["missing_fill_local deal:11"]


def test_a_deal_that_only_the_ledger_calls_taken_back_is_missing_from_its_sums() -> None:
    ours, theirs = both()
    one = only(look(changed(ours, 12, voided=True), theirs))
    assert (one.finding.name, one.finding.policy) == ("missing_fill_local deal:12", "human")
    assert one.finding.ours == "taken back"
    assert one.effect == Effect(n("-0.35"), 900, n("0.1"), 500, 1)


def test_a_deal_of_no_number_order_and_position_of_ours_is_foreign() -> None:
    ours, theirs = both()
    one = only(look(ours, told(theirs, fill(50, **STRANGE, profit=n("3"), commission=0))))
    assert (one.finding.name, one.finding.policy) == ("foreign deal:50", "flag")
    assert not one.finding.known
    assert one.effect == Effect(n("3"), 999, n("0.1"), 999, 1)


@pytest.mark.parametrize("own", [{"magic": 70}, {"order": 500}, {"position": 900}])
def test_one_sign_of_ours_makes_a_deal_ours(own: dict[str, int]) -> None:
    ours, theirs = both()
    found = look(of_order(ours, "enter", volume=n("9")), told(theirs, fill(50, **STRANGE | own)))
    assert names(found) == ["missing_fill_local deal:50"]


def test_a_foreign_deal_follows_from_its_foreign_order() -> None:
    ours, theirs = both()
    order = Difference(finding(Kind.FOREIGN, "order:999"))
    one = only(look(ours, told(theirs, fill(50, **STRANGE)), before=[order]))
    assert one.finding.caused_by == ("foreign order:999",)


def test_a_foreign_deal_that_the_ledger_has_flagged_is_known() -> None:
    ours, theirs = both()
    flagged = replace(ours, foreign=frozenset({("deal", 50), ("order", 51)}))
    theirs = told(theirs, fill(50, **STRANGE), fill(51, **STRANGE))
    assert [one.finding.known for one in look(flagged, theirs)] == [True, False]


@pytest.mark.parametrize("status", ["cancelled", "expired", "rejected", "absent", "denied"])
def test_a_missing_deal_of_an_order_that_is_over_unfilled_is_late(status: str) -> None:
    ours, theirs = both()
    deal = fill(50, order=510, position=901, magic=72)
    one = only(look(of_order(ours, "given_up", status=status), told(theirs, deal)))
    assert (one.finding.name, one.effect.order) == ("late_fill deal:50", 510)
    assert one.finding.policy == "book"


def test_what_became_of_an_order_behind_the_watermark_makes_no_deal_late() -> None:
    ours, theirs = both()
    theirs = told(theirs, fill(50, order=510, position=901, magic=72))
    assert names(look(of_order(ours, "given_up", touched=WINDOW.until), theirs)) == ["late_fill deal:50"]
    after = of_order(ours, "given_up", touched=WINDOW.until + 1)
    assert names(look(after, theirs)) == ["missing_fill_local deal:50"]


def test_a_missing_deal_beyond_the_volume_of_its_order_overfills_it() -> None:
    ours, theirs = both()
    one = only(look(ours, told(theirs, fill(50, volume=STEP))))
    assert (one.finding.name, one.finding.severity) == ("overfill deal:50", "critical")
    assert one.effect == Effect(n("-0.35"), 900, STEP, 500, 1)


def test_of_several_missing_deals_only_those_beyond_the_volume_overfill() -> None:
    ours, theirs = both()
    theirs = told(theirs, fill(50, ts=T0 + 1), fill(40, ts=T0 + 2))
    found = look(without(ours, 12), theirs)
    assert names(found) == ["missing_fill_local deal:50", "overfill deal:40", "overfill deal:12"]


def test_an_order_whose_volume_is_not_known_is_never_overfilled() -> None:
    ours, theirs = both()
    found = look(of_order(ours, "enter", volume=0), told(theirs, fill(50)))
    assert names(found) == ["missing_fill_local deal:50"]


def test_an_order_whose_ticket_is_not_known_is_found_by_its_number() -> None:
    ours, theirs = both()
    blind = of_order(ours, "given_up", order=0)
    theirs = told(theirs, fill(50, order=777, position=901, magic=72))
    assert names(look(blind, theirs)) == ["late_fill deal:50"]


def test_a_stop_that_was_hit_fills_no_order_of_ours() -> None:
    ours, theirs = both()
    hit = fill(50, order=777, position=901, magic=72, side=-1, entry="out", reason="stop")
    assert names(look(of_order(ours, "given_up", order=0), told(theirs, hit))) == [
        "missing_fill_local deal:50"
    ]


def test_another_hand_that_closes_our_position_fills_no_order_of_ours() -> None:
    ours, theirs = both()
    close = fill(50, order=777, magic=70, side=-1, entry="out", reason="client")
    assert names(look(ours, told(theirs, close))) == ["missing_fill_local deal:50"]


def test_deals_of_an_order_that_was_submitted_twice_follow_from_that() -> None:
    ours, theirs = both()
    twice = Difference(finding(Kind.DOUBLE_SUBMIT, "order:502"))
    stop = fill(52, order=503, position=902, side=-1, entry="out", reason="stop", volume=n("0.2"))
    theirs = told(theirs, fill(51, order=502, position=902, volume=n("0.2")), stop)
    found = look(ours, theirs, before=[twice])
    assert names(found) == ["missing_fill_local deal:51", "missing_fill_local deal:52"]
    assert all(one.finding.caused_by == ("double_submit order:502",) for one in found)
    assert names(look(ours, theirs))[0] == "overfill deal:51"


def test_a_deal_of_a_position_that_the_ledger_has_does_not_follow_from_a_second_order() -> None:
    ours, theirs = both()
    twice = Difference(finding(Kind.DOUBLE_SUBMIT, "order:502"))
    found = look(without(ours, 13), told(theirs, fill(51, order=502)), before=[twice])
    assert names(found) == ["missing_fill_local deal:13", "missing_fill_local deal:51"]
    assert [one.finding.root for one in found] == [True, False]


def test_what_a_broker_makes_of_a_position_fills_no_order_though_it_enters() -> None:
    ours, theirs = both()
    rolled = fill(50, order=777, position=901, magic=72, reason="rollover")
    assert names(look(ours, told(theirs, rolled))) == ["missing_fill_local deal:50"]


def test_what_leaves_is_another_hands_where_the_order_is_known_or_on_the_other_side() -> None:
    ours, theirs = both()
    same_side = fill(50, order=777, magic=72, entry="out", reason="client")
    assert names(look(ours, told(theirs, same_side))) == ["missing_fill_local deal:50"]
    blind = of_order(ours, "given_up", order=0)
    assert names(look(blind, told(theirs, same_side | {"side": -1}))) == ["missing_fill_local deal:50"]
    assert names(look(blind, told(theirs, same_side))) == ["late_fill deal:50"]


def test_what_leaves_under_the_number_of_an_order_that_closes_is_that_orders() -> None:
    ours, theirs = both()
    again = fill(50, order=777, magic=71, side=-1, entry="out")
    assert names(look(ours, told(theirs, again))) == ["overfill deal:50"]
