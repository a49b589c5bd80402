"""A chart of detections as one web page that needs nothing but itself; drawn by plotly."""

import html
from typing import Any

from ictcli.clock import NS_PER_SECOND
from ictcli.detectors.base.events import RECORD_NAMES
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars
from ictcli.reports.chart_styles import CHAPTERS, THEMES, caption, family, hatched, style, title
from ictcli.reports.detection_chart import (
    BREAK_BARS,
    ENDINGS,
    FEW,
    INFORMATIVE,
    LASTING,
    Change,
    Chart,
    Drawing,
)
from ictcli.reports.offline_page import offline_page

_SIDES = {"bull": 1, "none": 0, "bear": -1}


def page(chart: Chart) -> str:
    """The page: plotly's script, the data and a short program, all inline.

    Its own security policy allows these scripts and nothing from any network.
    """
    return offline_page(
        "chart.html",
        ("chart.css",),
        ("chart_labels.js", "chart_traces.js", "chart.js"),
        document(chart),
        title=html.escape(chart.title),
    )


def document(chart: Chart) -> dict[str, Any]:
    """What the page's program reads, as plain data."""
    names = sorted({(family(one.kind), one.kind, one.layer) for one in chart.drawings}, key=_order)
    number = {(kind, layer): at for at, (_, kind, layer) in enumerate(names)}
    return {
        "digits": chart.bars.digits,
        "bars": _bars(chart.bars),
        "kinds": [kind_look(*name, asked=name[1] in chart.asked) for name in names],
        "drawings": [_drawing(one, number[one.kind, one.layer]) for one in chart.drawings],
        "records": RECORD_NAMES,
        "informative": [RECORD_NAMES.index(name) for name in INFORMATIVE],
        "endings": {form: [RECORD_NAMES.index(name) for name in names] for form, names in ENDINGS.items()},
        "themes": {name: theme_look(name) for name in THEMES},
        "breakBars": BREAK_BARS,
        "few": FEW,
        "lasting": LASTING,
    }


def _bars(bars: Bars) -> dict[str, list[float] | list[int]]:
    scale = 10**bars.digits
    prices = {name: (getattr(bars, name) / scale).tolist() for name in ("open", "high", "low", "close")}
    times = {"time": bars.ts, "close_time": bars.ts_close}
    return {**prices, **{name: (values // NS_PER_SECOND).tolist() for name, values in times.items()}}


def _order(name: tuple[str, str, str]) -> tuple[int, str, int]:
    chapter, kind, layer = name
    place = CHAPTERS.index(chapter) if chapter in CHAPTERS else len(CHAPTERS)
    return place, kind, list(DETECTORS[kind].layers).index(layer)


def kind_look(chapter: str, kind: str, layer: str, *, asked: bool) -> dict[str, Any]:
    """What the page's program needs to draw one kind of object."""
    look = style(kind)
    return {
        "name": title(kind, layer),
        "kind": kind,
        "hatched": hatched(kind),
        "family": chapter,
        "dash": look.dash,
        "symbol": look.symbol,
        "on": look.shows(layer, asked=asked),
    }


def _drawing(one: Drawing, kind: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": kind,
        "side": _SIDES[one.direction],
        "label": one.label,
        "caption": caption(one.kind, one.label, one.form),
        "form": one.form,
        "left": one.left,
        "formed": one.formed // NS_PER_SECOND,
        "plan": one.plan,
        "changes": [_change(change) for change in one.changes],
    }


def _change(change: Change) -> list[Any]:
    record = RECORD_NAMES.index(change.record)
    return [change.bar, record, change.at // NS_PER_SECOND, change.bottom, change.top, change.x]


def theme_look(name: str) -> dict[str, Any]:
    """The colours of a chart."""
    theme = THEMES[name]
    return {field: getattr(theme, field) for field in theme.__dataclass_fields__}
