"""The pieces that figures of a training are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.reports.page_chart import Figure


def around(values: Sequence[float | None], centre: float, least: float) -> list[float]:
    """A range that holds all values and ``least`` on both sides of a centre."""
    known = [value for value in values if value is not None]
    return [min([*known, centre - least]) - 0.01, max([*known, centre + least]) + 0.01]


def fold_name(fold: Mapping[str, Any]) -> str:
    """Number and month of a fold."""
    return f"{fold['number']}<br>{fold['first'][:7]}"


def points(folds: Sequence[Mapping[str, Any]], name: str, scale: float) -> Figure:
    """A score of every fold with its interval."""
    scores = [one[name] for one in folds]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "model",
        "x": [fold_name(one) for one in folds],
        "y": [_scaled(one["value"], scale) for one in scores],
        "error_y": interval(scores, "value", scale),
        "marker": {"size": 9, "color": "@one"},
        "hovertemplate": "%{y:.3f}" if scale == 1 else "%{y:.1f} %",
    }


def interval(scores: Sequence[Mapping[str, Any]], key: str, scale: float) -> Figure:
    """Error bars."""

    def apart(end: str) -> list[float | None]:
        return [
            None if one[key] is None or one[end] is None else scale * abs(one[end] - one[key])
            for one in scores
        ]

    ends = {"array": apart("high"), "arrayminus": apart("low")}
    return {"type": "data", "symmetric": False, **ends, "color": "@one", "thickness": 1.5, "width": 4}


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else scale * value


def level(y: float, axis: str = "y") -> Figure:
    """A dashed line across."""
    line = {"color": "@faint", "width": 1, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": axis, "y0": y, "y1": y, "line": line}


def mark(x: float | str) -> Figure:
    """A dotted line upwards."""
    line = {"color": "@ink", "width": 1.5, "dash": "dot"}
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x, "line": line}


def note(x: float, text: str) -> Figure:
    """What a mark means, above it."""
    place = {"x": x, "y": 1, "yref": "paper", "xanchor": "center", "yanchor": "bottom"}
    return place | {"text": f"{text}<br>{x:.1f} %", "showarrow": False}


def curve_of(
    days: Sequence[str], name: str, values: Sequence[float], colour: str, dash: str, unit: str
) -> Figure:
    """A line of steps along days."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": days,
        "y": values,
        "line": {"color": colour, "width": 2, "dash": dash, "shape": "hv"},
        "hovertemplate": f"%{{x}}: %{{y:.1f}}{unit}",
    }


def bars_of(found: Mapping[str, Any], key: str, name: str, colour: str) -> Figure:
    """Counts in bins of equal width."""
    counts = found[key]
    width = 100 * (found["high"] - found["low"]) / len(counts)
    return {
        "type": "bar",
        "name": name,
        "x": [round(100 * found["low"] + (at + 0.5) * width, 3) for at in range(len(counts))],
        "y": counts,
        "width": width,
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": f"%{{x:.1f}} %: %{{y:,}} {name}",
    }
