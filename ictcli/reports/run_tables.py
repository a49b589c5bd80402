"""A run's numbers as HTML: verdict, what decides, tables of parts, how orders were executed."""

from collections.abc import Sequence

from ictcli.reports.layout import BLANK, number
from ictcli.reports.metric_tables import bounds
from ictcli.reports.page_parts import details, escaped, facts, table
from ictcli.reports.part_tables import TITLES, headers, part_cells, repeats
from ictcli.reports.run_story import Execution, RunStory, Verdict
from ictcli.research.metrics.definitions import FAMILIES, HEADLINE, METRICS

_NUMBERS = ("net_expectancy_r", "net_profit", "win_rate", "profit_factor", "max_drawdown", "sharpe_daily")
"""Metrics in large type."""
_NO_SIGNAL = (
    "No signal was refused: the strategies asked for no entry on these bars. What they saw at a moment tells"
    " <code>ictcli report --why SYMBOL TIME</code>."
)
_OPEN = ("setup", "symbol", "strategy")
_FOLDED = ("side", "session", "weekday", "hour", "exit")


def verdict_html(verdict: Verdict) -> str:
    """What the numbers allow one to say, and the gate's checks."""
    gate = ""
    if verdict.gate:
        checks = table(("check", "condition", "found", "reason"), verdict.checks, "<<<<")
        gate = f"<p>{escaped(verdict.gate)}</p>{checks}"
    return (
        f'<div class="verdict {verdict.tone}"><strong>{escaped(verdict.word)}</strong>'
        f"<p>{escaped(verdict.sentence)}</p>{gate}</div>"
    )


def numbers_html(story: RunStory) -> str:
    """The metrics that people look for first, each with its interval."""
    cells = []
    for name in (name for name in _NUMBERS if name in story.metrics):
        metric, definition = story.metrics[name], METRICS[name]
        value = number(metric["value"], definition.unit)
        within = bounds(metric, definition.unit)
        unit = f", {story.currency}" if definition.unit == "money" and story.currency else ""
        cells.append(
            f'<li title="{escaped(definition.meaning)}"><span>{escaped(definition.label + unit)}</span>'
            f"<b>{escaped(value)}</b><span>{escaped('' if within == BLANK else within)}</span></li>"
        )
    return f'<ul class="numbers">{"".join(cells)}</ul>'


def metrics_html(story: RunStory) -> str:
    """Every metric with its interval, its observations and its meaning: those that decide, then families."""
    first = table(*_metric_rows(story, [name for name in HEADLINE if name in story.metrics]), "<>>><")
    rest = []
    for family, title in FAMILIES.items():
        names = [
            name
            for name, metric in METRICS.items()
            if metric.family == family and name in story.metrics and name not in HEADLINE
        ]
        if names:
            rest.append(details(title, table(*_metric_rows(story, names), "<>>><"), is_open=False))
    return f'<div class="wrapping">{first}{"".join(rest)}</div>'


def _metric_rows(story: RunStory, names: Sequence[str]) -> tuple[Sequence[str], list[list[str]]]:
    rows = []
    for name in names:
        metric, definition = story.metrics[name], METRICS[name]
        rows.append([
            definition.label, number(metric["value"], definition.unit), bounds(metric, definition.unit),
            f"{metric['n']:,}", definition.meaning,
        ])  # fmt: skip
    return ("metric", "value", f"{100 * story.confidence:g} % interval", "n", "meaning"), rows


def parts_html(story: RunStory) -> str:
    """Tables by set-up and symbol, and folded ones by everything else."""
    found = []
    for name in (*_OPEN, *_FOLDED):
        rows = story.parts.get(name, ())
        if not rows or (name == "setup" and repeats(story.parts, "setup") and len(rows) > 1):
            continue
        title = TITLES.get(name, name.capitalize())
        cells = [part_cells(row, name) for row in rows]
        told = table((title, *headers(story.confidence)), cells, "<>>>>>>>")
        found.append(details(f"By {title[:1].lower()}{title[1:]}", told, is_open=name in _OPEN))
    return "".join(found)


def execution_html(execution: Execution) -> str:
    """How orders were executed, or that it was only modelled."""
    told = facts(execution.facts)
    if not execution.latencies:
        return told
    return told + table(("latency", "n", "half within", "95 %", "99 %"), execution.latencies, "<>>>>")


def refusals_html(story: RunStory) -> str:
    """Why signals were not traded."""
    if not story.refusals:
        return f"<p>{'Every signal was traded.' if len(story.trades) else _NO_SIGNAL}</p>"
    rows = [[reason, f"{count:,}", sentence] for reason, count, sentence in story.refusals]
    return f'<div class="wrapping">{table(("reason", "signals", "meaning"), rows, "<><")}</div>'


def studies_html(story: RunStory) -> str:
    """Studies as they stand in the terminal's report."""
    return "".join(
        f'<pre class="table" tabindex="0">{escaped(chr(10).join(lines))}</pre>' for lines in story.studies
    )
