"""A stress certificate as text: every claim with its n, its bound and its threshold."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.reports.command_line import command_line
from ictcli.reports.layout import BLANK, aligned_together, entries, wrap

Document = Mapping[str, Any]

HEADERS = ("claim", "measured", "n", "bound", "threshold", "verdict")
_ALIGN = "<>>>><"
_WIDTHS = {0: 24, 2: 16}
"""Characters after which a column goes on in the next line."""
_WORDS = {"pass": "passed", "fail": "FAILED", "inconclusive": "inconclusive"}
_THOUSAND, _TEN = 1000.0, 10.0


def stress_text(document: Document) -> str:
    """One screen: the claims by scenario, the verdict, what it holds for."""
    scenarios = document["scenarios"]
    tables = aligned_together([(HEADERS, _folded(one["claims"])) for one in scenarios], _ALIGN)
    lines: list[str] = []
    for one, shown in zip(scenarios, tables, strict=True):
        lines += [f"{one['name']}: {one['line']}", *(f"  {line}" for line in remarks(one))]
        lines += [*(shown if one["claims"] else []), ""]
    lines += wrap(headline(document))
    lines += ["", *entries(facts(document))]
    return "\n".join(lines)


def headline(document: Document) -> str:
    """What came of it, one sentence."""
    return f"{verdict_word(document['verdict'])}: {summary(document)}"


def summary(document: Document) -> str:
    """How many claims are shown, and which are not."""
    claims = [claim for one in document["scenarios"] for claim in one["claims"]]
    missed = [claim for claim in claims if claim["verdict"] == "fail"]
    open_still = [claim for claim in claims if claim["verdict"] == "inconclusive"]
    broken = [one["name"] for one in document["scenarios"] if one["error"]]
    parts = [f"{len(claims) - len(missed) - len(open_still)} of {len(claims)} claims are shown"]
    if missed:
        parts.append(f"{len(missed)} missed")
    if open_still:
        parts.append(f"{len(open_still)} not shown, n is too small for the bound")
    if broken:
        parts.append(f"{', '.join(broken)} broke")
    if left_out := document.get("left_out"):
        parts.append(f"not asked for: {', '.join(left_out)}")
    if not document["finished"]:
        parts.append(f"not finished: {', '.join(document['not_finished'])}")
    return f"{'; '.join(parts)}."


def verdict_word(verdict: str) -> str:
    """A verdict as it stands in tables."""
    return _WORDS[verdict]


def remarks(scenario: Document) -> list[str]:
    """What must be said of a scenario before its claims: that it broke, that it was stopped."""
    found = []
    if scenario["error"]:
        found.append(f"broke: {scenario['error']}")
        found += [f"at {place}" for place in scenario["trace"][-3:]]
    if not scenario["finished"]:
        found.append("stopped before its end")
    return found


def row(claim: Document) -> list[str]:
    """The cells of a claim."""
    return [
        claim["name"],
        measured(claim),
        f"{claim['n']:,} {claim['of']}",
        bound_text(claim),
        f"{claim['direction']} {number(claim['threshold'], claim['unit'])}",
        verdict_word(claim["verdict"]),
    ]


def _folded(claims: Sequence[Document]) -> list[list[str]]:
    """The cells of claims; long names go on in the next line."""
    found = []
    for claim in claims:
        cells = row(claim)
        name, counted = (textwrap.wrap(cells[at], width) for at, width in _WIDTHS.items())
        columns = (name, [part for part in (_value(claim), _which(claim)) if part], counted)
        for at in range(max(len(one) for one in columns)):
            rest = cells if at == 0 else [""] * len(cells)
            found.append([*(one[at] if at < len(one) else "" for one in columns), *rest[3:]])
    return found


def measured(claim: Document) -> str:
    """The value, and which quantile it is; of cases only how many, as the next column says of what."""
    return " ".join(part for part in (_value(claim), _which(claim)) if part)


def _value(claim: Document) -> str:
    return amount(claim["value"], "" if claim["confidence"] == 1 else claim["unit"]).strip()


def _which(claim: Document) -> str:
    return "" if claim["quantile"] is None else f"({100 * claim['quantile']:g} %)"


def bound_text(claim: Document) -> str:
    """The end of the bound that is held against the threshold."""
    if claim["confidence"] == 1:
        return "all tried"
    below = claim["direction"].startswith("<")
    end = claim["high"] if below else claim["low"]
    if end is None:
        return "n too small"
    return f"{'<=' if below else '>='} {number(end, claim['unit'])}"


def amount(value: float | None, unit: str) -> str:
    """A number with its unit."""
    if value is None:
        return BLANK
    return number(value, unit) if unit == "share" else f"{number(value, unit)} {unit}"


def number(value: float, unit: str) -> str:
    """A number without its unit, in about four digits that count; a share in percent."""
    if unit == "share":
        return f"{100 * value:.4g} %"
    size = abs(value)
    if size >= _THOUSAND or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{1 if size >= _TEN else 3}f}"


def facts(document: Document) -> list[tuple[str, str]]:
    """What the certificate holds for."""
    machine, made = document["machine"], document["provenance"]
    load = "" if machine["load"] is None else f", load {machine['load']:.1f} at the beginning"
    memory = "" if machine["memory_mib"] is None else f", {machine['memory_mib']:,} MiB"
    last = "" if document["duration_s"] is None else f", {document['duration_s']:,} s of real time"
    return [
        (
            "certificate",
            f"{document['certificate']}, {document['seconds']:,.1f} s, profile {document['profile']}{last}",
        ),
        ("set-up", _set_up(document)),
        *_beside(document),
        ("seeds", f"from {document['seed']}, {document['seeds']} where faults are drawn"),
        ("machine", f"{machine['processor']}, {machine['cores']} cores{memory}, {machine['system']}{load}"),
        ("program", f"ictcli {made['version']}, {machine['python']}"),
        ("config", made["config"]),
        ("command", command_line(made)),
    ]


def _beside(document: Document) -> list[tuple[str, str]]:
    names = document.get("side_by_side")
    return [("beside", f"{', '.join(names)} ran in a process beside the others")] if names else []


def _set_up(document: Document) -> str:
    traded = document["strategies_traded_by"]
    if not traded:
        return "loads of the scenarios alone; no strategy of yours traded"
    own = f"{', '.join(document['strategies'])} on {', '.join(document['timeframes'])}"
    return f"{own}, traded by {', '.join(traded)}"
