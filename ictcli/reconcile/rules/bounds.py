"""When two values are apart: exact comparisons of units of 10⁻⁸ with a multiple of a smallest step."""

from decimal import Decimal

import polars as pl


def beyond(difference: pl.Expr, unit: pl.Expr | int, allowed: Decimal | int) -> pl.Expr:
    """Whether a difference is more than ``allowed`` times ``unit``; any is, where the unit is 0."""
    most, parts = Decimal(allowed).as_integer_ratio()
    return _wide(difference).abs() * parts > _wide(unit) * most


def reaching(difference: pl.Expr, unit: pl.Expr | int, allowed: Decimal | int) -> pl.Expr:
    """Whether a difference is ``allowed`` times ``unit`` or more; any but none is, where the unit is 0."""
    most, parts = Decimal(allowed).as_integer_ratio()
    return (difference != 0) & (_wide(difference).abs() * parts >= _wide(unit) * most)


def reaches(difference: int, unit: int, allowed: Decimal) -> bool:
    """The same for one value."""
    most, parts = allowed.as_integer_ratio()
    return difference != 0 and abs(difference) * parts >= unit * most


def _wide(value: pl.Expr | int) -> pl.Expr:
    """Wide enough for a product of two numbers of 64 bits."""
    return (pl.lit(value) if isinstance(value, int) else value).cast(pl.Int128)
