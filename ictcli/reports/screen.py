"""What the one screen of a run and that of an account share: metrics, parts, months, and what fits."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ictcli.reports.breakdown import Row
from ictcli.reports.layout import BLANK, WIDTH, aligned, number
from ictcli.reports.metric_tables import bounds
from ictcli.reports.part_tables import TITLES, headers, part_cells, repeats
from ictcli.research.metrics.definitions import METRICS

Document = Mapping[str, Any]

LINES = 50
"""A screen."""
_METRICS = (
    *("trades", "net_profit", "net_expectancy_r", "win_rate", "profit_factor", "sharpe_daily"),
    *("dsr", "max_drawdown", "drawdown_days", "total_costs", "cost_share"),
)
_INSTEAD = {"dsr": "psr"}
"""What is shown where a metric is undefined."""
_WANTED = ("symbol", "strategy", "setup")
"""Parts that are cut where there are too many."""
_WELCOME = ("session", "side")
"""Parts that are shown where all of them fit."""
_FEW = 2
"""Rows that every wanted part gets first, if it has them."""
_LEAST_ROWS = 6
_MOST_YEARS = 6
_NAMED = 3


def metric_lines(document: Document) -> list[str]:
    """The metrics that decide, drawdown and costs; one that is undefined for no reason is left out."""
    chosen = [_chosen(name, document["metrics"]) for name in _METRICS]
    rows = []
    for name in (name for name in chosen if name):
        metric, unit = document["metrics"][name], METRICS[name].unit
        value = number(metric["value"], unit)
        rows.append([METRICS[name].label, value, bounds(metric, unit), f"{metric['n']:,}"])
    return aligned(("Metric", "Value", f"{100 * document['confidence']:g} % interval", "n"), rows, "<>>>")


def _chosen(name: str, metrics: Document) -> str:
    """The metric, the one instead of it, or nothing."""
    other = _INSTEAD.get(name, "")
    for one in (name, other):
        if one in metrics and metrics[one]["value"] is not None:
            return one
    return name if not other and metrics.get(name, {}).get("why") else ""


def fitted(
    sections: Sequence[Sequence[str]],
    parts: Mapping[str, Sequence[Row]],
    months: Callable[[Sequence[Row]], list[str]],
    about: Sequence[tuple[str, str]],
    confidence: float,
) -> str:
    """A screen: sections, as many parts and months as fit, and what is known besides.

    Args:
        sections: shown whole.
        parts: as ``breakdown.breakdowns`` makes them.
        months: makes a grid of the rows by month.
        about: shown last, each in one line, or in two where there is room.
        confidence: of the intervals.
    """
    screens = (_screen(sections, parts, months, brief(about, lines), confidence) for lines in (2, 1))
    long = next(screens)
    return "\n".join(long if len(long) <= LINES else next(screens))


def _screen(
    sections: Sequence[Sequence[str]],
    parts: Mapping[str, Sequence[Row]],
    months: Callable[[Sequence[Row]], list[str]],
    about: Sequence[str],
    confidence: float,
) -> list[str]:
    shown = [list(section) for section in sections if section]
    room = LINES - sum(map(len, shown)) - len(shown) - len(about) - 2
    grid = _recent(parts["month"], min(_MOST_YEARS, max(1, room - _LEAST_ROWS - 5)), months)
    table = part_lines(parts, room - len(grid) - 2, confidence)
    every = [*shown, table, grid, list(about)]
    return [line for section in every if section for line in ("", *section)][1:]


def part_lines(parts: Mapping[str, Sequence[Row]], room: int, confidence: float) -> list[str]:
    """One table of symbols, strategies and set-ups, cut to ``room`` rows; sessions and sides if they fit."""
    wanted = [name for name in _WANTED if name == "symbol" or len(parts.get(name, ())) > 1]
    wanted = [name for name in wanted if not repeats(parts, name)]
    rooms = {name: min(_FEW, len(parts[name])) for name in wanted}
    room = max(room, _LEAST_ROWS)
    for name in wanted:
        rooms[name] += max(0, min(len(parts[name]) - rooms[name], room - sum(rooms.values())))
    for name in _WELCOME:
        if 0 < len(parts.get(name, ())) <= room - sum(rooms.values()):
            rooms[name] = len(parts[name])
    cells = [cell for name, most in rooms.items() for cell in _titled(name, _cut(parts[name], name, most))]
    return aligned(["By", *headers(confidence)], cells, "<>>>>>>>") if cells else []


def _titled(name: str, rows: Sequence[Row]) -> list[list[str]]:
    """Cells of a part, its name before the first."""
    title = TITLES.get(name, name).lower()
    cells = [part_cells(row, name) for row in rows]
    return [
        [f"{'' if at else title:<9}{label}", *rest] for at, (label, *rest) in enumerate(map(tuple, cells))
    ]


def _cut(rows: Sequence[Row], name: str, most: int) -> list[Row]:
    """The rows with the most trades in their own order, the others added up in a last one."""
    if len(rows) <= most:
        return list(rows)
    ranked = sorted(range(len(rows)), key=lambda at: -rows[at]["trades"])
    kept, left = sorted(ranked[: most - 1]), ranked[most - 1 :]
    others: Row = dict.fromkeys(rows[0])
    others |= {
        name: f"{len(left):,} others",
        **{total: sum(rows[at][total] for at in left) for total in ("trades", "net")},
    }
    return [*(rows[at] for at in kept), others]


def _recent(rows: Sequence[Row], most: int, months: Callable[[Sequence[Row]], list[str]]) -> list[str]:
    """The grid of the last years, and what all before them came to."""
    years = sorted({row["month"][:4] for row in rows})[-most:]
    earlier = [row["net"] for row in rows if row["month"][:4] < years[0]] if years else []
    grid = months([row for row in rows if row["month"][:4] in years])
    return [*grid, f"Before {years[0]}: {sum(earlier):,.2f}"] if earlier else grid


def brief(pairs: Sequence[tuple[str, str]], most: int = 2) -> list[str]:
    """``about  text`` lines, each text cut at so many."""
    width = max((len(about) for about, _ in pairs), default=0)
    lines = []
    for about, text in pairs:
        wrapped = textwrap.wrap(text, WIDTH - width - 4, max_lines=most, placeholder=" …") or [""]
        lines.append(f"  {about:<{width}}  {wrapped[0]}")
        lines += [" " * (width + 4) + more for more in wrapped[1:]]
    return lines


def named(texts: Sequence[str]) -> str:
    """The first few texts, and how many more there are."""
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def range_of(values: Sequence[str]) -> str:
    """One value, or how many differ from one another."""
    distinct = list(dict.fromkeys(values))
    if len(distinct) <= 1:
        return distinct[0] if distinct else BLANK
    return f"{distinct[0]} to {distinct[-1]}"
