"""Charts of a training as plain plotly figures; the page puts in the colours, which are named here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Figure = dict[str, Any]

_ROW = 19
"""Pixels of one horizontal bar."""
_USUAL = 300


@dataclass(frozen=True, slots=True)
class TrainingChart:
    """One chart.

    Attributes:
        name: unique within a model.
        title: what it shows.
        about: how it is read.
        data: plotly traces; a colour is ``@part`` or ``@part/opacity``.
        layout: plotly layout.
        height: pixels.
        wide: whether it takes the whole width.
    """

    name: str
    title: str
    about: str
    data: list[Figure]
    layout: Figure
    height: int = _USUAL
    wide: bool = False

    def figure(self) -> Figure:
        """What the page's program draws."""
        return {"data": self.data, "layout": self.layout, "height": self.height}


def training_charts(model: Document) -> list[TrainingChart]:
    """All charts that a model has data for."""
    charts = [accuracy_chart(model), auc_chart(model), calibration_chart(model)]
    pictures = model.get("pictures")
    if pictures:
        charts += [probability_chart(model), results_chart(model), balance_chart(model)]
        if pictures["weights"]:
            charts.append(weight_chart(model))
    if len(model["members"]) > 1:
        charts.append(loss_chart(model))
    charts.append(feature_chart(model))
    return charts


def accuracy_chart(model: Document) -> TrainingChart:
    """Accuracy of every fold against the likelier answer."""
    folds = model["folds"]
    base = {
        "type": "scatter",
        "mode": "markers",
        "name": "always the likelier answer",
        "x": [_fold(one) for one in folds],
        "y": [100 * one["base"] for one in folds],
        "marker": {"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": "@two"}},
        "hovertemplate": "%{y:.1f} %",
    }
    return TrainingChart(
        "accuracy",
        "Accuracy by fold",
        "Share of right answers out of sample with 95 % interval, beside always giving the likelier answer.",
        [base, _points(folds, "accuracy", 100.0)],
        {"yaxis": {"ticksuffix": " %"}, "xaxis": {"type": "category"}},
    )


def auc_chart(model: Document) -> TrainingChart:
    """AUC of every fold."""
    return TrainingChart(
        "auc",
        "Order by fold (AUC)",
        "How often an event that came true was given the higher probability; 0.5 is no order at all.",
        [_points(model["folds"], "auc", 1.0)],
        {"xaxis": {"type": "category"}, "shapes": [_level(0.5)]},
    )


def _fold(fold: Mapping[str, Any]) -> str:
    return f"{fold['number']}<br>{fold['first'][:7]}"


def _points(folds: Sequence[Mapping[str, Any]], name: str, scale: float) -> Figure:
    scores = [one[name] for one in folds]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "model",
        "x": [_fold(one) for one in folds],
        "y": [_scaled(one["value"], scale) for one in scores],
        "error_y": _interval(scores, "value", scale),
        "marker": {"size": 9, "color": "@one"},
        "hovertemplate": "%{y:.3f}" if scale == 1 else "%{y:.1f} %",
    }


def _interval(scores: Sequence[Mapping[str, Any]], key: str, scale: float) -> Figure:
    def apart(end: str) -> list[float | None]:
        return [
            None if one[key] is None or one[end] is None else scale * abs(one[end] - one[key])
            for one in scores
        ]

    ends = {"array": apart("high"), "arrayminus": apart("low")}
    return {"type": "data", "symmetric": False, **ends, "color": "@one", "thickness": 1.5, "width": 4}


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else scale * value


def _level(y: float, axis: str = "y") -> Figure:
    line = {"color": "@faint", "width": 1, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": axis, "y0": y, "y1": y, "line": line}


def calibration_chart(model: Document) -> TrainingChart:
    """Said against seen."""
    curve = model["calibration"]["curve"]
    ends = [100 * one[key] for one in curve for key in ("said", "seen", "low", "high")]
    span = [max(0.0, min(ends, default=0.0) - 3), min(100.0, max(ends, default=100.0) + 3)]
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "name": "said = seen",
        "x": span,
        "y": span,
        "line": {"color": "@faint", "dash": "dash", "width": 1},
        "hoverinfo": "skip",
    }
    seen = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "seen",
        "x": [100 * one["said"] for one in curve],
        "y": [100 * one["seen"] for one in curve],
        "error_y": _interval(curve, "seen", 100.0),
        "marker": {"size": 8, "color": "@one"},
        "line": {"color": "@one", "width": 1},
        "customdata": [one["n"] for one in curve],
        "hovertemplate": "said %{x:.1f} %, seen %{y:.1f} % of %{customdata:,} events",
    }
    return TrainingChart(
        "calibration",
        "Calibration",
        "What came true of what was said, in groups of equal size with 95 % intervals (Wilson).",
        [diagonal, seen],
        {
            "xaxis": {"title": {"text": "said"}, "ticksuffix": " %", "range": span},
            "yaxis": {"title": {"text": "seen"}, "ticksuffix": " %", "range": span},
        },
    )


def probability_chart(model: Document) -> TrainingChart:
    """Histogram of probabilities with the thresholds."""
    found = model["pictures"]["probabilities"]
    width = (found["high"] - found["low"]) / len(found["ones"])
    x = [100 * (found["low"] + (at + 0.5) * width) for at in range(len(found["ones"]))]
    traces: list[Figure] = [
        {
            "type": "bar",
            "name": name,
            "x": x,
            "y": found[key],
            "width": 100 * width,
            "marker": {"color": colour, "line": {"width": 0}},
            "hovertemplate": f"%{{x:.1f}} %: %{{y:,}} {name}",
        }
        for key, name, colour in (("ones", "came true", "@one"), ("zeros", "did not", "@two/0.6"))
    ]
    low, high = model["thresholds"]["low"], model["thresholds"]["high"]
    marks = [(low, "short below"), (high, "take above" if model["strategy"] else "long above")]
    shown = [(100 * at, text) for at, text in marks if 0 < at < 1]
    ends = [100 * found["low"], 100 * found["high"], *(at for at, _ in shown)]
    return TrainingChart(
        "probabilities",
        "Probabilities and thresholds",
        "Calibrated probabilities of the tested events. The thresholds are those of the version; "
        "between them nothing is done.",
        traces,
        {
            "barmode": "stack",
            "xaxis": {"ticksuffix": " %", "range": [min(ends) - 1, max(ends) + 1]},
            "yaxis": {"title": {"text": "events"}},
            "shapes": [_mark(at) for at, _ in shown],
            "annotations": [_note(at, text, left=text.startswith("short")) for at, text in shown],
        },
    )


def _mark(x: float | str) -> Figure:
    line = {"color": "@ink", "width": 1.5, "dash": "dot"}
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x, "line": line}


def _note(x: float, text: str, *, left: bool) -> Figure:
    anchor = "right" if left else "left"
    said = f"{text} {x:.1f} %"
    return {"x": x, "y": 1, "yref": "paper", "yanchor": "bottom", "text": said, "showarrow": False} | {
        "xanchor": "center" if 0 < x < 100 else anchor
    }


def results_chart(model: Document) -> TrainingChart:
    """Results out of sample, added up, and the drawdown below them."""
    found = model["pictures"]["results"]
    unit = " R" if found["unit"] == "R" else " %"
    curves = [("trades taken", found["taken"], "@one", "solid")]
    if found["all"] is not None:
        curves.insert(0, ("all signals", found["all"], "@two", "dot"))
    traces: list[Figure] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": found["days"],
            "y": values,
            "line": {"color": colour, "width": 2, "dash": dash, "shape": "hv"},
            "hovertemplate": f"%{{x}}: %{{y:.1f}}{unit}",
        }
        for name, values, colour, dash in curves
    ]
    drawdown = {
        "type": "scatter",
        "mode": "lines",
        "name": "drawdown",
        "x": found["days"],
        "y": found["drawdown"],
        "yaxis": "y2",
        "fill": "tozeroy",
        "fillcolor": "@bad/0.25",
        "line": {"color": "@bad", "width": 1, "shape": "hv"},
        "hovertemplate": f"%{{x}}: %{{y:.1f}}{unit}",
    }
    return TrainingChart(
        "results",
        f"Results out of sample in{unit}",
        "Added up after costs by the day on which a label ends; below, the distance from the highest point. "
        "Labels overlap, so this is what the answers are worth, not what an account would have earned.",
        [*traces, drawdown],
        {
            "yaxis": {"domain": [0.34, 1], "ticksuffix": unit},
            "yaxis2": {"domain": [0, 0.26], "ticksuffix": unit, "nticks": 4},
            "xaxis": {"anchor": "y2"},
            "shapes": [_level(0.0)],
        },
        height=380,
        wide=True,
    )


def balance_chart(model: Document) -> TrainingChart:
    """Balance of the labels along time, with the beginnings of the folds."""
    parts = model["pictures"]["balance"]
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "share of ones",
        "x": [one["from"] for one in parts],
        "y": [100 * one["share"] for one in parts],
        "customdata": [one["events"] for one in parts],
        "line": {"color": "@one", "width": 1.5},
        "marker": {"size": 5, "color": "@one"},
        "hovertemplate": "from %{x}: %{y:.1f} % of %{customdata:,} events",
    }
    starts = [_mark(one["first"]) for one in model["folds"]]
    for one in starts:
        one["line"] = {"color": "@faint", "width": 1, "dash": "dot"}
    whole = 100 * model["labels"]["share"]
    return TrainingChart(
        "balance",
        "Class balance over time",
        "Share of labels that are 1, in parts of equal size; dashed over all, dotted where a fold begins.",
        [line],
        {"yaxis": {"ticksuffix": " %"}, "xaxis": {"type": "date"}, "shapes": [_level(whole), *starts]},
    )


def weight_chart(model: Document) -> TrainingChart:
    """Weights of the members by regime."""
    weights = model["pictures"]["weights"]
    members = [one["name"] for one in model["members"] if one["name"] in next(iter(weights.values()))]
    colours = ("@one", "@two", "@three", "@four", "@five")
    return TrainingChart(
        "weights",
        "Weights by regime",
        "What each member of the ensemble has to say, by the state of the market (volatility and trend).",
        [
            {
                "type": "bar",
                "name": name,
                "x": list(weights),
                "y": [100 * row[name] for row in weights.values()],
                "marker": {"color": colours[at % len(colours)]},
                "hovertemplate": f"%{{x}}: {name} %{{y:.1f}} %",
            }
            for at, name in enumerate(members)
        ],
        {"barmode": "stack", "yaxis": {"ticksuffix": " %", "range": [0, 100]}, "xaxis": {"type": "category"}},
    )


def loss_chart(model: Document) -> TrainingChart:
    """Log-loss of every model beside that of the ensemble and of the base rate."""
    rows = [(one["name"], one["log_loss"]) for one in model["members"]]
    rows.append(("together", model["scores"]["log_loss"]["value"]))
    base = model["scores"]["log_loss_base"]
    values = [loss for _, loss in rows] + [base]
    span = max(values) - min(values) or 0.01
    bar = {
        "type": "scatter",
        "mode": "markers",
        "name": "log-loss",
        "orientation": "h",
        "x": [loss for _, loss in rows],
        "y": [name for name, _ in rows],
        "marker": {"size": 11, "color": ["@one"] * (len(rows) - 1) + ["@ink"]},
        "hovertemplate": "%{y}: %{x:.5f}",
    }
    return TrainingChart(
        "losses",
        "Log-loss by model",
        "Out of sample, less is better; dotted without any model.",
        [bar],
        {
            "xaxis": {"range": [min(values) - 0.15 * span, max(values) + 0.15 * span]},
            "yaxis": {"type": "category", "autorange": "reversed"},
            "shapes": [_mark(base)],
        },
    )


def feature_chart(model: Document) -> TrainingChart:
    """Share of every feature in what moves the model."""
    rows = model["importance"][:26]
    bar = {
        "type": "bar",
        "orientation": "h",
        "name": "share",
        "x": [100 * one["share"] for one in rows],
        "y": [one["name"] for one in rows],
        "marker": {"color": "@one"},
        "hovertemplate": "%{y}: %{x:.1f} %",
    }
    return TrainingChart(
        "features",
        "What moves the model",
        f"Share of every feature, by {model['importance_method']}; says what is used, not what is right.",
        [bar],
        {
            "xaxis": {"ticksuffix": " %"},
            "yaxis": {"type": "category", "autorange": "reversed", "dtick": 1},
            "bargap": 0.3,
        },
        height=_ROW * len(rows) + 60,
        wide=True,
    )
