"""What the program of a run's page reads besides the figures: trades, and chosen ones on their bars."""

from typing import Any

from ictcli.clock import NS_PER_SECOND
from ictcli.reports.chart_page import kind_look, theme_look
from ictcli.reports.chart_styles import THEMES, caption, family
from ictcli.reports.detection_chart import Shape
from ictcli.reports.run_story import RunStory, TradeWindow
from ictcli.reports.run_trades import raw, trade_columns, whole

_SIDES = {"bull": 1, "none": 0, "bear": -1}


def trades_data(story: RunStory) -> dict[str, Any]:
    """Every trade as compact columns."""
    return {
        "size": len(story.trades),
        "digits": dict(story.digits),
        "columns": trade_columns(story.trades, story.digits),
    }


def windows_data(story: RunStory) -> dict[str, Any]:
    """The bars around chosen trades and what was known there."""
    shapes = [one.shape.drawing for window in story.windows.shown for one in window.shapes]
    names = sorted({(family(one.kind), one.kind, one.layer) for one in shapes})
    number = {(kind, layer): at for at, (_, kind, layer) in enumerate(names)}
    return {
        "kinds": [kind_look(*name, asked=True) for name in names],
        "themes": {name: theme_look(name) for name in THEMES},
        "shown": [_window(window, number) for window in story.windows.shown],
    }


def _window(window: TradeWindow, number: dict[tuple[str, str], int]) -> dict[str, Any]:
    bars = window.bars
    return {
        "trade": window.trade,
        "digits": bars.digits,
        "time": raw((bars.ts // NS_PER_SECOND).astype("<u4")),
        **{name: whole(getattr(bars, name).astype(float), None) for name in ("open", "high", "low", "close")},
        "decided": window.decided,
        "opened": window.opened,
        "closed": window.closed,
        "shapes": [
            [number[one.shape.drawing.kind, one.shape.drawing.layer], one.role, *_shape(one.shape)]
            for one in window.shapes
        ],
    }


def _shape(shape: Shape) -> list[Any]:
    drawing = shape.drawing
    words = caption(drawing.kind, drawing.label, drawing.form)
    return [
        _SIDES[drawing.direction], drawing.form, shape.left, shape.right, shape.bottom, shape.top,
        shape.live, shape.state, words, drawing.plan,
        drawing.formed // NS_PER_SECOND, drawing.changes[0].at // NS_PER_SECOND,
    ]  # fmt: skip
