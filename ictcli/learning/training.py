"""``train`` from stored bars to stored versions: load, label, test in folds, judge, learn, keep."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ictcli.errors import DataError
from ictcli.learning.bench import Bench, asked_of, identity, ready
from ictcli.learning.estimators.known import require_installed
from ictcli.learning.keeping import TRAINING_FILE, keep, next_of
from ictcli.learning.last_look import last_look, learning_of, require_openable
from ictcli.learning.lockbox import LOCKBOX_LOG, note_learning
from ictcli.learning.request import TrainRequest
from ictcli.learning.subject import Subject
from ictcli.learning.testing import Tell, Tested, recipe_of, test
from ictcli.learning.trust.verdict import judge_all
from ictcli.models.version import Version
from ictcli.telemetry import Progress


def train(
    request: TrainRequest,
    bench: Bench,
    *,
    now: int,
    provenance: Mapping[str, Any],
    progress: Progress,
    tell: Tell,
) -> dict[str, Any]:
    """Train a model of every series asked for; what was found, as ``--json`` prints it.

    Args:
        request: what to learn.
        bench: store, registry, state.
        now: instant of the run, nanoseconds UTC.
        provenance: command line, configuration hash and version.
        progress: told of folds and trials.
        tell: told in one line what is being done.

    Raises:
        UsageError, ConfigError, DataError: see the rooms; nothing is registered then.
    """
    documents: dict[str, dict[str, Any]] = {}
    tested: dict[str, Tested] = {}
    recipe = recipe_of(request)
    for one in asked_of(request, bench, progress):
        key = identity(one, request, bench)
        known = bench.models.find_identity(one.name, key)
        _require_belief(known, request)
        if known is not None and not request.open_lockbox:
            documents[one.name] = _known_document(known)
            continue
        if known is None:
            require_installed(request.plan.models)
        progress(f"{one.name}: features and labels of {len(one.series.bars):,} bars", 0, None)
        subject = ready(one, request, bench, key)
        tell(said(one.name, subject))
        if known is not None:
            documents[one.name] = _looked_at(known, subject, request, bench, now, provenance)
            continue
        _write_down(one.name, subject, request, bench, now, provenance)
        tested[one.name] = test(one, subject, recipe, request, bench, now, progress, tell)
    progress("weighing the evidence", 0, None)
    before = [one["evidence"]["p_value"] for one in documents.values()]
    verdicts = judge_all({name: one.evidence for name, one in tested.items()}, request.plan.seed, before)
    for name, done in tested.items():
        progress(f"{name}: learning from all events and scoring", 0, None)
        documents[name] = keep(done, verdicts[name], request, bench, now, provenance, tell)
    return _overall([documents[name] for name in documents])


def _write_down(
    name: str,
    subject: Subject,
    request: TrainRequest,
    bench: Bench,
    now: int,
    provenance: Mapping[str, Any],
) -> None:
    """Refuse a look that will not be allowed, and log which bars are about to be learned from."""
    log, argv = bench.state / LOCKBOX_LOG, provenance["argv"]
    if request.open_lockbox:
        require_openable(subject, log, request.reason, argv, now)
    note_learning(log, learning_of(subject, name, argv, now))


def _require_belief(known: Version | None, request: TrainRequest) -> None:
    """Refuse a version that had to be believed to whoever does not believe it."""
    if known is not None and known.card.believed and not request.believe:
        raise DataError(
            f"implausible accuracy: {known.reference} is there, but was {known.card.believed[:1].lower()}"
            f"{known.card.believed[1:]}",
            hint="Say so again with --believe REASON, or mend the features.",
        )


def said(name: str, subject: Subject) -> str:
    """One line on what is learned from."""
    features = "from the cache" if subject.cached else "computed"
    bars, columns = len(subject.series.bars), len(subject.names)
    return f"{name}: {bars:,} bars, {columns} features {features}, {len(subject.usable):,} events"


def _known_document(known: Version) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(known.read(TRAINING_FILE))
    latency = msgspec.to_builtins(known.card.latency)
    return document | {"up_to_date": True, "version": known.id, "latency": latency, "next": ""}


def _looked_at(
    known: Version,
    subject: Subject,
    request: TrainRequest,
    bench: Bench,
    now: int,
    provenance: Mapping[str, Any],
) -> dict[str, Any]:
    log = bench.state / LOCKBOX_LOG
    found = last_look(subject, known, log, request.reason, provenance["argv"], now)
    return _known_document(known) | {"up_to_date": False, "lockbox": found, "next": next_of(known)}


def _overall(documents: list[dict[str, Any]]) -> dict[str, Any]:
    edges = [one for one in documents if one["verdict"] == "edge"]
    first = documents[0]
    return {
        "verdict": "edge" if edges else "no edge",
        "model": f"{first['name']}@{first['version']}" if len(documents) == 1 else None,
        "scores": first["scores"] if len(documents) == 1 else None,
        "models": documents,
    }
