"""A version at work: from the features of a bar to a calibrated probability and what it asks for.

The same numbers for a table of bars and for one bar after the other, bit for bit. It reads nothing but the
version's own files and imports no library that trains.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.calibration import Calibration
from ictcli.models.conformal import AdaptiveSets, Conformal, decide_side, decide_signal
from ictcli.models.ensemble import Ensemble, RegimeWeights, log_losses
from ictcli.models.member import Member
from ictcli.models.members import load_member
from ictcli.models.preparation import Preparation, Preparer
from ictcli.models.version import Version

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]
Load = Callable[[str, Mapping[str, bytes], int], Member]

PREPARATION_FILE = "preparation.json"
ENSEMBLE_FILE = "ensemble.json"
CALIBRATION_FILE = "calibration.json"
CONFORMAL_FILE = "conformal.json"
MEMBERS_FOLDER = "members"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model says of one event.

    Attributes:
        probability: calibrated, of label 1; NaN where no member had a say.
        side: +1, -1, or 0 for doing nothing.
        labels: prediction set as bits, see ``conformal``.
        members: probability of every member, not calibrated.
        weights: of the members in this regime.
    """

    probability: float
    side: int
    labels: int
    members: Floats
    weights: Floats


class Predictor:
    """A model loaded for serving.

    Rows hold the features of the model's set in order and behind them the regime, the matrix of
    ``features.registry.served_set``.

    Args:
        names: of the features, as the model card has them.
        files: of the version, name = content.
        low, high: thresholds of the card, see ``learning.thresholds``.
        load: makes a member from its files.

    Raises:
        DataError: a file is missing or damaged, or made for other features.
        ConfigError: a member needs a package that is not installed.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        files: Mapping[str, bytes],
        low: float,
        high: float,
        *,
        extra: int = 0,
        load: Load = load_member,
    ) -> None:
        preparation = Preparation.decode(_file(files, PREPARATION_FILE))
        if preparation.names != names:
            raise DataError(
                "the model was made for other features than its card names", hint="Train it again."
            )
        self._width = len(names)
        self._preparer = Preparer(preparation)
        self._weights = RegimeWeights(Ensemble.decode(_file(files, ENSEMBLE_FILE)))
        self._calibration = Calibration.decode(_file(files, CALIBRATION_FILE))
        self.sets = AdaptiveSets(Conformal.decode(_file(files, CONFORMAL_FILE)))
        kinds = self._weights.snapshot().members
        self._members = tuple(load(kind, _own_files(files, kind), self._width + extra) for kind in kinds)
        self._low, self._high = low, high
        self._row = np.zeros(self._width)
        self._found = np.empty(len(kinds))
        self._regime = 0

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        """Calibrated probabilities of events.

        Args:
            matrix: features and regime of every bar, shape (bars, columns + 1).
            rows: bar of each event.
            extra: inputs of the events themselves, shape (events, 0 or more).

        Raises:
            DataError: the matrix has other columns.
        """
        found = self.member_probabilities(matrix, rows, extra)
        regimes = matrix[rows, self._width].astype(np.int64)
        return self._calibration.apply(self._weights.combine_all(found, regimes))

    def member_probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        """What every member says, shape (events, members); NaN where one has no say."""
        if matrix.shape[1] != self._width + 1:
            raise DataError(f"the model takes {self._width} features, {matrix.shape[1] - 1} were given")
        prepared = self._preparer.table(np.ascontiguousarray(matrix[:, : self._width]))
        return np.column_stack([one.probabilities(prepared, rows, extra) for one in self._members])

    def push(self, row: Floats) -> None:
        """Take the features and the regime of the next closed bar."""
        self._preparer.row(row[: self._width], self._row)
        self._regime = int(row[self._width])
        for member in self._members:
            member.push(self._row)

    def probability(self, extra: Floats) -> float:
        """The calibrated probability of an event at the bar taken last."""
        for at, member in enumerate(self._members):
            self._found[at] = member.probability(extra)
        return self._calibration.one(self._weights.combine(self._found, self._regime))

    def opinion(self, extra: Floats, side: int = 0) -> Opinion:
        """All that the model says of an event at the bar taken last, with its reasons.

        Args:
            extra: inputs of the event itself.
            side: chosen by a rule; 0 where the model chooses.
        """
        p = self.probability(extra)
        asked = decide_signal(p, side, self._high) if side else decide_side(p, self._low, self._high)
        weights = self._weights.weights[self._regime].copy()
        return Opinion(p, asked, self.sets.prediction_set(p), self._found.copy(), weights)

    def settle(self) -> None:
        """Let the members do beforehand what the next bar will need; call it after deciding."""
        for member in self._members:
            member.settle()

    def mature(self, regime: int, members: Floats, label: int, worth: float = 1.0) -> None:
        """Let the weights learn from a label that is known by now.

        Args:
            regime: at the bar of the decision.
            members: what every member said then.
            label: 0 or 1.
            worth: uniqueness of the label.
        """
        self._weights.mature(regime, log_losses(members, label), worth)


def load_predictor(version: Version) -> Predictor:
    """A stored version ready to serve.

    Raises:
        DataError: a file is missing or damaged.
        ConfigError: a member needs a package that is not installed.
    """
    card = version.card
    files = {name: version.read(name) for name in version.files if name.endswith(_SERVED)}
    low, high = card.thresholds["low"], card.thresholds["high"]
    return Predictor(card.features, files, low, high, extra=len(card.extra))


_SERVED = (".json", ".npz", ".onnx", ".bin")
"""Files that serving may read; native models of training libraries are left on the disk."""


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise DataError(f"the version has no {name}", hint="Train it again.")
    return files[name]


def _own_files(files: Mapping[str, bytes], kind: str) -> dict[str, bytes]:
    """The files of one member, by their names without the folder."""
    start = f"{MEMBERS_FOLDER}/"
    return {
        name.removeprefix(start): data
        for name, data in files.items()
        if name.startswith((f"{start}{kind}.", f"{start}{kind}_"))
    }
