"""A network with made-up weights as the files of a version; needs the onnx package but no torch."""

import math

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.estimators.lstm_export import export, weight_shapes
from ictcli.models.sequence import SequenceShape

WIDTH = 5
SHAPE = SequenceShape(columns=3, extra=1, units=8, heads=4, steps=20)


def made_weights(
    shape: SequenceShape = SHAPE, seed: int = 1, width: int = WIDTH
) -> dict[str, NDArray[np.float32]]:
    """Random weights of moderate size."""
    rng = np.random.default_rng(seed)
    return {
        name: (rng.normal(size=size) / math.sqrt(size[-1])).astype(np.float32)
        for name, size in weight_shapes(shape, width).items()
    }


def made_files(shape: SequenceShape = SHAPE, seed: int = 1) -> dict[str, bytes]:
    """The files of a network with random weights."""
    return export(shape, made_weights(shape, seed))
