"""Ledgers of a paper run, as they were written and with something of it missing or changed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import polars as pl
from msgspec import structs

from ictcli.ledger.address import Place, place_in
from ictcli.ledger.bodies import AnyBody, Ended, Filled, Start
from ictcli.ledger.journal import open_journal
from ictcli.ledger.log import Entry
from ictcli.ledger.opening import reading
from ictcli.ledger.stored import entry_of
from ictcli.reconcile.from_ledger import ledger_story
from ictcli.reconcile.handing_over import Where
from ictcli.reconcile.story import Story, Window
from ictcli.trading.orderbook import OrderBook
from tests.trading.paper_worlds import Stage, on_paper
from tests.trading.test_parity_worlds import APART, staged

KEY = bytes(range(32))
ALWAYS = Window(0, 2**62)
_SEED = 20

Change = Callable[[AnyBody], Iterable[AnyBody]]


@cache
def paper_run() -> tuple[Entry, ...]:
    """What a trader wrote of a world with trades."""
    stage: Stage = staged(_SEED, *APART)
    on_paper(stage)
    return tuple(stage.log.entries)


@dataclass(frozen=True)
class Desk:
    """A ledger with what lies around it.

    Attributes:
        place: of the ledger.
        where: the same, as corrections are handed over to it.
        account: ``server/login``.
    """

    place: Place
    where: Where
    account: str

    def story(self) -> Story:
        """What it says."""
        return ledger_story(self.place, self.account, ALWAYS)

    def entries(self) -> list[Entry]:
        """All of it."""
        with reading(self.place.address) as stored:
            return [entry_of(event) for event in stored.events()]

    def book(self) -> OrderBook:
        """All of it, folded."""
        book = OrderBook()
        book.apply_all(self.entries())
        return book

    def verify(self) -> None:
        """Chain and anchors hold, and a rebuild gives the projections that are stored."""
        with open_journal(self.place, now=1, durable=False):
            pass


def written(folder: Path, bodies: Iterable[tuple[int, AnyBody]]) -> Desk:
    """A ledger of these events."""
    place = place_in(folder / "ledger", KEY)
    account = ""
    with open_journal(place, now=1, durable=False) as journal:
        for ts, body in bodies:
            journal.append([body], ts)
            if isinstance(body, Start):
                account = f"{body.server}/{body.account}"
    login = int(account.partition("/")[2])
    where = Where(place, folder / "control", folder / "spool", login)
    return Desk(place, where, account)


def as_it_was(folder: Path) -> Desk:
    """The ledger of the run."""
    return written(folder, [(entry.ts, entry.body) for entry in paper_run()])


def changed(folder: Path, change: Change) -> Desk:
    """The ledger of the run with every event put through a change."""
    return written(folder, [(entry.ts, body) for entry in paper_run() for body in change(entry.body)])


def told_by_broker(story: Story) -> Story:
    """The other side of a ledger that is right: the same deals, in a broker's words."""
    fills = story.fills.with_columns(
        intent=pl.lit(""), late=pl.lit(value=False), over=pl.lit(value=False), of_position=pl.lit(value=False)
    )
    orders = story.orders.filter(pl.col("order") != 0).with_columns(intent=pl.lit(""))
    return replace(story, fills=fills, orders=orders, foreign=frozenset())


def deals(entry: str) -> list[Filled]:
    """Deals of the run that opened or closed something of ours."""
    found = [one.body for one in paper_run() if isinstance(one.body, Filled)]
    return [one for one in found if one.entry == entry and one.id and not one.of_position]


def without(deal: int) -> Change:
    """Nothing is written of a deal."""

    def change(body: AnyBody) -> Sequence[AnyBody]:
        return [] if isinstance(body, Filled) and body.deal == deal else [body]

    return change


def otherwise(deal: int, **values: object) -> Change:
    """A deal is written with other values."""

    def change(body: AnyBody) -> Sequence[AnyBody]:
        if isinstance(body, Filled) and body.deal == deal:
            return [structs.replace(body, **values)]
        return [body]

    return change


def ended_instead(deal: int, intent: str) -> Change:
    """The order of a deal is written as cancelled, and nothing of the deal."""

    def change(body: AnyBody) -> Sequence[AnyBody]:
        if isinstance(body, Filled) and body.deal == deal:
            return [Ended(id=intent, status="cancelled")]
        return [] if isinstance(body, Ended) and body.id == intent else [body]

    return change


def cancelled_order() -> tuple[str, int]:
    """An order of the run that was withdrawn at the broker, and its ticket."""
    book = OrderBook()
    book.apply_all(paper_run())
    return next(
        (one.id, one.ticket) for one in book.orders.values() if one.status == "cancelled" and one.ticket
    )


def never_ended(intent: str) -> Change:
    """Nothing is written of the end of an order."""

    def change(body: AnyBody) -> Sequence[AnyBody]:
        return [] if isinstance(body, Ended) and body.id == intent else [body]

    return change
