"""An account by its ledger, as ``ictcli report live``, ``paper`` and ``replay`` show it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ictcli.clock import iso
from ictcli.errors import DataError
from ictcli.ledger.address import LedgerName, Place, place_of, usual_ledger
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.faults import NoLedger
from ictcli.ledger.log import Entry
from ictcli.ledger.moved import require_here
from ictcli.ledger.opening import no_ledger, reading
from ictcli.ledger.stored import entry_of
from ictcli.ledger.verification import sealed_events
from ictcli.reports.ledger_report import LedgerFacts, ledger_document
from ictcli.reports.ledger_text import ledger_text
from ictcli.reports.period_days import calendars_of
from ictcli.reports.screen_of_ledger import ledger_screen
from ictcli.reports.why import outside, why_document, why_text
from ictcli.research.metrics.values import Resampling
from ictcli.research.why import why
from ictcli.session import Session
from ictcli.trading.account_story import AccountStory, tell
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.trading.trade_rows import trades_table
from ictcli.trading.why_tables import why_tables

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from ictcli.market.symbols import SymbolSpec
    from ictcli.reports.compare_sides import Side
    from ictcli.reports.run_story import RunStory


class LedgerSubject:
    """An account.

    Args:
        session: of the command.
        word: ``live``, ``paper`` or ``replay``.

    Raises:
        DataError: there is no such ledger, or it is not what was written: nothing is told of it then.
    """

    def __init__(self, session: Session, word: str) -> None:
        self._session = session
        self.name, self._place = _place(session, word)
        self._story = tell(_sealed_entries(self._place))
        self._trades = _trades(session, self._story)
        self._calendars = calendars_of(self._story.digits, session.book)

    def text(self, *, full: bool) -> str:
        """One screen, or everything."""
        return ledger_text(self.document()) if full else ledger_screen(self.document())

    def document(self) -> dict[str, Any]:
        """Money, state, metrics, breakdowns, quality of execution."""
        session = self._session
        asked = session.config.config.backtest
        how = Resampling(asked.resamples, asked.seed, asked.confidence)
        halt = Latch(control_folder(session.config.state_dir)).reason()
        facts = LedgerFacts(self.name, str(self._place.address), halt, self._calendars)
        return ledger_document(self._story, self._trades, facts, how)

    def rows(self, table: str) -> "tuple[pa.Table, Mapping[str, int]]":
        """A table of the account, and decimals of prices by symbol."""
        story = self._story
        if table == "trades":
            return self._trades, story.digits
        if table == "equity":
            from ictcli.reports.ledger_equity import ledger_equity

            return ledger_equity(story.entries), story.digits
        orders, signals = why_tables(story.entries, story.digits)
        return (orders if table == "orders" else signals), story.digits

    def story(self) -> "RunStory":
        """What its page and picture show."""
        from ictcli.reports.run_ledger import story_of_ledger

        return story_of_ledger(self.document(), self._story, self._trades)

    def why(self, symbol: str, at: "datetime") -> tuple[dict[str, Any], str]:
        """Why it traded at a moment, or why not.

        Raises:
            UsageError: the account did not trade the symbol.
        """
        story = self._story
        answer = why(symbol, at, self._trades, *why_tables(story.entries, story.digits))
        first, last = story.first_bar, story.last_bar
        doubts = outside(at, iso(first.ts), iso(last.ts_close)) if first and last else []
        told = {"ledger": self.name, "why": why_document(answer, doubts=doubts)}
        return told, why_text(answer, story.digits.get(symbol, 0), doubts=doubts)

    def side(self) -> "Side":
        """What a comparison takes of it."""
        from ictcli.reports.compare_sides import side_of_ledger

        return side_of_ledger(self.name, self._story, self._trades, self._calendars)


def _sealed_entries(place: Place) -> list[Entry]:
    """All events of a ledger, verified as they are read: a report of events that somebody changed is none.

    Raises:
        DataError: there is none, or an event, its place in the chain or an anchor is not what was written.
    """
    anchors = read_anchors(place.anchors, place.key)
    try:
        with reading(place.address) as stored:
            return [entry_of(event) for event in sealed_events(stored, place.key, anchors)]
    except NoLedger as error:
        raise no_ledger(place, emptied=error.emptied) from error


def _place(session: Session, word: str) -> tuple[LedgerName, Place]:
    """The ledger that a word stands for."""
    state, environ = session.config.state_dir, session.environ
    name: LedgerName = "replay"
    if word != "replay":
        name = "paper" if word == "paper" else usual_ledger(state, environ)
    place = place_of(name, state, environ)
    require_here(place)
    if not place.exists:
        if place.lost:
            raise no_ledger(place)
        hint = "Trade first: `ictcli trade --help` starts with examples."
        raise DataError(f"there is no {name} ledger in {session.workspace} yet", hint=hint)
    return name, place


def _trades(session: Session, story: AccountStory) -> "pa.Table":
    """The account's finished trades."""
    start, bar = story.book.start, story.last_bar
    worth = _worth(session, start.currency if start else "")
    where = (f"{start.server}/{start.account}" if start else "", bar.timeframe if bar else "")
    intents = {one.intent.id: one.intent for one in story.book.orders.values()}
    return trades_table(story.trades, intents, worth.get, where)


def _worth(session: Session, currency: str) -> Mapping[str, Decimal]:
    """Contract sizes of symbols whose profit arises in the account's currency."""
    found: dict[str, Decimal] = {}
    for name in session.book.names:
        spec: SymbolSpec | None = session.book.resolve(name)
        if spec is not None and spec.quote == currency:
            found[name] = spec.contract_size
    return found
