"""An account's ledger on one screen, in the order and the words of a run's report."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ictcli.reports.execution_table import SLIPPAGE, execution_lines
from ictcli.reports.layout import BLANK, aligned, entries, last_day, number, wrap
from ictcli.reports.metric_tables import metrics_lines
from ictcli.reports.part_tables import part_tables
from ictcli.reports.summary import extreme_lines, month_lines
from ictcli.trading.quality import sent_sentence

Document = Mapping[str, Any]

_PARTS = ("symbol", "strategy", "setup", "side", "session", "weekday", "hour", "exit")


def ledger_text(document: Document) -> str:
    """What ``report live`` and ``report replay`` print."""
    sections = [
        _headline(document),
        _state(document),
        _money(document),
        metrics_lines(document) if document["trades"] else ["No trade has finished yet."],
        _open(document),
        month_lines(document["by_month"]),
        *part_tables({name: document[f"by_{name}"] for name in _PARTS}, document["confidence"]),
        _refused(document),
        extreme_lines(document["best"], document["worst"]),
        _quality(document["quality"], document["confidence"]),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _headline(document: Document) -> list[str]:
    if document["account"] is None:
        return [f"Ledger {document['ledger']}: nobody has traded here yet"]
    first, last = document["first_bar"], document["last_bar"]
    span = f"{first['closed'][:10]} to {last_day(last['closed'])}, " if first and last else ""
    events = f"{document['events']:,} events, all verified,"
    return [
        f"Account {document['account']}, {document['mode']} ({document['ledger']} ledger)",
        *wrap(", ".join(document["strategies"])),
        *wrap(f"{span}{document['bars']:,} bars, {events} in {document['address']}"),
    ]


def _state(document: Document) -> list[str]:
    state, last, sync = document["state"], document["last_bar"], document["state"]["last_sync"]
    pairs = [("new orders", f"{state['allowed']}: {state['allowed_why']}")]
    if state["halt"] is not None:
        pairs.append(("HALTED", state["halt"]))
    if last:
        pairs.append(("last bar", f"{last['symbol']} {last['timeframe']} closed {last['closed']}"))
    if sync:
        pairs.append(("last look", looked(sync)))
    if state["critical_alerts"]:
        pairs.append(("critical alerts", f"{state['critical_alerts']:,}"))
    if document["unresolved"]:
        pairs.append(("outcome unknown", f"{len(document['unresolved']):,} requests; see below"))
    return ["State", *entries(pairs)]


def looked(sync: Document) -> str:
    """When the account was last compared with the broker, and by how much it was off."""
    off = Decimal(sync["difference"])
    return f"{sync['at']}: {'the account is as ours' if not off else f'{off:f} off'}"


def _money(document: Document) -> list[str]:
    money, currency = document["money"], document["currency"] or ""
    names = {
        "opening": "opened with", "profit": "profit of deals", "commission": "commission", "swap": "swap",
        "fee": "broker's fees", "other_movements": "other movements", "balance": "balance",
        "operator_fees": "operator fees",
    }  # fmt: skip
    rows = [[label, _amount(money[name])] for name, label in names.items()]
    note = "Operator fees are not on the broker's books and no part of the balance."
    return [*aligned(["Money", currency], rows, "<>"), *([note] if money["operator_fees"] else [])]


def _open(document: Document) -> list[str]:
    lines: list[str] = []
    if document["positions"]:
        rows = [
            [
                one["symbol"],
                f"{one['volume']:f}",
                *(_price(one[name]) for name in ("price", "stop", "target")),
            ]
            for one in document["positions"]
        ]
        lines += aligned(["Open position", "Lots", "Price", "Stop", "Target"], rows, "<>>>>")
    for title, name in (("Working order", "working"), ("Outcome unknown", "unresolved")):
        if document[name]:
            rows = [
                [one["symbol"], one["action"], one["kind"] or BLANK, _price(one["volume"]),
                 _price(one["price"]), one["status"], one["decided"]]
                for one in document[name]
            ]  # fmt: skip
            headers = [title, "Action", "Kind", "Lots", "Price", "Status", "Decided"]
            lines += [*([""] if lines else []), *aligned(headers, rows, "<<<>><<")]
    return lines or ["No position is open and no order is under way."]


def _refused(document: Document) -> list[str]:
    if not document["refusals"]:
        return []
    rows = sorted(document["refusals"], key=lambda row: -row["signals"])
    return ["Not sent", *entries([(f"{row['signals']:,}", row["reason"]) for row in rows])]


def _quality(quality: Document, confidence: float) -> list[str]:
    every = quality["all"]
    if not every["orders"]:
        return []
    lines = execution_lines(quality, confidence)
    return [*lines, SLIPPAGE, "", *_latencies(every), "", *_counts(every)]


def _latencies(every: Document) -> list[str]:
    names = {
        "decided_sent": "decided to sent",
        "sent_acked": "sent to answered",
        "sent_filled": "sent to filled",
    }
    cells = [
        [label, *(number(every["latency_ms"][name][key], "ratio") for key in ("p50", "p95", "p99")),
         f"{every['latency_ms'][name]['n']:,}"]
        for name, label in names.items()
    ]  # fmt: skip
    return aligned(["Latency (ms)", "p50", "p95", "p99", "n"], cells, "<>>>>")


def _counts(every: Document) -> Sequence[str]:
    said = f"{sent_sentence(every)}, {every['filled']:,} filled"
    return wrap(f"{said}, {every['requotes']:,} requotes")


def _amount(value: Any) -> str:
    return f"{Decimal(value):,.2f}"


def _price(value: Any) -> str:
    return BLANK if value is None else f"{value:f}"
