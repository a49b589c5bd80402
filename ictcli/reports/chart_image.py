"""A chart of detections as a picture, drawn by matplotlib, without any screen or browser."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from ictcli.clock import to_datetime
from ictcli.market.bars import Bars
from ictcli.reports.chart_labels import LINE, Frame, lanes, place
from ictcli.reports.chart_styles import THEMES, Theme, family, hatched, style
from ictcli.reports.detection_chart import FEW, Chart, Shape

_INCHES, _DOTS = (16.0, 8.5), 120
_BOX = (0.01, 0.075, 0.925, 0.825)
"""Left, bottom, width and height of the chart as shares of the picture."""
_DASHES = {"solid": "-", "dot": (0, (1.5, 1.8)), "dash": (0, (5, 3))}
_SYMBOLS = {"circle": "o", "diamond": "D", "x": "X", "star": "*", "square": "s"}
_STEPS = (1, 5, 15, 30, 60, 120, 240, 480, 1440, 2880, 7200, 10080, 43200, 129600, 525600)


def picture(chart: Chart, position: int | None = None, *, theme: str = "light") -> bytes:
    """The chart at the close of one bar as a PNG file.

    Args:
        chart: what to draw.
        position: of the bar, the last one when None.
        theme: ``light`` or ``dark``.
    """
    at = len(chart.bars) - 1 if position is None else position
    look, bars = THEMES[theme], chart.bars.slice(0, at + 1)
    figure = Figure(figsize=_INCHES, dpi=_DOTS, facecolor=look.paper)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(_BOX)
    low, high = _limits(bars)
    axes.set(xlim=(-1, 1.06 * len(chart.bars)), ylim=(low, high), facecolor=look.paper)
    shapes = initial(chart, at)
    for shape in shapes:
        _draw(axes, shape, look)
    _candles(axes, bars, look)
    _texts(axes, shapes, bars, look)
    _frame(axes, chart.bars, look)
    known = f"{to_datetime(int(bars.ts_close[-1])):%Y-%m-%d %H:%M} UTC"
    first, last = (to_datetime(int(instant)) for instant in (bars.ts[0], bars.ts_close[-1]))
    span = f"{len(bars)} bars, {first:%a %d %b %Y %H:%M} to {last:%a %d %b %Y %H:%M} UTC"
    figure.text(0.012, 0.962, chart.title, color=look.ink, size=13, weight="bold", parse_math=False)
    figure.text(0.5, 0.964, span, color=look.ink, size=10, ha="center")
    figure.text(0.935, 0.964, f"as known at {known}", color=look.faint, size=10, ha="right")
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def initial(chart: Chart, position: int) -> list[Shape]:
    """What is shown before anybody chooses; objects that ended only where there are few."""
    shown = [shape for shape in chart.at(position) if chart.shows(shape.drawing)]
    return shown if len(shown) <= FEW else [shape for shape in shown if shape.lasting]


def _limits(bars: Bars) -> tuple[float, float]:
    low, high = (float(price * bars.point) for price in (int(bars.low.min()), int(bars.high.max())))
    air = 0.07 * (high - low) or 1.0
    return low - air, high + air


def _colour(shape: Shape, look: Theme) -> str:
    return look.colour(family(shape.drawing.kind), shape.drawing.direction)


def _draw(axes: Any, shape: Shape, look: Theme) -> None:
    """The body of one shape; its words come later, over everything."""
    drawing, colour = shape.drawing, _colour(shape, look)
    strength = 0.85 if shape.live else 0.3
    if drawing.form == "window":
        axes.axvspan(shape.left, shape.right, color=look.window, alpha=0.1, lw=0, zorder=0)
    if shape.bottom is None or shape.top is None:
        return
    if drawing.plan:
        _draw_plan(axes, shape, drawing.plan, look)
    elif drawing.form == "point":
        price = shape.top if drawing.direction == "bear" else shape.bottom
        marker = _SYMBOLS[style(drawing.kind).symbol]
        axes.plot([shape.left], [price], marker, color=colour, ms=6, mec=look.paper, mew=0.7, zorder=4)
    elif drawing.form in {"level", "break"}:
        dash = _DASHES[style(drawing.kind).dash]
        axes.hlines(shape.bottom, shape.left, shape.right, colour, dash, lw=1.2, alpha=strength, zorder=2)
    else:
        across, up = [shape.left, shape.right], (shape.bottom, shape.top)
        if hatched(drawing.kind):
            tint = to_rgba(colour, 0.3 if shape.live else 0.12)
            axes.fill_between(across, *up, facecolor="none", hatch="////", edgecolor=tint, lw=0, zorder=1)
        else:
            area = 0.16 if shape.live and drawing.form == "zone" else 0.06
            axes.fill_between(across, *up, color=colour, alpha=area, lw=0, zorder=1)
        for price in up:
            axes.hlines(price, *across, colour, lw=0.6, alpha=strength, zorder=1)


def _draw_plan(axes: Any, shape: Shape, plan: tuple[float, float, float], look: Theme) -> None:
    """What a setup may lose and win, as areas from its entry, with lines at stop and target."""
    entry, stop, target = plan
    across = [shape.left, shape.right]
    for price, colour in ((stop, look.loss), (target, look.gain)):
        axes.fill_between(
            across, entry, price, color=colour, alpha=0.13 if shape.live else 0.08, lw=0, zorder=1
        )
        axes.hlines(price, *across, colour, (0, (4, 2)), lw=1.3, zorder=4)
    axes.hlines(entry, *across, look.ink, lw=1.4, zorder=4)


def _candles(axes: Any, bars: Bars, look: Theme) -> None:
    scale = float(bars.point)
    opens, highs, lows, closes = (getattr(bars, name) * scale for name in ("open", "high", "low", "close"))
    at = np.arange(len(bars))
    dots = _BOX[2] * _INCHES[0] * _DOTS / max(1, len(bars))
    rises = closes >= opens
    for some, colour in ((rises, look.rising), (~rises, look.falling)):
        axes.vlines(at[some], lows[some], highs[some], colour, lw=min(0.8, max(0.4, 0.2 * dots)), zorder=3)
        if dots > 1.5:
            height = np.maximum(np.abs(closes - opens), 0.02 * scale)[some]
            floor = np.minimum(opens, closes)[some]
            axes.bar(at[some], height, 0.8, floor, color=colour, edgecolor=colour, lw=0.3, zorder=3)


def _texts(axes: Any, shapes: Sequence[Shape], bars: Bars, look: Theme) -> None:
    """The words of shapes, with a rim of paper, and the names of windows above the chart."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    wide, tall = _DOTS * _INCHES[0] * _BOX[2] / (right - left), _DOTS * _INCHES[1] * _BOX[3] / (high - low)
    scale = float(bars.point)
    frame = Frame(
        left,
        right,
        low,
        high,
        wide,
        tall,
        scale * bars.low.astype(np.float64),
        scale * bars.high.astype(np.float64),
    )
    rim = [withStroke(linewidth=2.6, foreground=look.paper)]
    common = {"size": 8, "parse_math": False, "zorder": 6, "path_effects": rim}
    for words in place(shapes, frame):
        colour = look.ink if words.shape.drawing.form == "setup" else _colour(words.shape, look)
        axes.text(words.x, words.y, words.text, color=colour, va="bottom", **common)
    named = lanes(shapes, wide)
    for shape, lane in named:
        spot = (shape.left + shape.right) / 2, high + (3 + LINE * 0.85 * lane) / tall
        axes.text(*spot, shape.words, color=look.window, ha="center", va="bottom", **common)
    windows = {shape.drawing.kind.replace("_", " ") for shape in shapes if shape.drawing.form == "window"}
    if windows and not named:
        told = f"shaded: {', '.join(sorted(windows))}"
        axes.text(left, high + 3 / tall, told, color=look.window, va="bottom", **common)


def _frame(axes: Any, bars: Bars, look: Theme) -> None:
    axes.yaxis.tick_right()
    axes.yaxis.set_major_formatter(f"{{x:.{bars.digits}f}}")
    axes.grid(color=look.grid, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=look.faint, labelsize=8, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    turns, words = ticks(bars, 24)
    axes.set_xticks(turns, words)


def ticks(bars: Bars, most: int) -> tuple[list[int], list[str]]:
    """Bars that begin a round time, at most about ``most``, and what to write under them."""
    minutes = bars.ts // 60_000_000_000
    turns: list[int] = []
    step = _STEPS[-1]
    for step in _STEPS:
        turns = (np.flatnonzero(np.diff(minutes // step)) + 1).tolist()
        if len(turns) <= most:
            break
    apart = (1.2 if step >= 1440 else 0.6) * len(bars) / most  # dates are longer than hours
    kept = [bar for at, bar in enumerate(turns) if not at or bar - turns[at - 1] >= apart]
    moments = [to_datetime(int(bars.ts[bar])) for bar in kept]
    fresh = [not at or moment.date() != moments[at - 1].date() for at, moment in enumerate(moments)]
    words = [_tick(moment, step, date=new) for moment, new in zip(moments, fresh, strict=True)]
    years = [not at or moment.year != moments[at - 1].year for at, moment in enumerate(moments)]
    return kept, [
        f"{word}\n{moment.year}" if new and step < 43200 else word
        for word, moment, new in zip(words, moments, years, strict=True)
    ]


def _tick(moment: datetime, step: int, *, date: bool) -> str:
    if step >= 43200:
        return f"{moment:%Y-%m}"
    if step >= 1440:
        return f"{moment:%a %d %b}"
    return f"{moment:%H:%M\n%a %d %b}" if date else f"{moment:%H:%M}"
