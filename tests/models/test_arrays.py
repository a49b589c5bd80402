"""Arrays on disk: the same bytes for the same arrays, and never a pickle."""

import io
import pickle

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.models.arrays import pack, unpack


def test_arrays_come_back_with_their_types_shapes_and_bits() -> None:
    arrays = {
        "f": np.array([[0.1, -0.0], [np.nan, np.inf]]),
        "g": np.array([1.5], np.float32),
        "i": np.arange(3, dtype=np.int64),
        "none": np.zeros((4, 0)),
    }
    found = unpack(pack(arrays), "x.npz")
    assert list(found) == ["f", "g", "i", "none"]
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


def test_the_bytes_depend_on_nothing_but_the_arrays() -> None:
    one, two = np.arange(6).reshape(2, 3), np.ones(2)
    assert pack({"a": one, "b": two}) == pack({"b": two, "a": np.asfortranarray(one)})
    assert pack({"a": one}) != pack({"a": one + 1})


def test_an_array_of_objects_is_neither_written_nor_read() -> None:
    with pytest.raises(ValueError, match="pickle"):
        pack({"a": np.array([{}], dtype=object)})
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([{}], dtype=object))
    with pytest.raises(DataError, match=r"x\.npz"):
        unpack(buffer.getvalue(), "x.npz")


@pytest.mark.parametrize("data", [b"", b"PK", pickle.dumps({"a": 1}), pack({"a": np.ones(50)})[:-40]])
def test_anything_else_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(DataError, match=r"x\.npz"):
        unpack(data, "x.npz")
