"""``ictcli report live``, ``paper`` and ``replay``: an account's ledger as a run's report shows a run."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ictcli.errors import DataError, UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

    from ictcli.ledger.address import LedgerName, Place
    from ictcli.reports.ledger_report import LedgerFacts
    from ictcli.trading.account_story import AccountStory


def render_ledger(session: Session, word: str, chosen: str) -> bytes:
    """The report in a format.

    Raises:
        DataError: there is no such ledger, or it is damaged.
    """
    from ictcli.output import SCHEMA, encode
    from ictcli.reports import export
    from ictcli.reports.ledger_report import LedgerFacts
    from ictcli.reports.ledger_text import ledger_text

    place, name, story, trades = _read(session, word)
    series = [{"symbol": symbol, "digits": digits} for symbol, digits in story.digits.items()]
    match chosen:
        case "csv":
            return export.trades_csv(trades, series)
        case "parquet":
            return export.trades_parquet(trades)
        case "nl":
            return "".join(encode(row) + "\n" for row in export.trades_rows(trades, series)).encode()
    document = _document(session, LedgerFacts(name, str(place.address), _halt(session)), story, trades)
    if chosen == "json":
        body = {"schema": SCHEMA, "command": "report", **document}
        return (encode(body, indent=2) + "\n").encode()
    return (ledger_text(document) + "\n").encode()


def explain_ledger(session: Session, word: str, symbol: str, moment: str, *, as_json: bool) -> bytes:
    """Why the account traded at a moment, or why it did not.

    Raises:
        UsageError: the moment is none, or the account did not trade the symbol.
        DataError: there is no such ledger, or it is damaged.
    """
    from ictcli.clock import parse_instant, to_datetime
    from ictcli.output import SCHEMA, encode
    from ictcli.reports.why import why_document, why_text
    from ictcli.research.why import why
    from ictcli.trading.why_tables import why_tables

    try:
        at = to_datetime(parse_instant(moment, now=session.now))
    except ValueError as error:
        raise UsageError(f"--why: {error}") from error
    _, name, story, trades = _read(session, word)
    answer = why(symbol, at, trades, *why_tables(story.entries, story.digits))
    if as_json:
        body = {"schema": SCHEMA, "command": "report", "ledger": name, "why": why_document(answer)}
        return (encode(body, indent=2) + "\n").encode()
    return (why_text(answer) + "\n").encode()


def _read(session: Session, word: str) -> "tuple[Place, LedgerName, AccountStory, pa.Table]":
    """The ledger, its name, what it tells, and its finished trades."""
    from ictcli.ledger.address import place_of, usual_ledger
    from ictcli.ledger.opening import reading
    from ictcli.ledger.stored import entry_of
    from ictcli.trading.account_story import tell
    from ictcli.trading.trade_rows import trades_table

    state, environ = session.config.state_dir, session.environ
    name: LedgerName = "replay"
    if word != "replay":
        name = "paper" if word == "paper" else usual_ledger(state, environ)
    place = place_of(name, state, environ)
    if not place.exists:
        hint = "Trade first: `ictcli trade --help` starts with examples."
        raise DataError(f"there is no {name} ledger in {session.workspace} yet", hint=hint)
    with reading(place.address) as stored:
        entries = [entry_of(event) for event in stored.events()]
    story = tell(entries)
    start, bar = story.book.start, story.last_bar
    worth = _worth(session, start.currency if start else "")
    where = (f"{start.server}/{start.account}" if start else "", bar.timeframe if bar else "")
    intents = {one.intent.id: one.intent for one in story.book.orders.values()}
    return place, name, story, trades_table(story.trades, intents, worth.get, where)


def _worth(session: Session, currency: str) -> Mapping[str, Decimal]:
    """Contract sizes of symbols whose profit arises in the account's currency."""
    from ictcli.market.symbols import SymbolSpec

    found: dict[str, Decimal] = {}
    for name in session.book.names:
        spec: SymbolSpec | None = session.book.resolve(name)
        if spec is not None and spec.quote == currency:
            found[name] = spec.contract_size
    return found


def _document(
    session: Session, facts: "LedgerFacts", story: "AccountStory", trades: "pa.Table"
) -> dict[str, Any]:
    from ictcli.reports.ledger_report import ledger_document
    from ictcli.research.metrics.values import Resampling

    asked = session.config.config.backtest
    how = Resampling(asked.resamples, asked.seed, asked.confidence)
    return ledger_document(story, trades, facts, how)


def _halt(session: Session) -> str | None:
    """Why the emergency stop is on; None while it is not."""
    from ictcli.trading.control import control_folder
    from ictcli.trading.latch import Latch

    return Latch(control_folder(session.config.state_dir)).reason()
