"""A run on one screen: what it allows to say first, then what it rests on."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ictcli.reports import breakdown
from ictcli.reports.command_line import command_line
from ictcli.reports.layout import number, wrap
from ictcli.reports.screen import fitted, metric_lines, named, range_of
from ictcli.reports.summary import headline, month_lines
from ictcli.reports.verdicts import edge_sentence, gate_sentence

Document = Mapping[str, Any]

_CASES = 3


def run_screen(document: Document, trades: pa.Table) -> str:
    """What ``report`` prints.

    Args:
        document: of the run.
        trades: ``engine.trades.TRADES`` rows in order of closing.
    """
    metrics = document["metrics"]
    sections = [_verdict(document), headline(document)]
    sections += [metric_lines(document)] if metrics["trades"]["value"] else []
    parts = breakdown.breakdowns(trades, document)
    about = [
        *_studies(document),
        *_not_traded(document["series"]),
        ("fills", _fills(document, sum(row["ambiguous"] for row in parts["exit"]))),
        ("from", _origin(document)),
        ("more", "--full: every metric, hour, exit and fill rule; --why; --compare RUN; --format html"),
    ]
    return fitted(sections, parts, month_lines, about, document["confidence"])


def _verdict(document: Document) -> list[str]:
    """What the run shows, what the gate says, and what it fails on."""
    gate = document["gate"]
    lines = wrap(edge_sentence(document["metrics"], document["confidence"])) + wrap(gate_sentence(gate))
    if gate is None:
        return lines
    missed = [f"{one['verdict']} {one['condition']}" for one in gate["checks"] if one["verdict"] != "PASS"]
    return lines + (wrap(f"Missed: {named(missed)}")[:2] if missed else [])


def _studies(document: Document) -> list[tuple[str, str]]:
    """One line of each study that the run holds."""
    shown = (
        ("search", "search", _search),
        ("walk_forward", "forward", _forward),
        ("costs", "costs", _costs),
        ("monte_carlo", "paths", _paths),
        ("null", "chance", _null),
        ("earlier", "attempts", _earlier),
    )
    return [(title, line(document[name])) for name, title, line in shown if document.get(name)]


def _search(search: Document) -> str:
    doubts = f"DSR {number(search['dsr'], 'share')}, overfitting {number(search['pbo'], 'share')}"
    return f"best of {search['trials']:,} trials by {search['metric']}; {doubts}"


def _forward(walk: Document) -> str:
    inside, outside = walk["in_sample_expectancy_r"], walk["out_of_sample_expectancy_r"]
    folds = f"{walk['folds_with_gain']} of {len(walk['folds'])} folds made money"
    return f"expectancy in sample {number(inside, 'r')}, out of sample {number(outside, 'r')}; {folds}"


def _costs(costs: Document) -> str:
    cases = [
        f"{case['multiplier']:g} times: {number(case['net_expectancy_r']['value'], 'r')}"
        for case in costs["cases"]
    ]
    even = costs["break_even"]
    left = "" if even is None or even < 0 else f"; nothing left at {even:.2f} times"
    return f"expectancy at costs {', '.join(cases[:_CASES])}{left}"


def _paths(study: Document) -> str:
    risks = {
        name: [f"{what} {number(kind[what]['value'], 'share')}" for what in ("loss", "ruin")]
        for name, kind in study["kinds"].items()
    }
    kinds = [f"{name}: {', '.join(told)}" for name, told in risks.items()]
    return f"{study['paths']:,} each; {'; '.join(kinds)}"


def _null(null: Document) -> str:
    return f"{null['as_good']:,} of {null['runs']:,} random entries did as well (p = {null['p']:.3f})"


def _earlier(earlier: Document) -> str:
    if not earlier["runs"]:
        return f"{len(earlier['unreadable']):,} earlier ones cannot be read and do not count"
    worth = f"worth {earlier['effective_trials']:,.1f}"
    return f"{earlier['trials']:,} trials with this one, {worth}; the deflated Sharpe ratio counts them"


def _not_traded(series: Sequence[Document]) -> list[tuple[str, str]]:
    """Signals that came to nothing, the most frequent reasons first."""
    rows = sorted(breakdown.refusals(series), key=lambda row: -row["signals"])
    if not rows:
        return []
    return [("not traded", named([f"{row['signals']:,} {row['reason']}" for row in rows]))]


def _fills(document: Document, ambiguous: int) -> str:
    """What fills were charged and assumed."""
    series = document["series"]
    spreads = range_of([f"{value:g}" for value in sorted({one["spread_points"] for one in series})])
    widest = [one["spread_most"] for one in series if "spread_most" in one]
    most = f", at most {max(widest):g}" if widest else ""
    known = range_of([number(value, "share") for value in sorted({one["spread_known"] for one in series})])
    charged = [
        f"{one['commission']} {one['quote']}" if Decimal(one["commission"]) else "none" for one in series
    ]
    paid = " or ".join(dict.fromkeys(charged))
    told = (
        f"spread: median {spreads} pt{most}, known on {known} of bars",
        f"commission {paid} a lot and side",
        f"slippage {document['account']['slippage_points']:,} pt",
        f"{ambiguous:,} of {document['trades']:,} trades ambiguous, the worse taken",
        f"{len(document['assumptions'])} rules: --full",
    )
    return "; ".join(told)


def _origin(document: Document) -> str:
    """Command, version and hashes."""
    origin = document["provenance"]
    inputs = named([f"{one['stored']} {one['content'][:8]}" for one in document["series"]])
    told = [
        command_line(origin),
        f"ictcli {document['version']}, seed {document['seed']}, config {str(origin.get('config', ''))[:8]}",
        f"inputs {inputs}",
        f"content {document['content_hash'][:8]}",
    ]
    return "; ".join(told)
