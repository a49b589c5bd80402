"""A run on one screen: headline, metrics with intervals, verdict, breakdowns, assumptions, provenance."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ictcli.engine.refusals import OrderEvent, Refusal, explain
from ictcli.reports import breakdown
from ictcli.reports.command_line import command_line
from ictcli.reports.forward_tables import forward_tables
from ictcli.reports.layout import WIDTH, aligned, entries, last_day, number, wrap
from ictcli.reports.metric_tables import metrics_lines, other_metrics
from ictcli.reports.model_lines import model_lines
from ictcli.reports.part_tables import part_tables
from ictcli.reports.study_tables import earlier_lines, study_tables
from ictcli.reports.verdicts import edge_sentence, gate_sentence
from ictcli.research.metrics.definitions import METRICS

Document = Mapping[str, Any]

_YEAR = 10
"""Characters of a year's sum."""
_ENDINGS = {
    OrderEvent.REFUSED.label: "while trading, the send gate or the broker refused the order; --why tells",
    OrderEvent.EXPIRED.label: "the order waited for its price as long as it might",
    OrderEvent.VOID.label: "the price that ends the set-up was traded before the order's",
    OrderEvent.CANCELLED.label: "the order was withdrawn: by the strategy, or with its group or position",
}
"""Why an order that was accepted came to nothing."""


def result_text(document: Document) -> str:
    """What ``backtest`` prints: headline, the metrics that decide, what they allow to say, the gate."""
    said = wrap(edge_sentence(document["metrics"], document["confidence"]))
    said += earlier_lines(document["earlier"]) if document.get("earlier") else []
    metrics = [*metrics_lines(document), "", *said]
    return "\n".join([*headline(document), "", *metrics, "", *gate_lines(document["gate"])])


def report_text(document: Document, trades: pa.Table) -> str:
    """What ``report`` prints: first what decides, then everything behind it, and the way back to the top."""
    parts = breakdown.breakdowns(trades, document)
    sections = [
        headline(document),
        gate_lines(document["gate"]),
        wrap(edge_sentence(document["metrics"], document["confidence"])),
        metrics_lines(document),
        *study_tables(document),
        *forward_tables(document),
        series_lines(document),
        month_lines(parts["month"]),
        *part_tables(parts, document["confidence"]),
        *other_metrics(document),
        signal_lines(parts["exit"], breakdown.refusals(document["series"])),
        extreme_lines(*breakdown.extremes(trades, _digits(document))),
        ["Fill assumptions", *entries([(a["about"], a["assumed"]) for a in document["assumptions"]])],
        provenance_lines(document),
        closing_lines(document),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def closing_lines(document: Document) -> list[str]:
    """The verdict again, for who sees the end of a long report, and where the rest of it stands."""
    verdict = wrap(gate_sentence(document["gate"]))
    said = wrap(edge_sentence(document["metrics"], document["confidence"]))
    where = wrap(
        "What decides stands at the top of this report: gate, metrics with intervals, studies, costs."
    )
    return [*verdict, *said, *where]


def report_document(document: Document, trades: pa.Table) -> dict[str, Any]:
    """What ``report --format json`` prints: the run's document and its breakdowns, without the trades."""
    best, worst = breakdown.extremes(trades, _digits(document))
    parts = breakdown.breakdowns(trades, document)
    return {
        **document,
        **{f"by_{dimension}": rows for dimension, rows in parts.items()},
        "refusals": breakdown.refusals(document["series"]),
        "best": best,
        "worst": worst,
        "summary": edge_sentence(document["metrics"], document["confidence"]),
    }


def headline(document: Document) -> list[str]:
    """Run, strategy, data and account."""
    series, account = document["series"], document["account"]
    sources = sorted({one["source"] for one in series})
    names = ", ".join(one["symbol"] for one in series[:6]) + (" …" if len(series) > 6 else "")
    first, last = min(one["first"] for one in series), max(one["last"] for one in series)
    bars = sum(one["bars"] for one in series)
    balance = f"{Decimal(account['balance']):,.2f} {account['currency']}"
    risk = f"{100 * account['risk_per_trade']:g} % risk per trade on the {account['sized_on']}"
    return [
        f"{_kind(document)} {document['run']}",
        *wrap(f"{document['strategy']} on {names} {document['timeframe']} from {', '.join(sources)}"),
        *model_lines(document),
        *wrap(f"{first[:10]} to {last_day(last)}, {bars:,} bars; {balance}, {risk}"),
    ]


def _kind(document: Document) -> str:
    """What made the run; runs of older versions were all backtests."""
    return "Replay" if (document.get("asked") or {}).get("traded") == "replay" else "Backtest"


def gate_lines(gate: Mapping[str, Any] | None) -> list[str]:
    """The verdict and every check behind it."""
    lines = wrap(gate_sentence(gate))
    if gate is None:
        return lines
    cells = []
    for check in gate["checks"]:
        unit = METRICS[check.get("judged") or check["metric"]].unit
        found = number(check["found"], unit)
        if check["found_bound"] is not None:
            found += f", {check['bound']} {number(check['found_bound'], unit)}"
        cells.append([check["verdict"], check["condition"], found, check["reason"]])
    table = aligned(["Check", "Condition", "Found", "Reason"], cells, "<<<<")
    if max(map(len, table)) > WIDTH - 2:
        return lines + entries([(cell[0], f"{cell[1]}: {cell[2]}, {cell[3]}") for cell in cells])
    return lines + [f"  {line}" for line in table]


def series_lines(document: Document) -> list[str]:
    """Each series: bars, signals, and what its trades were charged, so that nobody overlooks a zero."""
    cells = [
        [
            one["symbol"],
            f"{one['bars']:,}",
            f"{one['signals']:,}",
            _spread(one),
            number(one["spread_known"], "share"),
            f"{one['commission']} {one['quote']}" if Decimal(one["commission"]) else "none",
            _swap(one),
            f"{document['account']['slippage_points']:,}",
        ]
        for one in document["series"]
    ]
    headers = [
        *("Series", "Bars", "Signals", "Spread (pt)", "Known"),
        *("Commission (lot, side)", "Swap (pt)", "Slippage (pt)"),
    ]
    note = "Spread: median/most, and the share of bars that know it. Swap: earned per night, long and short."
    return [*aligned(headers, cells, "<>>>>>>>"), note]


def _spread(one: Mapping[str, Any]) -> str:
    """The median and the most, which runs of older versions do not know."""
    return "/".join(f"{one[name]:g}" for name in ("spread_points", "spread_most") if name in one)


def _swap(one: Mapping[str, Any]) -> str:
    swaps = [Decimal(one.get(name, "0")) for name in ("swap_long", "swap_short")]
    return "/".join(f"{swap:f}" for swap in swaps) if any(swaps) else "none"


def month_lines(rows: Sequence[breakdown.Row]) -> list[str]:
    """Net result by month, one line per year."""
    if not rows:
        return []
    nets = {row["month"]: row["net"] for row in rows}
    years = range(int(min(nets)[:4]), int(max(nets)[:4]) + 1)
    cells = []
    for year in years:
        own = [nets.get(f"{year}-{month:02}") for month in range(1, 13)]
        total = sum((net for net in own if net is not None), Decimal())
        cells.append([str(year), *("" if net is None else _short(net) for net in own), whole(total)])
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return aligned(["Net", *months, "Year"], cells, "<" + ">" * 13)


def signal_lines(exits: Sequence[breakdown.Row], refused: Sequence[breakdown.Row]) -> list[str]:
    """How many stops were ambiguous, and why signals were not traded."""
    ambiguous = sum(row["ambiguous"] for row in exits)
    lines = [f"Ambiguous stops, whose bar also touched the target: {ambiguous:,}"] if ambiguous else []
    if refused:
        why = [(row["reason"], f"{row['signals']:,}: {explained(row['reason'])}") for row in refused]
        lines += [*([""] if lines else []), "Signals not traded", *entries(why)]
    return lines


def extreme_lines(best: Sequence[breakdown.Row], worst: Sequence[breakdown.Row]) -> list[str]:
    """The best and worst trades."""
    cells = [
        [
            label,
            row["symbol"],
            row["side"],
            f"{row['opened_at']:%Y-%m-%d %H:%M}",
            str(row["entry"]),
            str(row["exit"]),
            row["exit_reason"],
            str(row["volume"]),
            f"{row['net']:,.2f}",
            number(row["r_multiple"], "ratio"),
        ]
        for label, rows in (("best", best), ("worst", worst))
        for row in rows
    ]
    if not cells:
        return []
    headers = ["Trade", "Symbol", "Side", "Opened (UTC)", "Entry", "Exit", "By", "Lots", "Net", "R"]
    return aligned(headers, cells, "<<<<>><>>>")


def provenance_lines(document: Document) -> list[str]:
    """Where the run comes from."""
    origin = document["provenance"]
    params = ", ".join(f"{name}={value}" for name, value in document["params"].items())
    inputs = ", ".join(f"{one['stored']} {one['content'][:8]}" for one in document["series"])
    pairs = [
        ("command", command_line(origin)),
        ("created", f"{document['created']} with ictcli {document['version']}, seed {document['seed']}"),
        ("inputs", inputs),
        ("params", params or "defaults"),
        ("config", str(origin.get("config", ""))[:16]),
        ("content", document["content_hash"][:16]),
    ]
    return ["Provenance", *entries(pairs)]


def _digits(document: Document) -> dict[str, int]:
    return {one["symbol"]: one["digits"] for one in document["series"]}


def explained(label: str) -> str:
    """A sentence on why an entry was not filled."""
    return _ENDINGS[label] if label in _ENDINGS else explain(Refusal[label.upper()])


def whole(value: Decimal) -> str:
    """Money in whole units, all of its digits as long as they fit beside twelve months."""
    told = f"{value:,.0f}"
    return told if len(told) <= _YEAR else _short(value)


def _short(value: Decimal) -> str:
    """Money in at most five characters: whole units, thousands, millions or billions."""
    for limit, divisor, suffix in (
        (10_000, 1, ""),
        (1000, 10**3, "k"),
        (1000, 10**6, "m"),
        (1000, 10**9, "b"),
    ):
        if abs(whole := round(value / divisor)) < limit:
            return f"{whole}{suffix}"
    return f"{value:.0e}"
