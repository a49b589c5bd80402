"""A chart of detections as a picture, drawn by matplotlib, without any screen or browser."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ictcli.clock import to_datetime
from ictcli.market.bars import Bars
from ictcli.reports.chart_styles import THEMES, Theme, caption, family, style
from ictcli.reports.detection_chart import FEW, Chart, Shape

_INCHES, _DOTS = (14.0, 7.5), 110
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
    axes = figure.add_axes((0.01, 0.06, 0.92, 0.88))
    low, high = _limits(bars)
    axes.set(xlim=(-1, 1.04 * len(chart.bars)), ylim=(low, high), facecolor=look.paper)
    shapes = initial(chart, at)
    for shape in shapes:
        _draw(axes, shape, look)
    _candles(axes, bars, look)
    _texts(axes, shapes, at, look)
    _frame(axes, chart.bars, look)
    known = f"{to_datetime(int(bars.ts_close[-1])):%Y-%m-%d %H:%M} UTC"
    figure.text(0.012, 0.955, chart.title, color=look.ink, size=13, weight="bold", parse_math=False)
    figure.text(0.93, 0.957, f"as known at {known}", color=look.faint, size=10, ha="right")
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def initial(chart: Chart, position: int) -> list[Shape]:
    """What is shown before anybody chooses: common kinds, and ended objects only where there are few."""
    shown = [shape for shape in chart.at(position) if style(shape.drawing.kind).shows(shape.drawing.layer)]
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
    if drawing.form == "point":
        price = shape.top if drawing.direction == "bear" else shape.bottom
        marker = _SYMBOLS[style(drawing.kind).symbol]
        axes.plot([shape.left], [price], marker, color=colour, ms=6, mec=look.paper, mew=0.7, zorder=4)
    elif drawing.form in {"level", "break"}:
        dash = _DASHES[style(drawing.kind).dash]
        axes.hlines(shape.bottom, shape.left, shape.right, colour, dash, lw=1.2, alpha=strength, zorder=2)
    else:
        across, up = [shape.left, shape.right], (shape.bottom, shape.top)
        area = 0.2 if shape.live and drawing.form == "zone" else 0.06
        axes.fill_between(across, *up, color=colour, alpha=area, lw=0, zorder=1)
        for price in up:
            axes.hlines(price, *across, colour, lw=0.6, alpha=strength, zorder=1)


def _candles(axes: Any, bars: Bars, look: Theme) -> None:
    scale = float(bars.point)
    opens, highs, lows, closes = (getattr(bars, name) * scale for name in ("open", "high", "low", "close"))
    at = np.arange(len(bars))
    dots = 0.92 * _INCHES[0] * _DOTS / max(1, len(bars))
    axes.vlines(at, lows, highs, look.wick, lw=min(0.9, max(0.4, 0.3 * dots)), zorder=3)
    if dots > 2:
        filled = np.where(closes >= opens, look.rising, look.falling)
        height = np.maximum(np.abs(closes - opens), 0.02 * scale)
        floor = np.minimum(opens, closes)
        axes.bar(at, height, 0.7, floor, color=filled, edgecolor=look.wick, lw=0.6, zorder=3)


def _texts(axes: Any, shapes: Sequence[Shape], last: int, look: Theme) -> None:
    """The words of shapes, the most telling first, none over another; ``last`` is the newest bar."""
    order = {"break": 0, "window": 1, "point": 2, "zone": 3, "level": 4}
    ranked = sorted(shapes, key=lambda one: (not one.live, order[one.drawing.form], -one.left))
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    dots_x, dots_y = (
        share * inches * _DOTS / span
        for share, inches, span in ((0.92, _INCHES[0], right - left), (0.88, _INCHES[1], high - low))
    )
    taken: list[tuple[float, float, float, float]] = []
    for shape in ranked:
        drawing = shape.drawing
        words, (x, y, across, up) = (
            caption(drawing.kind, drawing.label, drawing.form),
            _spot(shape, high, last),
        )
        width = 8 * len(words) + 6
        if not words or not low <= y <= high:
            continue
        if drawing.form == "zone" and across == "right" and width > (shape.right - shape.left) * dots_x:
            continue
        if drawing.form == "point" and dots_x < 3:
            continue
        px = x * dots_x - width * {"right": 1.0, "center": 0.5, "left": 0.0}[across]
        py = y * dots_y - 17 * {"top": 1.0, "center": 0.5, "bottom": 0.0}[up]
        room = (px, py, px + width, py + 17)
        if any(_overlap(room, other) for other in taken):
            continue
        taken.append(room)
        kind = {"color": _colour(shape, look), "size": 8, "zorder": 5, "clip_on": True, "parse_math": False}
        axes.annotate(words, (x, y), (0, 0), textcoords="offset points", ha=across, va=up, **kind)


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _spot(shape: Shape, ceiling: float, last: int) -> tuple[float, float, str, str]:
    """Where the words of a shape stand: x, y, and how they are aligned to it."""
    drawing = shape.drawing
    if shape.bottom is None or shape.top is None or drawing.form == "window":
        return shape.left, ceiling, "left", "top"
    if drawing.form == "zone":
        across = "right" if shape.right < last else "left"  # beside those that reach the newest bar
        return shape.right, (shape.bottom + shape.top) / 2, across, "center"
    above = (drawing.direction == "bear") != (drawing.form == "break")
    across = "center" if drawing.form == "point" else "left"
    return shape.left, shape.top if above else shape.bottom, across, "bottom" if above else "top"


def _frame(axes: Any, bars: Bars, look: Theme) -> None:
    axes.yaxis.tick_right()
    axes.yaxis.set_major_formatter(f"{{x:.{bars.digits}f}}")
    axes.grid(color=look.grid, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=look.faint, labelsize=9, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    turns, words = ticks(bars, 14)
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
    apart = 0.6 * len(bars) / most
    kept = [bar for at, bar in enumerate(turns) if not at or bar - turns[at - 1] >= apart]
    moments = [to_datetime(int(bars.ts[bar])) for bar in kept]
    fresh = [not at or moment.date() != moments[at - 1].date() for at, moment in enumerate(moments)]
    return kept, [_tick(moment, step, date=new) for moment, new in zip(moments, fresh, strict=True)]


def _tick(moment: datetime, step: int, *, date: bool) -> str:
    if step >= 43200:
        return f"{moment:%Y-%m}"
    if step >= 1440:
        return f"{moment:%a %m-%d}"
    return f"{moment:%H:%M\n%a %m-%d}" if date else f"{moment:%H:%M}"
