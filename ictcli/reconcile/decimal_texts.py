"""Decimals in text, as a ledger and files hold them, by the million: units of 10⁻⁸ in ``Int64``."""

import polars as pl

from ictcli.errors import DataError
from ictcli.reconcile.exact import DIGITS, UNIT

_LARGEST = (2**63 - 1) // UNIT
_PLAIN = r"^-?[0-9]+(\.[0-9]+)?$"
_FINER = rf"\.[0-9]{{{DIGITS}}}0*[1-9]"


def units_of_texts(texts: pl.Series) -> pl.Series:
    """Plain decimals in units of 10⁻⁸; null stays null.

    Raises:
        DataError: one is no plain decimal, finer than 10⁻⁸, or beyond 9.2·10¹⁰.
    """
    if finer := texts.filter(texts.str.contains(_FINER)).head(1).to_list():
        raise DataError(f"{finer[0]} is finer than 10^-{DIGITS}")
    return rounded_units_of_texts(texts)


def rounded_units_of_texts(texts: pl.Series) -> pl.Series:
    """The same for what was rounded anyhow, such as the mean of several prices: to the nearest unit.

    Raises:
        DataError: one is no plain decimal, or beyond 9.2·10¹⁰.
    """
    whole = texts.str.to_decimal(scale=DIGITS).to_physical().cast(pl.Int64, strict=False)
    bad = ~texts.str.contains(_PLAIN) | (whole.is_null() & texts.is_not_null())
    if strange := texts.filter(bad).head(1).to_list():
        raise DataError(f"{strange[0]!r} is no amount that can be compared, up to {_LARGEST}")
    return whole
