"""What ``ictcli models check`` says to people."""

from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.output import Output

_SHOWN = 10
"""Features listed; the others moved less."""


def check_text(document: Mapping[str, Any], out: Output) -> str:
    """Findings on one screen."""
    features = document["features"]
    span = f"{document['bars']:,} newer bars, {document['first']} to {document['last']}"
    counts = f"{document['decisions']:,} decisions, {document['events']:,} matured labels that do not overlap"
    parts = [
        f"{document['model']}: {document['state']}\n{span}\n{counts}",
        _shifts("feature, against training", features[:_SHOWN], out),
        _shifts(f"probability, against {document['against']}", document["probabilities"], out),
        _members(document, out),
        _alarm(document["page_hinkley"]),
    ]
    if len(features) > _SHOWN:
        parts[1] += f"\n{len(features) - _SHOWN} more are farther within chance."
    if document["findings"]:
        parts.append("\n".join(f"  {one}" for one in document["findings"]))
    return "\n\n".join(parts)


def _shifts(title: str, shifts: Sequence[Mapping[str, Any]], out: Output) -> str:
    rows = [[one["name"], _number(one["psi"]), _number(one["chance"]), one["state"]] for one in shifts]
    return out.table([title, "PSI", "by chance", "state"], rows)


def _members(document: Mapping[str, Any], out: Output) -> str:
    rows = [
        [
            one["name"],
            f"{one['events']:,}",
            f"{one['unknown']:,}",
            *(_number(one[name]) for name in ("log_loss", "brier", "slope")),
            one["state"],
        ]
        for one in document["members"]
    ]
    headers = ["member", "labels", "NaN", "log-loss", "Brier", "slope", "state"]
    table = out.table(headers, rows)
    if document["judged"]:
        return table
    return f"{table}\nToo few labels to judge by: {document['fewest']} are needed."


def _alarm(found: Mapping[str, Any]) -> str:
    if found["threshold"] is None:
        return "Page-Hinkley: not defined, the reference loss does not vary"
    said = f"rings at {found['at']}" if found["rings"] else "quiet"
    limit = f"behind by {found['behind']:.3g}, rings above {found['threshold']:.3g}"
    return f"Page-Hinkley on the log-loss: {said}; {limit}"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
