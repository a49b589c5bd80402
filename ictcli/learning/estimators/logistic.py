"""Logistic regression: the baseline that anything more flexible has to beat."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.estimators.parameters import configure, explained, mean_absolute, require_both_labels
from ictcli.learning.samples import Samples
from ictcli.models.linear import Linear
from ictcli.models.members import LinearScorer, RowMember

Floats = NDArray[np.float64]

_EXACT = 1e-9
"""Slope of the penalised likelihood below which the optimum is found."""


class LogisticParams(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters by the names that scikit-learn gives them."""

    C: Annotated[float, Meta(gt=0)] = 0.01
    max_iter: Annotated[int, Meta(ge=10, le=100_000)] = 1_000


@dataclass(frozen=True, slots=True)
class FittedLogistic:
    """A fitted logistic regression.

    Attributes:
        linear: its numbers.
    """

    linear: Linear

    def probabilities(self, samples: Samples) -> Floats:
        """P(label = 1) of each sample, from the kernel of the live path."""
        member = RowMember("logistic", LinearScorer(self.linear))
        return member.probabilities(samples.matrix, samples.rows, samples.extra)

    def files(self) -> Mapping[str, bytes]:
        """The numbers as JSON: native and served at once."""
        return {"logistic.json": self.linear.encode()}

    def importance(self, samples: Samples) -> Floats:
        """Mean absolute ``coefficient * input``, with inputs taken from their mean."""
        table = explained(samples)
        return mean_absolute((table - table.mean(axis=0)) * np.array(self.linear.coefficients))


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression with a quadratic penalty."""

    name: str = "logistic"
    needs: str = ""

    def space(self) -> Mapping[str, Any]:
        """What tuning may vary."""
        return {"C": (1e-5, 10.0, "log")}

    def fit(self, samples: Samples, params: Mapping[str, Any], seed: int, jobs: int) -> FittedLogistic:
        """Train on all samples; nothing is random, and one thread does it, whatever ``jobs``.

        Raises:
            ConfigError: a parameter is unknown or does not fit.
            DataError: one label does not occur, or the search for the optimum does not end.
        """
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - serving never pays for it

        chosen = configure(self.name, LogisticParams, params)
        require_both_labels(samples)
        model = LogisticRegression(C=chosen.C, max_iter=chosen.max_iter, tol=_EXACT, solver="newton-cholesky")
        with import_module("threadpoolctl").threadpool_limits(1):
            model.fit(samples.table, samples.labels, samples.weights)
        numbers = [float(one) for one in model.coef_[0]]
        if not np.isfinite([model.intercept_[0], *numbers]).all():
            raise DataError("a logistic regression has no finite optimum")
        return FittedLogistic(Linear(intercept=float(model.intercept_[0]), coefficients=tuple(numbers)))


ESTIMATOR = Logistic()
