"""A training on one screen: data, labels, folds, calibration, what matters, verdict, the next command."""

from collections.abc import Mapping
from typing import Any

from ictcli.reports.layout import aligned, entries, number, wrap

Document = Mapping[str, Any]

_TOP = 8
"""Features shown."""
_BAR = 20
"""Characters of the longest bar of the calibration curve."""


def training_text(document: Document) -> str:
    """What ``train`` prints."""
    return "\n\n".join(model_text(one) for one in document["models"])


def model_text(model: Document) -> str:
    """One model."""
    if model["up_to_date"]:
        return f"{headline(model)}\nup to date: {model['name']}@{model['version']} ({model['verdict']})"
    sections = [
        [headline(model), *data_lines(model)],
        fold_lines(model),
        score_lines(model),
        member_lines(model),
        calibration_lines(model),
        feature_lines(model),
        lockbox_lines(model),
        verdict_lines(model),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def headline(model: Document) -> str:
    """Which series, and what is foretold."""
    what = f"signals of {model['strategy']}" if model["strategy"] else f"label {model['label']['rule']}"
    return f"{model['symbol']} {model['timeframe']} from {model['source']}: {what}"


def data_lines(model: Document) -> list[str]:
    """Bars, labels and their balance."""
    data, labels = model["data"], model["labels"]
    locked = f"; kept in the lockbox from {data['lockbox_from']}" if data["lockbox_from"] else ""
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in labels["dropped"].items() if count)
    pairs = [
        ("bars", f"{data['bars']:,} from {data['first']} to {data['last']}{locked}"),
        ("features", f"{data['features']} of set {data['feature_set']}, {data['kept']} seen by the models"),
        ("events", _events_text(labels)),
        ("costs", f"{labels['cost_bp']:.2f} basis points a trade"),
    ]
    if labels["ambiguous"]:
        pairs.append(("ambiguous", f"{labels['ambiguous']:,} events where one bar touched both barriers"))
    if dropped:
        pairs.append(("dropped", dropped))
    if data["warnings"]:
        pairs.append(("quality", "; ".join(data["warnings"])))
    return entries(pairs)


def _events_text(labels: Mapping[str, Any]) -> str:
    ones = f"{labels['ones']:,} are 1 ({100 * labels['share']:.1f} %)"
    return f"{labels['events']:,}, worth {labels['effective']:,.0f} independent ones; {ones}"


def fold_lines(model: Document) -> list[str]:
    """Every fold with its interval."""
    rows = [
        (
            str(fold["number"]),
            fold["first"][:10],
            fold["last"][:10],
            f"{fold['train']:,}",
            f"{fold['test']:,}",
            ranged(fold["accuracy"]),
            number(fold["base"], "share"),
            ranged(fold["auc"], ".3f"),
        )
        for fold in model["folds"]
    ]
    headers = ("fold", "from", "to", "learned", "tested", "accuracy", "base", "AUC")
    return ["Out of sample, by fold", *aligned(headers, rows, "<<<>>>>>")]


def score_lines(model: Document) -> list[str]:
    """All folds together."""
    rows = [(name, ranged(score, form), text) for name, score, form, text in model_scores(model)]
    return ["Out of sample, together", *aligned(("score", "value [interval]", ""), rows, "<><")]


def model_scores(model: Document) -> list[tuple[str, Mapping[str, Any], str, str]]:
    """Name, score, form and explanation of everything that is measured on all folds."""
    scores = model["scores"]
    base = f"always the likelier answer: {number(scores['base'], 'share')}"
    return [
        ("accuracy", scores["accuracy"], "share", base),
        ("AUC", scores["auc"], ".3f", "0.5 is no order at all"),
        ("log-loss", scores["log_loss"], ".4f", f"without the model: {scores['log_loss_base']:.4f}"),
        ("Brier", scores["brier"], ".4f", ""),
        ("net result", scores["net_r"], "r", f"a trade, {scores['taken']:,} taken"),
    ]


def ranged(score: Mapping[str, Any], form: str = "share") -> str:
    """``52.1 % [50.9, 53.2]``."""
    value, low, high = (score.get(key) for key in ("value", "low", "high"))
    if value is None:
        return "-"
    scale, digits = (100.0, ".1f") if form == "share" else (1.0, ".3f" if form == "r" else form)
    unit = {"share": " %", "r": " R"}.get(form, "")
    ends = "" if low is None or high is None else f" [{scale * low:{digits}}, {scale * high:{digits}}]"
    return f"{scale * value:{digits}}{unit}{ends}"


def member_lines(model: Document) -> list[str]:
    """The members of an ensemble and what it adds."""
    members = model["members"]
    if len(members) < 2:
        return []
    rows = [
        (
            one["name"],
            number(one["weight"], "share"),
            f"{one['log_loss']:.4f}",
            number(one["accuracy"], "share"),
            one["refused"],
        )
        for one in members
    ]
    gain = ranged(model["gain"], ".5f")
    return [
        "Ensemble",
        *aligned(("model", "weight", "log-loss", "accuracy", "not a member because"), rows, "<>>><"),
        f"gain in log-loss over the best model, {model['gain']['best']}: {gain}",
    ]


def calibration_lines(model: Document) -> list[str]:
    """Said against seen, in groups of equal size."""
    calibration = model["calibration"]
    rows = [
        (
            number(one["said"], "share"),
            ranged({"value": one["seen"], "low": one["low"], "high": one["high"]}),
            f"{one['n']:,}",
            "#" * round(_BAR * one["seen"]),
        )
        for one in calibration["curve"]
    ]
    slope = ranged(calibration["slope"], ".2f")
    return [
        f"Calibration ({calibration['kind']}; slope {slope}, expected error {calibration['ece']:.3f})",
        *aligned(("said", "seen [interval]", "events", ""), rows, ">>><"),
    ]


def feature_lines(model: Document) -> list[str]:
    """What moves the model most."""
    top = model["importance"][:_TOP]
    rows = [(one["name"], number(one["share"], "share")) for one in top]
    return [f"What moves it most ({model['importance_method']})", *aligned(("feature", "share"), rows, "<>")]


def lockbox_lines(model: Document) -> list[str]:
    """The withheld bars, where they were looked at."""
    found = model["lockbox"]
    if not found:
        return []
    return [
        "Lockbox",
        *entries(
            [
                ("events", f"{found['events']:,}, opened {found['opened']} time(s)"),
                ("accuracy", f"{ranged(found['accuracy'])}, base {number(found['base'], 'share')}"),
                ("net result", f"{ranged(found['net_r'], 'r')} a trade, {found['taken']:,} taken"),
            ]
        ),
    ]


def verdict_lines(model: Document) -> list[str]:
    """The verdict with its reasons, the version, the next command."""
    lines = [f"Verdict: {model['verdict'].upper()}"]
    for reason in model["reasons"]:
        lines += [f"  {line}" for line in wrap(reason)]
    latency = model["latency"]
    served = f", {latency['p50_us']:.1f} us a decision (99 %: {latency['p99_us']:.1f})" if latency else ""
    return [*lines, f"Version: {model['name']}@{model['version']}{served}", f"Next: {model['next']}"]
