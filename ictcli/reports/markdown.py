"""A run as a short Markdown page, for pull requests and the summaries of CI jobs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.reports.layout import last_day, number
from ictcli.reports.metric_tables import bounds
from ictcli.reports.verdicts import edge_sentence, gate_sentence
from ictcli.research.metrics.definitions import HEADLINE, METRICS

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")


def markdown_summary(document: Mapping[str, Any]) -> str:
    """Verdict, checks, the metrics that decide and what they allow to say.

    Args:
        document: of the run, as ``backtest --json`` prints it.
    """
    gate = document["gate"]
    verdict = gate["verdict"] if gate else "no gate asked"
    parts = [
        f"## {_plain(document['strategy'])} {_plain(document['timeframe'])}: {verdict}",
        _subject(document),
    ]
    if gate:
        parts += [_plain(gate_sentence(gate)), _checks(gate["checks"])]
    parts += [_metrics(document), _plain(edge_sentence(document["metrics"], document["confidence"]))]
    return "\n\n".join(parts) + "\n"


def _subject(document: Mapping[str, Any]) -> str:
    series = document["series"]
    names = ", ".join(_plain(f"{one['source']}/{one['symbol']}") for one in series)
    first, last = min(one["first"] for one in series), max(one["last"] for one in series)
    bars = sum(one["bars"] for one in series)
    span = f"{names}, {first[:10]} to {last_day(last)}, {bars:,} bars"
    return f"{span}. Run `{document['run']}`, seed {document['seed']}."


def _checks(checks: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for check in checks:
        unit = METRICS[check.get("judged") or check["metric"]].unit
        found = number(check["found"], unit)
        if check["found_bound"] is not None:
            found += f", {check['bound']} {number(check['found_bound'], unit)}"
        rows.append([f"**{check['verdict']}**", *map(_plain, (check["condition"], found, check["reason"]))])
    return _table(["check", "condition", "found", "reason"], rows, "llll")


def _metrics(document: Mapping[str, Any]) -> str:
    rows = []
    for name in (name for name in HEADLINE if name in document["metrics"]):
        metric, unit = document["metrics"][name], METRICS[name].unit
        cells = (METRICS[name].label, number(metric["value"], unit), bounds(metric, unit), f"{metric['n']:,}")
        rows.append([_plain(cell) for cell in cells])
    return _table(["metric", "value", f"{100 * document['confidence']:g} % interval", "n"], rows, "lrrr")


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    rule = ["---:" if side == "r" else "---" for side in align]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headers, rule, *rows))


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
