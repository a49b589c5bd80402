"""The two sides of a comparison: a stored run, or an account by its ledger, in one shape."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from ictcli.engine.order_log import EQUITY
from ictcli.engine.trades import TRADES
from ictcli.errors import UsageError
from ictcli.market.bars import Int64
from ictcli.reports.compare_facts import run_facts
from ictcli.reports.ledger_report import ledger_sample
from ictcli.reports.period_days import Calendars, closing_days, marked_days
from ictcli.research.documents import require_document
from ictcli.research.metrics.values import Equity, Sample, floats
from ictcli.store.runs import Run
from ictcli.trading.account_story import AccountStory


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared of a run or a ledger.

    Attributes:
        name: id of the run, or the ledger's name.
        what: in words.
        facts: what decided the outcome, by name; a ledger tells less than a run.
        symbols: traded.
        content: hash of everything that decided a run; empty for a ledger.
        currency: of the account.
        sample: all trades, and the trading days on which its data has bars.
        mark_days: trading day of each mark of the sample's equity.
    """

    name: str
    what: str
    facts: Mapping[str, str]
    symbols: tuple[str, ...]
    content: str
    currency: str
    sample: Sample
    mark_days: Int64


def side_of_run(run: Run, calendars: Calendars) -> Side:
    """A stored run.

    Args:
        run: stored.
        calendars: when symbols trade.

    Raises:
        DataError: it was kept by another version, or a table of it is damaged.
    """
    document = run.document
    require_document(document, run.id)
    trades, marks = run.table("trades"), run.table("equity")
    trades = TRADES.empty_table() if trades is None else trades
    marks = EQUITY.empty_table() if marks is None else marks
    ts = _instants(marks, "ts")
    symbols = tuple(one["symbol"] for one in document["series"])
    widest = [name for name in symbols if name in calendars and calendars[name].always_open]
    mark_days = closing_days(ts, (*widest, *symbols)[:1] * len(ts), calendars)
    days = closing_days(_instants(trades, "closed_at"), trades.column("symbol").to_pylist(), calendars)
    return Side(
        name=run.id,
        what=f"{document['strategy']} {document['timeframe']}",
        facts=run_facts(document),
        symbols=symbols,
        content=document["content_hash"],
        currency=document["account"]["currency"],
        sample=Sample(
            trades,
            days,
            np.union1d(marked_days(ts, symbols, calendars), days),
            0,
            float(document["account"]["balance"]),
            Equity(ts, floats(marks, "balance"), floats(marks, "equity")),
            compound=bool((document.get("sizing") or {}).get("compound")),
        ),
        mark_days=mark_days,
    )


def side_of_ledger(name: str, story: AccountStory, trades: pa.Table, calendars: Calendars) -> Side:
    """An account by its ledger.

    Args:
        name: of the ledger.
        story: of its journal.
        trades: ``trading.trade_rows.trades_table``.
        calendars: when symbols trade.

    Raises:
        UsageError: nobody has traded there, so there is no balance that results could be shares of.
    """
    start, opened = story.book.start, story.book.opened
    if start is None or opened is None or opened.balance <= 0:
        raise UsageError(
            f"the {name} ledger has nothing to compare: nobody has traded there",
            hint="Trade first: `ictcli trade --help` starts with examples.",
        )
    names = sorted({mark.partition("@")[0] for mark in start.strategies})
    timeframe = story.last_bar.timeframe if story.last_bar else ""
    facts = {
        "strategies": " + ".join(names),
        "timeframe": timeframe,
        "account.balance": f"{opened.balance:.2f}",
        "account.currency": start.currency,
        "version": start.version,
    }
    sample = ledger_sample(story, trades, float(opened.balance), calendars)
    return Side(
        name=f"{name} ledger",
        what=f"{' + '.join(names)} {timeframe}",
        facts=facts,
        symbols=tuple(sorted(story.digits)),
        content="",
        currency=start.currency,
        sample=replace(sample, equity=None),
        mark_days=np.zeros(0, np.int64),
    )


def within(side: Side, first: int, last: int, days: Int64) -> Sample:
    """The part of a side whose trades closed on the trading days of a span.

    Args:
        side: to cut.
        first: trading day.
        last: trading day, counted too.
        days: every trading day of the span.
    """
    sample = side.sample
    own = (sample.days >= first) & (sample.days <= last)
    before = float(floats(sample.trades, "net")[sample.days < first].sum())
    marks = sample.equity
    if marks is not None:
        inside = (side.mark_days >= first) & (side.mark_days <= last)
        marks = Equity(marks.ts[inside], marks.balance[inside], marks.equity[inside])
    trades, opening = sample.trades.filter(pa.array(own)), sample.opening + before
    return Sample(trades, sample.days[own], days, 0, opening, marks, compound=sample.compound)


def _instants(table: pa.Table, column: str) -> Int64:
    values: Any = table.column(column).cast(pa.int64()).to_numpy()
    return np.asarray(values * 1000, np.int64)
