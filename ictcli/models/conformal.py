"""Prediction sets with a promised coverage, and what a probability asks a trader to do.

Split-conformal sets for two labels (Vovk, Gammerman and Shafer 2005): a label belongs to the set unless it
conforms worse than all but a share alpha of the calibration events did; its score is 1 minus the
probability it was given. Adaptive conformal inference (Gibbs and Candes 2021) moves alpha by what the
matured labels show, so that the coverage holds while the market changes.
"""

import math
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.records import decode_record

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

EMPTY, ONLY_0, ONLY_1, BOTH = 0, 1, 2, 3
"""Prediction sets as bits: 1 for label 0, 2 for label 1."""

NEVER = -1


class Conformal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was learned from calibration events.

    Attributes:
        alpha: share of labels that may fall outside their set.
        gamma: how far one matured label moves alpha; 0 keeps it.
        count: calibration events, n.
        scores: of the calibration events, ascending; with more than a few thousand events m of them, the
            i-th being the one of rank ceil(i·n/m), so that a set never gets smaller by it.
    """

    alpha: float
    gamma: float
    count: int
    scores: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1 or self.gamma < 0:
            raise ValueError("alpha lies between 0 and 1, gamma is not below 0")
        if not 0 < len(self.scores) <= self.count:
            raise ValueError("there are 1 to count scores")
        if any(one > after for one, after in zip(self.scores, self.scores[1:], strict=False)):
            raise ValueError("scores must ascend")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what ``encode`` wrote.

        Raises:
            DataError: it is something else.
        """
        return decode_record(cls, data, "conformal.json")

    def encode(self) -> bytes:
        """As JSON; floats come back as they were."""
        return msgspec.json.encode(self)

    def threshold(self, alpha: float) -> float:
        """Highest score that belongs to a set: the calibration score of rank ceil((n + 1)(1 - alpha)).

        Infinite where the rank exceeds n, so that sets hold both labels; minus infinite for an ``alpha`` of
        1 or more, so that they are empty. 1e-9 is taken off before rounding up, for products that should be
        whole and are not in binary.
        """
        if alpha >= 1:
            return -math.inf
        rank = max(1, math.ceil((self.count + 1) * (1 - alpha) - 1e-9))
        if alpha <= 0 or rank > self.count:
            return math.inf
        kept = len(self.scores)
        return self.scores[-(-rank * kept // self.count) - 1]


class AdaptiveState(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What adaptive sets have learned since.

    Attributes:
        alpha: now; not clipped.
        chosen: bar of the decision whose label moves alpha next; ``NEVER`` where none is awaited.
        matured: labels that moved alpha.
        missed: those of them that lay outside their set.
    """

    alpha: float
    chosen: int = NEVER
    matured: int = 0
    missed: int = 0


class AdaptiveSets:
    """Prediction sets whose alpha follows matured labels.

    Args:
        conformal: what was learned from calibration events.
        state: as ``encode_state`` wrote it, to go on from there.

    Raises:
        DataError: ``state`` is something else.
    """

    def __init__(self, conformal: Conformal, state: bytes | None = None) -> None:
        self._conformal = conformal
        self.state = AdaptiveState(alpha=conformal.alpha) if state is None else _decode_state(state)
        self.threshold = conformal.threshold(self.state.alpha)

    def prediction_set(self, p: float) -> int:
        """The labels that cannot be ruled out, as bits; keep them, ``mature`` asks for them."""
        return (1.0 - p <= self.threshold) * ONLY_1 + (p <= self.threshold) * ONLY_0

    def prediction_sets(self, p: Floats) -> Int64:
        """The same of many probabilities at the present alpha."""
        return (1.0 - p <= self.threshold) * np.int64(ONLY_1) + (p <= self.threshold) * np.int64(ONLY_0)

    def choose(self, start: int) -> bool:
        """Whether the label of the decision at bar ``start`` shall move alpha: where none is awaited.

        Labels that overlap tell one story several times, so one of them counts. It is chosen at its
        decision: of those that overlap the one that ends first is the eve of a move, and no fair sample.
        Call at every decision, after the labels that are known by then have matured.
        """
        if self.state.chosen != NEVER:
            return False
        self.state.chosen = start
        return True

    def mature(self, bits: int, label: int, start: int) -> bool:
        """Learn from a label that is known by now, where it was chosen: alpha + gamma·(target - missed).

        Args:
            bits: the set that was given when the decision was taken.
            label: 0 or 1.
            start: bar of the decision.

        Returns:
            Whether the label was used.
        """
        if start != self.state.chosen:
            return False
        missed = not bits & (ONLY_1 if label else ONLY_0)
        self.state.alpha += self._conformal.gamma * (self._conformal.alpha - missed)
        self.state.chosen = NEVER
        self.state.matured += 1
        self.state.missed += missed
        self.threshold = self._conformal.threshold(self.state.alpha)
        return True

    def encode_state(self) -> bytes:
        """What was learned since, as JSON."""
        return msgspec.json.encode(self.state)


def _decode_state(data: bytes) -> AdaptiveState:
    try:
        return msgspec.json.decode(data, type=AdaptiveState)
    except (msgspec.DecodeError, ValueError) as error:
        raise DataError(f"the state of adaptive sets is damaged: {error}") from error


def decide_side(p: float, low: float, high: float) -> int:
    """What a probability of an upward move asks for: +1 from ``high`` on, -1 up to ``low``, 0 between.

    Within the band the model abstains, as it does when the probability is not a number.
    """
    return int(p >= high) - int(p <= low)


def decide_sides(p: Floats, low: float, high: float) -> Int64:
    """The same of many probabilities."""
    return (p >= high).astype(np.int64) - (p <= low).astype(np.int64)


def decide_signal(p: float, side: int, high: float) -> int:
    """What the probability that a signal earns asks for: its side from ``high`` on, otherwise 0, skip it."""
    return side if p >= high else 0


def decide_signals(p: Floats, side: Int64, high: float) -> Int64:
    """The same of many signals."""
    return np.where(p >= high, side, 0)
