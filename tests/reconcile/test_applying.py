"""What is found is put right by events, and behind them the ledger is the broker's."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ictcli.ledger.anchors import write_anchor
from ictcli.ledger.bodies import AnyBody, Corrected, Ended, Filled, FromSpool, Reported, Start
from ictcli.ledger.journal import open_journal
from ictcli.ledger.opening import reading
from ictcli.reconcile.applying import corrections
from ictcli.reconcile.findings import Finding, Kind, finding
from ictcli.reconcile.handing_over import apply
from ictcli.reconcile.matching import Verdict, reconcile
from ictcli.reconcile.set_back import why_not_corrected
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances
from ictcli.trading.invariants import journal_faults
from tests.reconcile.paper_ledgers import (
    Change,
    Desk,
    as_it_was,
    cancelled_order,
    changed,
    deals,
    ended_instead,
    never_ended,
    otherwise,
    told_by_broker,
    without,
)

NOW = 1_900_000_000_000_000_000
SAME = ("deal", "position", "symbol", "side", "volume", "price", "profit", "commission", "swap", "fee")


def put_right(desk: Desk, broker: Story, *findings: Finding) -> tuple[str, ...]:
    """Apply and say what was told."""
    said: list[str] = []
    done = apply(findings, (desk.story(), broker), desk.where, NOW, "night", said.append)
    assert done.way == "ledger"
    return tuple(said)


def agree(ours: Story, theirs: Story) -> None:
    """Deals, money, positions and ends of orders are the broker's."""
    assert ours.fills.select(SAME).sort("deal").equals(theirs.fills.select(SAME).sort("deal"))
    assert ours.facts.balance == theirs.facts.balance
    held = ("position", "symbol", "volume", "price")
    assert ours.positions.select(held).sort("position").equals(theirs.positions.select(held).sort("position"))
    ends = [
        dict(one.orders.filter(pl.col("order") != 0).select("order", "status").iter_rows())
        for one in (ours, theirs)
    ]
    assert ends[0] == ends[1]


def opening() -> Filled:
    return deals("in")[3]


def closing() -> Filled:
    return deals("out")[1]


def missing(deal: Filled, kind: Kind = Kind.MISSING_FILL_LOCAL) -> Finding:
    return finding(kind, f"deal:{deal.deal}")


PLANTED: dict[str, tuple[Callable[[], Change], Callable[[], list[Finding]]]] = {
    "a deal that opened": (lambda: without(opening().deal), lambda: [missing(opening())]),
    "a deal that closed": (lambda: without(closing().deal), lambda: [missing(closing())]),
    "a price": (
        lambda: otherwise(opening().deal, price=opening().price + 1),
        lambda: [missing(opening(), Kind.FILL_PRICE_DIFF)],
    ),
    "a commission": (
        lambda: otherwise(closing().deal, commission=closing().commission - Decimal("0.03")),
        lambda: [finding(Kind.FEE_DIFF, f"deal:{closing().deal}", field="commission")],
    ),
    "a fee": (
        lambda: otherwise(closing().deal, fee=Decimal("-0.07")),
        lambda: [finding(Kind.FEE_DIFF, f"deal:{closing().deal}", field="fee")],
    ),
    "a swap": (
        lambda: otherwise(closing().deal, swap=closing().swap - Decimal("1.25")),
        lambda: [finding(Kind.SWAP_DIFF, f"position:{closing().position}")],
    ),
    "a result": (
        lambda: otherwise(closing().deal, profit=closing().profit + Decimal("7.00")),
        lambda: [finding(Kind.REALISED_PNL_DIFF, f"position:{closing().position}")],
    ),
    "an end": (
        lambda: never_ended(cancelled_order()[0]),
        lambda: [finding(Kind.ORDER_STATUS_DIFF, f"order:{cancelled_order()[1]}")],
    ),
    "a deal of an order that was over": (
        lambda: ended_instead(opening().deal, opening().id),
        lambda: [missing(opening(), Kind.LATE_FILL)],
    ),
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """What the broker of the run says."""
    return told_by_broker(as_it_was(tmp_path_factory.mktemp("true")).story())


@pytest.mark.parametrize("what", PLANTED)
def test_what_was_missed_or_wrong_is_found_put_right_and_clean_afterwards(
    tmp_path: Path, broker: Story, what: str
) -> None:
    change, findings = PLANTED[what]
    desk = changed(tmp_path, change())
    found = reconcile(desk.story(), broker, Tolerances())
    assert [one.name for one in found.roots] == [one.name for one in findings()]
    before = desk.entries()
    put_right(desk, broker, *found.findings)
    assert reconcile(desk.story(), broker, Tolerances()) == Verdict("clean", ())
    agree(desk.story(), broker)
    desk.verify()
    entries = desk.entries()
    assert entries[: len(before)] == before
    assert journal_faults(desk.book(), entries) == []
    assert not list(desk.where.spool.rglob("*.json"))


def test_the_run_as_it_was_is_clean(tmp_path: Path, broker: Story) -> None:
    assert reconcile(as_it_was(tmp_path).story(), broker, Tolerances()) == Verdict("clean", ())


def test_a_missed_deal_is_booked_as_recovered_by_the_order_that_it_is_of(
    tmp_path: Path, broker: Story
) -> None:
    desk = changed(tmp_path, without(opening().deal))
    put_right(desk, broker, missing(opening()))
    name, report, fill = (entry.body for entry in desk.entries()[-3:])
    assert isinstance(name, FromSpool)
    assert isinstance(report, Reported)
    assert isinstance(fill, Filled)
    assert (fill.deal, fill.id, fill.recovered, fill.late) == (opening().deal, opening().id, True, False)


def test_a_deal_of_an_order_that_was_over_is_late_and_told(tmp_path: Path, broker: Story) -> None:
    desk = changed(tmp_path, ended_instead(opening().deal, opening().id))
    (told,) = put_right(desk, broker, missing(opening(), Kind.LATE_FILL))
    assert "was cancelled, and at the broker: filled wholly" in told
    (late,) = [e.body for e in desk.entries() if isinstance(e.body, Filled) and e.body.late]
    assert late.deal == opening().deal


def test_a_deal_that_nobody_marked_as_late_is_marked(tmp_path: Path) -> None:
    desk = as_it_was(tmp_path)
    broker = told_by_broker(desk.story())
    put_right(
        desk, broker, missing(closing(), Kind.LATE_FILL), finding(Kind.OVERFILL, f"deal:{closing().deal}")
    )
    fill = desk.story().fills.filter(pl.col("deal") == closing().deal)
    assert fill.select("late", "over").row(0) == (True, True)
    assert desk.book().deals[closing().deal].late


def test_a_deal_that_the_broker_took_back_is_voided(tmp_path: Path) -> None:
    desk = as_it_was(tmp_path)
    true = desk.story()
    gone = pl.col("deal") == closing().deal
    broker = replace(told_by_broker(true), fills=true.fills.with_columns(voided=gone))
    cash = desk.book().cash
    (told,) = put_right(desk, broker, missing(closing(), Kind.BUST))
    assert told.startswith(f"critical: the broker took deal {closing().deal} back")
    assert desk.story().fills.filter(gone).get_column("voided").to_list() == [True]
    lost = sum((getattr(closing(), name) for name in ("profit", "commission", "swap", "fee")), Decimal(0))
    assert desk.book().cash == cash - lost
    assert desk.story().facts.balance == (true.facts.balance or 0) - int(lost * 10**8)
    desk.verify()


def test_applying_again_changes_nothing(tmp_path: Path, broker: Story) -> None:
    desk = changed(tmp_path, otherwise(closing().deal, commission=Decimal("-9.00")))
    wrong = finding(Kind.FEE_DIFF, f"deal:{closing().deal}", field="commission")
    stale = desk.story()
    put_right(desk, broker, wrong)
    cash = desk.book().cash
    apply([wrong], (stale, broker), desk.where, NOW + 1, "night", lambda _: None)
    assert desk.book().cash == cash
    assert corrections([wrong], broker, desk.story(), NOW + 2).bodies == ()
    agree(desk.story(), broker)


def test_a_ledger_that_is_not_what_was_written_is_not_corrected(tmp_path: Path) -> None:
    desk = changed(tmp_path, without(opening().deal))
    broker = told_by_broker(desk.story())
    ours = replace(desk.story(), facts=replace(broker.facts, faults=("chain at event 3",)))
    said: list[str] = []
    done = apply([missing(opening())], (ours, broker), desk.where, NOW, "night", said.append)
    assert (done.way, said) == ("none", ["nothing is corrected: the ledger is not what was written"])


def test_a_restored_ledger_is_corrected_only_once_a_trader_has_started_on_it(
    tmp_path: Path, broker: Story
) -> None:
    desk = changed(tmp_path, without(opening().deal))
    before = desk.entries()
    place, begun = desk.place, next(one.body for one in before if isinstance(one.body, Start))
    with reading(place.address) as stored:
        write_anchor(place.anchors, place.key, *stored.head(), NOW, "restored")
    said: list[str] = []
    lacks = missing(opening())
    done = apply([lacks], (desk.story(), broker), desk.where, NOW, "night", said.append)
    assert (done.way, desk.entries()) == ("none", before)
    assert said[0].startswith("nothing is corrected: the ledger was restored, and no trader has started")
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([begun], NOW)
    put_right(desk, broker, lacks)
    agree(desk.story(), broker)


def test_deals_of_a_number_that_the_ledger_never_gave_out_are_left_for_the_trader_to_see(
    tmp_path: Path, broker: Story
) -> None:
    lost = opening()

    def before_it(body: AnyBody) -> list[AnyBody]:
        return [] if lost.id in (getattr(body, "id", ""), getattr(body, "intent", "")) else [body]

    desk = changed(tmp_path, before_it)
    before = desk.entries()
    said: list[str] = []
    done = apply([missing(lost)], (desk.story(), broker), desk.where, NOW, "night", said.append)
    assert (done.way, desk.entries()) == ("none", before)
    assert "deals of ours (1) that the ledger does not know: it was set back" in said[0]
    story = desk.story()
    later = replace(story, window=replace(story.window, since=lost.ts + 1))
    assert why_not_corrected(desk.place, later, broker) == "", "it is older than the ledger"


@pytest.mark.parametrize(
    "one",
    [
        finding(Kind.PHANTOM_FILL_LOCAL, "deal:5"),
        finding(Kind.FILL_QTY_DIFF, "deal:5"),
        finding(Kind.DOUBLE_SUBMIT, "order:5"),
        finding(Kind.UNEXPLAINED_CASH, "deal:5"),
        finding(Kind.FEE_DIFF, "deal:5", field="currency"),
    ],
)
def test_what_only_a_person_may_decide_is_left(tmp_path: Path, one: Finding) -> None:
    story = as_it_was(tmp_path).story()
    assert corrections([one], told_by_broker(story), story, NOW).bodies == ()


def test_what_the_ledger_knows_already_is_not_corrected(tmp_path: Path, broker: Story) -> None:
    desk = changed(tmp_path, without(opening().deal))
    known = finding(Kind.MISSING_FILL_LOCAL, f"deal:{opening().deal}", known=True)
    assert corrections([known], broker, desk.story(), NOW).bodies == ()


def test_values_that_follow_from_another_finding_are_taken_with_it(tmp_path: Path, broker: Story) -> None:
    other = closing().price + 3
    desk = changed(tmp_path, otherwise(closing().deal, price=other, profit=Decimal("1.00")))
    price = missing(closing(), Kind.FILL_PRICE_DIFF)
    result = finding(Kind.REALISED_PNL_DIFF, f"position:{closing().position}", caused_by=(price.name,))
    put_right(desk, broker, price, result)
    agree(desk.story(), broker)
    made = [entry.body for entry in desk.entries() if isinstance(entry.body, Corrected)]
    assert [one.what for one in made] == ["price", "profit"]


@pytest.mark.parametrize("cause", [Kind.FILL_QTY_DIFF, Kind.DUPLICATE_FILL, Kind.FILL_PRICE_DIFF])
def test_what_hangs_on_a_decision_of_a_persons_waits_for_it_at_every_remove(
    tmp_path: Path, broker: Story, cause: Kind
) -> None:
    desk = changed(tmp_path, never_ended(cancelled_order()[0]))
    root = finding(cause, "deal:5")
    between = finding(Kind.LATE_FILL, "deal:6", caused_by=(root.name,))
    end = finding(
        Kind.ORDER_STATUS_DIFF, f"order:{cancelled_order()[1]}", caused_by=(between.name, "bust deal:7")
    )
    gone = finding(Kind.BUST, "deal:7")
    made = corrections([root, between, gone, end], broker, desk.story(), NOW)
    assert len(made.bodies) == (cause is Kind.FILL_PRICE_DIFF)
    assert corrections([end], broker, desk.story(), NOW).bodies == ()


def test_an_order_whose_deal_has_another_volume_is_not_ended_before_somebody_looked(
    tmp_path: Path, broker: Story
) -> None:
    deal = opening()
    smaller = otherwise(deal.deal, volume=deal.volume / 2)

    def change(body: AnyBody) -> list[AnyBody]:
        return [one for one in smaller(body) if not (isinstance(one, Filled) and one.deal == closing().deal)]

    desk = changed(tmp_path, change)
    found = reconcile(desk.story(), broker, Tolerances())
    root = f"fill_qty_diff deal:{deal.deal}"
    assert root in [one.name for one in found.roots]
    (end,) = [one for one in found.findings if one.key == f"order:{deal.order}"]
    assert (end.kind, end.caused_by, end.ours, end.theirs) == (
        Kind.ORDER_STATUS_DIFF, (root,), "partial", "filled",
    )  # fmt: skip
    put_right(desk, broker, *found.findings)
    left = reconcile(desk.story(), broker, Tolerances()).findings
    assert {root, end.name} <= {one.name for one in left}


def test_every_missing_deal_of_a_run_can_be_brought_back_at_once(tmp_path: Path, broker: Story) -> None:
    def change(body: AnyBody) -> list[AnyBody]:
        return [] if isinstance(body, Filled | Ended) else [body]

    desk = changed(tmp_path, change)
    found = [finding(Kind.MISSING_FILL_LOCAL, f"deal:{deal}") for deal in broker.fills.get_column("deal")]
    ends = [
        finding(Kind.ORDER_STATUS_DIFF, f"order:{ticket}") for ticket in broker.orders.get_column("order")
    ]
    put_right(desk, broker, *found, *ends)
    agree(desk.story(), broker)
    desk.verify()
