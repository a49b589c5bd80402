"""Plain text that lines up: tables, numbers, wrapped lists; at most 100 columns."""

import textwrap
from collections.abc import Sequence

WIDTH = 100
BLANK = "-"
"""What stands where a number is undefined."""


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> list[str]:
    """Lines of a table under a rule.

    Args:
        headers: column titles.
        rows: cells as text.
        align: one of ``<`` and ``>`` per column.
    """
    widths = [max(len(row[i]) for row in (headers, *rows)) for i in range(len(headers))]

    def line(cells: Sequence[str]) -> str:
        parts = (f"{cell:{side}{width}}" for cell, side, width in zip(cells, align, widths, strict=True))
        return "  ".join(parts).rstrip()

    return [line(headers), "  ".join("-" * width for width in widths), *(line(row) for row in rows)]


def number(value: float | str | None, unit: str) -> str:
    """A metric's value for people: thousands separated, percent for shares, ``R`` for multiples."""
    if value is None:
        return BLANK
    amount = float(value)
    match unit:
        case "count":
            return f"{amount:,.0f}"
        case "money":
            return f"{amount:,.2f}"
        case "share":
            return f"{100 * amount:.1f} %"
        case "r":
            return f"{amount:.3f} R"
        case _:
            return f"{amount:.2f}"


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
