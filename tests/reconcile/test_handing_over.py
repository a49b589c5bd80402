"""Events reach a ledger by its trader while one is up, and by the same rules while none is."""

import hashlib
import threading
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from ictcli.ledger.address import place_in
from ictcli.ledger.bodies import Alerted, Cash, FromSpool, Reconciled
from ictcli.ledger.journal import open_journal
from ictcli.reconcile.findings import Finding, Kind, finding
from ictcli.reconcile.handing_over import announce, hand_over
from ictcli.reconcile.matching import Result, Verdict
from ictcli.reconcile.story import Window
from ictcli.trading.lock import Trader, only_trader, traders
from ictcli.trading.spool import lay, spool_of, waiting
from tests.reconcile.paper_ledgers import KEY, Desk, as_it_was

GIFT = Cash(key="gift", what="deposit", amount=Decimal(5), ts=1)
DIGEST = hashlib.sha256(b"report").hexdigest()
PHANTOM = finding(Kind.PHANTOM_FILL_LOCAL, "deal:5")
PRICE = finding(Kind.FILL_PRICE_DIFF, "deal:6")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return as_it_was(tmp_path)


def quiet(_line: str) -> None:
    """Nobody listens."""


def announced(desk: Desk, result: Result, *findings: Finding, now: int = 7) -> list[object]:
    """Events behind the run's own."""
    before = len(desk.entries())
    announce(Verdict(result, findings), Window(3, 9), DIGEST, desk.where, now, "night", quiet)
    return [entry.body for entry in desk.entries()[before:] if not isinstance(entry.body, FromSpool)]


def test_without_a_trader_it_is_booked_at_once_and_the_spool_is_empty(desk: Desk) -> None:
    cash = desk.book().cash
    done = hand_over([GIFT], desk.where, "anna", quiet)
    assert (done.way, done.document()["events"]) == ("ledger", 1)
    assert desk.book().cash == cash + GIFT.amount
    assert not list(desk.where.spool.rglob("*.json"))


def test_it_counts_as_of_the_last_event_so_that_a_trader_looks_back_as_far_as_before(desk: Desk) -> None:
    last = desk.book().last_ts
    hand_over([GIFT], desk.where, "anna", quiet)
    assert desk.book().last_ts == last
    name = desk.entries()[-2].body
    assert isinstance(name, FromSpool)
    assert name.ts > last


def test_while_a_trader_is_up_it_waits_for_that_one(desk: Desk) -> None:
    before = desk.entries()
    holder = Trader(desk.where.account, "", "paper", 1, 1)
    with only_trader(desk.where.control, holder):
        done = hand_over([GIFT], desk.where, "anna", quiet)
        assert done.way == "spool"
    assert desk.entries() == before
    found, _ = waiting(spool_of(desk.where.spool, desk.where.account), KEY)
    assert [one.bodies for one in found] == [(GIFT,)]
    assert traders(desk.where.control) == [(msgspec.structs.replace(holder, code=0), False)]


def test_a_look_at_who_is_up_does_not_keep_it_from_being_booked(desk: Desk) -> None:
    holder = Trader(desk.where.account, "", "paper", 1, 1)
    looking = threading.Event()

    def look() -> None:
        with only_trader(desk.where.control, holder):
            looking.set()
            time.sleep(0.1)

    thread = threading.Thread(target=look)
    thread.start()
    looking.wait(5)
    assert hand_over([GIFT], desk.where, "anna", quiet).way == "ledger"
    thread.join()


def test_while_another_process_has_the_ledger_it_waits(desk: Desk) -> None:
    with open_journal(desk.place, now=1, durable=False):
        assert hand_over([GIFT], desk.where, "anna", quiet).way == "spool"


def test_what_waited_before_is_booked_with_it_in_order(desk: Desk) -> None:
    spool = spool_of(desk.where.spool, desk.where.account)
    first = lay(spool, KEY, [Alerted(severity="info", code="x", text="y")], "bob", 1)
    hand_over([GIFT], desk.where, "anna", quiet)
    names = [entry.body.by for entry in desk.entries() if isinstance(entry.body, FromSpool)]
    assert names == ["bob", "anna"]
    assert not first.exists()


def test_two_rounds_at_one_instant_are_two(desk: Desk) -> None:
    assert len(announced(desk, "clean")) == 1
    assert len(announced(desk, "clean")) == 1


def test_nothing_is_laid_down_of_nothing(desk: Desk) -> None:
    assert hand_over([], desk.where, "anna", quiet).way == "none"
    assert not desk.where.spool.exists()


@pytest.mark.parametrize("other", ["account", "ledger"])
def test_a_ledger_of_another_account_or_none_is_not_touched(desk: Desk, tmp_path: Path, other: str) -> None:
    if other == "account":
        where = replace(desk.where, account=desk.where.account + 1)
    else:
        where = replace(desk.where, place=place_in(tmp_path / "none", KEY))
    before = desk.entries()
    assert hand_over([GIFT], where, "anna", quiet).way == "spool"
    assert desk.entries() == before
    assert not (tmp_path / "none").exists()


def test_the_ledger_tells_that_it_was_reconciled(desk: Desk) -> None:
    assert announced(desk, "clean") == [
        Reconciled(key="reconciled.7", result="clean", since=3, until=9, findings=0, digest=DIGEST)
    ]
    desk.verify()


def test_findings_are_told_with_the_gravest_first_and_the_known_left_out(desk: Desk) -> None:
    derived = finding(Kind.POSITION_QTY_DIFF, "position:5", caused_by=(PHANTOM.name,))
    known = finding(Kind.FOREIGN, "deal:9", known=True)
    reconciled, alert = announced(desk, "findings", PRICE, PHANTOM, derived, known)
    assert isinstance(reconciled, Reconciled)
    assert (reconciled.result, reconciled.findings) == ("findings", 2)
    assert alert == Alerted(
        severity="critical",
        code="reconcile_findings",
        text="reconciliation found 2: phantom_fill_local deal:5, fill_price_diff deal:6",
    )


def test_many_findings_are_counted(desk: Desk) -> None:
    many = [finding(Kind.FILL_PRICE_DIFF, f"deal:{number}") for number in range(5)]
    _, alert = announced(desk, "findings", *many)
    assert isinstance(alert, Alerted)
    assert (alert.severity, alert.text[-6:]) == ("warning", "2 more")
