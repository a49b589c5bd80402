"""How many decimal digits prices have, and which prices have more than they can have."""

import numpy as np

from ictcli.market.validation.rules import Float64, Mask

MOST_DIGITS = 8
BEYOND = 3
"""A price with this many more decimals than its instrument is not a price of that instrument."""
DOUBLE = 4e-16
SINGLE = 1.2e-7
"""Relative error of prices that passed through 8-byte and 4-byte floats."""
_NEAR = 1e-5
_AT_MOST = 0.1
_SAMPLE = 20_000
_MOST_POINTS = 2.0**53


class DigitCounter:
    """How many decimal digits the rows of a file need; fed chunk by chunk.

    Args:
        specified: digits of the instrument, None when it is unknown.

    Attributes:
        rows: rows seen whose prices are finite.
        written: the fewest digits that hold 99.9 % of the first rows: how the file writes prices.
        beyond: rows with more decimals than the instrument can have.
    """

    def __init__(self, specified: int | None) -> None:
        self.rows = 0
        self.written: int | None = None
        self.beyond = 0
        self._specified = specified
        self._needs = np.zeros(MOST_DIGITS + 1, np.int64)
        self._single = True

    def add(self, columns: tuple[Float64, ...]) -> None:
        """Take in the next rows."""
        finite = np.logical_and.reduce([np.isfinite(column) for column in columns])
        rest = columns if finite.all() else tuple(column[finite] for column in columns)
        if len(rest[0]) == 0:
            return
        self.rows += len(rest[0])
        if self.written is None:
            self.written = fewest_digits(tuple(column[:_SAMPLE] for column in rest))
        first = self.written if self._specified is None else self._specified
        for digits in range(first, self._most() + 1):
            off = off_grid(rest, digits, DOUBLE)
            left = int(np.count_nonzero(off))
            self._needs[digits] += len(off) - left
            if left == 0:
                return
            rest = tuple(column[off] for column in rest)
        self.beyond += len(rest[0])
        self._single = self._single and not off_grid(rest, first, SINGLE).any()

    @property
    def digits(self) -> int:
        """Digits to store: the instrument's, or more when the data has more and can have them."""
        base = self._specified if self._specified is not None else self.written or 0
        needed = np.flatnonzero(self._needs)
        return max(base, int(needed[-1])) if len(needed) else base

    @property
    def error(self) -> float:
        """Relative rounding error to allow: single precision when that explains every odd price."""
        return SINGLE if self.beyond and self._single else DOUBLE

    def _most(self) -> int:
        return MOST_DIGITS if self._specified is None else min(self._specified + BEYOND - 1, MOST_DIGITS)


def fewest_digits(columns: tuple[Float64, ...]) -> int:
    """The fewest digits, at most 8, that hold 99.9 % of the rows."""
    for digits in range(MOST_DIGITS):
        if np.count_nonzero(off_grid(columns, digits, DOUBLE)) <= 0.001 * len(columns[0]):
            return digits
    return MOST_DIGITS


def off_grid(columns: tuple[Float64, ...], digits: int, error: float) -> Mask:
    """Rows in which a price is not a whole number of points below 2**53, but for rounding."""
    scale = 10.0**digits
    off = np.zeros(len(columns[0]), np.bool_)
    with np.errstate(over="ignore", invalid="ignore"):  # beyond all points, and so off the grid
        for column in columns:
            points = column * scale
            whole = np.rint(points)
            slack = np.minimum(_NEAR + error * np.abs(points), _AT_MOST)
            off |= ~(np.abs(points - whole) <= slack) | (np.abs(points) >= _MOST_POINTS)
            off |= (whole == 0) & (points != 0)
    return off
