"""Floats as a terminal gives them, by the column: exact units of 10⁻⁸ by the digits that it states."""

import polars as pl

from ictcli.reconcile.exact import DIGITS

_NOISE = 2.0**-48
"""Share of a value within which a float stands for the nearest number of its digits."""
_LARGEST = 9e10


def readable(values: pl.Series) -> pl.Series:
    """Whether each float is a number that units can hold."""
    return values.is_finite().fill_null(value=False) & (values.abs() < _LARGEST).fill_null(value=False)


def units_of_floats(values: pl.Series, digits: pl.Series | int) -> pl.Series:
    """Floats in units of 10⁻⁸.

    A float that is a number of its stated digits but for its own inexactness is that number; any other one
    keeps its first eight decimals.

    Args:
        values: ``readable`` ones.
        digits: decimals that prices or money of each have, 0 to 8.
    """
    frame = pl.DataFrame({"value": values, "digits": digits})
    point = pl.lit(10, pl.Int64).pow(pl.col("digits").cast(pl.Int64))
    size = pl.lit(10, pl.Int64).pow(DIGITS - pl.col("digits").cast(pl.Int64))
    plain = (pl.col("value") * 10**DIGITS).round().cast(pl.Int64)
    stated = (pl.col("value") * point).round().cast(pl.Int64) * size
    allowed = 1 + plain.abs() * _NOISE
    exact = pl.when((plain - stated).abs() <= allowed).then(stated).otherwise(plain)
    return frame.select(exact.alias(values.name)).to_series()
