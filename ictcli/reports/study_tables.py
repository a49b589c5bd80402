"""What was studied about a run besides its metrics: its search, other costs, other paths, random entries."""

from collections.abc import Mapping
from typing import Any

from ictcli.reports.layout import BLANK, aligned, number, wrap
from ictcli.research.metrics.definitions import METRICS

Document = Mapping[str, Any]

_OF_TRIALS = ("trades", "net_expectancy_r", "profit_factor", "net_profit", "max_drawdown", "sharpe_daily")
"""Metrics told of each trial."""
_LEAST_RANKED = 10
"""Trials below which the rank of the best out of sample says next to nothing."""
_NAMED = 3
"""Runs that are named; a document names all."""
_PATHS = {
    "bootstrap": "drawn again",
    "order": "other order",
    "costs": "other costs",
}
"""Kinds of simulated paths in words."""


def study_tables(document: Document) -> list[list[str]]:
    """The lines of each study that the run holds."""
    shown = (
        ("search", search_lines),
        ("earlier", earlier_lines),
        ("costs", cost_lines),
        ("monte_carlo", path_lines),
        ("null", null_lines),
    )
    return [lines(document[name]) for name, lines in shown if document.get(name)]


def search_lines(search: Document) -> list[str]:
    """The best trials of a search, and how likely a search without skill would show one as good."""
    cells = []
    for row in search["top"]:
        values = ", ".join(f"{name}={value}" for name, value in row["values"].items())
        shown = [number(row[name], METRICS[name].unit) for name in _OF_TRIALS]
        cells.append([f"{row['trial']}: {values}" if values else str(row["trial"]), *shown])
    headers = ["Trial", "Trades", "Expectancy", "Factor", "Net", "Drawdown", "Sharpe"]
    doubts = [
        f"deflated Sharpe ratio {number(search['dsr'], 'share')}",
        _overfitting(search),
        f"superiority p = {number(search['spa_p'], 'p')}",
    ]
    counted = f"{search['trials']:,} trials, {search['effective_trials']:,.1f} effective trials"
    chosen = f"{counted}; trial {search['best']['trial']} is best by {search['metric']}"
    return [*aligned(headers, cells, "<>>>>>>"), *wrap(f"{chosen}. Of the best: {', '.join(doubts)}.")]


def _overfitting(search: Document) -> str:
    """The probability of overfitting, and a warning where it ranks too few trials."""
    told = f"probability of overfitting {number(search['pbo'], 'share')}"
    if search["pbo"] is None or search["trials"] >= _LEAST_RANKED:
        return told
    return f"{told} (meaningless with fewer than {_LEAST_RANKED} trials)"


def earlier_lines(earlier: Document) -> list[str]:
    """Which attempts that the store remembers deflate the Sharpe ratio of a plain run."""
    runs, missing = earlier["runs"], earlier["unreadable"]
    said = []
    if runs:
        names = ", ".join(runs[:_NAMED]) + (f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else "")
        said.append(
            f"Earlier attempts: {earlier['trials']:,} trials with this one,"
            f" {earlier['effective_trials']:,.1f} effective trials, from {len(runs):,} kept runs ({names});"
            " the deflated Sharpe ratio counts them."
        )
    if missing:
        said.append(
            f"Not counted, for they cannot be read: {', '.join(missing[:_NAMED])} ({len(missing):,})."
        )
    return wrap(" ".join(said))


def cost_lines(costs: Document) -> list[str]:
    """The same decisions at other costs."""
    cells = []
    for case in costs["cases"]:
        expectancy = case["net_expectancy_r"]
        cells.append(
            [
                f"{case['multiplier']:g} times",
                number(case["trades"]["value"], "count"),
                number(case["net_profit"]["value"], "money"),
                number(expectancy["value"], "r"),
                _interval(expectancy, "r"),
                number(case["win_rate"]["value"], "share"),
                number(case["profit_factor"]["value"], "ratio"),
            ]
        )
    headers = ["Costs", "Trades", "Net", "Expectancy", "Interval", "Wins", "Factor"]
    even = costs["break_even"]
    note = "" if even is None else _break_even(even)
    return [*aligned(headers, cells, "<>>>>>>"), *([note] if note else [])]


def path_lines(study: Document) -> list[str]:
    """Where the account may end, and how deep it may fall, on simulated paths of the same trades."""
    cells = []
    for name, kind in study["kinds"].items():
        final, drawdown = kind["final"], kind["max_drawdown"]
        cells.append(
            [
                _PATHS.get(name, name),
                *(number(final[share], "money") for share in ("p5", "p50", "p95")),
                *(number(drawdown[share], "share") for share in ("p50", "p95")),
                number(kind["loss"]["value"], "share"),
                number(kind["ruin"]["value"], "share"),
            ]
        )
    headers = ["Paths", "Ends: 5 %", "half", "95 %", "Drawdown: half", "95 %", "Loss", "Ruin"]
    ruined = f"{study['paths']:,} paths of each kind; ruin is a balance below {study['ruin_below']}."
    return [*aligned(headers, cells, "<>>>>>>>"), ruined]


def _break_even(multiple: float) -> str:
    if multiple < 0:
        return "The trades lose before any costs."
    return f"Nothing is left at {multiple:.2f} times the costs."


def null_lines(null: Document) -> list[str]:
    """Whether random entries at the same times of the week do as well."""
    span = f"{number(null['random_p5'], 'r')} to {number(null['random_p95'], 'r')}"
    return wrap(
        f"Random entries: {null['as_good']:,} of {null['runs']:,} runs did as well as"
        f" {number(null['expectancy_r'], 'r')} (p = {null['p']:.3f},"
        f" interval {null['low']:.3f} to {null['high']:.3f}); their expectancy is"
        f" {number(null['random_mean'], 'r')} on average, nine in ten from {span}."
    )


def _interval(metric: Document, unit: str) -> str:
    if metric["low"] is None and metric["high"] is None:
        return BLANK
    return f"{number(metric['low'], unit)} to {number(metric['high'], unit)}"
