"""Logistic regression as it is kept and served: a weighted sum, left to right, and a sigmoid."""

import math
from typing import Any, Self

import msgspec

from ictcli.kernels import kernel
from ictcli.models.records import decode_record, encode_record


class Linear(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fitted logistic regression.

    Attributes:
        intercept: log-odds of a row of zeros.
        coefficients: change of the log-odds per unit of every input.
    """

    intercept: float
    coefficients: tuple[float, ...]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what ``encode`` wrote.

        Raises:
            DataError: it is something else.
        """
        return decode_record(cls, data, "logistic.json")

    def encode(self) -> bytes:
        """As JSON; floats come back as they were."""
        return encode_record(self)


@kernel
def linear_row(weights: Any, values: Any, extra: Any) -> float:
    """P(label = 1) of ``values`` with ``extra`` behind them; ``weights`` begin with the intercept."""
    total = weights[0]
    for at in range(len(values)):
        total += weights[1 + at] * values[at]
    for at in range(len(extra)):
        total += weights[1 + len(values) + at] * extra[at]
    if total < 0.0:
        odds = math.exp(total)
        return odds / (1.0 + odds)
    return 1.0 / (1.0 + math.exp(-total))


@kernel
def linear_rows(weights: Any, matrix: Any, rows: Any, extra: Any, out: Any) -> None:
    """P(label = 1) of the rows ``matrix[rows]`` with ``extra`` behind them, into ``out``."""
    for at in range(len(rows)):
        out[at] = linear_row(weights, matrix[rows[at]], extra[at])
