"""What a detector is to the rest of the program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Detector:
    """One ICT concept.

    Attributes:
        name: the ``kind`` of its output and what ``detect --kind`` calls it.
        version: raised when its output changes for the same bars; part of every identifier.
        summary: one line for people.
        phase: place of its new objects among the records of one bar (C3): 2 swings, 3 displacement,
            4 structure, 5 zones; records of existing objects come before all of them.
        params: frozen record of its parameters; every field has a default.
        state: dtype of its state record; the bytes of a state are a checkpoint.
        init_state: ``(params, bar_ns)`` to the state before the first bar.
        step: takes one bar (see the package docstring).
        run: loops over the step (see the package docstring).
        columns: which output columns it fills; the others stay null.
        labels: text of (direction, label number).
    """

    name: str
    version: int
    summary: str
    phase: int
    params: type[msgspec.Struct]
    state: np.dtype[np.void]
    init_state: Callable[[Any, int], NDArray[np.void]]
    step: Callable[..., int]
    run: Callable[..., tuple[int, int]]
    columns: tuple[str, ...]
    labels: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def restore(self, saved: bytes) -> NDArray[np.void]:
        """The state whose ``tobytes()`` is ``saved``, under the one dtype object that calls fast (N2).

        Raises:
            ValueError: the bytes are not a state of this detector.
        """
        if len(saved) != self.state.itemsize:
            raise ValueError(f"not a {self.name} state: {len(saved)} bytes, expected {self.state.itemsize}")
        return np.frombuffer(bytearray(saved), self.state)
