"""A trained forest: scored by the kernel that serves it, kept in its library's format and flattened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.learning.estimators.parameters import explained, mean_absolute
from ictcli.learning.samples import Samples
from ictcli.models.forest import storing
from ictcli.models.forest.layout import Forest
from ictcli.models.members import ForestScorer, RowMember

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedForest:
    """Trees of any library.

    Attributes:
        name: of the estimator.
        forest: the trees as they are served.
        native: the library's own files, name = bytes; none where it has no safe format.
        explain: contributions of every input to the log-odds of every row of a table.
    """

    name: str
    forest: Forest
    native: Mapping[str, bytes]
    explain: Callable[[Floats], Floats]

    def probabilities(self, samples: Samples) -> Floats:
        """P(label = 1) of each sample, from the kernel of the live path."""
        member = RowMember(self.name, ForestScorer(self.forest))
        return member.probabilities(samples.matrix, samples.rows, samples.extra)

    def files(self) -> Mapping[str, bytes]:
        """The native model and the flattened one."""
        return {**self.native, f"{self.name}.npz": storing.encode(self.forest)}

    def importance(self, samples: Samples) -> Floats:
        """Mean absolute contribution of every input to the log-odds."""
        return mean_absolute(self.explain(explained(samples)))
