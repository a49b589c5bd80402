"""An account's ledger on one screen, in the order and the words of a run's."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ictcli.reports.execution_table import execution_lines
from ictcli.reports.layout import BLANK, last_day, number, wrap
from ictcli.reports.ledger_text import looked
from ictcli.reports.screen import fitted, metric_lines, named
from ictcli.reports.summary import month_lines
from ictcli.reports.verdicts import edge_sentence
from ictcli.trading.quality import sent_sentence

Document = Mapping[str, Any]

_PARTS = ("symbol", "strategy", "setup", "side", "session", "month")
_STEPS = {
    "decided_sent": "decided to sent",
    "sent_acked": "sent to answered",
    "sent_filled": "sent to filled",
}
_MONEY = {
    "profit": "deals", "commission": "commission", "swap": "swap", "fee": "fees", "other_movements": "other",
}  # fmt: skip
_POSITIONS = 4
"""Open positions that are listed; --full lists all."""


def ledger_screen(document: Document) -> str:
    """What ``report live``, ``paper`` and ``replay`` print.

    Args:
        document: ``ledger_report.ledger_document``.
    """
    sections = [_verdict(document), _headline(document)]
    sections += [metric_lines(document)] if document["trades"] else []
    parts = {name: document[f"by_{name}"] for name in _PARTS}
    sections += [_positions(document), _quality(document["quality"], document["confidence"])]
    return fitted(sections, parts, month_lines, _tail(document), document["confidence"])


def _verdict(document: Document) -> list[str]:
    """What is wrong first, then what the trades show."""
    state = document["state"]
    lines = []
    if state["halt"] is not None:
        lines += wrap(f"HALTED: {state['halt']}")[:2]
    if document["unresolved"]:
        count = len(document["unresolved"])
        lines.append(f"Outcome unknown of {count:,} requests: run `ictcli reconcile`.")
    if state["critical_alerts"]:
        lines.append(f"Critical alerts: {state['critical_alerts']:,}.")
    if not document["trades"]:
        return [*lines, "No trade has finished yet."]
    return lines + wrap(edge_sentence(document["metrics"], document["confidence"]))


def _headline(document: Document) -> list[str]:
    if document["account"] is None:
        return [f"Ledger {document['ledger']}: nobody has traded here yet"]
    first, last = document["first_bar"], document["last_bar"]
    span = f"{first['closed'][:10]} to {last_day(last['closed'])}, " if first and last else ""
    account = f"Account {document['account']}, {document['mode']} ({document['ledger']} ledger)"
    return [
        *wrap(f"{account}: {', '.join(document['strategies'])}")[:2],
        f"{span}{document['bars']:,} bars, {document['events']:,} events, all verified",
        *wrap(_money(document)),
    ]


def _money(document: Document) -> str:
    """Where the balance comes from."""
    money, currency = document["money"], document["currency"] or ""
    moved = [f"{name} {_signed(money[key])}" for key, name in _MONEY.items() if Decimal(money[key])]
    told = f"Opened with {_amount(money['opening'])}, {', '.join(moved) or 'nothing booked'}"
    fees = Decimal(money["operator_fees"])
    apart = f"; operator fees {_signed(fees)} stand apart" if fees else ""
    return f"{told}: balance {_amount(money['balance'])} {currency}{apart}"


def _positions(document: Document) -> list[str]:
    """What is open and what is under way, each in a line."""
    lines = [
        f"Open: {one['symbol']} {one['volume']:f} lots at {_price(one['price'])},"
        f" stop {_price(one['stop'])}, target {_price(one['target'])}"
        for one in document["positions"][:_POSITIONS]
    ]
    more = len(document["positions"]) - _POSITIONS
    lines += [f"Open: {more:,} more positions (--full)"] if more > 0 else []
    for title, name in (("Working", "working"), ("Outcome unknown", "unresolved")):
        told = [f"{one['action']} {one['symbol']} {one['status']}" for one in document[name]]
        lines += wrap(f"{title}: {named(told)}")[:1] if told else []
    return lines or ["No position is open and no order is under way."]


def _quality(quality: Document, confidence: float) -> list[str]:
    """How orders were executed."""
    every = quality["all"]
    if not every["orders"]:
        return []
    lines = execution_lines(quality, confidence)
    return [*lines, *_latencies(every)]


def _latencies(every: Document) -> list[str]:
    told = [
        f"{label} {number(one['p50'], 'ratio')} / {number(one['p95'], 'ratio')}"
        for name, label in _STEPS.items()
        if (one := every["latency_ms"][name])["n"]
    ]
    counted = f"{sent_sentence(every)}, {every['requotes']:,} requotes"
    return wrap(f"{counted}; ms, half and 95 %: {', '.join(told)}" if told else counted)[:2]


def _tail(document: Document) -> Sequence[tuple[str, str]]:
    state, last = document["state"], document["last_bar"]
    sync = state["last_sync"]
    pairs = [("new orders", f"{state['allowed']}: {state['allowed_why']}")]
    if last:
        pairs.append(("last bar", f"{last['symbol']} {last['timeframe']} closed {last['closed']}"))
    if sync:
        pairs.append(("last look", looked(sync)))
    refused = sorted(document["refusals"], key=lambda row: -row["signals"])
    if refused:
        pairs.append(("not sent", named([f"{row['signals']:,} {row['reason']}" for row in refused])))
    return [
        *pairs,
        ("fills", document["fills"]),
        ("from", f"{document['address']}, {document['resamples']:,} resamples, seed {document['seed']}"),
        ("more", "--full: every part, open order and trade; --why; --compare RUN; --format html"),
    ]


def _amount(value: Any) -> str:
    return f"{Decimal(value):,.2f}"


def _signed(value: Any) -> str:
    return f"{Decimal(value):+,.2f}"


def _price(value: Any) -> str:
    return BLANK if value is None else f"{value:f}"
