"""Packed lists and dictionaries: whatever they were given is what they give back."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.store.packed import Packed, PackedList


@dataclass(slots=True)
class State:
    """Something that ends, and may change after its end."""

    number: int
    volume: Decimal = Decimal("0.10")
    over: bool = False


def states(kept: int = 2, block: int = 2) -> Packed[str, State]:
    """A dictionary that compresses nearly everything that is over."""
    return Packed(str, State, lambda one: one.over, kept, block)


def rows(packed: Packed[Any, Any]) -> int:
    """How many rows lie compressed."""
    return len(packed._rows)


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 5))
def test_a_list_gives_back_what_was_added(values: list[int], block: int) -> None:
    packed: PackedList[int] = PackedList(int, block)
    for value in values:
        packed.append(value)
    assert list(packed) == values
    assert len(packed) == len(values)
    assert [packed[at] for at in range(len(values))] == values
    for first in range(len(values) + 2):
        assert list(packed.since(first)) == values[first:]
    assert len(packed.tail) < 2 * block


ACTS = st.lists(
    st.tuples(st.sampled_from(("new", "change", "end", "read", "tidy", "reload")), st.integers(0, 12)),
    max_size=60,
)


@given(ACTS, st.integers(0, 3), st.integers(1, 3))
def test_a_dictionary_is_a_dictionary(acts: list[tuple[str, int]], kept: int, block: int) -> None:
    packed, plain = states(kept, block), dict[str, State]()
    for act, number in acts:
        name = f"intent {number}"
        if act == "new":
            packed[name], plain[name] = State(number), State(number)
        elif act == "tidy":
            packed.tidy()
        elif act == "reload":
            saved, packed = packed.save(), states(kept, block)
            packed.load(saved)
        elif name in plain:
            for one in (packed[name], plain[name]):
                one.volume += Decimal("0.01") if act == "change" else 0
                one.over = one.over or act == "end"
        assert (name in packed) == (name in plain)
        assert packed.get(name) == plain.get(name)
    assert packed == plain
    assert len(packed) == len(plain)
    assert sorted(packed) == sorted(plain)
    assert sorted(one.number for one in packed.values()) == sorted(one.number for one in plain.values())


def test_what_is_over_is_compressed_and_what_is_not_stays() -> None:
    packed = states()
    for number in range(10):
        packed[str(number)] = State(number, over=number not in (0, 5))
        packed.tidy()
    assert rows(packed) == 6
    assert packed["0"] is packed["0"]
    packed["3"].volume = Decimal(7)
    assert packed["3"].volume == 7
    for number in range(10, 20):
        packed[str(number)] = State(number, over=True)
        packed.tidy()
    assert packed["3"] == State(3, Decimal(7), over=True)
    assert len(packed) == 20
    with pytest.raises(KeyError):
        packed["20"]


def test_what_was_only_looked_at_is_not_compressed_a_second_time() -> None:
    packed = states(kept=0)
    for number in range(4):
        packed[str(number)] = State(number, over=True)
    packed.tidy()
    for _ in range(3):
        assert [packed[str(number)].number for number in range(4)] == [0, 1, 2, 3]
        packed.tidy()
    assert rows(packed) == 4
    assert not packed._hot


@given(st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.integers(0, 9), max_size=40))
def test_whole_numbers_are_keys_too(values: dict[int, int]) -> None:
    packed: Packed[int, int] = Packed(int, int, None, 0, 2)
    for key, value in values.items():
        packed[key] = value
        packed.tidy()
    assert packed == values
    assert all(key in packed and packed[key] == value for key, value in values.items())
    assert [key for key in range(20) if key in packed] == [key for key in range(20) if key in values]


def test_keys_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ictcli.store.packed._hash", lambda _key: 7)
    packed = states(kept=0)
    for number in range(6):
        packed[str(number)] = State(number, over=True)
        packed.tidy()
    assert [packed[str(number)].number for number in range(6)] == list(range(6))
    assert "6" not in packed


def test_bytes_of_something_else_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        states().load(b"\x01")


def test_a_dictionary_that_changes_has_no_hash() -> None:
    with pytest.raises(TypeError, match="no hash"):
        hash(states())


def test_thousands_that_are_over_need_little_room() -> None:
    packed: Packed[int, State] = Packed(int, State, lambda one: one.over)
    for number in range(20_000):
        packed[number] = State(number, Decimal(number).scaleb(-2), over=True)
        packed.tidy()
    assert 20_000 * 12 < packed.compressed < 20_000 * 24
    assert packed[4_711].volume == Decimal("47.11")
