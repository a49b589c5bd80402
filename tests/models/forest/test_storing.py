"""Forests as bytes."""

import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.models.forest.layout import Forest
from ictcli.models.forest.storing import decode, encode
from tests.models.forest.trained import forest_native, market


@pytest.fixture(scope="module")
def forest() -> Forest:
    return forest_native(*market(300, 1)).forest


def test_a_forest_comes_back_as_it_was(forest: Forest) -> None:
    back = decode(encode(forest), "forest.npz")
    assert np.array_equal(back.nodes, forest.nodes)
    assert np.array_equal(back.settings, forest.settings)


def test_the_bytes_are_the_same_every_time_and_hold_no_time(forest: Forest) -> None:
    assert encode(forest) == encode(decode(encode(forest), "forest.npz"))
    with zipfile.ZipFile(io.BytesIO(encode(forest))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("cut", [0, 1, 100, -30])
def test_a_file_cut_short_is_damaged(forest: Forest, cut: int) -> None:
    with pytest.raises(DataError, match=r"forest\.npz is damaged"):
        decode(encode(forest)[:cut], "forest.npz")


def test_a_flipped_byte_is_noticed(forest: Forest) -> None:
    data = bytearray(encode(forest))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(DataError, match="damaged"):
        decode(bytes(data), "forest.npz")


@settings(max_examples=120, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_noticed_or_changes_nothing(forest: Forest, place: float, bit: int) -> None:
    data = bytearray(encode(forest))
    data[int(place * len(data))] ^= 1 << bit
    try:
        back = decode(bytes(data), "forest.npz")
    except DataError:
        return
    assert np.array_equal(back.nodes, forest.nodes)
    assert np.array_equal(back.settings, forest.settings)


def test_a_flipped_bit_in_the_directory_of_the_file_is_noticed_or_changes_nothing() -> None:
    small = forest_native(*market(60, 1), 1, max_depth=1).forest
    whole = encode(small)
    for place in range(8 * (len(whole) - 230), 8 * len(whole)):
        data = bytearray(whole)
        data[place // 8] ^= 1 << place % 8
        with contextlib.suppress(DataError):
            assert np.array_equal(decode(bytes(data), "forest.npz").nodes, small.nodes)


def test_other_arrays_are_no_forest(forest: Forest) -> None:
    for parts in (
        {"nodes": np.zeros(3), "settings": forest.settings},
        {"nodes": forest.nodes, "settings": np.concatenate([forest.settings, forest.settings])},
        {"nodes": forest.nodes},
        {"nodes": np.array([{}], dtype=object), "settings": forest.settings},
    ):
        out = io.BytesIO()
        np.savez(out, allow_pickle=True, **parts)
        with pytest.raises(DataError, match="damaged"):
            decode(out.getvalue(), "forest.npz")
