"""A training as one web page that needs nothing but itself: the verdict first, then pictures, then tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ictcli.clock import iso
from ictcli.reports.layout import number
from ictcli.reports.offline_page import offline_page
from ictcli.reports.page_chart import PageChart
from ictcli.reports.page_parts import details, escaped, facts, figures, table
from ictcli.reports.training_charts import training_charts
from ictcli.reports.training_text import (
    QUESTIONS,
    data_pairs,
    fold_rows,
    headline,
    model_scores,
    net_form,
    passed,
    ranged,
    times,
    tuned_pairs,
)
from ictcli.store.atomic import named

Document = Mapping[str, Any]
Pairs = Sequence[tuple[str, str]]

_NS_PER_HOUR = 3_600_000_000_000


def training_page(models: Sequence[tuple[Document, Document]]) -> str:
    """The page about trained models.

    Args:
        models: what was found, as ``training.json`` keeps it, and the card, as plain values, of each.
    """
    charts = [training_charts(model) for model, _ in models]
    titles = [headline(model) for model, _ in models]
    sections = [_section(at, model, card, charts[at]) for at, (model, card) in enumerate(models)]
    return offline_page(
        "training.html",
        ("page.css", "training.css"),
        ("page_figures.js", "training.js"),
        [{one.name: one.figure() for one in some} for some in charts],
        title=escaped(titles[0] if len(titles) == 1 else f"Training of {len(titles)} models"),
        alone=" hidden" if len(titles) == 1 else "",
        options="".join(f'<option value="{at}">{escaped(title)}</option>' for at, title in enumerate(titles)),
        models="\n".join(sections),
    )


def write_training_page(path: Path, models: Sequence[tuple[Document, Document]]) -> None:
    """Write the page.

    Raises:
        DataError: the disk refuses.
    """
    with named(path) as file:
        file.write(training_page(models).encode())


def _section(at: int, model: Document, card: Document, charts: Sequence[PageChart]) -> str:
    parts = [
        f"<h2>{escaped(headline(model))}</h2>",
        _banner(model),
        _numbers(model),
        figures(charts),
        details("Folds", _folds(model), is_open=True),
        details("Models", _members(model), is_open=True),
        _lockbox(model),
        details("Data and labels", facts(data_pairs(model)), is_open=True),
        details("Quality of the data", facts(quality_pairs(model["data"]["quality"])), is_open=True),
        details("Rule and plan", facts([*_flat(model["label"]), *_flat(model["plan"])]), is_open=False),
        details("Where it comes from", facts(origin_pairs(model, card)), is_open=False),
    ]
    hidden = " hidden" if at else ""
    return f'<section id="model-{at}"{hidden}>\n' + "\n".join(part for part in parts if part) + "\n</section>"


def _banner(model: Document) -> str:
    edge = model["verdict"] == "edge"
    answers = "".join(
        f"<li{' class=yes' if yes else ''}><b>{escaped(question)}</b> {'yes' if yes else 'no'}"
        f"<span>{escaped(reason)}</span></li>"
        for question, yes, reason in zip(QUESTIONS, passed(model), model["reasons"], strict=True)
    )
    word = "an edge" if edge else "no edge"
    return (
        f'<div class="verdict{" edge" if edge else ""}"><strong>Verdict: {word}</strong>'
        f"<div>{escaped(f'{sum(passed(model))} of 4 conditions hold; an edge needs all of them.')}</div>"
        f"<ul>{answers}</ul></div>"
    )


def _numbers(model: Document) -> str:
    rows = [
        (name, ranged({"value": score["value"]}, form), _ends(score, form), text)
        for name, score, form, text in model_scores(model)
    ]
    cells = (
        f"<li><span>{escaped(name)}</span><b>{escaped(value)}</b><span>{escaped(ends)}</span><span>{escaped(text)}</span></li>"
        for name, value, ends, text in rows
    )
    return f'<ul class="numbers">{"".join(cells)}</ul>'


def _ends(score: Document, form: str) -> str:
    said = ranged(score, form)
    return said[said.index("[") :] if "[" in said else ""


def _folds(model: Document) -> str:
    headers = ("fold", "from", "to", "learned", "tested", "accuracy", "base", "AUC", "log-loss")
    losses = [ranged(one["log_loss"], ".4f") for one in model["folds"]]
    rows = [(*row, loss) for row, loss in zip(fold_rows(model), losses, strict=True)]
    return table(headers, rows, "<<<>>>>>>")


def _members(model: Document) -> str:
    rows = [
        (
            one["name"],
            number(one["weight"], "share"),
            f"{one['log_loss']:.4f}",
            number(one["accuracy"], "share"),
            one["refused"],
        )
        for one in model["members"]
    ]
    members = table(("model", "weight", "log-loss", "accuracy", "not a member because"), rows, "<>>><")
    tuned = tuned_pairs(model)
    found = f"<h2>Parameters that tuning chose</h2>{facts(tuned)}" if tuned else ""
    gain = model["gain"]
    if gain is None:
        return members + found
    text = f"Gain in log-loss over the best model, {gain['best']}: {ranged(gain, '.5f')}"
    return f"{members}<p>{escaped(text)}</p>{found}"


def _lockbox(model: Document) -> str:
    found = model["lockbox"]
    if not found:
        return ""
    pairs = [
        ("events", f"{found['events']:,}, opened {times(found['opened'])}"),
        ("accuracy", f"{ranged(found['accuracy'])}, base {number(found['base'], 'share')}"),
        ("AUC", ranged(found["auc"], ".3f")),
        ("log-loss", f"{ranged(found['log_loss'], '.4f')}, without the model {found['log_loss_base']:.4f}"),
        ("net result", f"{ranged(found['net'], net_form(found['net']))} a trade, {found['taken']:,} taken"),
    ]
    return details("Lockbox, opened", facts(pairs), is_open=True)


def quality_pairs(quality: Document) -> list[tuple[str, str]]:
    """The data-quality report in words."""
    hours = quality["longest_hole_ns"] / _NS_PER_HOUR
    at = f" after {iso(quality['longest_hole_at'])}" if quality["longest_hole_at"] else ""
    unexplained, complete = quality["unexplained"], quality["completeness"]
    told = (
        "trading hours are not known"
        if unexplained is None
        else f"{unexplained:,} not explained by trading hours"
    )
    outliers = ", ".join(f"{name} {100 * share:.2f} %" for name, share in quality["outliers"].items())
    lost = ", ".join(f"{name} {value:,}" for name, value in quality["not_finite"].items())
    return [
        ("bars", f"{quality['bars']:,}"),
        ("rows learned from", f"{quality['rows']:,}, after {quality['warmup']:,} to warm up"),
        ("complete", f"{number(complete, 'share')} of the bars that should be there"),
        ("holes", f"{quality['holes']:,}; {told}"),
        ("longest hole", f"{hours:.1f} hours{at}"),
        ("spread unknown", number(quality["unknown_spread"], "share")),
        ("volume unknown or 0", _both(quality["unknown_volume"], quality["no_volume"])),
        ("bars without range", number(quality["without_range"], "share")),
        ("constant features", ", ".join(quality["constant"]) or "none"),
        ("twin features", ", ".join(" = ".join(one) for one in quality["twins"]) or "none"),
        ("values not finite", lost or "none"),
        ("outliers", outliers or "none"),
    ]


def _both(first: float, second: float) -> str:
    return f"{number(first, 'share')} and {number(second, 'share')}"


def origin_pairs(model: Document, card: Document) -> list[tuple[str, str]]:
    """Command line, hashes and versions."""
    packages = ", ".join(f"{name} {version}" for name, version in card["packages"].items())
    series = card["series"]
    return [
        ("version", f"{card['name']}@{card['version']}"),
        ("created", iso(card["created"])),
        ("command", "ictcli " + " ".join(card["argv"])),
        ("seed", str(card["seed"])),
        ("bars", f"{series['source']} {series['symbol']} {series['timeframe']}, {series['content']}"),
        ("seen by the model", f"{iso(card['span_first'])} to {iso(card['span_last'])}"),
        ("identity", card["identity"]),
        ("features", f"set {card['feature_set']}, {card['feature_identity']}"),
        ("configuration", card["config_hash"]),
        ("ictcli", f"{card['code_version']}, Python {card['python']}"),
        ("packages", packages),
        ("attempts counted", f"{model['evidence']['trials']:,}"),
    ]


def _flat(values: Document) -> list[tuple[str, str]]:
    """Keys and values, those without any left out."""
    return [
        (key.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for key, value in values.items()
        if value not in ({}, [], "")
    ]
