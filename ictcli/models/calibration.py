"""Turning a model's score into a probability that means what it says: the map learned elsewhere, applied.

Kinds: ``identity``; ``sigmoid`` (Platt 1999) on the log-odds, so that it contains the identity; ``beta``
(Kull, Silva Filho and Flach, AISTATS 2017); ``isotonic``, a non-decreasing broken line. One kernel does it
for a table and for a single number. Importing this loads the compiler; nothing else does.
"""

import math
from functools import cached_property
from typing import Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel
from ictcli.models.records import decode_record, encode_record

Floats = NDArray[np.float64]
Kind = Literal["identity", "sigmoid", "beta", "isotonic"]

EDGE = 1e-6
"""Probabilities nearer to 0 or 1 than this are moved here before logarithms are taken."""

_CODES: dict[str, int] = {"identity": 0, "sigmoid": 1, "beta": 2, "isotonic": 3}


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A calibration map.

    Attributes:
        kind: of the map.
        numbers: identity: none. sigmoid: A and B of p = 1/(1 + exp(-(A·logit + B))). beta: a, b and c of
            logit = a·ln p - b·ln(1 - p) + c. isotonic: the knots' scores, ascending, then their values.
    """

    kind: Kind
    numbers: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.numbers)
        fits = {"identity": count == 0, "sigmoid": count == 2, "beta": count == 3}
        if not fits.get(self.kind, count >= 2 and count % 2 == 0):
            raise ValueError(f"a calibration of kind {self.kind} cannot have {count} numbers")
        if not all(map(math.isfinite, self.numbers)):
            raise ValueError("a calibration needs finite numbers")
        if self.kind == "isotonic" and not self._ascends():
            raise ValueError("the knots of an isotonic calibration must ascend")

    def _ascends(self) -> bool:
        half = len(self.numbers) // 2
        scores, values = self.numbers[:half], self.numbers[half:]
        steps = range(half - 1)
        return all(scores[i] < scores[i + 1] and values[i] <= values[i + 1] for i in steps)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what ``encode`` wrote.

        Raises:
            DataError: it is something else.
        """
        return decode_record(cls, data, "calibration.json")

    def encode(self) -> bytes:
        """As JSON; floats come back as they were."""
        return encode_record(self)

    def apply(self, p: Floats) -> Floats:
        """Calibrated probabilities; what is not a number stays so."""
        out = np.empty(len(p))
        _calibrate_all(_CODES[self.kind], self._array, p, out)
        return out

    def one(self, p: float) -> float:
        """One calibrated probability, bit for bit what ``apply`` gives."""
        return calibrate(_CODES[self.kind], self._array, p)

    @cached_property
    def _array(self) -> Floats:
        return np.array(self.numbers, np.float64)


IDENTITY = Calibration(kind="identity")
"""Leaves probabilities as they are."""


@kernel
def calibrate(code: int, numbers: Floats, p: float) -> float:
    """Apply one map to one probability."""
    if code == 0 or math.isnan(p):
        return p
    if code == 3:
        return _on_line(numbers, p)
    clipped = min(max(p, EDGE), 1.0 - EDGE)
    gain, loss = math.log(clipped), math.log1p(-clipped)
    if code == 1:
        return _logistic(numbers[0] * (gain - loss) + numbers[1])
    return _logistic(numbers[0] * gain - numbers[1] * loss + numbers[2])


@kernel
def _logistic(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    raised = math.exp(x)
    return raised / (1.0 + raised)


@kernel
def _on_line(numbers: Floats, p: float) -> float:
    """Value at ``p`` of the line through the knots; flat beyond both ends."""
    half = len(numbers) // 2
    if p <= numbers[0]:
        return float(numbers[half])
    if p >= numbers[half - 1]:
        return float(numbers[2 * half - 1])
    low, high = 0, half - 1
    while high - low > 1:
        middle = (low + high) // 2
        if numbers[middle] <= p:
            low = middle
        else:
            high = middle
    share = (p - numbers[low]) / (numbers[high] - numbers[low])
    return float(numbers[half + low] + share * (numbers[half + high] - numbers[half + low]))


@kernel
def _calibrate_all(code: int, numbers: Floats, p: Floats, out: Floats) -> None:
    for i in range(len(p)):
        out[i] = calibrate(code, numbers, p[i])
