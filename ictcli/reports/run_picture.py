"""A run as one picture, drawn by matplotlib without any screen: what decides, equity, drawdown, months, R."""

import io
import textwrap
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ictcli.reports.chart_styles import THEMES, Theme
from ictcli.reports.layout import BLANK, number
from ictcli.reports.metric_tables import bounds
from ictcli.reports.run_curve import needles, thinned
from ictcli.reports.run_figures import bins
from ictcli.reports.run_heat import MONTHS, month_cells, short
from ictcli.reports.run_story import RunStory
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.metrics.values import floats

_INCHES, _DOTS = (13.0, 9.5), 120
_NUMBERS = ("net_expectancy_r", "net_profit", "win_rate", "profit_factor", "max_drawdown", "trades")
_SAID = 84
"""Characters of a line of the verdict, beside what was traded."""
_MOST_YEARS = 8
"""Years of the map of months; of more, the last."""


def run_picture(story: RunStory, theme: str = "light") -> bytes:
    """The picture as a PNG file.

    Args:
        story: what to show.
        theme: ``light`` or ``dark``.
    """
    look = THEMES[theme]
    figure = Figure(figsize=_INCHES, dpi=_DOTS, facecolor=look.paper)
    FigureCanvasAgg(figure)
    _head(figure, story, look)
    grid = figure.add_gridspec(
        3, 2, height_ratios=(3, 1.3, 2.4), width_ratios=(1.45, 1),
        left=0.08, right=0.985, bottom=0.055, top=0.755, hspace=0.42, wspace=0.14,
    )  # fmt: skip
    if len(story.trades):
        _account(figure, grid, story, look)
        _months(_axes(figure, grid[2, 0], f"Net by month, {story.currency}".rstrip(", "), look), story, look)
        _results(_axes(figure, grid[2, 1], "R distribution", look), story, look)
    else:
        told = "No trade was made: there is nothing to draw."
        figure.text(0.5, 0.4, told, color=look.faint, size=14, ha="center")
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _head(figure: Any, story: RunStory, look: Theme) -> None:
    """Name, verdict, and the numbers that decide."""
    colour = {"good": look.gain, "bad": look.loss, "open": look.ink}[story.verdict.tone]
    plain = {"parse_math": False}
    figure.text(0.015, 0.967, story.title, color=look.ink, size=15, weight="bold", **plain)
    figure.text(0.015, 0.944, story.subject, color=look.faint, size=10, **plain)
    figure.text(0.985, 0.967, story.verdict.word, color=colour, size=15, weight="bold", ha="right", **plain)
    for at, (line, ink) in enumerate(_said(story, look)):
        figure.text(0.985, 0.944 - 0.0165 * at, line, color=ink, size=8.5, ha="right", **plain)
    shown = [name for name in _NUMBERS if name in story.metrics]
    for at, name in enumerate(shown):
        metric, definition = story.metrics[name], METRICS[name]
        x, within = 0.08 + at * 0.92 / len(shown), bounds(metric, definition.unit)
        figure.text(x, 0.893, definition.label, color=look.faint, size=9, **plain)
        value = number(metric["value"], definition.unit)
        figure.text(x, 0.862, value, color=look.ink, size=15, weight="bold", **plain)
        figure.text(x, 0.842, "" if within == BLANK else within, color=look.faint, size=8, **plain)
    if any(bounds(story.metrics[name], METRICS[name].unit) != BLANK for name in shown):
        interval = f"below each value: its {100 * story.confidence:g} % interval"
        figure.text(0.08, 0.815, interval, color=look.faint, size=8, **plain)


def _said(story: RunStory, look: Theme) -> list[tuple[str, str]]:
    """Lines of the sentence and of the gate, with their colours; nothing of the sentence is cut."""
    sentence = textwrap.wrap(story.verdict.sentence, _SAID)
    gate = textwrap.wrap(story.verdict.gate, _SAID, max_lines=1, placeholder=" …")
    return [*((line, look.ink) for line in sentence), *((line, look.faint) for line in gate)]


def _axes(figure: Any, place: Any, title: str, look: Theme) -> Any:
    axes = figure.add_subplot(place, facecolor=look.paper)
    axes.set_title(title, loc="left", color=look.ink, size=11, weight="bold", parse_math=False)
    axes.tick_params(colors=look.faint, labelsize=8.5, length=0)
    axes.grid(color=look.grid, lw=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    return axes


def _account(figure: Any, grid: Any, story: RunStory, look: Theme) -> None:
    curve = thinned(story.curve)
    days = curve.ts.astype("datetime64[ns]")
    blue, orange = look.families["imbalance"]
    title = "Equity" if curve.open_known else "Balance"
    headed = f"{title}, {story.currency}".rstrip(", ")
    above = _axes(figure, grid[0, :], f"{headed}, {_day(days[0])} to {_day(days[-1] - 1)}", look)
    above.step(days, curve.balance, where="post", color=blue, lw=1.4, label="balance")
    if curve.open_known:
        marked = curve.equity != curve.balance
        dots = {"color": orange, "s": 5, "zorder": 3, "label": "with open trades, where known"}
        above.scatter(days[marked], curve.equity[marked], **dots)
    above.legend(
        frameon=False, labelcolor=look.ink, fontsize=9, loc="lower right", bbox_to_anchor=(1, 1), ncols=2
    )
    above.yaxis.set_major_formatter("{x:,.0f}")
    deepest = 100 * float(story.curve.drawdown.max())
    at, held, depth = needles(curve)
    known = "; needles: open losses at their worst" if curve.open_known else ", open losses not known"
    below = _axes(figure, grid[1, :], f"Drawdown of the balance{known}; deepest {deepest:.2f} %", look)
    falls = -100 * curve.fall
    below.fill_between(days, falls, 0, step="post", color=look.loss, alpha=0.3, lw=0)
    below.step(days, falls, where="post", color=look.loss, lw=0.8)
    below.vlines(at.astype("datetime64[ns]"), -100 * depth, -100 * held, color=orange, lw=1.0)
    below.yaxis.set_major_formatter("{x:g} %")
    for axes in (above, below):
        locator = AutoDateLocator(tz="UTC")  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        named = ConciseDateFormatter(locator, tz="UTC", show_offset=False)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(named)
        axes.margins(x=0.005)


def _day(moment: np.datetime64) -> str:
    return np.datetime_as_string(moment, unit="D")


def _months(axes: Any, story: RunStory, look: Theme) -> None:
    years, cells = month_cells(story)
    years, cells = years[-_MOST_YEARS:], cells[-_MOST_YEARS:]
    values = np.array([[np.nan if one is None else one for one in row] for row in cells])
    most = float(np.nanmax(np.abs(values))) or 1.0
    colours = LinearSegmentedColormap.from_list("months", [look.loss, look.paper, look.gain])
    axes.imshow(values, cmap=colours, vmin=-1.5 * most, vmax=1.5 * most, aspect="auto")
    axes.grid(visible=False)
    sums = [float(np.nansum(row)) for row in values]
    axes.set_xticks(range(12), MONTHS)
    axes.set_yticks(
        range(len(years)), [f"{year} · {short(total)}" for year, total in zip(years, sums, strict=True)]
    )
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            axes.text(column, row, short(float(value)), color=look.ink, size=8, ha="center", va="center")


def _results(axes: Any, story: RunStory, look: Theme) -> None:
    every = floats(story.trades, "r_multiple")
    known = every[np.isfinite(every)]
    if not len(known):
        axes.text(0.5, 0.5, "no trade has a stop", color=look.faint, ha="center", transform=axes.transAxes)
        return
    edges = bins(known)
    counts, _ = np.histogram(np.clip(known, edges[0], edges[-1]), edges)
    middle = (edges[:-1] + edges[1:]) / 2
    colours = [look.loss if at < 0 else look.gain for at in middle]
    axes.bar(middle, counts, 0.94 * (edges[1] - edges[0]), color=colours, alpha=0.8)
    mean = story.metrics["net_expectancy_r"]
    if mean["low"] is not None and mean["high"] is not None:
        axes.axvspan(mean["low"], mean["high"], color=look.ink, alpha=0.14, lw=0)
    if mean["value"] is not None:
        axes.axvline(mean["value"], color=look.ink, lw=1.3, ls=":")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _at: f"{x:g} R"))
