"""Scores of alerts for people: one line per kind, what was found beside what chance would have scored."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Table = Callable[[Sequence[str], Sequence[Sequence[Any]]], str]

_HEADERS = (
    *("kind", "moves", "alerts", "capture", "chance", "false alerts", "chance"),
    *("win rate", "chance", "expectancy R", "chance"),
)
_SHOWN = ("capture", "false_alert_share", "win_rate", "expectancy_r")


def score_text(document: Mapping[str, Any], table: Table) -> str:
    """A score document as tables.

    Args:
        document: as ``research.detection_score.score_document`` makes it.
        table: draws a table from headers and rows.
    """
    rows = [_row(row) for row in document["scores"]]
    parts = [table(_HEADERS, rows), _notes(document)]
    if document["gate"]:
        parts += [_gate_table(document, table), _gate_sentence(document)]
    return "\n\n".join(parts)


def _row(row: Mapping[str, Any]) -> list[Any]:
    counts, metrics = row["counts"], row["metrics"]
    name = row["kind"] if row["series"] is None else f"  {row['series']}"
    cells: list[Any] = [name, counts["moves"], counts["alerts"] - counts["cooled"]]
    for metric in _SHOWN:
        share = metric != "expectancy_r"
        cells += [_with_interval(metrics[metric], share=share), _chance(row, metric, share=share)]
    return cells


def _with_interval(metric: Mapping[str, Any], *, share: bool) -> str | None:
    if metric["value"] is None:
        return None
    value = _number(metric["value"], share=share)
    if metric["low"] is None or metric["high"] is None:
        return value
    return f"{value} [{_number(metric['low'], share=share)}, {_number(metric['high'], share=share)}]"


def _chance(row: Mapping[str, Any], metric: str, *, share: bool) -> str | None:
    shifted = row["chance"].get("shifted")
    value = shifted[metric]["value"] if shifted else None
    return None if value is None else _number(value, share=share)


def _number(value: float, *, share: bool) -> str:
    return f"{100 * value:.1f}%" if share else f"{value:+.3f}"


def _notes(document: Mapping[str, Any]) -> str:
    rules, draws = document["rules"], document["draws"]
    return (
        f"Move: {rules['multiple']:g} ATR within {rules['horizon']} bars; announced from {rules['lead']} bars"
        f" before its start to {rules['grace']} after, in its direction.\n"
        f"Trade: +{rules['target']:g} / -{rules['stop']:g} ATR, {rules['horizon']} bars, entered at the next"
        " open, after costs.\n"
        "False alerts are 1 - precision. Intervals:"
        f" {100 * document['confidence']:g} %, days as clusters.\n"
        f"Chance: the same alerts shifted in time, mean of {draws['shifts']} (seed {draws['seed']})."
        " Other baselines: --json."
    )


def _gate_table(document: Mapping[str, Any], table: Table) -> str:
    rows = [
        [row["kind"], check["condition"], check["verdict"], _reason(check)]
        for row in document["scores"]
        if row["gate"]
        for check in row["gate"]["checks"]
    ]
    return table(["kind", "check", "verdict", "reason"], rows)


def _reason(check: Mapping[str, Any]) -> str:
    needed = check["needed_n"]
    return (
        check["reason"] if needed is None else f"{check['reason']}; about {needed} needed, {check['n']} seen"
    )


def _gate_sentence(document: Mapping[str, Any]) -> str:
    gate = document["gate"]
    verdicts = [row["gate"]["verdict"] for row in document["scores"] if row["gate"]]
    passed = sum(verdict == "PASS" for verdict in verdicts)
    return f"Gate {gate['verdict']}: {passed} of {len(verdicts)} kinds pass ({gate['file']})"
