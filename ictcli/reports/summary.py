"""A run on one screen: headline, metrics with intervals, verdict, breakdowns, assumptions, provenance."""

import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ictcli.engine.refusals import Refusal, explain
from ictcli.reports import breakdown
from ictcli.reports.layout import BLANK, WIDTH, aligned, entries, number, wrap
from ictcli.reports.verdicts import edge_sentence, gate_sentence
from ictcli.research.metric_definitions import METRICS

Document = Mapping[str, Any]

_EXPLAINED = ("net_expectancy_r", "max_drawdown", "sharpe_daily", "cost_share")
"""Metrics whose names have more than one convention."""


def result_text(document: Document) -> str:
    """What ``backtest`` prints: headline, metrics, what they allow to say, the gate."""
    said = wrap(edge_sentence(document["metrics"], document["confidence"]))
    metrics = [*metrics_lines(document), "", *said]
    return "\n".join([*headline(document), "", *metrics, "", *gate_lines(document["gate"])])


def report_text(document: Document, trades: pa.Table) -> str:
    """What ``report`` prints: the result and everything behind it."""
    digits = {one["symbol"]: one["digits"] for one in document["series"]}
    rows = breakdown.trade_rows(trades, digits)
    sections = [
        [result_text(document)],
        symbol_lines(breakdown.by_symbol(rows, document["series"]), document["series"]),
        cost_lines(document),
        month_lines(breakdown.by_month(rows)),
        exit_lines(breakdown.by_exit(rows), breakdown.refusals(document["series"])),
        extreme_lines(*breakdown.extremes(rows)),
        ["Fill assumptions", *entries([(a["about"], a["assumed"]) for a in document["assumptions"]])],
        provenance_lines(document),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def report_document(document: Document, trades: pa.Table) -> dict[str, Any]:
    """What ``report --format json`` prints: the run's document and its breakdowns, with the trades."""
    digits = {one["symbol"]: one["digits"] for one in document["series"]}
    rows = breakdown.trade_rows(trades, digits)
    best, worst = breakdown.extremes(rows)
    return {
        **document,
        "by_symbol": breakdown.by_symbol(rows, document["series"]),
        "by_month": breakdown.by_month(rows),
        "by_exit": breakdown.by_exit(rows),
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
        f"Backtest {document['run']}",
        *wrap(f"{document['strategy']} on {names} {document['timeframe']} from {', '.join(sources)}"),
        *wrap(f"{first[:10]} to {last[:10]}, {bars:,} bars; {balance}, {risk}"),
    ]


def metrics_lines(document: Document) -> list[str]:
    """The table of metrics with intervals, and what the less common ones mean."""
    rows = []
    for name in (name for name in METRICS if name in document["metrics"]):
        metric, unit = document["metrics"][name], METRICS[name].unit
        bounds = BLANK if metric["low"] is None and metric["high"] is None else _interval(metric, unit)
        rows.append([METRICS[name].label, number(metric["value"], unit), bounds, f"{metric['n']:,}"])
    interval = f"{100 * document['confidence']:g} % interval"
    notes = [
        (METRICS[name].label, METRICS[name].meaning) for name in _EXPLAINED if name in document["metrics"]
    ]
    return [*aligned(["Metric", "Value", interval, "n"], rows, "<>>>"), "", *entries(notes)]


def gate_lines(gate: Mapping[str, Any] | None) -> list[str]:
    """The verdict and every check behind it."""
    lines = wrap(gate_sentence(gate))
    if gate is None:
        return lines
    cells = []
    for check in gate["checks"]:
        unit = METRICS[check["metric"]].unit
        found = number(check["found"], unit)
        if check["found_bound"] is not None:
            found += f", {check['bound']} {number(check['found_bound'], unit)}"
        cells.append([check["verdict"], check["condition"], found, check["reason"]])
    table = aligned(["Check", "Condition", "Found", "Reason"], cells, "<<<<")
    if max(map(len, table)) > WIDTH - 2:
        table = aligned(["Check", "Condition", "Found"], [cell[:3] for cell in cells], "<<<")
        table[2:] = [
            part for line, cell in zip(table[2:], cells, strict=True) for part in (line, f"  {cell[3]}")
        ]
    return lines + [f"  {line}" for line in table]


def symbol_lines(rows: Sequence[breakdown.Row], series: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line per symbol."""
    cells = [
        [
            row["symbol"],
            f"{one['bars']:,}",
            f"{one['signals']:,}",
            *_summary_cells(row),
        ]
        for row, one in zip(rows, series, strict=True)
    ]
    headers = ["Symbol", "Bars", "Signals", *_SUMMARY_HEADERS]
    return aligned(headers, cells, "<" + ">" * (len(headers) - 1))


def cost_lines(document: Document) -> list[str]:
    """What each symbol's trades were charged, so that nobody overlooks a zero."""
    cells = [
        [
            one["symbol"],
            f"{one['spread_points']:g}",
            number(one["spread_known"], "share"),
            f"{one['commission']} {one['quote']}" if Decimal(one["commission"]) else "none",
            f"{document['account']['slippage_points']:,}",
        ]
        for one in document["series"]
    ]
    headers = [
        "Costs",
        "Median spread (points)",
        "Spread known",
        "Commission (lot, side)",
        "Slippage (points)",
    ]
    return aligned(headers, cells, "<>>>>")


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
        cells.append([str(year), *("" if net is None else _short(net) for net in own), _short(total)])
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return aligned(["Net", *months, "Year"], cells, "<" + ">" * 13)


def exit_lines(exits: Sequence[breakdown.Row], refused: Sequence[breakdown.Row]) -> list[str]:
    """How trades ended, and why signals were not traded."""
    cells = [
        [row["exit"], *_summary_cells(row)[:-1]] for row in exits
    ]  # by exit a profit factor says nothing
    lines = aligned(["Exit", *_SUMMARY_HEADERS[:-1]], cells, "<>>>>") if cells else []
    ambiguous = sum(row["ambiguous"] for row in exits)
    if ambiguous:
        lines.append(f"Ambiguous stops, whose bar also touched the target: {ambiguous:,}")
    if refused:
        why = [(row["reason"], f"{row['signals']:,}: {_reason(row['reason'])}") for row in refused]
        lines += ["", "Signals not traded", *entries(why)]
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
        ("command", shlex.join(["ictcli", *origin.get("argv", [])])),
        ("created", f"{document['created']} with ictcli {document['version']}, seed {document['seed']}"),
        ("inputs", inputs),
        ("params", params or "defaults"),
        ("config", str(origin.get("config", ""))[:16]),
        ("content", document["content_hash"][:16]),
    ]
    return ["Provenance", *entries(pairs)]


_SUMMARY_HEADERS = ["Trades", "Net", "Expectancy", "Win rate", "Profit factor"]


def _summary_cells(row: breakdown.Row) -> list[str]:
    return [
        f"{row['trades']:,}",
        f"{row['net']:,.2f}",
        number(row["expectancy_r"], "r"),
        number(row["win_rate"], "share"),
        number(row["profit_factor"], "ratio"),
    ]


def _reason(label: str) -> str:
    return explain(Refusal[label.upper()])


def _interval(metric: Mapping[str, Any], unit: str) -> str:
    return f"{number(metric['low'], unit)} to {number(metric['high'], unit)}"


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
