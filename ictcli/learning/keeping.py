"""From evidence and verdict to a stored version: the last fit, the document, the card."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

from ictcli import __version__
from ictcli.features.matrix import identity_text
from ictcli.features.wiring import wire_features
from ictcli.learning.bench import Bench
from ictcli.learning.document import (
    calibration_part,
    data_part,
    fold_part,
    gain_part,
    importance_part,
    label_part,
    member_part,
    path_part,
    score_part,
    sets_part,
    weights_of,
)
from ictcli.learning.finishing import Finished, finish, time_decisions
from ictcli.learning.folds import Recipe
from ictcli.learning.last_look import last_look
from ictcli.learning.lockbox import LOCKBOX_LOG
from ictcli.learning.pictures import pictures_part
from ictcli.learning.request import TrainRequest
from ictcli.learning.testing import Tell, Tested
from ictcli.learning.trust.verdict import Verdict
from ictcli.models.card import Card, CardSeries, Metric
from ictcli.models.references import REFERENCES_FILE, References, known_of
from ictcli.models.version import Version

_PACKAGES = ("numpy", "numba", "lightgbm", "scikit-learn", "xgboost-cpu", "torch", "onnxruntime")
TRAINING_FILE = "training.json"


def keep(
    one: Tested,
    verdict: Verdict,
    request: TrainRequest,
    bench: Bench,
    now: int,
    provenance: Mapping[str, Any],
    tell: Tell,
) -> dict[str, Any]:
    """Learn from all usable events and register the version; what was found.

    Raises:
        DataError: the disk refuses; the registry is as before.
    """
    tell(f"{one.asked.name}: learning from all {len(one.subject.usable):,} events")
    done = finish(one.subject, kept_recipe(one), one.found.trust)
    document = found_document(one, verdict, done, request)
    extra = one.subject.usable.extra[:1].ravel()
    latency = time_decisions(done.predictor, one.subject.matrix.values[-1200:], extra)
    card = card_of(one, verdict, document, request, provenance)
    files = {
        **done.files,
        TRAINING_FILE: msgspec.json.encode(document, order="deterministic"),
        REFERENCES_FILE: references_of(one).encode(),
    }
    stored = bench.models.create(msgspec.structs.replace(card, latency=latency), files, now)
    document |= {"version": stored.id, "latency": msgspec.to_builtins(latency), "next": next_of(stored)}
    if request.open_lockbox:
        document["lockbox"] = last_look(
            one.subject, stored, bench.state / LOCKBOX_LOG, request.reason, provenance["argv"], now
        )
    return document


def references_of(one: Tested) -> References:
    """What members and their combination were like on events that they had not learned from."""
    found, events = one.found, one.found.events
    names = [one.recipe.estimators[at].name for at in found.kept]
    return References(
        members={
            name: known_of(found.scores.probabilities[:, at], events.label, events.weight)
            for name, at in zip(names, found.kept, strict=True)
        },
        combined=known_of(found.acted.probability, events.label, events.weight),
    )


def kept_recipe(one: Tested) -> Recipe:
    """What the version is made of: the models that are members."""
    return replace(one.recipe, estimators=tuple(one.recipe.estimators[at] for at in one.found.kept))


def found_document(one: Tested, verdict: Verdict, done: Finished, request: TrainRequest) -> dict[str, Any]:
    """All that a training found, without what differs from run to run."""
    subject, found, seed = one.subject, one.found, request.plan.seed
    names = [estimator.name for estimator in one.recipe.estimators]
    key = subject.series.key
    data = data_part(subject, found.scores, sum(done.learnt.preparation.kept))
    return {
        "name": one.asked.name,
        "up_to_date": False,
        "verdict": verdict.verdict,
        "reasons": list(verdict.reasons),
        "believed": asdict(one.belief) if one.belief else None,
        "symbol": key.symbol,
        "timeframe": str(key.timeframe),
        "source": key.source,
        "strategy": request.strategy,
        "label": dict(subject.labelled.rule),
        "plan": msgspec.to_builtins(request.plan),
        "data": data | {"warnings": [*remarks(one), *data["warnings"]]},
        "labels": label_part(subject),
        "folds": fold_part(subject, found, seed),
        "paths": path_part(found.events, found.scores.fold, found.paths),
        "scores": score_part(found.events, found.acted, found.scores.base, seed),
        "members": member_part(found, names),
        "gain": gain_part(found, names, seed),
        "calibration": calibration_part(found.events, found.acted, found.trust.calibration.kind),
        "sets": sets_part(found, request.plan.alpha),
        "thresholds": {"low": found.trust.low, "high": found.trust.high},
        "importance": importance_part(subject, done, weights_of(found, names)),
        "importance_method": "mean contribution to the log-odds",
        "evidence": msgspec.to_builtins(verdict),
        "params": {name: dict(params) for name, params in one.recipe.params.items()},
        "pictures": pictures_part(subject, found, names),
        "lockbox": None,
    }


def remarks(one: Tested) -> tuple[str, ...]:
    """What a person should know first: what had to be believed, and that nothing was traded."""
    told = [one.belief.line] if one.belief else []
    if not one.found.acted.sides.any():
        told.append("No trade: no probability out of sample reached a threshold")
    return tuple(told)


def card_of(
    one: Tested,
    verdict: Verdict,
    document: Mapping[str, Any],
    request: TrainRequest,
    provenance: Mapping[str, Any],
) -> Card:
    """The model's card."""
    subject, key, plan = one.subject, one.subject.series.key, request.plan
    bars, usable = subject.series.bars, one.subject.usable
    scores = document["scores"]
    metrics = {
        name: Metric(**{part: scores[name].get(part) for part in ("value", "low", "high", "n")})
        for name in ("accuracy", "auc", "log_loss", "brier")
    }
    net = scores["net"]
    metrics[f"net_{net['unit'].lower()}"] = Metric(
        **{part: net[part] for part in ("value", "low", "high", "n")}
    )
    numbers = {"p_value": verdict.p_adjusted, "dsr": verdict.dsr, "pbo": verdict.pbo}
    metrics |= {name: Metric(value=value) for name, value in numbers.items()}
    withheld = subject.first_locked < len(bars)
    return Card(
        name=one.asked.name,
        identity=subject.identity,
        code_version=__version__,
        python=platform.python_version(),
        packages=packages(),
        argv=tuple(provenance["argv"]),
        config_hash=provenance["config"],
        seed=plan.seed,
        series=CardSeries(
            source=key.source,
            symbol=key.symbol,
            timeframe=str(key.timeframe),
            content=subject.series.content,
        ),
        span_first=int(bars.ts[0]),
        span_last=int(bars.ts_close[usable.end.max()]),
        rows=len(usable),
        feature_set=subject.features.name,
        features=subject.names,
        feature_identity=identity_text(
            subject.features, wire_features(subject.features.features, subject.settings).plan
        ),
        label=dict(subject.labelled.rule),
        cv={"kind": plan.cv, "folds": plan.folds, "embargo": plan.embargo},
        trials=verdict.trials,
        members=weights_of(one.found, [estimator.name for estimator in one.recipe.estimators]),
        metrics=metrics,
        verdict="edge" if verdict.verdict == "edge" else "no edge",
        reasons=(*remarks(one), *verdict.reasons),
        believed=one.belief.line if one.belief else "",
        thresholds={"low": one.found.trust.low, "high": one.found.trust.high},
        lockbox_from=int(bars.ts[subject.first_locked]) if withheld else None,
        extra=("side",) if usable.has_side else (),
        strategy=request.strategy,
    )


def packages() -> dict[str, str]:
    """Versions of the packages that shape a model, those that are installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def next_of(stored: Version) -> str:
    """What to do with a version; a verdict of no edge asks for no further try."""
    if stored.card.verdict == "edge":
        watched = " --alias shadow" if stored.card.believed else ""
        return f"ictcli models promote {stored.reference}{watched}"
    return f"ictcli models show {stored.reference}"
