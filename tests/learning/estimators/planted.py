"""Samples with a planted signal and a known best answer."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.samples import Samples

Floats = NDArray[np.float64]

COLUMNS = 6


def planted(count: int, seed: int, *, strength: float = 0.5, extra: int = 0) -> Samples:
    """Column 0 decides, with noise; the last ``extra`` inputs belong to the event, the first of them decides
    as much as column 0. Events stand on every second row."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(2 * count, COLUMNS))
    rows = np.arange(0, 2 * count, 2)
    own = random.choice([-1.0, 1.0], size=(count, extra))
    signal = matrix[rows, 0] + (own[:, 0] if extra else 0.0)
    noise = random.normal(size=count)
    labels = (strength * signal + np.sqrt(1 - strength**2) * noise > 0).astype(np.int64)
    return Samples(matrix, rows, own, labels, np.full(count, 0.5))


def one_class(label: int) -> Samples:
    """Samples that all have the same label."""
    samples = planted(300, 1)
    return replace(samples, labels=np.full(300, label))


def accuracy(samples: Samples, told: Floats) -> float:
    """Share of labels on the right side of one half."""
    return float(np.mean((told > 0.5) == (samples.labels == 1)))
