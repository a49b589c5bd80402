"""A training on one screen: data, labels, folds, calibration, what matters, verdict, the next command."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from ictcli.learning.trust.selection import LEAST_DSR, MOST_PBO
from ictcli.learning.trust.verdict import LEVEL
from ictcli.reports.layout import aligned, entries, number

Document = Mapping[str, Any]

_TOP = 8
"""Features shown."""
_GROUPS = 5
"""Groups of the calibration curve shown; the page has all of them."""
_BAR = 20
"""Characters of the longest bar of the calibration curve."""
QUESTIONS = (
    "Is the forecast better than the base rate?",
    "Is it better than the best of as many tries without skill?",
    "Does what is best in one half of the days hold in the other?",
    "Does a trade earn after costs?",
)
"""What an edge is asked for, in the order of the reasons."""
_ABOUT = ("better than the base rate", "better than luck", "holds in other days", "earns after costs")


def training_text(document: Document) -> str:
    """What ``train`` prints."""
    models = document["models"]
    parts = [model_text(one) for one in models]
    if len(models) > 1:
        parts.append("\n".join(overview_lines(models)))
    return "\n\n".join(parts)


def model_text(model: Document) -> str:
    """One model."""
    if model["up_to_date"]:
        return f"{headline(model)}\nup to date: {model['name']}@{model['version']} ({model['verdict']})"
    sections = [
        [headline(model), *entries(data_pairs(model))],
        fold_lines(model),
        score_lines(model),
        member_lines(model),
        tuned_lines(model),
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


def data_pairs(model: Document) -> list[tuple[str, str]]:
    """Bars, labels and their balance."""
    data, labels = model["data"], model["labels"]
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in labels["dropped"].items() if count)
    pairs = [
        ("bars", f"{data['bars']:,} from {_minute(data['first'])} to {_minute(data['last'])} UTC"),
        ("features", f"{data['features']} of set {data['feature_set']}, {data['kept']} seen by the models"),
        ("labels", _rule_text(model)),
        ("events", _events_text(labels)),
    ]
    if data["lockbox_from"]:
        withheld = f"{labels['locked']:,} events from {_minute(data['lockbox_from'])} on are withheld"
        pairs.append(("lockbox", withheld))
    if labels["ambiguous"]:
        pairs.append(("ambiguous", f"{labels['ambiguous']:,} events where one bar touched both barriers"))
    if dropped:
        pairs.append(("dropped", dropped))
    if data["warnings"]:
        pairs.append(("quality", "; ".join(data["warnings"])))
    return pairs


def _minute(instant: str) -> str:
    """``2024-01-31 09:15``."""
    return instant[:16].replace("T", " ")


def _rule_text(model: Document) -> str:
    costs = f"costs {model['labels']['cost_bp']:.2f} basis points a trade"
    if model["strategy"]:
        return f"1 = the trade earned after costs; {costs}"
    rule = [f"{name} {_plain(value)}" for name, value in model["label"].items() if name != "rule"]
    return "; ".join(["1 = up", *rule, costs])


def _plain(value: object) -> str:
    """A parameter in few characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    return str(value)


def _events_text(labels: Mapping[str, Any]) -> str:
    ones = f"{labels['ones']:,} are 1 ({100 * labels['share']:.1f} %)"
    return f"{labels['events']:,}, overlaps make them worth {labels['effective']:,.0f}; {ones}"


def fold_rows(model: Document) -> list[tuple[str, ...]]:
    """Number, span, sizes and scores of every fold."""
    return [
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


def fold_lines(model: Document) -> list[str]:
    """Every fold with its interval."""
    headers = ("fold", "from", "to", "learned", "tested", "accuracy", "base", "AUC")
    return ["Out of sample, by fold", *aligned(headers, fold_rows(model), "<<<>>>>>")]


def score_lines(model: Document) -> list[str]:
    """All folds together."""
    rows = [(name, ranged(score, form), text) for name, score, form, text in model_scores(model)]
    table = aligned(("score", "value [interval]", ""), rows, "<><")
    return ["Out of sample, together", *table, *path_lines(model)]


def path_lines(model: Document) -> list[str]:
    """The paths of combinatorial splits in one line."""
    paths = model.get("paths")
    if not paths:
        return []
    forms = (("accuracy", "accuracy", "share"), ("AUC", "auc", ".3f"), ("net result", "net", ""))
    told = [
        f"{name} " + " / ".join(_end(paths[key], end, form) for end in ("low", "median", "high"))
        for name, key, form in forms
    ]
    return [f"{paths['count']} paths, lowest / median / highest: {', '.join(told)}"]


def _end(spread: Mapping[str, Any], end: str, form: str) -> str:
    return ranged({"value": spread[end]}, form or net_form(spread))


def model_scores(model: Document) -> list[tuple[str, Mapping[str, Any], str, str]]:
    """Name, score, form and explanation of everything that is measured on all folds."""
    scores = model["scores"]
    base = f"always the likelier answer: {number(scores['base'], 'share')}"
    rows = [
        ("accuracy", scores["accuracy"], "share", base),
        ("AUC", scores["auc"], ".3f", "order of the probabilities; 0.5 is none at all"),
        ("log-loss", scores["log_loss"], ".4f", f"less is better; without the model {_loss(scores)}"),
        ("Brier", scores["brier"], ".4f", "squared error, less is better; 0.25 is a coin"),
        ("net result", scores["net"], net_form(scores["net"]), taken_text(model)),
    ]
    if scores.get("net_all"):
        everything = scores["net_all"]
        about = f"a trade, if all {everything['n']:,} were taken"
        rows.append(("all signals", everything, net_form(everything), about))
    if scores.get("meta"):
        taken, alone = scores["meta"], ranged(scores["primary"]["precision"])
        about = f"of the {taken['count']:,} taken; of all signals {alone}"
        rows.append(("earned", taken["precision"], "share", about))
        rows.append(("recall", taken["recall"], "share", "of the signals that earned are taken"))
    return rows


def _loss(scores: Mapping[str, Any]) -> str:
    base = scores["log_loss_base"]
    return "-" if base is None else f"{base:.4f}"


def net_form(score: Mapping[str, Any]) -> str:
    """Results are in R where every trade has a stop, otherwise in basis points of the price."""
    return "bp" if score.get("unit") == "bp" else "r"


def taken_text(model: Document) -> str:
    """How many trades were taken, and why there are none."""
    taken, tested = model["scores"]["taken"], model["scores"]["accuracy"]["n"]
    if taken:
        return f"a trade, {taken:,} taken of {tested:,}"
    return "no trade taken: none promised a gain after costs"


def ranged(score: Mapping[str, Any], form: str = "share") -> str:
    """``52.1 % [50.9, 53.2]``."""
    value, low, high = (score.get(key) for key in ("value", "low", "high"))
    if value is None:
        return "-"
    if form.startswith("share"):
        scale, digits, unit = 100.0, f"{form[5:] or '.1'}f", " %"
    else:
        digits, unit = {"r": (".3f", " R"), "bp": (".2f", " bp")}.get(form, (form, ""))
        scale = 1.0
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
    gain = f"{model['gain']['best']}: {ranged(model['gain'], '.5f')}"
    return [
        "Ensemble",
        *aligned(("model", "weight", "log-loss", "accuracy", "not a member because"), rows, "<>>><"),
        f"Lowers the log-loss of the best model, {gain} (above 0 is better)",
    ]


def tuned_pairs(model: Document) -> list[tuple[str, str]]:
    """Parameters that differ from a model's defaults, by model."""
    return [
        (name, ", ".join(f"{key} {_plain(value)}" for key, value in params.items()) or "the defaults")
        for name, params in model["params"].items()
    ]


def tuned_lines(model: Document) -> list[str]:
    """What tuning chose."""
    pairs = tuned_pairs(model)
    return ["Parameters of the version", *entries(pairs)] if pairs else []


def calibration_lines(model: Document) -> list[str]:
    """Said against seen, in groups of equal size; every second one where they are many."""
    calibration = model["calibration"]
    curve = calibration["curve"]
    shown = curve[:: -(-len(curve) // _GROUPS) or 1]
    rows = [
        (
            number(one["said"], "share"),
            ranged({"value": one["seen"], "low": one["low"], "high": one["high"]}),
            f"{one['n']:,}",
            "#" * round(_BAR * one["seen"]),
        )
        for one in shown
    ]
    part = f"{len(shown)} of {len(curve)} groups" if len(shown) < len(curve) else ""
    slope = ranged(calibration["slope"], ".2f")
    error = calibration["ece"]
    apart = "-" if error is None else f"{100 * error:.1f} %"
    return [
        f"Calibration ({calibration['kind']}; {apart} off on average; slope {slope}, below 1 is too sure)",
        *aligned(("said", "seen [interval]", "events", part), rows, ">>><"),
        *_sets_lines(model["sets"]),
    ]


def times(count: int) -> str:
    """How often."""
    return "once" if count == 1 else f"{count} times"


def _sets_lines(sets: Mapping[str, Any]) -> list[str]:
    covered, promised = number(sets["covered"], "share"), number(sets["promised"], "share")
    decided = number(sets["single"], "share")
    return [
        f"prediction sets held {covered} of the labels, {promised} were promised; {decided} name one label"
    ]


def feature_lines(model: Document) -> list[str]:
    """What moves the model most, in two columns."""
    top = [one for one in model["importance"][:_TOP] if one["share"] > 0]
    if not top:
        return ["No feature moves it: the answer is the same whatever the market does"]
    cells = [f"{one['name']:<24}{number(one['share'], 'share'):>7}" for one in top]
    half = -(-len(cells) // 2)
    lines = ["      ".join(pair).rstrip() for pair in zip_longest(cells[:half], cells[half:], fillvalue="")]
    return [f"What moves it most ({model['importance_method']})", *(f"  {line}" for line in lines)]


def lockbox_lines(model: Document) -> list[str]:
    """The withheld bars, where they were looked at."""
    found = model["lockbox"]
    if not found:
        return []
    return [
        "Lockbox",
        *entries(
            [
                ("events", f"{found['events']:,}, opened {times(found['opened'])}"),
                ("accuracy", f"{ranged(found['accuracy'])}, base {number(found['base'], 'share')}"),
                (
                    "net result",
                    f"{ranged(found['net'], net_form(found['net']))} a trade, {found['taken']:,} taken",
                ),
            ]
        ),
    ]


def passed(model: Document) -> tuple[bool, bool, bool, bool]:
    """Which of the four questions were answered with yes."""
    found = model["evidence"]
    low = found["expectancy"]["low"]
    return (
        found["p_value"] is not None and found["p_adjusted"] < LEVEL,
        found["dsr"] is not None and found["dsr"] >= LEAST_DSR,
        found.get("choices", found["trials"]) == 1 if found["pbo"] is None else found["pbo"] <= MOST_PBO,
        low is not None and low > 0,
    )


def verdict_lines(model: Document) -> list[str]:
    """The verdict with its reasons, the version, the next command."""
    answers = passed(model)
    lines = [f"Verdict: {model['verdict'].upper()} ({sum(answers)} of 4 conditions hold, all must)"]
    pairs = [
        (f"{'yes' if yes else 'no':<3}  {about}", reason)
        for about, yes, reason in zip(_ABOUT, answers, model["reasons"], strict=True)
    ]
    lines += entries(pairs)
    latency = model["latency"]
    served = f", {latency['p50_us']:.1f} us a decision (99 %: {latency['p99_us']:.1f})" if latency else ""
    lines += [f"Version: {model['name']}@{model['version']}{served}"]
    return [*lines, *([f"Next: {model['next']}"] if model["next"] else [])]


def overview_lines(models: Sequence[Document]) -> list[str]:
    """Several models, one line each."""
    rows = [
        (
            f"{one['symbol']} {one['timeframe']}",
            one["verdict"],
            ranged(one["scores"]["accuracy"]),
            number(one["scores"]["base"], "share"),
            ranged(one["scores"]["auc"], ".3f"),
            ranged(one["scores"]["net"], net_form(one["scores"]["net"])),
        )
        for one in models
    ]
    headers = ("series", "verdict", "accuracy", "base", "AUC", "net result a trade")
    return ["All models", *aligned(headers, rows, "<<>>>>")]
