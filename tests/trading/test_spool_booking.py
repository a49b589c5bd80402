"""The spool is booked once, whatever comes between, and nothing else than what may come that way."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.ledger.address import Place, find_place
from ictcli.ledger.bodies import (
    Alerted,
    AnyBody,
    Cash,
    Emergency,
    FromSpool,
    Mode,
    ModeSet,
    Opened,
    Resumed,
)
from ictcli.ledger.journal import Journal, open_journal
from ictcli.trading.laid import take
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.messages import Record
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.spool import Spooled, lay
from ictcli.trading.spool_booking import SpoolBooking
from tests.trading.journals import NOON, start

BREAKER = "breaker: 5 orders in a row were refused"
CANCEL = Emergency(key="1-5", epoch=1, what="cancel", ticket=5, symbol="EURUSD", outcome="done", ts=7)
TOLD = Alerted(severity="critical", code="halt_session", text="cancelled 1, closed 0")
PAYOUT = Cash(key="payout-1", what="payout", amount=Decimal("-50.00"), ts=9)


class Trader:
    """What a trader is to its spool: a ledger, its fold, and a voice."""

    def __init__(self, journal: Journal, spool: Path) -> None:
        self.journal, self.spool = journal, spool
        self.key = journal.key
        self.said: list[str] = []
        self.begin()

    def begin(self) -> None:
        """Start anew from the ledger."""
        self.book = OrderBook()
        self.book.apply_all(self.journal.read())
        self.booking = SpoolBooking(self.spool, self.key, self.book, self.take, self.record, self.said.append)

    def record(self, bodies: Sequence[AnyBody]) -> None:
        for body in bodies:
            self.book.apply(body, NOON)
        self.journal.append(bodies, NOON)

    def take(self, laid: Spooled) -> None:
        scribe = Scribe(self.book, NOON)
        take(scribe, laid)
        for command in scribe.commands():
            if isinstance(command, Record):
                self.journal.append(command.bodies, command.at)

    def restrict(self, mode: Mode, reason: str) -> None:
        self.record([ModeSet(mode=mode, reason=reason)])

    def written(self, *kinds: type) -> list[AnyBody]:
        """Events of these kinds in the ledger."""
        return [entry.body for entry in self.journal.read() if isinstance(entry.body, kinds)]

    def resumed(self, lifted: str, now: int = 1) -> None:
        """A person lifts a restriction."""
        lay(self.spool, self.key, [Resumed(lifted=lifted, reason="margin was added", by="anna")], "anna", now)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "secret.key").write_text("00" * 32)
    return find_place(tmp_path, {})


@pytest.fixture
def trader(place: Place, tmp_path: Path) -> Iterator[Trader]:
    with open_journal(place, now=NOON, durable=False) as journal:
        journal.append([start(), Opened(balance=Decimal(1000))], NOON)
        yield Trader(journal, tmp_path / "spool" / "7")


def test_a_file_is_booked_with_its_name_and_removed(trader: Trader) -> None:
    path = lay(trader.spool, trader.key, [CANCEL, TOLD, PAYOUT], "anna", 3)
    trader.booking.turn()
    trader.booking.turn()
    assert trader.written(FromSpool, Emergency, Alerted, Cash) == [
        FromSpool(file=path.name, by="anna", ts=3),
        CANCEL,
        TOLD,
        PAYOUT,
    ]
    assert not path.exists()
    assert trader.book.cash == Decimal(-50)


@pytest.mark.parametrize("restarted", [True, False])
def test_a_crash_between_booking_and_removal_books_nothing_twice(trader: Trader, *, restarted: bool) -> None:
    path = lay(trader.spool, trader.key, [CANCEL, TOLD, PAYOUT], "anna", 3)
    content = path.read_bytes()
    trader.booking.turn()
    before = trader.journal.last
    path.write_bytes(content)
    if restarted:
        trader.begin()
    trader.booking.turn()
    assert (trader.journal.last, path.exists()) == (before, False)


def test_two_sessions_of_one_stop_are_both_booked_though_their_requests_have_one_key(trader: Trader) -> None:
    lay(trader.spool, trader.key, [CANCEL], "anna", 3)
    lay(trader.spool, trader.key, [CANCEL], "anna", 4)
    trader.booking.turn()
    assert trader.written(Emergency) == [CANCEL, CANCEL]


def test_a_movement_of_money_counts_once_however_often_it_is_laid_down(trader: Trader) -> None:
    lay(trader.spool, trader.key, [PAYOUT, PAYOUT], "anna", 3)
    lay(trader.spool, trader.key, [PAYOUT], "anna", 4)
    trader.booking.turn()
    assert (trader.written(Cash), trader.book.cash) == ([PAYOUT], Decimal(-50))


def test_a_file_that_somebody_made_is_kept_and_told_of_once(trader: Trader) -> None:
    trader.spool.mkdir(parents=True)
    path = trader.spool / "00000000000000000003-1.json"
    path.write_text(
        '{"by":"anna","ts":3,"bodies":[{"kind":"cash","key":"x","what":"gift","amount":"9","ts":1}]}'
    )
    trader.booking.turn()
    trader.booking.turn()
    (told,) = trader.written(Alerted)
    assert isinstance(told, Alerted)
    assert (told.severity, told.code) == ("critical", "spool_refused")
    assert trader.said == [f"critical: {told.text}"]
    assert path.exists()
    assert trader.book.cash == 0


def test_a_breaker_that_a_person_lifted_is_lifted_with_person_and_reason(trader: Trader) -> None:
    trader.restrict("reducing", BREAKER)
    trader.resumed(BREAKER)
    trader.booking.turn()
    assert (trader.book.mode, trader.book.mode_reason) == ("active", "resumed by anna: margin was added")
    trader.begin()
    assert trader.book.mode == "active"


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("reducing", "account: position 5 is not the broker's"),
        ("halted", "invariants: a fill without an intent"),
        ("reducing", "clock: an hour ahead"),
        ("reducing", "breaker: 6 orders in a row were refused"),
    ],
)
def test_no_other_restriction_is_lifted_by_it(trader: Trader, mode: Mode, reason: str) -> None:
    trader.restrict(mode, reason)
    trader.resumed(BREAKER)
    trader.booking.turn()
    assert (trader.book.mode, trader.book.mode_reason) == (mode, reason)
    assert trader.written(Resumed)


def test_nobody_lifts_by_hand_what_is_no_breaker(trader: Trader) -> None:
    trader.restrict("halted", "invariants: a fill without an intent")
    trader.resumed("invariants: a fill without an intent")
    trader.booking.turn()
    assert trader.book.mode == "halted"


def test_a_breaker_that_opens_again_is_not_lifted_by_the_same_word(trader: Trader) -> None:
    trader.restrict("reducing", BREAKER)
    trader.resumed(BREAKER)
    content = {path: path.read_bytes() for path in trader.spool.glob("*")}
    trader.booking.turn()
    trader.restrict("reducing", BREAKER)
    for path, held in content.items():
        path.write_bytes(held)
    trader.booking.turn()
    assert trader.book.mode == "reducing"
