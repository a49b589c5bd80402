"""A run as one web page that needs nothing but itself: the verdict first, then pictures, trades, tables."""

from collections.abc import Sequence

from ictcli.reports.offline_page import offline_page
from ictcli.reports.page_chart import PageChart
from ictcli.reports.page_parts import details, escaped, facts, figures
from ictcli.reports.page_shell import part
from ictcli.reports.run_data import trades_data, windows_data
from ictcli.reports.run_figures import account_charts, trade_charts
from ictcli.reports.run_heat import heat_charts, part_chart
from ictcli.reports.run_story import RunStory
from ictcli.reports.run_tables import (
    execution_html,
    metrics_html,
    numbers_html,
    parts_html,
    refusals_html,
    studies_html,
    verdict_html,
)

_NO_TRADES = "No trade was made, so there is nothing to draw."
_WHY_BELOW = " Why signals came to nothing stands below."


def run_page(story: RunStory) -> str:
    """The page: plotly's script, the data and a program, all inline; it asks nothing of any network."""
    charts = _charts(story)
    every = [chart for group in charts.values() for chart in group]
    sections = _sections(story, charts)
    return offline_page(
        "run.html",
        ("page.css", "run.css"),
        ("page_figures.js", "chart_labels.js", "chart_traces.js", "run_trades.js", "run_window.js", "run.js"),
        {
            "figures": {chart.name: chart.figure() for chart in every},
            "trades": trades_data(story),
            "windows": windows_data(story),
        },
        title=escaped(story.title),
        subject=escaped(story.subject),
        links="".join(f'<li><a href="#{name}">{link}</a></li>' for name, link, _, _ in sections),
        sections="\n".join(
            f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{title}</h2>'
            f"{content}</section>"
            for name, _, title, content in sections
        ),
    )


def _charts(story: RunStory) -> dict[str, list[PageChart]]:
    parts = part_chart(story)
    return {
        "account": account_charts(story) if _moves(story) else [],
        "when": heat_charts(story),
        "trades": trade_charts(story) if len(story.trades) else [],
        "parts": [] if parts is None else [parts],
    }


def _moves(story: RunStory) -> bool:
    """Whether the account ever held anything but what it began with: a flat line shows nothing."""
    curve = story.curve
    return len(curve) > 0 and bool(
        (curve.balance != curve.balance[0]).any() or (curve.equity != curve.balance).any()
    )


def _sections(story: RunStory, charts: dict[str, list[PageChart]]) -> list[tuple[str, str, str, str]]:
    """Anchor, link, title and content of each section, those without content left out."""
    has = len(story.trades) > 0
    empty = "" if has else f"<p>{_NO_TRADES}{_WHY_BELOW if story.refusals else ''}</p>"
    summary = [("trades", f"{len(story.trades):,}"), *story.facts]
    found = [
        ("verdict", "Verdict", "Verdict", verdict_html(story.verdict) + numbers_html(story) + facts(summary)),
        ("account", "Account", "Account", figures(charts["account"]) if charts["account"] else empty),
        ("trades", "Trades", "Trades on their bars", _trades_html(story) if has else ""),
        ("results", "Results", "Results and costs", figures(charts["trades"]) if charts["trades"] else ""),
        ("when", "When", "When it was made", figures(charts["when"]) if charts["when"] else ""),
        ("parts", "Parts", "Set-ups, symbols and other parts", _parts(story, charts["parts"]) if has else ""),
        ("metrics", "Metrics", "All metrics with intervals", metrics_html(story)),
        ("execution", "Execution", "Execution quality", execution_html(story.execution)),
        ("refused", "Not traded", "Signals not traded", refusals_html(story)),
        ("studies", "Studies", "Studies", studies_html(story)),
        ("assumptions", "Assumptions", "Fill assumptions", _assumptions(story)),
        ("provenance", "Provenance", "Provenance", facts(story.provenance) if story.provenance else ""),
    ]
    return [one for one in found if one[3]]


def _parts(story: RunStory, charts: Sequence[PageChart]) -> str:
    return (figures(charts) if charts else "") + parts_html(story)


def _assumptions(story: RunStory) -> str:
    if not story.assumptions:
        return ""
    told = f"{len(story.assumptions)} rules behind every simulated fill"
    return details(told, facts(story.assumptions), is_open=False)


def _trades_html(story: RunStory) -> str:
    """The chart of one trade and the list to choose from; the program fills both."""
    windows = story.windows
    notes = "".join(f"<p>{escaped(_sentence(one))}</p>" for one in (windows.chosen, *windows.doubts) if one)
    if not windows.shown:
        return notes + part("run_list.html")
    return notes + part("run_chart.html") + part("run_list.html")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
