"""A comparison as text: the verdict in words, metrics side by side, tested differences, what differs."""

from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.reports.layout import BLANK, aligned, number, wrap
from ictcli.reports.metric_tables import bounds
from ictcli.research.metrics.definitions import METRICS

Document = Mapping[str, Any]

_FACTS = 12
"""Facts that are listed; --json has all."""
_WIDE = 32


def comparison_text(document: Document) -> str:
    """What ``report --compare`` prints.

    Args:
        document: ``compare.comparison``.
    """
    sections = [
        _verdict(document),
        _sides(document),
        _metrics(document),
        _differences(document),
        _differs(document["differs"]),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _verdict(document: Document) -> list[str]:
    lines = wrap(document["summary"])
    for side in (document["a"], document["b"]):
        if not side["trades"]:
            lines += wrap(
                f"{side['name']} made no trade on these days: the other is compared with doing nothing."
            )
    if document["same_content"]:
        lines += wrap("Both are one computation: everything that decides the outcome has the same hash.")
    return lines


def _sides(document: Document) -> list[str]:
    span = document["span"]
    lines = []
    for letter in ("a", "b"):
        side = document[letter]
        left = side["trades_left_out"]
        out = f"; {left:,} trades outside the common days left out" if left else ""
        lines += wrap(
            f"{letter.upper()}  {side['name']}: {side['what']} on {', '.join(side['symbols'])}{out}"
        )[:2]
    return [*lines, f"Common days: {span['first']} to {span['last']}, {span['days']:,} trading days"]


def _metrics(document: Document) -> list[str]:
    interval = f"{100 * document['confidence']:g} % interval"
    rows = []
    for row in document["metrics"]:
        cells = [METRICS[row["metric"]].label]
        for letter in ("a", "b"):
            cells += [number(row[letter]["value"], row["unit"]), bounds(row[letter], row["unit"])]
        rows.append(cells)
    return aligned(["Metric", "A", interval, "B", interval], rows, "<>>>>")


def _differences(document: Document) -> list[str]:
    rows = []
    for one in document["differences"]:
        ends = [_signed(one[end], one["unit"]) for end in ("low", "high")]
        interval = BLANK if one["low"] is None or one["high"] is None else " to ".join(ends)
        counts = f"{one['n_a']:,}" if one["n_a"] == one["n_b"] else f"{one['n_a']:,}, {one['n_b']:,}"
        told = "chance" if one["chance"] else "differs"
        told = told if interval != BLANK else "too few" if one["value"] is not None else BLANK
        rows.append([one["what"], _signed(one["value"], one["unit"]), interval, counts, one["pairing"], told])
    headers = ["B less A", "Value", f"{100 * document['confidence']:g} % interval", "n", "Drawn", "Says"]
    note = "The first line decides; the others are not corrected for being looked at as well."
    return [*aligned(headers, rows, "<>>><<"), note]


def _differs(rows: Sequence[Document]) -> list[str]:
    if not rows:
        return ["Nothing that is known of both differs in strategies, account, costs or data."]
    cells = [[one["what"], _cut(one["a"]), _cut(one["b"])] for one in rows[:_FACTS]]
    more = len(rows) - _FACTS
    rest = [f"and {more:,} more: --json"] if more > 0 else []
    return [*aligned(["Differs", "A", "B"], cells, "<<<"), *rest]


def _signed(value: float | None, unit: str) -> str:
    if value is None:
        return BLANK
    if unit == "share":
        told = f"{100 * value:+.3f}"
        return f"{told if told.strip('+-0.') else '0.000'} pp"  # percentage points
    told = number(value, unit)
    return f"+{told}" if value > 0 and told.strip("0. R") else told


def _cut(text: str | None) -> str:
    if text is None:
        return BLANK
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 1]}…"
