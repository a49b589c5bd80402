"""Preparing rows for models: limits, scale and selection learned elsewhere, applied the same everywhere.

In this order (ML.md M27): what is not a number becomes the centre, infinities the nearer limit; then the
limits; then ``(x - centre) / scale``; then a clip at ±8. A column that was not selected becomes 0, so that
the number and order of columns never change. One kernel does it for a table and for a single row.
"""

import math
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.kernels import kernel
from ictcli.models.records import decode_record, encode_record

Floats = NDArray[np.float64]

FURTHEST = 8.0
"""Robust deviations from the centre beyond which everything is alike."""

_LIMITS = np.dtype([("low", "f8"), ("high", "f8"), ("centre", "f8"), ("scale", "f8"), ("kept", "i8")])


class Preparation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was learned about the columns, one entry each.

    Attributes:
        names: of the columns, in order.
        low, high: limits that values are clipped to.
        centre: median.
        scale: interquartile range, above 0.
        kept: whether the models may see the column.
    """

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    kept: tuple[bool, ...]

    def __post_init__(self) -> None:
        widths = {len(getattr(self, name)) for name in self.__struct_fields__}
        if len(widths) != 1:
            raise ValueError("a preparation needs as many numbers as names")
        if not all(scale > 0 for scale in self.scale):
            raise ValueError("a scale must be above 0")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what ``encode`` wrote.

        Raises:
            DataError: it is something else.
        """
        return decode_record(cls, data, "preparation.json")

    def encode(self) -> bytes:
        """As JSON; floats come back as they were."""
        return encode_record(self)


class Preparer:
    """A preparation ready to be applied.

    Args:
        preparation: what was learned.
    """

    def __init__(self, preparation: Preparation) -> None:
        self._limits = np.zeros(len(preparation.names), _LIMITS)
        for name in ("low", "high", "centre", "scale", "kept"):
            self._limits[name] = getattr(preparation, name)

    def table(self, values: Floats) -> Floats:
        """Prepared rows of a table of shape (rows, columns)."""
        out = np.empty_like(values, dtype=np.float64)
        prepare_table(values, self._limits, out)
        return out

    def row(self, values: Floats, out: Floats) -> None:
        """Prepare one row into ``out``."""
        prepare_row(values, self._limits, out)


@kernel
def prepare_row(values: Any, limits: Any, out: Any) -> None:
    """Prepare one row into ``out``; ``limits`` is an array of one record per column."""
    for at in range(len(values)):
        own = limits[at]
        value = values[at]
        if math.isnan(value):
            value = own["centre"]
        value = min(max(value, own["low"]), own["high"])
        scaled = (value - own["centre"]) / own["scale"]
        scaled = min(max(scaled, -FURTHEST), FURTHEST)
        out[at] = scaled if own["kept"] != 0 else 0.0


@kernel
def prepare_table(values: Any, limits: Any, out: Any) -> None:
    """Prepare every row of a table into ``out``."""
    for at in range(len(values)):
        prepare_row(values[at], limits, out[at])
