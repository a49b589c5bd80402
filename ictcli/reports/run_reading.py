"""From a stored run to everything that its page and picture show."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.clock import now_ns, parse_instant
from ictcli.engine.order_log import EQUITY, ORDERS
from ictcli.engine.trades import TRADES
from ictcli.reports import breakdown
from ictcli.reports.command_line import command_line
from ictcli.reports.forward_tables import forward_tables
from ictcli.reports.layout import last_day, number
from ictcli.reports.model_lines import model_lines
from ictcli.reports.run_curve import Curve, curve_of
from ictcli.reports.run_story import Execution, Pairs, RunStory, Tone, Verdict, Windows
from ictcli.reports.run_windows import windows_of_run
from ictcli.reports.study_tables import study_tables
from ictcli.reports.summary import explained
from ictcli.reports.verdicts import Finding, edge_sentence, finding, gate_sentence
from ictcli.research.backtest import Workshop
from ictcli.research.documents import require_document
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.metrics.values import Equity, floats
from ictcli.store.runs import Run

Document = Mapping[str, Any]

_NAMED = 6
"""Symbols that a headline names."""
_WORDS: dict[Finding, tuple[Tone, str]] = {
    "none": ("open", "No trades"),
    "few": ("open", "Too few trades to tell"),
    "edge": ("good", "Edge shown on this data"),
    "loss": ("bad", "A loss is shown"),
    "open": ("open", "No edge shown"),
}


def story_of_run(run: Run, shop: Workshop) -> RunStory:
    """The story of a stored run, with its trades on their bars as far as the store still has these.

    Raises:
        DataError: the run was kept by another version, or a table of it is damaged.
    """
    document = run.document
    require_document(document, run.id)
    trades = _table(run, "trades", TRADES)
    orders = _table(run, "orders", ORDERS)
    return RunStory(
        name=run.id,
        kind="Replay" if (document.get("asked") or {}).get("traded") == "replay" else "Backtest",
        subject=_subject(document),
        facts=_facts(document),
        verdict=verdict_of(document["metrics"], document["confidence"], document["gate"]),
        metrics=document["metrics"],
        confidence=document["confidence"],
        currency=document["account"]["currency"],
        trades=trades,
        digits={one["symbol"]: one["digits"] for one in document["series"]},
        curve=_curve(run, trades),
        parts=breakdown.breakdowns(trades, document),
        refusals=refusal_rows(breakdown.refusals(document["series"])),
        windows=windows_of_run(run, trades, shop) if len(trades) else Windows(),
        execution=_execution(document, trades, orders),
        studies=[*study_tables(document), *forward_tables(document)],
        assumptions=[(one["about"], one["assumed"]) for one in document["assumptions"]],
        provenance=_provenance(document),
    )


def verdict_of(
    metrics: Mapping[str, Mapping[str, Any]], confidence: float, gate: Document | None = None
) -> Verdict:
    """The verdict in words; an interval that includes zero shows nothing, whatever its middle."""
    tone, word = _WORDS[finding(metrics)]
    sentence = edge_sentence(metrics, confidence)
    if gate is None:
        return Verdict(tone, word, sentence)
    return Verdict(tone, word, sentence, gate_sentence(gate), [_check(one) for one in gate["checks"]])


def _check(check: Document) -> list[str]:
    unit = METRICS[check.get("judged") or check["metric"]].unit
    found = number(check["found"], unit)
    if check["found_bound"] is not None:
        found += f", {check['bound']} {number(check['found_bound'], unit)}"
    return [check["verdict"], check["condition"], found, check["reason"]]


def refusal_rows(rows: Sequence[breakdown.Row]) -> list[tuple[str, int, str]]:
    """Reasons with their number of signals, the most frequent first, and what each means."""
    told = [(row["reason"], int(row["signals"]), explained(row["reason"])) for row in rows]
    return sorted(told, key=lambda row: -row[1])


def _table(run: Run, name: str, schema: pa.Schema) -> pa.Table:
    found = run.table(name)
    return schema.empty_table() if found is None else found


def _curve(run: Run, trades: pa.Table) -> Curve:
    document = run.document
    marks = _table(run, "equity", EQUITY)
    begun = min(parse_instant(one["first"], now=now_ns()) for one in document["series"])
    ts = marks.column("ts").cast(pa.int64()).to_numpy() * 1000
    equity = Equity(ts, floats(marks, "balance"), floats(marks, "equity")) if len(ts) else None
    return curve_of(trades, equity, float(document["account"]["balance"]), begun)


def _subject(document: Document) -> str:
    series = document["series"]
    names = ", ".join(one["symbol"] for one in series[:_NAMED])
    names += f" and {len(series) - _NAMED} more" if len(series) > _NAMED else ""
    sources = ", ".join(sorted({one["source"] for one in series}))
    return f"{document['strategy']} on {names} {document['timeframe']} from {sources}"


def _facts(document: Document) -> Pairs:
    series, account = document["series"], document["account"]
    first, last = min(one["first"] for one in series), max(one["last"] for one in series)
    closing = account.get("closing_balance")
    money = f"{Decimal(account['balance']):,.2f} {account['currency']}"
    return [
        ("span", f"{first[:10]} to {last_day(last)}, {sum(one['bars'] for one in series):,} bars"),
        ("account", money if closing is None else f"{money}, in the end {Decimal(closing):,.2f}"),
        ("size", f"{100 * account['risk_per_trade']:g} % risk per trade on the {account['sized_on']}"),
        *[("model", line) for line in model_lines(document)],
    ]


def _execution(document: Document, trades: pa.Table, orders: pa.Table) -> Execution:
    """What the simulation did with orders; nothing of it was measured at a broker."""
    counts = dict(zip(*_counted(orders.column("event")), strict=True))
    slipped = floats(trades, "slippage_points")
    spread = floats(trades, "spread_points")
    resolved = sorted({one["resolved"] for one in document["series"] if one.get("resolved")})
    refused, placed = counts.get("refused", 0), counts.get("placed", 0) + counts.get("filled", 0)
    facts = [
        ("fills", "modelled by the rules below, none of them measured at a broker"),
        ("latency", "none measured: an order fills in the bar after its decision at the earliest"),
        ("refused by the account", f"{refused:,} orders"),
        ("lapsed or withdrawn", f"{sum(counts.get(name, 0) for name in ('expired', 'void', 'cancelled')):,}"),
        ("slippage a trade", _mean(slipped, f"configured {document['account']['slippage_points']}")),
        ("spread a trade", _mean(spread, "of the bars")),
        ("inside a bar", f"resolved by {', '.join(resolved)}" if resolved else "not resolved"),
    ]
    return Execution(modelled=True, facts=facts if placed or refused else facts[:2])


def _counted(column: pa.ChunkedArray) -> tuple[list[str], list[int]]:
    found = pc.value_counts(column)
    return found.field("values").to_pylist(), found.field("counts").to_pylist()


def _mean(values: np.ndarray[Any, np.dtype[np.float64]], about: str) -> str:
    known = values[~np.isnan(values)]
    return f"{known.mean():.2f} points on average, {about}" if len(known) else "unknown"


def _provenance(document: Document) -> Pairs:
    origin = document["provenance"]
    inputs = "; ".join(f"{one['stored']} {one['content'][:16]}" for one in document["series"])
    params = ", ".join(f"{name}={value}" for name, value in document["params"].items())
    return [
        ("command", command_line(origin)),
        ("created", f"{document['created']} with ictcli {document['version']}"),
        ("seed", f"{document['seed']}, {document['resamples']:,} resamples behind each interval"),
        ("inputs", inputs),
        ("parameters", params or "defaults"),
        ("configuration", str(origin.get("config", ""))),
        ("content", document["content_hash"]),
    ]
