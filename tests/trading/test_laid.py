"""What another process lays down is booked by the trader's own rules, or refused and told."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from ictcli.ledger.bodies import (
    Acked,
    Alerted,
    AnyBody,
    Corrected,
    Ended,
    Filled,
    Foreign,
    Opened,
    Reconciled,
    Reported,
    Sent,
    SwapSeen,
    Voided,
)
from ictcli.trading.catching_up import catch_up
from ictcli.trading.checkpoints import restore, state_of
from ictcli.trading.invariants import journal_faults
from ictcli.trading.laid import take
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.messages import Alert, FromOutside, MoneyNotice, Notify, Record
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.spool import Laid, Spooled
from tests.trading.journals import NOON, deal, intent, start
from tests.trading.test_parity_worlds import APART, staged

D = Decimal
TICKET = 40
SENT = Sent(id="a", attempt=1, request={"volume": "0.20"}, digest="d" * 64)
OPEN: tuple[AnyBody, ...] = (
    start(), Opened(balance=D(1000), deal=9), intent("a", magic=77), SENT,
    Acked(id="a", attempt=1, code=10009, order=TICKET),
)  # fmt: skip
FILL = deal(11, TICKET, 1, "0.20", id="a", order=TICKET, magic=77)


def report(fill: Filled = FILL, **changes: Any) -> Reported:
    """The same deal as another process read it."""
    names = {one.name for one in structs.fields(Reported)} - {"key"}
    told: dict[str, Any] = {name: getattr(fill, name) for name in names}
    return Reported(key=f"deal.{fill.deal}", **(told | changes))


def right(what: str, ours: str, theirs: str, deal: int = 11, id: str = "") -> Corrected:  # noqa: A002
    return Corrected(key=f"{what}-1", what=what, ours=ours, theirs=theirs, deal=deal, id=id)


@dataclass
class Books:
    """A folded journal that takes what is laid down."""

    book: OrderBook = field(default_factory=OrderBook)
    written: list[AnyBody] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    notices: list[object] = field(default_factory=list)

    def begin(self, *bodies: AnyBody) -> "Books":
        for body in bodies:
            self.book.apply(body, NOON)
        return self

    def take(self, *bodies: Laid) -> tuple[AnyBody, ...]:
        """Everything that was written behind the name of the file."""
        scribe = Scribe(self.book, NOON)
        take(scribe, Spooled(Path("1.json"), "night", 5, bodies))
        commands = scribe.commands()
        (record,) = [one for one in commands if isinstance(one, Record)]
        self.alerts += [one for one in commands if isinstance(one, Alert)]
        self.notices += [one.notice for one in commands if isinstance(one, Notify)]
        self.written += record.bodies
        return record.bodies[1:]


@pytest.fixture
def books() -> Books:
    return Books().begin(*OPEN)


def test_a_reported_deal_fills_its_order_and_opens_its_position(books: Books) -> None:
    told, fill = books.take(report())
    assert told == report()
    assert fill == structs.replace(FILL, recovered=True)
    assert (books.book.orders["a"].status, books.book.positions[TICKET].volume) == ("filled", D("0.20"))
    assert len(books.notices) == 2


def test_a_deal_of_an_order_that_is_over_is_late_and_one_too_many_is_over(books: Books) -> None:
    books.begin(Ended(id="a", status="cancelled"))
    late = books.take(report())
    assert any(isinstance(one, Filled) and one.late for one in late)
    again = books.take(report(structs.replace(FILL, deal=12)))
    assert any(isinstance(one, Filled) and one.over for one in again)
    assert [one.code for one in books.alerts] == ["filled_wholly", "overfilled"]


def test_a_deal_that_is_booked_already_is_no_news(books: Books) -> None:
    books.begin(FILL)
    assert books.take(report()) == ()
    assert books.alerts == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"price": D("1.2")}, "price"),
        ({"volume": D("0.10"), "side": -1}, "side, volume"),
        ({"swap": D("-1")}, "swap"),
    ],
)
def test_a_deal_that_contradicts_the_one_that_is_booked_is_refused(
    books: Books, changes: dict[str, Any], named: str
) -> None:
    books.begin(FILL)
    (alert,) = books.take(report(**changes))
    assert isinstance(alert, Alerted)
    assert (alert.severity, alert.code) == ("critical", "correction_refused")
    assert alert.text == f"a correction was refused: deal 11 is booked with another {named}"
    assert books.book.deals[11] == FILL


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (report(structs.replace(FILL, deal=9)), "deal 9 is from before the ledger"),
        (report(profit=D("0.001")), "deal 11 tells money finer than the currency"),
        (right("price", "1.1", "1.2", deal=50), "there is no deal 50 to correct"),
    ],
)
def test_what_cannot_be_booked_is_refused_and_told(books: Books, body: Laid, why: str) -> None:
    (alert,) = books.take(body)
    assert isinstance(alert, Alerted)
    assert alert.text == f"a correction was refused: {why}"
    assert 11 not in books.book.deals


def test_a_deal_of_nobody_of_ours_is_booked_as_a_strangers(books: Books) -> None:
    strange = report(structs.replace(FILL, deal=30, order=90, position=90, magic=0))
    _, fill, foreign = books.take(strange)
    assert isinstance(fill, Filled)
    assert isinstance(foreign, Foreign)
    assert (fill.id, foreign.ticket) == ("", 30)


def test_deals_of_one_file_follow_from_one_another(books: Books) -> None:
    close = intent("b", action="close", side=-1, position=TICKET, magic=78, leg=1)
    books.begin(close, structs.replace(SENT, id="b"), Acked(id="b", attempt=1, code=10009, order=41))
    out = deal(12, TICKET, -1, "0.20", entry="out", id="b", order=41, magic=78, profit=D(3))
    books.take(report(), report(out))
    assert books.book.positions == {}
    assert books.book.cash == D(1)
    assert books.book.deals[12] == structs.replace(out, recovered=True)


def test_a_correction_counts_where_the_ledger_says_what_it_is_said_to_say(books: Books) -> None:
    books.begin(FILL)
    body = right("commission", "-1", "-1.50")
    assert books.take(body) == (body,)
    assert (books.book.deals[11].commission, books.book.cash) == (D("-1.50"), D("-1.50"))
    assert books.notices == [MoneyNotice(D("-0.50"))]


def test_a_correction_that_was_made_already_is_no_news(books: Books) -> None:
    books.begin(FILL)
    body = right("commission", "-1", "-1.50")
    assert books.take(body, body, structs.replace(body, key="another")) == (body,)
    assert books.alerts == []
    assert books.book.cash == D("-1.50")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (right("commission", "-2", "-3"), "commission of deal 11 is -1 and not -2"),
        (right("profit", "0", "0.001"), "profit 0.001 of deal 11 is finer than the currency"),
        (right("price", "1.1", "soon"), "price of deal 11 is 1.10000 and not 1.1"),
        (
            right("status", "open", "cancelled", deal=0, id="z"),
            "order z is unknown here, not open, or cannot be cancelled",
        ),
        (
            right("status", "filled", "gone", deal=0, id="a"),
            "order a is filled, not filled, or cannot be gone",
        ),
    ],
)
def test_a_correction_that_does_not_fit_is_refused_and_told(books: Books, body: Laid, why: str) -> None:
    books.begin(FILL)
    (alert,) = books.take(body)
    assert isinstance(alert, Alerted)
    assert alert.text == f"a correction was refused: {why}"


def test_a_deal_that_was_taken_back_is_not_corrected(books: Books) -> None:
    books.begin(FILL, Voided(deal=11, reason="bust"))
    (alert,) = books.take(right("commission", "-1", "-3"))
    assert isinstance(alert, Alerted)
    assert books.book.cash == 0


def test_an_order_takes_the_brokers_end_and_the_decision_side_hears_of_it(books: Books) -> None:
    body = right("status", "open", "expired", deal=0, id="a")
    assert books.take(body) == (body,)
    assert (books.book.orders["a"].status, books.book.working) == ("expired", {})
    (notice,) = books.notices
    assert getattr(notice, "status", "") == "expired"
    assert books.take(structs.replace(body, key="again")) == ()


def test_a_deal_taken_back_is_voided_once_and_an_unknown_one_never(books: Books) -> None:
    books.begin(FILL)
    gone = Voided(deal=11, reason="bust")
    first = books.take(gone, gone, Voided(deal=12, reason="bust"))
    assert [one for one in first if isinstance(one, Voided)] == [gone]
    assert books.book.cash == 0
    assert [one.code for one in books.alerts] == ["deal_voided"]


def test_swap_is_taken_of_what_is_open_only(books: Books) -> None:
    seen = SwapSeen(position=TICKET, swap=D("-1.20"), ts=1)
    assert books.take(seen) == ()
    books.begin(FILL)
    assert books.take(seen) == (seen,)


def test_notes_are_written_as_they_are(books: Books) -> None:
    notes: tuple[Laid, ...] = (
        Reconciled(key="r", result="clean", since=1, until=2, findings=0, digest="d"),
        Corrected(key="c", what="volume", ours="1", theirs="2"),
        Alerted(severity="info", code="x", text="y"),
    )
    assert books.take(*notes) == notes


def test_a_running_trader_counts_the_money_of_a_correction_and_so_does_its_successor() -> None:
    stage = staged(20, *APART)
    trader = stage.engage()
    stage.begin()
    stage.play(trader)
    trader.flush()
    saved = state_of(trader, stage.log.last, stage.world.closes()[-1], stage.start, "world")
    fill = next(one.body for one in stage.log.entries if isinstance(one.body, Filled) and one.body.id)
    more = fill.commission - D("0.25")
    body = right("commission", str(fill.commission), str(more), deal=fill.deal, id=fill.id)
    before, cash = trader.account.desk.balance, stage.manager.book.cash
    stage.dispatcher.handle(FromOutside(Spooled(Path("1.json"), "night", 5, (body,))))
    assert trader.account.desk.balance == before - 25
    assert stage.manager.book.cash == cash - D("0.25")
    successor = stage.engage()
    restore(successor, saved)
    catch_up(successor, stage.log.read(), saved.seq, saved.at, stage.timeframes)
    assert successor.account.desk.balance == before - 25
    assert journal_faults(stage.manager.book, stage.log.entries) == []
