"""From an account's ledger to what its page and picture show, as far as a journal tells it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ictcli.engine.refusals import EXPLANATIONS, Refusal
from ictcli.ledger.bodies import BarTaken
from ictcli.market.bars import Bars, make_bars
from ictcli.reports.execution_table import SLIPPAGE
from ictcli.reports.layout import BLANK, last_day, number
from ictcli.reports.ledger_marks import deal_marks
from ictcli.reports.ledger_report import quality_lines_of
from ictcli.reports.run_curve import curve_of
from ictcli.reports.run_reading import verdict_of
from ictcli.reports.run_story import Execution, Pairs, RunStory, TradeWindow, Windows
from ictcli.reports.run_windows import Place, bar_at, choose_trades, windows_on
from ictcli.research.metrics.parts import DIMENSIONS
from ictcli.trading.account_story import AccountStory
from ictcli.trading.quality import sent_sentence

Document = Mapping[str, Any]

_KINDS = {"broker": "Broker account", "paper": "Paper account", "replay": "Replayed account"}
_UNITS = {"slippage, R": "r", "rejected": "share", "unknown outcome": "share"}
_STAGES = {
    "decided_sent": "decided to sent", "sent_acked": "sent to acknowledged", "sent_filled": "sent to filled",
}  # fmt: skip
_NO_ZONES = "a journal keeps no zones: `ictcli report --why SYMBOL TIME` tells what each trade was decided on"
_NO_BARS = "the journal holds no bars of these trades"


def story_of_ledger(document: Document, account: AccountStory, trades: pa.Table) -> RunStory:
    """The story of an account.

    Args:
        document: ``ledger_report.ledger_document``.
        account: its journal, read.
        trades: ``trading.trade_rows.trades_table``.
    """
    opening = float(document["money"]["opening"])
    return RunStory(
        name=document["account"] or document["ledger"],
        kind=_KINDS[document["ledger"]],
        subject=_subject(document),
        facts=_facts(document),
        verdict=verdict_of(document["metrics"], document["confidence"]),
        metrics=document["metrics"],
        confidence=document["confidence"],
        currency=document["currency"] or "",
        trades=trades,
        digits=account.digits,
        curve=curve_of(
            trades,
            deal_marks(account),
            opening,
            account.first_bar.ts if account.first_bar else None,
            open_known=False,
        ),
        parts={name: document[f"by_{name}"] for name in DIMENSIONS},
        refusals=_refusals(document),
        windows=_windows(account, trades),
        execution=_execution(document),
        provenance=_provenance(document),
    )


def _subject(document: Document) -> str:
    symbols = ", ".join(row["symbol"] for row in document["by_symbol"][:6])
    strategies = ", ".join(document["strategies"])
    return " on ".join(part for part in (strategies, symbols) if part) or "nobody has traded here yet"


def _facts(document: Document) -> Pairs:
    money, state = document["money"], document["state"]
    first, last = document["first_bar"], document["last_bar"]
    halted = [] if state["halt"] is None else [("HALTED", str(state["halt"]))]
    span = f"{first['closed'][:10]} to {last_day(last['closed'])}, " if first and last else ""
    return [
        *halted,
        ("span", f"{span}{document['bars']:,} bars"),
        ("mode", str(document["mode"] or "none")),
        ("balance", f"{money['balance']:,.2f}, opened with {money['opening']:,.2f}"),
        ("open positions", f"{len(document['positions']):,}"),
        ("outcome unknown", f"{len(document['unresolved']):,} requests"),
    ]


def _refusals(document: Document) -> list[tuple[str, int, str]]:
    known = {code.label: EXPLANATIONS[code] for code in Refusal}
    rows = [
        (row["reason"], int(row["signals"]), known.get(row["reason"], "")) for row in document["refusals"]
    ]
    return sorted(rows, key=lambda row: -row[1])


def _execution(document: Document) -> Execution:
    every = document["quality"]["all"]
    told = [("fills", document["fills"])] if document.get("fills") else []
    told.append(("orders", f"{sent_sentence(every)}; {every['filled']:,} filled"))
    told.append(("slippage", SLIPPAGE))
    told.append(("requotes", f"{every['requotes']:,}"))
    for name, one in quality_lines_of(document["quality"]):
        unit = _UNITS.get(name, "ratio")
        interval = ""
        if one["low"] is not None:
            interval = f", {100 * document['confidence']:g} % interval {number(one['low'], unit)} to"
            interval += f" {number(one['high'], unit)}"
        told.append((name, f"{number(one['value'], unit)}{interval}, n {one['n']:,}"))
    latencies = [
        [_STAGES[name], f"{one['n']:,}", *(_milliseconds(one[share]) for share in ("p50", "p95", "p99"))]
        for name, one in every["latency_ms"].items()
        if one["n"]
    ]
    return Execution(modelled=document["mode"] != "live", facts=told, latencies=latencies)


def _milliseconds(value: float | None) -> str:
    return BLANK if value is None else f"{value:,.1f} ms"


def _provenance(document: Document) -> Pairs:
    events = f"{document['events']:,} events, all verified,"
    return [
        (
            "ledger",
            f"{document['ledger']}, {events} in {document['address']}",
        ),
        ("account", str(document["account"])),
        ("strategies", ", ".join(document["strategies"]) or "none"),
        ("seed", f"{document['seed']}, {document['resamples']:,} resamples behind each interval"),
    ]


def _windows(account: AccountStory, trades: pa.Table) -> Windows:
    """Chosen trades on the bars that the journal holds, without zones."""
    if not len(trades):
        return Windows()
    rows, chosen = choose_trades(trades)
    bars = _journal_bars(account)
    shown: list[TradeWindow] = []
    for row in rows:
        one = trades.slice(row, 1).to_pylist()[0]
        series = bars.get((one["symbol"], one["timeframe"]))
        if series is not None:
            instants = [trades[name][row].value * 1000 for name in ("signal_at", "opened_at", "closed_at")]
            shown += windows_on(series, [_place(row, series, instants, one["side"])])
    doubts = (_NO_ZONES,) if shown else (_NO_BARS,)
    return Windows(tuple(shown), chosen if shown else "", doubts)


def _place(row: int, bars: Bars, instants: Sequence[int], side: str) -> Place:
    decided, opened, closed = (
        bar_at(bars.ts, instant - at) for instant, at in zip(instants, (1, 0, 0), strict=True)
    )
    return Place(row, decided, opened, closed, None, side)


def _journal_bars(account: AccountStory) -> dict[tuple[str, str], Bars]:
    """The bars of each series that was taken; of one that was taken twice, the last."""
    found: dict[tuple[str, str], dict[int, BarTaken]] = {}
    for entry in account.entries:
        body = entry.body
        if isinstance(body, BarTaken):
            found.setdefault((body.symbol, body.timeframe), {})[body.ts] = body
    return {name: _bars([own[ts] for ts in sorted(own)]) for name, own in found.items()}


def _bars(taken: Sequence[BarTaken]) -> Bars:
    digits = max(one.digits for one in taken)

    def column(name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array([getattr(one, name) * 10 ** (digits - one.digits) for one in taken], np.int64)

    ts, ts_close = (np.array([getattr(one, name) for one in taken], np.int64) for name in ("ts", "ts_close"))
    return make_bars(digits, ts, ts_close, (column("open"), column("high"), column("low"), column("close")))
