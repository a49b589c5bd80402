"""Several models as one: weights by market regime that follow the matured losses of the members.

Hedge with exponential weights (Freund and Schapire 1997) on the log-loss, per regime: a member's weight is
proportional to exp(-rate·Σ decay^age·loss), age counted in labels matured since in that regime. Then every
weight is lifted to the floor, the weights are divided by their sum once, and drawn towards equal ones by
prior/(prior + Σ decay^age): few labels move little.

Probabilities are averaged, not their log-odds: for the average the loss of Hedge is bounded by that of the
best member, one wild member cannot drag the rest along, and a member that has no number yet can be left
out. That the average is too cautious is what calibration is for.
"""

import math
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.kernels import kernel
from ictcli.models.records import decode_record, encode_record

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

REGIMES = 4
"""Values of the feature ``regime``: 0 to 3."""
EDGE = 1e-6
"""A probability of the label below this costs no more than this one does."""

RULE = np.dtype([("rate", "f8"), ("decay", "f8"), ("floor", "f8"), ("prior", "f8")])


class Ensemble(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Members, the rule of their weights, and what it has seen; as ensemble.json keeps it.

    Attributes:
        members: names, in the order of the columns of probabilities.
        rate: of learning; one label's loss of 0.01 more costs a share of 0.01·rate of the weight.
        decay: of a loss per label matured since, above 0, at most 1.
        floor: least weight before the sum is made 1 again.
        prior: matured labels worth as much as the belief that all members are equally good.
        losses: decayed sums of log-losses, one row per regime, one entry per member.
        matured: decayed number of labels per regime.
    """

    members: tuple[str, ...]
    rate: float = 1.0
    decay: float = 0.999
    floor: float = 0.05
    prior: float = 50.0
    losses: tuple[tuple[float, ...], ...] = ()
    matured: tuple[float, ...] = (0.0,) * REGIMES

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError("an ensemble needs a member")
        if not (self.rate >= 0 and 0 < self.decay <= 1 and 0 <= self.floor < 1 and self.prior >= 0):
            raise ValueError("rate, decay, floor or prior of the ensemble is out of range")
        shape = [len(row) for row in self.losses]
        if shape not in ([], [len(self.members)] * REGIMES) or len(self.matured) != REGIMES:
            raise ValueError(f"an ensemble keeps {REGIMES} rows with a loss of every member")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what ``encode`` wrote.

        Raises:
            DataError: it is something else.
        """
        return decode_record(cls, data, "ensemble.json")

    def encode(self) -> bytes:
        """As JSON; floats come back as they were."""
        return encode_record(self)


class RegimeWeights:
    """An ensemble at work.

    Args:
        ensemble: rule and what was learned; it stays as it is, ``snapshot`` gives the new one.

    Attributes:
        weights: now, one row per regime, one entry per member; each row sums to 1.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        self._rule = np.zeros((), RULE)
        for name in ("rate", "decay", "floor", "prior"):
            self._rule[name] = getattr(ensemble, name)
        width = len(ensemble.members)
        self._losses = np.array(ensemble.losses, np.float64).reshape(-1, width)
        if not len(self._losses):
            self._losses = np.zeros((REGIMES, width))
        self._matured = np.array(ensemble.matured, np.float64)
        self.weights = np.empty((REGIMES, width))
        for regime in range(REGIMES):
            weigh(self._rule[()], self._losses[regime], self._matured[regime], self.weights[regime])

    def mature(self, regime: int, losses: Floats, worth: float = 1.0) -> None:
        """Learn from one label that is known by now.

        Args:
            regime: at the bar of the decision.
            losses: of every member (``log_losses``); a member that gave no number has the loss NaN and is
                taken to be as good as the mean of the others.
            worth: of the label, its uniqueness: overlapping labels tell the same story.

        Raises:
            DataError: there is no such regime.
        """
        _check_regime(regime)
        learn(self._rule[()], self._losses[regime], self._matured[regime : regime + 1], losses, worth)
        weigh(self._rule[()], self._losses[regime], self._matured[regime], self.weights[regime])

    def combine(self, probabilities: Floats, regime: int) -> float:
        """One probability from those of all members; NaN only where no member gives a number.

        Raises:
            DataError: there is no such regime.
        """
        _check_regime(regime)
        return pool(probabilities, self.weights[regime])

    def combine_all(self, probabilities: Floats, regimes: Int64) -> Floats:
        """The same for rows of probabilities at the present weights, bit for bit what ``combine`` gives.

        Raises:
            DataError: there is no such regime.
        """
        check_regimes(regimes)
        out = np.empty(len(probabilities))
        _pool_all(probabilities, regimes, self.weights, out)
        return out

    def snapshot(self) -> Ensemble:
        """The ensemble with all that was learned."""
        return msgspec.structs.replace(
            self._ensemble,
            losses=tuple(tuple(row) for row in self._losses.tolist()),
            matured=tuple(self._matured.tolist()),
        )


def combine(probabilities: Floats, weights: Floats) -> float:
    """Weighted mean of the members' probabilities; members without a number are left out."""
    return pool(probabilities, weights)


def log_losses(probabilities: Floats, label: int) -> Floats:
    """What each member's probability cost, now that the label is known; NaN where it gave no number."""
    out = np.empty(len(probabilities))
    for i, p in enumerate(probabilities.tolist()):
        out[i] = log_loss(p, label)
    return out


def check_regimes(regimes: Int64) -> None:
    """Refuse regimes that do not exist.

    Raises:
        DataError: one of them is not 0 to 3.
    """
    if len(regimes):
        _check_regime(int(regimes.min()))
        _check_regime(int(regimes.max()))


def _check_regime(regime: int) -> None:
    if not 0 <= regime < REGIMES:
        raise DataError(f"{regime} is no market regime", hint=f"Give 0 to {REGIMES - 1}.")


@kernel
def log_loss(p: float, label: int) -> float:
    """-ln of the probability that the label was given; NaN for NaN."""
    given = p if label == 1 else 1.0 - p
    return math.nan if math.isnan(given) else -math.log(max(given, EDGE))


@kernel
def learn(rule: Any, losses: Floats, matured: Floats, new: Floats, worth: float) -> None:
    """Add one label's losses to the decayed sums of its regime; ``matured`` has one entry."""
    total, known = 0.0, 0
    for i in range(len(new)):
        if not math.isnan(new[i]):
            total += new[i]
            known += 1
    if known == 0:
        return
    for i in range(len(new)):
        own = total / known if math.isnan(new[i]) else new[i]
        losses[i] = rule["decay"] * losses[i] + worth * own
    matured[0] = rule["decay"] * matured[0] + worth


@kernel
def weigh(rule: Any, losses: Floats, matured: float, out: Floats) -> None:
    """Weights of one regime from its decayed sums."""
    width = len(losses)
    least = losses[0]
    for i in range(width):
        least = min(least, losses[i])
    total = 0.0
    for i in range(width):
        out[i] = math.exp(-rule["rate"] * (losses[i] - least))
        total += out[i]
    lifted = 0.0
    for i in range(width):
        out[i] = max(out[i] / total, rule["floor"])
        lifted += out[i]
    doubt = 1.0 if matured + rule["prior"] == 0.0 else rule["prior"] / (rule["prior"] + matured)
    for i in range(width):
        out[i] = (1.0 - doubt) * (out[i] / lifted) + doubt / width


@kernel
def pool(probabilities: Floats, weights: Floats) -> float:
    """Weighted mean over the members that gave a number; NaN where none did."""
    total, weight = 0.0, 0.0
    for i in range(len(probabilities)):
        if not math.isnan(probabilities[i]):
            total += weights[i] * probabilities[i]
            weight += weights[i]
    return total / weight if weight > 0.0 else math.nan


@kernel
def _pool_all(probabilities: Floats, regimes: Int64, weights: Floats, out: Floats) -> None:
    for k in range(len(out)):
        out[k] = pool(probabilities[k], weights[regimes[k]])
