"""Exact numbers in columns: prices, volumes and money as whole units of 10⁻⁸ in ``Int64``."""

from decimal import Decimal

import polars as pl

from ictcli.errors import DataError

DIGITS = 8
UNIT = 10**DIGITS
_MOST = 2**63 - 1


def units(value: Decimal) -> int:
    """A number in units of 10⁻⁸.

    Raises:
        DataError: it is finer than that, or beyond 9.2·10¹⁰.
    """
    scaled = value.scaleb(DIGITS)
    if scaled != scaled.to_integral_value():
        raise DataError(f"{value} is finer than 10^-{DIGITS}")
    if abs(scaled) > _MOST:
        raise DataError(f"{value} is too large to compare")
    return int(scaled)


def number(value: int) -> Decimal:
    """The number behind units of 10⁻⁸, without trailing zeros."""
    whole = Decimal(value).scaleb(-DIGITS).normalize()
    return whole.quantize(Decimal(1)) if whole == whole.to_integral_value() else whole


def text(value: int) -> str:
    """The number behind units of 10⁻⁸ as people write it."""
    return format(number(value), "f")


def total(column: str) -> pl.Expr:
    """The sum of a column of units, which may leave 64 bits on its way."""
    return pl.col(column).cast(pl.Int128).sum()
