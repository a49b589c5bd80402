"""Prepared rows: limits, scale and selection, the same for a table and for one row."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ictcli.errors import DataError
from ictcli.models.preparation import Preparation, Preparer

PLAIN = Preparation(
    names=("a", "b", "c"),
    low=(-10.0, 0.0, -1.0),
    high=(10.0, 100.0, 1.0),
    centre=(0.0, 50.0, 0.0),
    scale=(2.0, 1.0, 1.0),
    kept=(True, True, False),
)


def test_values_are_limited_then_scaled_then_clipped() -> None:
    found = Preparer(PLAIN).table(np.array([[4.0, 52.0, 0.5], [99.0, 99.0, 0.5], [-99.0, -5.0, 0.5]]))
    assert found.tolist() == [[2.0, 2.0, 0.0], [5.0, 8.0, 0.0], [-5.0, -8.0, 0.0]]


def test_what_is_no_number_becomes_the_centre_and_infinities_the_limits() -> None:
    found = Preparer(PLAIN).table(np.array([[math.nan, math.inf, 0.0], [-math.inf, math.nan, 0.0]]))
    assert found.tolist() == [[0.0, 8.0, 0.0], [-5.0, 0.0, 0.0]]


@given(arrays(np.float64, (7, 3), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_one_row_is_prepared_as_in_a_table_and_is_always_finite(values: np.ndarray) -> None:
    preparer = Preparer(PLAIN)
    table = preparer.table(values)
    out = np.empty(3)
    for at, row in enumerate(values):
        preparer.row(row, out)
        assert out.tobytes() == table[at].tobytes()
    assert np.isfinite(table).all()


def test_a_preparation_comes_back_from_its_bytes() -> None:
    odd = Preparation(
        names=("x",), low=(-1 / 3,), high=(2 / 3,), centre=(0.1,), scale=(1e-300,), kept=(True,)
    )
    assert Preparation.decode(odd.encode()) == odd


@pytest.mark.parametrize("data", [b"", b"{}", b'{"names": ["a"]}', PLAIN.encode().replace(b"2.0", b"0.0")])
def test_damaged_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"preparation\.json is damaged"):
        Preparation.decode(data)
