"""Charts of a training as plain plotly figures; the page puts in the colours, which are named here."""

from collections.abc import Mapping
from typing import Any

from ictcli.reports.page_chart import PageChart
from ictcli.reports.training_chart import (
    around,
    bars_of,
    curve_of,
    fold_name,
    interval,
    level,
    mark,
    note,
    points,
)

Document = Mapping[str, Any]

_ROW = 19
"""Pixels of one horizontal bar."""
_BELOW: dict[str, Any] = {"x": 0, "xanchor": "left", "y": -0.14, "yanchor": "top"}
"""Place of a legend where the thresholds are named above."""


def training_charts(model: Document) -> list[PageChart]:
    """All charts that a model has data for."""
    charts = [accuracy_chart(model), auc_chart(model), calibration_chart(model)]
    pictures = model.get("pictures")
    if pictures:
        charts += [probability_chart(model), results_chart(model), balance_chart(model)]
        if pictures["weights"]:
            charts.append(weight_chart(model))
    if len(model["members"]) > 1:
        charts.append(loss_chart(model))
    if any(one["share"] > 0 for one in model["importance"]):
        charts.append(feature_chart(model))
    return charts


def accuracy_chart(model: Document) -> PageChart:
    """Accuracy of every fold against the likelier answer."""
    folds = model["folds"]
    base = {
        "type": "scatter",
        "mode": "markers",
        "name": "always the likelier answer",
        "x": [fold_name(one) for one in folds],
        "y": [100 * one["base"] for one in folds],
        "marker": {"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": "@two"}},
        "hovertemplate": "%{y:.1f} %",
    }
    return PageChart(
        "accuracy",
        "Accuracy by fold",
        "Share of right answers out of sample with 95 % interval, beside always giving the likelier answer.",
        [base, points(folds, "accuracy", 100.0)],
        {"yaxis": {"ticksuffix": " %"}, "xaxis": {"type": "category"}},
    )


def auc_chart(model: Document) -> PageChart:
    """AUC of every fold."""
    ends = [one["auc"][key] for one in model["folds"] for key in ("value", "low", "high")]
    return PageChart(
        "auc",
        "Order by fold (AUC)",
        "How often an event that came true was given the higher probability; 0.5 is no order at all.",
        [points(model["folds"], "auc", 1.0)],
        {
            "xaxis": {"type": "category"},
            "yaxis": {"range": around(ends, 0.5, 0.05)},
            "shapes": [level(0.5)],
        },
    )


def calibration_chart(model: Document) -> PageChart:
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
        "error_y": interval(curve, "seen", 100.0),
        "marker": {"size": 8, "color": "@one"},
        "line": {"color": "@one", "width": 1},
        "customdata": [one["n"] for one in curve],
        "hovertemplate": "said %{x:.1f} %, seen %{y:.1f} % of %{customdata:,} events",
    }
    return PageChart(
        "calibration",
        "Calibration",
        "What came true of what was said, in groups of equal size with 95 % intervals (Wilson).",
        [diagonal, seen],
        {
            "xaxis": {"title": {"text": "said", "standoff": 6}, "ticksuffix": " %", "range": span},
            "yaxis": {"title": {"text": "seen", "standoff": 8}, "ticksuffix": " %", "range": span},
        },
    )


def probability_chart(model: Document) -> PageChart:
    """Histogram of probabilities with the thresholds."""
    found = model["pictures"]["probabilities"]
    traces = [bars_of(found, "ones", "came true", "@one"), bars_of(found, "zeros", "did not", "@two/0.6")]
    low, high = model["thresholds"]["low"], model["thresholds"]["high"]
    marks = [(low, "short below"), (high, "take above" if model["strategy"] else "long above")]
    shown = [(100 * at, text) for at, text in marks if 0 < at < 1]
    ends = [100 * found["low"], 100 * found["high"], *(at for at, _ in shown)]
    return PageChart(
        "probabilities",
        "Probabilities and thresholds",
        "Calibrated probabilities of the tested events. The thresholds are those of the version; "
        "between them nothing is done.",
        traces,
        {
            "barmode": "stack",
            "xaxis": {"ticksuffix": " %", "range": [min(ends) - 1, max(ends) + 1]},
            "yaxis": {"title": {"text": "events", "standoff": 8}},
            "legend": _BELOW,
            "margin": {"t": 42, "r": 30},
            "shapes": [mark(at) for at, _ in shown],
            "annotations": [note(at, text) for at, text in shown],
        },
    )


def results_chart(model: Document) -> PageChart:
    """Results out of sample, added up, and the drawdown below them."""
    found = model["pictures"]["results"]
    unit = " R" if found["unit"] == "R" else " %"
    deepest = 1.05 * found["worst"] or -1.0
    curves = [("trades taken", found["taken"], "@one", "solid")]
    if found["all"] is not None:
        curves.insert(0, ("all signals", found["all"], "@two", "dot"))
    traces = [curve_of(found["days"], *one, unit) for one in curves]
    drawdown = curve_of(found["days"], "drawdown", found["drawdown"], "@bad", "solid", unit)
    drawdown |= {"yaxis": "y2", "fill": "tozeroy", "fillcolor": "@bad/0.25"}
    return PageChart(
        "results",
        f"Results out of sample in{unit}",
        "Added up after costs by the day on which a label ends; below, the distance from the highest point. "
        "Labels overlap, so this is what the answers are worth, not what an account would have earned.",
        [*traces, drawdown],
        {
            "yaxis": {"domain": [0.34, 1], "ticksuffix": unit},
            "yaxis2": {"domain": [0, 0.26], "ticksuffix": unit, "nticks": 4, "range": [deepest, 0]},
            "xaxis": {"anchor": "y2"},
            "shapes": [level(0.0)],
        },
        height=380,
        wide=True,
    )


def balance_chart(model: Document) -> PageChart:
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
    starts = [mark(one["first"]) for one in model["folds"]]
    for one in starts:
        one["line"] = {"color": "@faint", "width": 1, "dash": "dot"}
    whole = 100 * model["labels"]["share"]
    return PageChart(
        "balance",
        "Class balance over time",
        "Share of labels that are 1, in parts of equal size; dashed over all, dotted where a fold begins.",
        [line],
        {"yaxis": {"ticksuffix": " %"}, "xaxis": {"type": "date"}, "shapes": [level(whole), *starts]},
        height=220,
        wide=True,
    )


def weight_chart(model: Document) -> PageChart:
    """Weights of the members by regime."""
    weights = model["pictures"]["weights"]
    members = [one["name"] for one in model["members"] if one["name"] in next(iter(weights.values()))]
    colours = ("@one", "@two", "@three", "@four", "@five")
    return PageChart(
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


def loss_chart(model: Document) -> PageChart:
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
    return PageChart(
        "losses",
        "Log-loss by model",
        "Out of sample, less is better; dotted without any model.",
        [bar],
        {
            "xaxis": {"range": [min(values) - 0.15 * span, max(values) + 0.15 * span]},
            "yaxis": {"type": "category", "autorange": "reversed"},
            "shapes": [mark(base)],
        },
    )


def feature_chart(model: Document) -> PageChart:
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
    return PageChart(
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
