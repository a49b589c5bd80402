"""What estimators are given and what they give back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Samples:
    """Rows to learn from or to score.

    Attributes:
        matrix: prepared features of every bar of the series, shape (bars, columns), finite.
        rows: bar of each sample, n; a model may look at this row of the matrix and at rows before it.
        extra: inputs of the event itself, shape (n, 0 or more), appended behind the row.
        labels: 0 or 1, n.
        weights: above 0, n.
    """

    matrix: Floats
    rows: Int64
    extra: Floats
    labels: Int64
    weights: Floats

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def table(self) -> Floats:
        """One row of inputs per sample, shape (n, columns + extra)."""
        return (
            np.hstack([self.matrix[self.rows], self.extra]) if self.extra.shape[1] else self.matrix[self.rows]
        )

    def take(self, which: Int64) -> Self:
        """Some of the samples, by position; the matrix is shared."""
        return replace(
            self,
            rows=self.rows[which],
            extra=self.extra[which],
            labels=self.labels[which],
            weights=self.weights[which],
        )


class Fitted(Protocol):
    """A trained model."""

    def probabilities(self, samples: Samples) -> Floats:
        """P(label = 1) of each sample, in the float64 that the live path gives, bit for bit."""
        ...

    def files(self) -> Mapping[str, bytes]:
        """What a version keeps of it, name = bytes; the same bytes for the same training, every time.

        The native model, and beside it whatever the live path reads instead.
        """
        ...

    def importance(self, samples: Samples) -> Floats:
        """Mean absolute contribution of every input to the log-odds (SHAP), columns + extra."""
        ...


class Estimator(Protocol):
    """A kind of model."""

    @property
    def name(self) -> str:
        """What ``train --model`` calls it."""
        ...

    @property
    def needs(self) -> str:
        """The extra whose packages it imports; empty where ictcli's own dependencies suffice."""
        ...

    def space(self) -> Mapping[str, Any]:
        """What tuning may vary, parameter = ``(low, high)``, ``(low, high, "log")`` or a list of choices."""
        ...

    def fit(self, samples: Samples, params: Mapping[str, Any], seed: int, jobs: int) -> Fitted:
        """Train on all samples.

        Args:
            samples: to learn from; both labels occur.
            params: differences from the defaults.
            seed: of everything random.
            jobs: threads; the result does not depend on it.

        Raises:
            ConfigError: a parameter is unknown or does not fit, or a package is missing.
        """
        ...
