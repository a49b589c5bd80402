"""Decimals in text become units of 10⁻⁸ by the column."""

from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.reconcile.decimal_texts import rounded_units_of_texts, units_of_texts
from ictcli.reconcile.exact import number

AMOUNTS = st.decimals("-90000000000", "90000000000", places=8)
FINE = st.decimals("-9000000", "9000000", places=14)


def texts(*values: str | None) -> pl.Series:
    return pl.Series("amount", values, dtype=pl.String)


@given(st.lists(AMOUNTS, max_size=20))
def test_every_amount_of_eight_places_is_kept_exactly(values: list[Decimal]) -> None:
    found = units_of_texts(texts(*[format(value, "f") for value in values]))
    assert [number(value) for value in found] == values


@given(FINE)
def test_a_mean_is_rounded_to_the_nearest_unit(value: Decimal) -> None:
    (found,) = rounded_units_of_texts(texts(format(value, "f")))
    assert number(found) == value.quantize(Decimal("1e-8"), ROUND_HALF_EVEN)


def test_nothing_stays_nothing_and_trailing_zeros_are_no_places() -> None:
    assert units_of_texts(texts("1.10", None, "-0", "2.000000000000")).to_list() == [
        110_000_000,
        None,
        0,
        200_000_000,
    ]


@pytest.mark.parametrize("text", ["", "-", "1e5", "+1", " 1", "1.", ".5", "abc", "1.-5", "--1", "NaN", "inf"])
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    for read in (units_of_texts, rounded_units_of_texts):
        with pytest.raises(DataError, match="no amount"):
            read(texts("1.5", text))


def test_what_is_finer_or_larger_than_units_is_refused() -> None:
    with pytest.raises(DataError, match="finer"):
        units_of_texts(texts("0.100000001"))
    for text in ("93000000000", "-93000000000", "9" * 60):
        with pytest.raises(DataError, match="no amount"):
            units_of_texts(texts(text))
