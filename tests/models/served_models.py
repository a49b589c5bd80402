"""Versions that the program's own loader can load: a logistic model behind a real preparation."""

import math
from typing import Any

import numpy as np

from ictcli.models.calibration import Calibration
from ictcli.models.card import Card
from ictcli.models.conformal import Conformal
from ictcli.models.ensemble import Ensemble
from ictcli.models.golden import GOLDEN_FILE, encode_golden, golden_rows
from ictcli.models.linear import Linear
from ictcli.models.predictor import Predictor
from ictcli.models.preparation import Preparation
from tests.models.sample_models import card_of

NAMES = ("ret1", "ret5", "rsi")
WEIGHTS_FILE = "members/logistic.json"


def served_files(seed: int) -> dict[str, bytes]:
    """Everything that serving reads, and golden rows by the real predictor."""
    rng = np.random.default_rng(seed)
    files = {
        "preparation.json": Preparation(
            names=NAMES,
            low=(-3.0,) * 3,
            high=(3.0,) * 3,
            centre=(0.0,) * 3,
            scale=(1.0,) * 3,
            kept=(True,) * 3,
        ).encode(),
        "ensemble.json": Ensemble(members=("logistic",)).encode(),
        "calibration.json": Calibration(kind="sigmoid", numbers=(0.9, 0.01)).encode(),
        "conformal.json": Conformal(alpha=0.1, gamma=0.0, count=3, scores=(0.2, 0.5, 0.6)).encode(),
        WEIGHTS_FILE: Linear(intercept=0.1, coefficients=tuple(rng.normal(size=3).tolist())).encode(),
    }
    matrix = np.column_stack([rng.normal(size=(200, 3)), rng.integers(0, 4, 200)]).astype(np.float64)
    predictor = Predictor(NAMES, files, 0.45, 0.55)
    golden = golden_rows(predictor, matrix, np.arange(30, 200), np.zeros((170, 0)), most=16)
    assert not any(map(math.isnan, golden.expected.tolist()))
    return {**files, GOLDEN_FILE: encode_golden(golden)}


def served_card(seed: int, **differences: Any) -> Card:
    """A card that fits those files."""
    return card_of(seed, **{"features": NAMES, "thresholds": {"low": 0.45, "high": 0.55}, **differences})
