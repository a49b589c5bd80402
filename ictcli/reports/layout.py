"""Plain text that lines up: tables, numbers, wrapped lists; at most 100 columns."""

import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta

WIDTH = 100
BLANK = "-"
"""What stands where a number is undefined."""
_LEAST = 8
"""Characters that remain of a first column, however wide the others are."""

_FORMS = {"count": ",.0f", "days": ",.1f", "p": ".3f", "money": ",.2f", "r": ".3f"}


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> list[str]:
    """Lines of a table under a rule.

    Args:
        headers: column titles.
        rows: cells as text.
        align: one of ``<`` and ``>`` per column.
    """
    return aligned_together([(headers, rows)], align)[0]


def aligned_together(
    tables: Sequence[tuple[Sequence[str], Sequence[Sequence[str]]]], align: str
) -> list[list[str]]:
    """Lines of several tables whose columns have the same widths.

    A first column that would make a line wider than the screen is cut.

    Args:
        tables: column titles and cells of each, all with as many columns.
        align: one of ``<`` and ``>`` per column.
    """
    everything = [line for headers, rows in tables for line in (headers, *rows)]
    widths = [max((len(line[i]) for line in everything), default=0) for i in range(len(align))]
    widths[0] = min(widths[0], max(WIDTH - sum(widths[1:]) - 2 * (len(align) - 1), _LEAST))

    def line(cells: Sequence[str]) -> str:
        first = cells[0] if len(cells[0]) <= widths[0] else f"{cells[0][: widths[0] - 1]}…"
        parts = (
            f"{cell:{side}{width}}"
            for cell, side, width in zip((first, *cells[1:]), align, widths, strict=True)
        )
        return "  ".join(parts).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return [[line(headers), rule, *map(line, rows)] for headers, rows in tables]


def number(value: float | str | None, unit: str) -> str:
    """A metric's value for people: thousands separated, percent for shares, ``R`` for multiples."""
    if value is None:
        return BLANK
    amount = float(value)
    if unit == "share":
        told = f"{100 * amount:.1f}"
        return (told if told.strip("-0.") else told.lstrip("-")) + " %"
    told = f"{amount:{_FORMS.get(unit, '.2f')}}"
    return (told if told.strip("-0.") else told.lstrip("-")) + (" R" if unit == "r" else "")


def last_day(closed: str) -> str:
    """The UTC day of the last bar of a span, by when it closed: at midnight that is the day before."""
    return f"{datetime.fromisoformat(closed) - timedelta(microseconds=1):%Y-%m-%d}"


def wrap(text: str) -> list[str]:
    """Lines of running text."""
    return textwrap.wrap(text, WIDTH) or [""]


def entries(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """``about  text`` lines, wrapped and indented."""
    width = max((len(about) for about, _ in pairs), default=0)
    lines: list[str] = []
    for about, text in pairs:
        wrapped = textwrap.wrap(text, WIDTH - width - 4) or [""]
        lines.append(f"  {about:<{width}}  {wrapped[0]}")
        lines += [" " * (width + 4) + more for more in wrapped[1:]]
    return lines
