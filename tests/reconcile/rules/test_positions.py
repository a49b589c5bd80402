"""Open positions: whose, how large, on which side, at what price, how protected."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reconcile.rules.books import (
    CENT,
    LATER,
    STEP,
    TICK,
    Books,
    account,
    changed,
    fill,
    incomplete,
    n,
    roots,
    told,
)


def hold(**told_so: Any) -> Books:
    """Books whose position 900 is told otherwise, whatever its deals say."""
    return changed(lambda books: books.held[900].update(told_so))


@pytest.mark.parametrize(
    ("volume", "differs"),
    [
        (n("0.2") + STEP // 2 - 1, False),
        (n("0.2") + STEP // 2, True),
        (n("0.2") - STEP // 2, True),
        (n("0.2") - STEP // 2 + 1, False),
    ],
)
def test_volumes_differ_from_half_a_step_on(volume: int, *, differs: bool) -> None:
    expected = ["position_qty_diff position:900"] if differs else []
    assert roots(account(), hold(volume=volume)) == expected
    assert roots(hold(volume=volume), account()) == expected


def test_what_a_fill_does_not_explain_is_a_finding_of_its_own() -> None:
    found = told(changed(lambda books: books.drop(12)), hold(volume=n("0.5")))
    assert found["position_qty_diff position:900"].root
    assert found["position_qty_diff position:900"].note == "of which 0.1 is explained"
    assert (found["position_qty_diff position:900"].ours, found["position_qty_diff position:900"].theirs) == (
        "0.1",
        "0.5",
    )


def test_volumes_that_agree_though_a_deal_is_missing_do_so_by_accident() -> None:
    def here(books: Books) -> None:
        books.drop(12)
        books.held[900].update(volume=n("0.2"))

    assert roots(changed(here), account()) == ["position_qty_diff position:900", "missing_fill_local deal:12"]


def test_several_faults_of_one_position_explain_it_together() -> None:
    def here(books: Books) -> None:
        books.drop(11)
        books.of("fills", "deal", 12)["volume"] = n("0.3")
        books.fills.append(fill(15, intent="i500", over=True, volume=n("0.05")))

    one = told(changed(here), account())["position_qty_diff position:900"]
    assert set(one.caused_by) == {
        "missing_fill_local deal:11",
        "fill_qty_diff deal:12",
        "phantom_fill_local deal:15",
    }


def test_a_position_of_ours_that_nobody_but_the_broker_holds_differs_unless_a_deal_explains_it() -> None:
    opened = changed(lambda books: books.fills.append(fill(30, position=902, magic=73, order=503)))
    assert roots(account(), opened) == ["missing_fill_local deal:30"]
    without_deal = replace(account().broker(), positions=opened.broker().positions)
    assert roots(account(), without_deal)[-1] == "position_qty_diff position:902"


def test_a_position_that_the_broker_has_closed_is_explained_by_the_deal_that_closed_it() -> None:
    def closed(books: Books) -> None:
        books.fills.append(fill(15, order=0, magic=0, side=-1, entry="out", volume=n("0.2"), reason="client"))

    found = told(account(), changed(closed))
    assert found["position_qty_diff position:900"].caused_by == ("missing_fill_local deal:15",)
    assert found["position_qty_diff position:900"].theirs is None
    assert roots(account(), changed(closed)) == ["missing_fill_local deal:15"]


def test_a_position_on_the_other_side_is_flipped_and_nothing_else() -> None:
    assert roots(account(), hold(volume=-n("0.2"))) == ["position_side_flip position:900"]
    assert roots(account(), hold(volume=-n("0.7"))) == ["position_side_flip position:900"]


def test_a_netting_position_that_turned_by_a_deal_that_was_missed_follows_from_it() -> None:
    def turned(books: Books) -> None:
        books.fills.append(fill(15, order=0, magic=0, side=-1, entry="inout", volume=n("0.5")))

    found = told(account(), changed(turned))
    assert found["position_side_flip position:900"].caused_by == ("missing_fill_local deal:15",)
    assert "position_qty_diff position:900" not in found


def test_a_turn_that_was_missed_leaves_a_wrong_volume_as_such() -> None:
    def turned(books: Books) -> None:
        books.fills.append(fill(15, order=0, magic=0, side=-1, entry="inout", volume=n("0.5")))
        books.held[900]["volume"] = -n("0.4")

    counted = roots(account(), changed(turned))
    assert counted == ["position_qty_diff position:900", "missing_fill_local deal:15"]


def test_a_position_is_flipped_when_it_is_so_after_what_a_deal_explains() -> None:
    def here(books: Books) -> None:
        books.of("fills", "deal", 12)["side"] = -1
        books.fills.append(fill(15, side=1, intent="i500", over=True, volume=n("0.3")))

    def there(books: Books) -> None:
        books.fills.append(fill(15, side=1, intent="i500", volume=n("0.3")))
        books.held[900]["volume"] = -n("0.5")

    assert set(roots(changed(here), changed(there))) == {
        "fill_side_diff deal:12 side",
        "position_side_flip position:900",
    }


def test_a_deal_that_stands_twice_explains_a_position_whether_it_was_counted_twice_or_not() -> None:
    def twice(books: Books) -> None:
        books.fills.append(books.of("fills", "deal", 12))

    def twice_and_counted_once(books: Books) -> None:
        twice(books)
        books.drop(11)
        books.held[900]["volume"] = n("0.1")

    assert roots(changed(twice), account()) == ["duplicate_fill deal:12"]
    assert set(roots(changed(twice_and_counted_once), account())) >= {
        "duplicate_fill deal:12",
        "missing_fill_local deal:11",
    }
    assert "position_qty_diff position:900" not in roots(changed(twice_and_counted_once), account())


def test_an_incomplete_answer_does_not_deny_a_position_but_shows_another_volume() -> None:
    def closed(books: Books) -> None:
        books.fills = [one for one in books.fills if one["position"] != 900]

    assert roots(account(), incomplete(changed(closed))) == ["window_incomplete account"]
    assert roots(account(), incomplete(hold(volume=n("0.3")))) == [
        "position_qty_diff position:900",
        "window_incomplete account",
    ]

    def phantom(books: Books) -> None:
        books.fills.append(fill(15, intent="i500", over=True))

    assert roots(changed(phantom), incomplete(account())) == ["window_incomplete account"]


@pytest.mark.parametrize("price", [n("1.1"), n("2650.5"), n("0.65432")])
def test_average_prices_differ_beyond_a_ten_thousandth(price: int) -> None:
    most = price // 10_000
    assert roots(hold(price=price + most), hold(price=price)) == []
    assert roots(hold(price=price - most), hold(price=price)) == []
    assert roots(hold(price=price + most + 1), hold(price=price)) == ["avg_price_diff position:900"]
    assert roots(hold(price=price - most - 1), hold(price=price)) == ["avg_price_diff position:900"]


def test_an_average_that_follows_from_a_price_is_no_finding_of_its_own() -> None:
    def dearer(books: Books) -> None:
        books.of("fills", "deal", 12)["price"] = n("1.2")

    found = told(changed(dearer), account())
    assert found["avg_price_diff position:900"].caused_by == ("fill_price_diff deal:12",)


def test_an_average_that_is_not_what_the_deals_make_is_a_finding_beside_theirs() -> None:
    def dearer(books: Books) -> None:
        books.of("fills", "deal", 12)["price"] = n("1.10003")
        books.held[900]["price"] = n("1.15")

    assert set(roots(changed(dearer), account())) == {
        "fill_price_diff deal:12",
        "avg_price_diff position:900",
    }


def test_an_average_that_a_side_does_not_tell_is_not_compared() -> None:
    assert roots(account(), hold(price=0)) == roots(hold(price=0), account()) == []


def test_what_moves_no_average_explains_none() -> None:
    def costly(books: Books) -> None:
        books.of("fills", "deal", 12)["commission"] = n("-5")
        books.of("fills", "deal", 12)["reason"] = "client"
        books.held[900]["price"] = n("1.2")

    assert set(roots(account(), changed(costly))) == {
        "avg_price_diff position:900",
        "fee_diff deal:12 commission",
    }


def test_an_average_whose_deals_are_not_all_told_follows_from_what_is_found_of_them() -> None:
    def old(books: Books) -> None:
        books.drop(11)
        books.held[900]["volume"] = n("0.2")

    def dearer(books: Books) -> None:
        old(books)
        books.of("fills", "deal", 12)["price"] = n("1.2")
        books.held[900]["price"] = n("1.15")

    found = told(changed(dearer), changed(old))
    assert found["avg_price_diff position:900"].caused_by == ("fill_price_diff deal:12",)


@pytest.mark.parametrize("field", ["stop", "target"])
@pytest.mark.parametrize(
    ("away", "differs"), [(TICK // 2, False), (TICK // 2 + 1, True), (-TICK // 2, False), (TICK, True)]
)
def test_protections_differ_beyond_half_a_tick(field: str, away: int, *, differs: bool) -> None:
    theirs = hold(**{field: account().held[900][field] + away})
    assert roots(account(), theirs) == ([f"stop_diff position:900 {field}"] if differs else [])


@pytest.mark.parametrize("field", ["stop", "target"])
def test_a_protection_on_one_side_only_is_a_difference(field: str) -> None:
    assert roots(account(), hold(**{field: None})) == [f"stop_diff position:900 {field}"]
    assert roots(hold(**{field: None}), account()) == [f"stop_diff position:900 {field}"]
    assert roots(hold(**{field: None}), hold(**{field: None})) == []


@pytest.mark.parametrize(
    ("away", "differs"), [(CENT, False), (CENT + 1, True), (-CENT, False), (-CENT - 1, True)]
)
def test_swaps_differ_beyond_a_unit(away: int, *, differs: bool) -> None:
    expected = ["swap_diff position:900"] if differs else []
    assert roots(account(), hold(swap=n("-1.50") + away)) == expected


def test_a_swap_that_a_missed_deal_took_along_follows_from_it() -> None:
    def halved(books: Books) -> None:
        books.fills.append(fill(15, side=-1, entry="out", order=0, magic=0, swap=n("-0.75")))
        books.held[900]["swap"] = n("-0.75")

    found = told(account(), changed(halved))
    assert found["swap_diff position:900"].caused_by == ("missing_fill_local deal:15",)


def test_swap_of_deals_and_of_the_open_position_are_told_apart() -> None:
    def both(books: Books) -> None:
        books.of("fills", "deal", 12)["swap"] = n("-0.40")
        books.held[900]["swap"] = n("-2")

    assert set(roots(account(), changed(both))) == {"swap_diff position:900", "swap_diff position:900 open"}


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("told_so", [{"price": n("1.2")}, {"stop": None}, {"swap": n("-9")}])
def test_what_changed_behind_the_watermark_is_not_compared(side: int, told_so: dict[str, Any]) -> None:
    sides = [account(), hold(**told_so)]
    assert roots(*sides)
    sides[side].held[900]["touched"] = LATER
    assert roots(*sides) == []


def test_a_foreign_position_is_neither_compared_nor_protected() -> None:
    def strange(books: Books) -> None:
        books.fills.append(fill(20, order=600, position=950, magic=5, intent="", reason="client"))

    def here(books: Books) -> None:
        strange(books)
        books.held[950] = {"volume": n("7"), "stop": n("1"), "price": n("3")}

    assert roots(changed(here), changed(strange)) == []
    found = told(account(), changed(strange))
    assert found["foreign position:950"].caused_by == ("foreign deal:20",)


@settings(max_examples=12)
@given(st.lists(st.integers(-30, 30).filter(bool), min_size=1, max_size=8), st.data())
def test_whatever_deals_are_missed_explains_the_position_in_full(
    volumes: list[int], data: st.DataObject
) -> None:
    missed = data.draw(st.sets(st.sampled_from(range(len(volumes)))))

    def dealt(books: Books) -> None:
        for at, volume in enumerate(volumes):
            row = fill(
                30 + at, intent="i500", side=1 if volume > 0 else -1, volume=abs(volume) * STEP, over=True
            )
            books.fills.append(row)

    def behind(books: Books) -> None:
        dealt(books)
        for at in missed:
            books.drop(30 + at)

    counted = roots(changed(behind), changed(dealt))
    assert len(counted) == len(missed)
    assert all(name.partition(" ")[2] in {f"deal:{30 + at}" for at in missed} for name in counted)
