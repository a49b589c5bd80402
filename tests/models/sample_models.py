"""Small real models to be stored: a logistic one with its card, its golden rows, and its loader."""

import hashlib
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.models.arrays import pack, unpack
from ictcli.models.card import Card, CardSeries, Metric
from ictcli.models.golden import GOLDEN_FILE, encode_golden, golden_rows
from ictcli.models.store import ModelStore
from ictcli.models.version import Version

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

SECOND = 1_000_000_000
NOW = 1_790_000_000 * SECOND
WEIGHTS_FILE = "members/logistic.npz"


class Logistic:
    """P = 1 / (1 + exp(-(row . weights))), the same for a table and row by row."""

    def __init__(self, weights: Floats) -> None:
        self.weights = weights
        self.row: Floats | None = None

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        return np.array([self._of(matrix[row]) for row in rows])

    def push(self, row: Floats) -> None:
        self.row = row

    def probability(self, extra: Floats) -> float:
        return math.nan if self.row is None else self._of(self.row)

    def _of(self, row: Floats) -> float:
        return 1 / (1 + math.exp(-sum(float(a) * float(b) for a, b in zip(row, self.weights, strict=True))))


def load_logistic(version: Version) -> Logistic:
    return Logistic(unpack(version.read(WEIGHTS_FILE), WEIGHTS_FILE)["weights"])


def files_of(seed: int) -> dict[str, bytes]:
    """The files of a version, different for each seed."""
    rng = np.random.default_rng(seed)
    model = Logistic(rng.normal(size=3))
    matrix = rng.normal(size=(200, 3))
    golden = golden_rows(model, matrix, np.arange(10, 200, 3), np.zeros((64, 0)), most=16, history=5)
    return {
        WEIGHTS_FILE: pack({"weights": model.weights}),
        GOLDEN_FILE: encode_golden(golden),
        "training.json": b'{"folds": []}\n',
    }


def card_of(seed: int, name: str = "gold", **differences: Any) -> Card:
    """A card that says "edge" unless told otherwise."""
    card = Card(
        name=name,
        identity=hashlib.sha256(f"identity {seed}".encode()).hexdigest(),
        code_version="1.2.3",
        python="3.11.7",
        packages={"numpy": "2.4.6"},
        argv=("train", "XAUUSD", "-t", "M15"),
        config_hash="c0ffee",
        seed=seed,
        series=CardSeries(source="ftmo", symbol="XAUUSD", timeframe="M15", content="abc123"),
        span_first=NOW - 90 * 86_400 * SECOND,
        span_last=NOW - 86_400 * SECOND,
        lockbox_from=NOW - 10 * 86_400 * SECOND,
        rows=5_000,
        feature_set="core26",
        features=("ret1", "ret5", "rsi"),
        feature_identity="feature-identity",
        extra=(),
        label={"rule": "triple_barrier", "target": 2.0, "stop": 2.0, "bars": 20},
        strategy="",
        cv={"kind": "purged", "folds": 5, "embargo": 50},
        trials=12,
        members={"logistic": 1.0},
        metrics={
            "accuracy": Metric(value=0.53 + seed / 1000, low=0.51, high=0.55, n=5_000),
            "sharpe": Metric(value=None),
        },
        verdict="edge",
        reasons=("all four criteria agree",),
        thresholds={"decide": 0.5, "abstain": 0.02},
    )
    return msgspec.structs.replace(card, **differences)


def store_in(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", tmp_path / "state" / "models.lock")


def stored(store: ModelStore, seed: int, **differences: Any) -> Version:
    """Version number ``seed``, made ``seed`` minutes after NOW."""
    return store.create(card_of(seed, **differences), files_of(seed), NOW + seed * 60 * SECOND)
