"""The version that is kept: models of all usable events, golden rows, what a decision costs in time."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import monotonic
from ictcli.learning.folds import Learnt, Recipe, learn
from ictcli.learning.subject import Subject
from ictcli.models.calibration import Calibration
from ictcli.models.card import Latency
from ictcli.models.conformal import Conformal
from ictcli.models.ensemble import Ensemble
from ictcli.models.golden import GOLDEN_FILE, encode_golden, golden_rows
from ictcli.models.predictor import (
    CALIBRATION_FILE,
    CONFORMAL_FILE,
    ENSEMBLE_FILE,
    MEMBERS_FOLDER,
    PREPARATION_FILE,
    Predictor,
)

Floats = NDArray[np.float64]

_TIMED, _WARMING = 1000, 100
"""Decisions that are timed, and those before them that are not."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What turns scores into probabilities that may be bet on.

    Attributes:
        ensemble: weights of the members as the tested events left them.
        calibration: of the combined probability.
        conformal: for prediction sets.
        low, high: thresholds, see ``learning.thresholds``.
    """

    ensemble: Ensemble
    calibration: Calibration
    conformal: Conformal
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Finished:
    """A model ready to be stored.

    Attributes:
        files: of the version, name = content.
        predictor: made from those very files.
        learnt: preparation and models.
    """

    files: Mapping[str, bytes]
    predictor: Predictor
    learnt: Learnt


def finish(subject: Subject, recipe: Recipe, trust: Trust) -> Finished:
    """Learn from all usable events and write everything that serving needs.

    Raises:
        DataError: only one label occurs, or a member's files do not load.
    """
    events = subject.usable
    learnt = learn(subject.columns, subject.names, events, recipe)
    files = {
        PREPARATION_FILE: learnt.preparation.encode(),
        ENSEMBLE_FILE: trust.ensemble.encode(),
        CALIBRATION_FILE: trust.calibration.encode(),
        CONFORMAL_FILE: trust.conformal.encode(),
    }
    for model in learnt.models:
        files |= {f"{MEMBERS_FOLDER}/{name}": data for name, data in model.files().items()}
    extra = events.extra.shape[1]
    predictor = Predictor(subject.names, files, trust.low, trust.high, extra=extra)
    values = subject.matrix.values
    files[GOLDEN_FILE] = encode_golden(golden_rows(predictor, values, events.start, events.extra))
    return Finished(files, predictor, learnt)


def time_decisions(predictor: Predictor, rows: Floats, extra: Floats) -> Latency:
    """What one decision takes, from the features of a bar to the probability.

    Args:
        predictor: to be timed; it takes the rows as new bars.
        rows: features and regimes of consecutive bars.
        extra: inputs of an event.
    """
    taken = []
    for at in range(min(len(rows), _TIMED + _WARMING)):
        started = monotonic()
        predictor.push(rows[at])
        predictor.probability(extra)
        if at >= _WARMING:
            taken.append(monotonic() - started)
        predictor.settle()
    micro = 1e6 * np.array(taken or [0.0])
    p50, p99 = (float(np.quantile(micro, share)) for share in (0.5, 0.99))
    return Latency(p50_us=round(p50, 1), p99_us=round(p99, 1), cpu=cpu_model())


def cpu_model() -> str:
    """The processor's name, as well as it is known."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
