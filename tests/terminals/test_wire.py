"""Calls and answers survive the wire, and nothing else is taken for one."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.terminals.struct_sequence import StructSequence
from ictcli.terminals.structs import RATES_DTYPE, RECORDS, TICKS_DTYPE, OrderSendResult
from ictcli.terminals.wire import (
    Answer,
    WireError,
    decode_answer,
    decode_call,
    encode_answer,
    encode_call,
    pack,
    unpack,
)
from tests.terminals.played import blank

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.integers(0, 2**40), st.tuples(VALUES, VALUES), st.dictionaries(st.sampled_from("abc"), VALUES))
def test_a_call_arrives_as_it_was_made(number: int, arguments: Any, keywords: dict[str, Any]) -> None:
    call = decode_call(encode_call(number, "positions_get", arguments, keywords))
    assert (call.number, call.function) == (number, "positions_get")
    assert call.arguments == arguments
    assert call.keywords == keywords


@given(VALUES)
def test_an_answer_arrives_as_it_was_given(value: Any) -> None:
    answer = decode_answer(encode_answer(Answer(3, pack(value), "", "", 1, "Success")))
    assert answer.value == value
    assert (answer.code, answer.message) == (1, "Success")


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_arrives_as_the_same_record(name: str) -> None:
    record = blank(RECORDS[name])
    again = unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(pack((record,)))))[0]
    assert type(again) is RECORDS[name]
    assert again == record


def test_a_record_inside_a_record_arrives_as_one() -> None:
    request = blank(RECORDS["TradeRequest"], symbol="EURUSD", magic=2**64 - 1)
    result = blank(OrderSendResult, request=request)
    again = unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(pack(result))))
    assert again.request == request
    assert type(again.request) is RECORDS["TradeRequest"]


def test_a_record_with_more_items_than_ours_is_taken_by_name() -> None:
    class Tick(StructSequence):
        volume_real: float
        bid: float
        time: int
        ask: float
        last: float
        volume: int
        news: str
        time_msc: int
        flags: int

    again = unpack(pack(Tick((0.5, 1.1, 7, 1.2, 0.0, 3, "more", 7000, 6))))
    assert again._asdict() == {
        "time": 7, "bid": 1.1, "ask": 1.2, "last": 0.0, "volume": 3, "time_msc": 7000, "flags": 6,
        "volume_real": 0.5,
    }  # fmt: skip


def test_a_record_that_lacks_an_item_is_refused() -> None:
    class Tick(StructSequence):
        time: int

    with pytest.raises(WireError, match="this build's Tick has no bid"):
        pack(Tick((1,)))


@pytest.mark.parametrize("dtype", [RATES_DTYPE, TICKS_DTYPE])
@pytest.mark.parametrize("rows", [0, 1, 1000])
def test_rows_arrive_bit_for_bit(dtype: np.dtype[Any], rows: int) -> None:
    made = np.frombuffer(np.random.default_rng(5).bytes(rows * dtype.itemsize), dtype)
    again = unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(pack(made))))
    assert again.dtype == dtype
    assert again.tobytes() == made.tobytes()
    assert again.flags.writeable


@pytest.mark.parametrize(
    "value", [datetime(2026, 1, 1, tzinfo=UTC), b"bytes", object(), {1: 2}, np.zeros(3), {1, 2}, np.int64(3)]
)
def test_what_no_function_takes_cannot_be_sent(value: Any) -> None:
    with pytest.raises(WireError):
        encode_call(1, "order_send", (value,), {})


def test_numbers_beyond_64_bits_cannot_be_sent() -> None:
    with pytest.raises(WireError):
        encode_call(1, "order_send", ({"magic": 2**64},), {})


@pytest.mark.parametrize(
    "content",
    [
        None, 3, "x", [], [1], [1, "f", []], [1, "f", [], {}, 0], ["1", "f", [], {}], [1, 2, [], {}],
        [1, "f", [["x"]], {}], [1, "f", [[]], {}], [1, "f", [["r", "Tick", 1]], {}],
        [1, "f", [["r", "Evil"]], {}], [1, "f", [["r"]], {}], [1, "f", [["a", "rates", b"123"]], {}],
        [1, "f", [["a", "other", b""]], {}], [1, "f", [["a", "rates", "text"]], {}], [1, "f", [b"x"], {}],
        [1, "f", [["r", ["Tick"]]], {}], [1, "f", [msgspec.msgpack.Ext(5, b"x")], {}],
        [1, "f", [datetime(2026, 1, 1, tzinfo=UTC)], {}], [1, "f", [], {"a": {1: 2}}], [1, "f", [], {3: 2}],
    ],
)  # fmt: skip
def test_what_is_no_call_is_refused(content: Any) -> None:
    with pytest.raises(WireError):
        decode_call(msgspec.msgpack.encode(content))


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(WireError):
        decode_call(b"\x94\x01\xa1f\x91" + b"\x91" * 100_000)


@given(st.binary(max_size=200))
def test_bytes_are_a_call_or_refused(frame: bytes) -> None:
    for decode in (decode_call, decode_answer):
        try:
            decode(frame)
        except WireError:
            continue
