"""How stable chosen parameters are: neighbours of a best trial, folds of a walk-forward."""

from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.reports.layout import aligned, number, wrap
from ictcli.research.metrics.definitions import METRICS

Document = Mapping[str, Any]

_COLUMNS = (
    ("trades", "Trades"),
    ("net_expectancy_r", "Expectancy"),
    ("profit_factor", "Factor"),
    ("net_profit", "Net profit"),
    ("max_drawdown", "Drawdown"),
    ("sharpe_daily", "Sharpe"),
)


def forward_tables(document: Document) -> list[list[str]]:
    """Blocks of lines about the neighbours of a search's best trial, or about a walk-forward."""
    if document.get("search"):
        return [neighbour_lines(document["search"])]
    if document.get("walk_forward"):
        walk = document["walk_forward"]
        return [lines for lines in (fold_lines(walk), choice_lines(walk), forward_lines(walk)) if lines]
    return []


def neighbour_lines(search: Document) -> list[str]:
    """The trials one step away from the best."""
    rows = [[f"{one['name']}={one['value']}", *_cells(one, search["metric"])] for one in search["neighbours"]]
    if not rows:
        return ["Neighbours of the best trial: none was tried."]
    title = "Neighbours of the best trial, one step on one axis"
    return [title, *aligned(["Changed", *_headers(search["metric"])], rows, "<" + ">" * (len(rows[0]) - 1))]


def fold_lines(walk: Document) -> list[str]:
    """In sample against out of sample, fold by fold."""
    metric = walk["metric"]
    unit = METRICS[metric].unit
    rows = []
    for one in walk["folds"]:
        inside, outside = one["in_sample"], one["out_of_sample"]
        names = ((metric, unit), ("net_expectancy_r", "r"), ("trades", "count"))
        rows.append(
            [
                str(one["fold"]),
                one["test"][0][:10],
                *(f"{number(inside[name], kind)} > {number(outside[name], kind)}" for name, kind in names),
                number(outside["net_profit"], "money"),
            ]
        )
    headers = ["Fold", "Traded from", METRICS[metric].label, "Expectancy", "Trades", "Net, out of sample"]
    title = f"Walk-forward {walk['plan']}: {len(rows)} folds, {walk['trials']:,} trials each"
    return [f"{title} (in sample > out of sample)", *aligned(headers, rows, "<<>>>>")]


def choice_lines(walk: Document) -> list[str]:
    """How often each value was chosen."""
    if not walk["chosen"]:
        return []
    rows = [
        [name, ", ".join(f"{value} ({count} x)" for value, count in values.items() if count)]
        for name, values in walk["chosen"].items()
    ]
    return aligned(["Parameter", "Chosen"], rows, "<<")


def forward_lines(walk: Document) -> list[str]:
    """The sum of it in words."""
    inside, outside = walk["in_sample_expectancy_r"], walk["out_of_sample_expectancy_r"]
    lost = "" if inside is None or outside is None else f", {outside - inside:+.3f} R"
    said = (
        f"Expectancy in sample {number(inside, 'r')}, out of sample {number(outside, 'r')}{lost}; "
        f"{walk['folds_with_gain']} of {len(walk['folds'])} folds made money. "
        f"Metrics and gate know the test spans only, {walk['span'][0][:10]} to {walk['span'][1][:10]}."
    )
    return wrap(said)


def _headers(metric: str) -> list[str]:
    own = [] if any(name == metric for name, _ in _COLUMNS) else [METRICS[metric].label]
    return [*own, *(label for _, label in _COLUMNS)]


def _cells(one: Document, metric: str) -> list[str]:
    names = [name for name, _ in _COLUMNS]
    shown: Sequence[str] = names if metric in names else [metric, *names]
    return [number(one[name], METRICS[name].unit) for name in shown]
