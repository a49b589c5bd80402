"""What serves one trained model: the same numbers for a table of rows and for one bar after the other."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]


class Member(Protocol):
    """A trained model of a version, loaded for serving."""

    @property
    def name(self) -> str:
        """The kind of model: ``lightgbm``, ``xgboost``, ``forest``, ``logistic`` or ``lstm``."""
        ...

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        """P(label = 1) of events.

        Args:
            matrix: prepared features of every bar, shape (bars, columns).
            rows: bar of each event.
            extra: inputs of the events themselves, shape (events, 0 or more).
        """
        ...

    def push(self, row: Floats) -> None:
        """Take the prepared features of the next closed bar."""
        ...

    def probability(self, extra: Floats) -> float:
        """P(label = 1) of an event at the bar taken last, bit for bit what ``probabilities`` gives.

        NaN where the model needs more bars than it was given.
        """
        ...

    def settle(self) -> None:
        """Do beforehand what the next bar will need; call it after deciding, or ``push`` does it first."""
        ...
