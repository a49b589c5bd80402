"""Hashes of texts that begin alike are those of the standard library."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.detectors.lanes import LANES, LANES_WORK, finish_lanes, lane_bits, set_lane
from ictcli.detectors.sha256 import begin_texts, finish, new_work, resume, write_number


def first_bits(begin: bytes, rest: bytes) -> int:
    begun, work = begin_texts([begin])[0], new_work()[0]
    at = resume(begun, work["text"])
    for byte in rest:
        work["text"][at] = byte
        at += 1
    return finish(begun, work, at) & (2**64 - 1)


def expected(text: bytes) -> int:
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


@pytest.mark.jit_off
def test_the_published_vector_of_the_standard() -> None:
    assert f"{first_bits(b'a', b'bc'):016x}" == "ba7816bf8f01cfea"


@pytest.mark.parametrize("size", [1, 54, 55, 56, 63, 64, 65, 118, 119, 120, 128, 871])
def test_texts_of_every_length_around_a_block_agree(size: int) -> None:
    begin = bytes(65 + at % 26 for at in range(size))
    for more in (1, 8, 9, 30):
        assert first_bits(begin, b"7" * more) == expected(begin + b"7" * more)


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=300), st.binary(max_size=60))
def test_any_texts_agree(begin: bytes, rest: bytes) -> None:
    assert first_bits(begin, rest) == expected(begin + rest)


@pytest.mark.jit_off
@pytest.mark.parametrize("number", [0, 1, -1, 9, 10, 99, 100, 1_704_067_200_000, -5_000, 10**18, 2**63 - 1])
def test_numbers_are_written_in_decimal_digits(number: int) -> None:
    text = np.zeros(32, np.uint8)
    end = write_number(text, 3, number)
    assert text[3:end].tobytes() == str(number).encode()
    assert not text[end:].any()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.binary(min_size=1, max_size=150), st.binary(max_size=60)), min_size=LANES, max_size=LANES
    )
)
def test_texts_hashed_together_are_those_hashed_alone(texts: list[tuple[bytes, bytes]]) -> None:
    begun, work = begin_texts([begin for begin, _ in texts]), np.zeros(1, LANES_WORK)[0]
    for lane, (_, rest) in enumerate(texts):
        at = resume(begun[lane], work["text"][lane])
        work["text"][lane, at : at + len(rest)] = np.frombuffer(rest, np.uint8)
        set_lane(work, lane, begun[lane], at + len(rest))
    finish_lanes(work)
    found = [lane_bits(work, lane) & (2**64 - 1) for lane in range(LANES)]
    assert found == [expected(begin + rest) for begin, rest in texts]
