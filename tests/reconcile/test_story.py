"""Tables of a story, and the units their numbers are in."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.reconcile.exact import number, text, units
from ictcli.reconcile.story import CASH, FILLS, table


@given(st.decimals("-90000000000", "90000000000", places=8))
def test_units_hold_every_number_of_eight_places_exactly(value: Decimal) -> None:
    assert number(units(value)) == value


@pytest.mark.parametrize(
    ("value", "says"),
    [("0.000000001", "finer"), ("93000000000", "too large")],
)
def test_what_units_cannot_hold_is_refused(value: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        units(Decimal(value))


@pytest.mark.parametrize("value", ["0", "100", "-0.5", "1.10432", "1000000"])
def test_units_are_written_as_people_do(value: str) -> None:
    assert text(units(Decimal(value))) == value


def test_a_row_may_leave_out_what_its_side_does_not_know() -> None:
    one = table(FILLS, [{"deal": 7, "symbol": "EURUSD"}]).row(0, named=True)
    assert (one["deal"], one["intent"], one["late"], one["volume"]) == (7, "", False, 0)


def test_a_column_that_no_table_has_is_refused() -> None:
    with pytest.raises(ValueError, match="volume"):
        table(CASH, [{"key": "a", "volume": 1}])
