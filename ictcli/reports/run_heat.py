"""Heat maps of a run, and the expectancy of its parts with intervals."""

from collections.abc import Sequence

import numpy as np

from ictcli.reports.breakdown import Row
from ictcli.reports.page_chart import Figure, PageChart
from ictcli.reports.part_tables import repeats
from ictcli.reports.run_story import RunStory
from ictcli.research.metrics.parts import FIXED, labels
from ictcli.research.metrics.values import floats

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SCALE = [[0, "@bad/0.7"], [0.5, "@panel"], [1, "@good/0.7"]]
_BAR = {"thickness": 8, "outlinewidth": 0, "nticks": 5, "tickformat": "+~g", "ticksuffix": " R",
    "tickfont": {"size": 10},
}  # fmt: skip
_PARTS = ("side", "session", "weekday", "strategy", "setup", "symbol")
_MOST_PARTS = 12
"""Parts of one dimension that the chart of intervals shows, those with the most trades."""

Cells = list[list[float | None]]


def heat_charts(story: RunStory) -> list[PageChart]:
    """Months, weekdays by session, weekdays by hour; none without trades."""
    if not len(story.trades):
        return []
    return [_months(story), _grid(story, "session"), _grid(story, "hour")]


def _months(story: RunStory) -> PageChart:
    """Net result by month of the closing, with the sum of each year."""
    years, cells = month_cells(story)
    sums = [sum(value for value in row if value is not None) for row in cells]
    names = [f"{year} · {whole(total)}" for year, total in zip(years, sums, strict=True)]
    words = [["" if value is None else short(value) for value in row] for row in cells]
    trace = _heat(MONTHS, names, cells, words) | {"hovertemplate": "%{x} %{y}: %{z:,.2f}"}
    return PageChart(
        "months",
        "Months",
        f"Net result by month of the closing, in {story.currency or 'money'}; beside each year its sum.",
        [trace],
        {
            "xaxis": {"type": "category", "side": "top", "showgrid": False},
            "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False},
        },
        height=70 + 30 * len(years),
        wide=True,
    )


def month_cells(story: RunStory) -> tuple[list[int], Cells]:
    """The years of a run with trades, and the net result of every month of each; None without trades."""
    nets = {row["month"]: float(row["net"]) for row in story.parts["month"]}
    years = list(range(int(min(nets)[:4]), int(max(nets)[:4]) + 1))
    return years, [[nets.get(f"{year}-{month:02}") for month in range(1, 13)] for year in years]


def _grid(story: RunStory, across: str) -> PageChart:
    """Mean R by weekday and another dimension of the opening."""
    every = floats(story.trades, "r_multiple")
    days, others = labels(story.trades, "weekday"), labels(story.trades, across)
    fits = np.isfinite(every)
    rows = [day for day in FIXED["weekday"] if (days[fits] == day).any()]
    columns = [name for name in FIXED[across] if across == "hour" or (others[fits] == name).any()]
    cells: Cells = []
    counts: list[list[int]] = []
    for day in rows:
        chosen = [every[fits & (days == day) & (others == name)] for name in columns]
        cells.append([round(float(own.mean()), 4) if len(own) else None for own in chosen])
        counts.append([len(own) for own in chosen])
    by_hour = across == "hour"
    unit = "" if by_hour else " R"
    words = [
        [
            f"{value:+.{1 if by_hour else 2}f}{unit}<br>{n:,}" if value is not None else ""
            for value, n in zip(row, own, strict=True)
        ]
        for row, own in zip(cells, counts, strict=True)
    ]
    trace = _heat([name.replace("_", " ") for name in columns], rows, cells, words)
    trace |= {
        "showscale": True,
        "colorbar": _BAR,
        "customdata": counts,
        "hovertemplate": "%{y} %{x}: %{z:+.3f} R, %{customdata:,} trades",
    }
    told = f"{'New York hour' if by_hour else 'session'} of the opening, above the number of trades"
    return PageChart(
        "hours" if by_hour else "sessions",
        "Weekdays and hours" if by_hour else "Weekdays and sessions",
        f"Mean result in R by trading day and {told}. A cell of few trades tells nothing.",
        [trace],
        {
            "xaxis": {"type": "category", "side": "top", "showgrid": False},
            "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False},
        },
        height=70 + 40 * max(1, len(rows)),
        wide=True,
    )


def _heat(x: Sequence[str], y: Sequence[object], cells: Cells, words: list[list[str]]) -> Figure:
    """Cells around zero: losses one colour, gains the other, nothing where there was none."""
    most = max((abs(value) for row in cells for value in row if value is not None), default=0.0) or 1.0
    shown = {"text": words, "texttemplate": "%{text}", "textfont": {"color": "@ink", "size": 11}}
    return {
        "type": "heatmap", "x": list(x), "y": [str(one) for one in y], "z": cells,
        "zmin": -most, "zmax": most, "colorscale": _SCALE, "showscale": False, "xgap": 2, "ygap": 2,
        "hoverongaps": False, **shown,
    }  # fmt: skip


def part_chart(story: RunStory) -> PageChart | None:
    """Expectancy of the parts that are compared most, each with its interval; None without trades."""
    rows: list[tuple[str, Row]] = []
    for name in _PARTS:
        found = [row for row in story.parts.get(name, ()) if row["expectancy_r"] is not None]
        if len(found) < 2 or repeats(story.parts, name):
            continue
        most = sorted(found, key=lambda row: -row["trades"])[:_MOST_PARTS]
        rows += [(f"{name} {row[name]}".replace("_", " "), row) for row in found if row in most]
    if not rows:
        return None
    values = [row["expectancy_r"] for _, row in rows]
    ends = [[row[f"expectancy_r_{end}"] for _, row in rows] for end in ("low", "high")]
    error = {
        "type": "data", "symmetric": False, "color": "@one", "thickness": 1.5, "width": 4,
        "arrayminus": [0 if low is None else value - low for value, low in zip(values, ends[0], strict=True)],
        "array": [0 if high is None else high - value for value, high in zip(values, ends[1], strict=True)],
    }  # fmt: skip
    trace: Figure = {
        "type": "scatter", "mode": "markers", "name": "expectancy",
        "x": values, "y": [name for name, _ in rows],
        "error_x": error, "marker": {"size": 8, "color": "@one"},
        "customdata": [row["trades"] for _, row in rows],
        "hovertemplate": "%{y}: %{x:+.3f} R, %{customdata:,} trades",
    }  # fmt: skip
    zero = {"color": "@faint", "width": 1, "dash": "dash"}
    return PageChart(
        "parts",
        "Expectancy of parts",
        f"Mean result in R with its {100 * story.confidence:g} % interval. Of many parts, some lie"
        " apart from zero by chance alone.",
        [trace],
        {
            "xaxis": {"ticksuffix": " R"},
            "yaxis": {"type": "category", "autorange": "reversed"},
            "shapes": [{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": 0, "x1": 0, "line": zero}],
        },
        height=90 + 21 * len(rows),
        wide=True,
    )


def whole(value: float) -> str:
    """Money in whole units, all of its digits below a hundred million."""
    return f"{value:,.0f}" if abs(value) < 1e8 else short(value)


def short(value: float) -> str:
    """Money in few characters."""
    for limit, divisor, suffix in ((10_000, 1, ""), (10**6, 10**3, "k"), (10**9, 10**6, "m")):
        if abs(value) < limit:
            return f"{value / divisor:,.0f}{suffix}"
    return f"{value:.1e}"
