"""Parts that pages are made of, as HTML: figures, facts, tables, what folds."""

import html
from collections.abc import Iterable, Sequence

from ictcli.reports.page_chart import PageChart


def escaped(value: object) -> str:
    """What people or files wrote, as text and never as markup."""
    return html.escape(str(value))


def figure(chart: PageChart) -> str:
    """The place of a chart, with its title and how it is read."""
    wide = ' class="wide"' if chart.wide else ""
    return (
        f"<figure{wide}><figcaption><b>{escaped(chart.title)}</b><p>{escaped(chart.about)}</p></figcaption>"
        f'<div role="img" aria-label="{escaped(f"{chart.title}. {chart.about}")}" '
        f'data-chart="{chart.name}" style="min-height: {chart.height}px"></div></figure>'
    )


def figures(charts: Iterable[PageChart]) -> str:
    """Charts side by side."""
    return f'<div class="charts">{"".join(map(figure, charts))}</div>'


def details(title: str, content: str, *, is_open: bool) -> str:
    """What folds."""
    return f"<details{' open' if is_open else ''}><summary>{escaped(title)}</summary>{content}</details>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Rows of what something is about, and what is said of it."""
    rows = "".join(
        f'<tr><th scope="row">{escaped(about)}</th><td>{escaped(said)}</td></tr>' for about, said in pairs
    )
    return f'<div class="table facts" tabindex="0"><table>{rows}</table></div>'


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """A table.

    Args:
        headers: column titles.
        rows: cells as text.
        align: one of ``<`` and ``>`` per column.
    """
    kinds = ["" if side == "<" else ' class="number"' for side in align]
    head = "".join(
        f'<th scope="col"{kind}>{escaped(name)}</th>' for kind, name in zip(kinds, headers, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escaped(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
        + "</tr>"
        for row in rows
    )
    found = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="table" tabindex="0">{found}</div>'
