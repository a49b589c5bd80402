"""A reconciliation as plain values: the document of ``--json``, behind text, page and files."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ictcli.clock import NS_PER_SECOND, iso
from ictcli.reconcile.backtest_difference import SAYS, BacktestDifference
from ictcli.reconcile.findings import MEANINGS, Finding
from ictcli.reconcile.outcome import Outcome, Stamp

POLICIES: Mapping[str, str] = {
    "book": "--apply books it",
    "adopt": "--apply takes the broker's value",
    "resolve": "the trader asks the broker until it knows",
    "flag": "counts in exposure; the trader leaves it alone",
    "classify": "say what it is, or let the trader at its next start",
    "restore": "the trader sets it again",
    "halt_symbol": "trade this symbol no more until it is cleared up",
    "reduce": "open nothing more until it is cleared up",
    "halt": "stop: `ictcli halt`, then clear it up",
    "human": "somebody has to look",
    "none": "nothing",
}
"""Policy = what is done about it, in words."""

_COLUMNS: dict[str, pa.DataType] = {
    "kind": pa.string(), "key": pa.string(), "field": pa.string(), "symbol": pa.string(),
    "severity": pa.string(), "policy": pa.string(), "ours": pa.string(), "theirs": pa.string(),
    "tolerance": pa.string(), "root": pa.bool_(), "known": pa.bool_(), "caused_by": pa.list_(pa.string()),
    "ts": pa.timestamp("ns", "UTC"), "note": pa.string(), "evidence": pa.string(), "applied": pa.string(),
}  # fmt: skip


def reconcile_document(outcome: Outcome, stamp: Stamp) -> dict[str, Any]:
    """Everything that is told of a reconciliation."""
    window, offset = outcome.window, outcome.clock_offset
    return {
        "mode": outcome.mode,
        "result": outcome.verdict.result,
        "run": stamp.run,
        "started": iso(stamp.started),
        "seconds": round((stamp.ended - stamp.started) / NS_PER_SECOND, 3),
        "ledger": outcome.ledger or None,
        "against": outcome.against,
        "account": outcome.account,
        "currency": outcome.currency,
        "window": window
        and {
            "since": iso(window.since), "until": iso(window.until), "complete": window.complete,
            "why": window.why,
        },
        "balance": {
            "stated": outcome.stated, "computed": outcome.computed, "difference": difference(outcome),
        },
        "counts": outcome.counts,
        "compared": dict(outcome.compared),
        "verified": {"events": outcome.events, "anchors": outcome.anchors} if outcome.ledger else None,
        "clock_offset_seconds": None if offset is None else offset / NS_PER_SECOND,
        "findings": [_finding(one, outcome) for one in outcome.verdict.findings],
        "differences": [_difference(one, outcome) for one in outcome.differences],
        "applied": dict(outcome.applied),
        "details": dict(outcome.details),
    }  # fmt: skip


def difference(outcome: Outcome) -> Decimal | None:
    """How far the computed balance is above the stated one; None where one of them is not known."""
    if outcome.stated is None or outcome.computed is None:
        return None
    return outcome.computed - outcome.stated


def findings_table(outcome: Outcome) -> pa.Table:
    """Findings and differences from a backtest as a table, one row each; exact text, instants UTC."""
    rows = [_row(one, outcome) | {"ts": one.ts or None} for one in outcome.rows]
    arrays = [pa.array([row[name] for row in rows], kind) for name, kind in _COLUMNS.items()]
    return pa.Table.from_arrays(arrays, schema=pa.schema(list(_COLUMNS.items())))


def _finding(one: Finding, outcome: Outcome) -> dict[str, Any]:
    at = iso(one.ts) if one.ts else None
    return {"name": one.name, "says": MEANINGS[one.kind].says, **_row(one, outcome), "ts": at}


def _difference(one: BacktestDifference, outcome: Outcome) -> dict[str, Any]:
    return {"name": one.name, "says": SAYS[one.kind], **_row(one, outcome), "ts": iso(one.ts)}


def _row(one: Finding | BacktestDifference, outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": one.kind.value, "key": one.key, "field": one.field, "symbol": one.symbol,
        "severity": one.severity, "policy": one.policy, "ours": one.ours, "theirs": one.theirs,
        "tolerance": one.tolerance, "root": one.root, "known": one.known, "caused_by": list(one.caused_by),
        "ts": one.ts, "note": one.note, "evidence": one.evidence,
        "applied": outcome.applied.get(one.name, ""),
    }  # fmt: skip
