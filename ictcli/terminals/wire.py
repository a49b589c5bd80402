"""Calls of a terminal's functions and their answers as bytes: MessagePack without code, classes or pickles.

Records travel as their name and items, arrays as their kind and bytes. Both ends know every record and both
dtypes, so nothing that arrives can be anything else.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from ictcli.terminals.structs import RATES_DTYPE, RECORDS, TICKS_DTYPE

_ARRAYS: Mapping[str, np.dtype[Any]] = {"rates": RATES_DTYPE, "ticks": TICKS_DTYPE}
_TUPLE, _RECORD, _ARRAY = "t", "r", "a"


class WireError(ValueError):
    """What arrived is no call and no answer, or a value cannot travel."""


class Call(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One call; ``number`` comes back with its answer."""

    number: int
    function: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


class Answer(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a call came to.

    Attributes:
        number: of the call.
        value: returned, packed.
        raised: name of the exception class; empty when it returned.
        text: of the exception.
        code, message: ``last_error`` right after the call.
    """

    number: int
    value: Any
    raised: str
    text: str
    code: int
    message: str


_CALLS = msgspec.msgpack.Decoder(Call)
_ANSWERS = msgspec.msgpack.Decoder(Answer)
_ENCODER = msgspec.msgpack.Encoder()


def encode_call(number: int, function: str, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> bytes:
    """A call as bytes.

    Raises:
        WireError: an argument is of a type, or so large, that no function takes it.
    """
    packed = tuple(pack(each) for each in arguments)
    return _encoded(Call(number, function, packed, {name: pack(value) for name, value in keywords.items()}))


def decode_call(frame: bytes | bytearray) -> Call:
    """The call that bytes are, its arguments unpacked.

    Raises:
        WireError: they are none.
    """
    try:
        call = _CALLS.decode(frame)
        arguments = tuple(unpack(each) for each in call.arguments)
        keywords = {name: unpack(value) for name, value in call.keywords.items()}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"not a call: {error}") from None
    return Call(call.number, call.function, arguments, keywords)


def encode_answer(answer: Answer) -> bytes:
    """An answer as bytes; its value is packed already."""
    return _encoded(answer)


def decode_answer(frame: bytes | bytearray) -> Answer:
    """The answer that bytes are, its value unpacked.

    Raises:
        WireError: they are none.
    """
    try:
        answer = _ANSWERS.decode(frame)
        value = unpack(answer.value)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"not an answer: {error}") from None
    return Answer(answer.number, value, answer.raised, answer.text, answer.code, answer.message)


def pack(value: Any) -> Any:
    """A value of the terminal's functions as lists, dictionaries, numbers, text and bytes.

    Records are taken by the names of their items, so another build of the module may have more of them.

    Raises:
        WireError: it is of another type, or lacks an item.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, np.ndarray):
        return _packed_array(value)
    if isinstance(value, dict):
        return {_name(key): pack(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        as_dict = getattr(value, "_asdict", None)
        return [_TUPLE, *map(pack, value)] if as_dict is None else _packed_record(value, as_dict())
    raise WireError(f"a {type(value).__name__} cannot be passed to a terminal")


def unpack(value: Any) -> Any:
    """The inverse of ``pack``; lists come back as tuples.

    Raises:
        WireError: it is nothing that ``pack`` makes.
    """
    if isinstance(value, dict):
        return {_name(key): unpack(each) for key, each in value.items()}
    if not isinstance(value, list):
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise WireError(f"a bare {type(value).__name__}")
    if not value:
        raise WireError("an empty list")
    if value[0] == _TUPLE:
        return tuple(unpack(each) for each in value[1:])
    if value[0] == _RECORD:
        return _record(value)
    if value[0] == _ARRAY:
        return _array(value)
    raise WireError("a list of an unknown kind")


def _packed_record(record: tuple[Any, ...] | list[Any], items: dict[str, Any]) -> list[Any]:
    name = type(record).__name__
    if name not in RECORDS:
        raise WireError(f"a {name} cannot be passed to a terminal")
    fields = RECORDS[name].__annotations__
    missing = [field for field in fields if field not in items]
    if missing:
        raise WireError(f"this build's {name} has no {missing[0]}")
    return [_RECORD, name, *(pack(items[field]) for field in fields)]


def _record(value: list[Any]) -> Any:
    kind = RECORDS.get(value[1]) if len(value) > 1 and isinstance(value[1], str) else None
    if kind is None or len(value) != 2 + kind.n_fields:
        raise WireError("a record of an unknown kind or length")
    return kind([unpack(each) for each in value[2:]])


def _packed_array(array: Any) -> list[Any]:
    for name, dtype in _ARRAYS.items():
        if array.dtype.names == dtype.names and array.ndim == 1:
            rows = np.ascontiguousarray(array, dtype)
            return [_ARRAY, name, rows.view(np.uint8).data]
    raise WireError(f"an array of {array.dtype} cannot be passed from a terminal")


def _array(value: list[Any]) -> Any:
    dtype = _ARRAYS.get(value[1]) if len(value) == 3 and isinstance(value[1], str) else None
    if dtype is None or not isinstance(value[2], bytes) or len(value[2]) % dtype.itemsize:
        raise WireError("an array of an unknown kind or length")
    return np.frombuffer(bytearray(value[2]), dtype)


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise WireError("a dictionary with keys that are no text")
    return key


def _encoded(value: Call | Answer) -> bytes:
    try:
        return _ENCODER.encode(value)
    except (OverflowError, UnicodeEncodeError, ValueError) as error:
        raise WireError(f"cannot be passed to a terminal: {error}") from None
