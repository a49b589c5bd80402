"""Records and arrays are those that ship with the module, and behave as C struct sequences do."""

import copy
import pickle
from typing import Any, get_args, get_origin

import numpy as np
import pytest

from ictcli.terminals.struct_sequence import StructSequence
from ictcli.terminals.structs import (
    RATES_DTYPE,
    RECORDS,
    TICKS_DTYPE,
    OrderCheckResult,
    Tick,
    TradeRequest,
)
from tests.terminals import shipped

REQUEST = TradeRequest((1, 7, 0, "EURUSD", 0.1, 1.1, 0.0, 1.0, 1.2, 10, 0, 1, 0, 0, "first", 0, 0))
TICK = Tick((1_700_000_000, 1.1, 1.2, 0.0, 0, 1_700_000_000_123, 6, 0.0))


def width(annotation: Any) -> str:
    if get_origin(annotation) is None and not get_args(annotation):
        return str(annotation.__name__)
    return str(get_args(annotation)[1] if hasattr(annotation, "__metadata__") else annotation)


@pytest.mark.parametrize("name", shipped.RECORDS)
def test_fields_of_a_record_are_those_of_the_module_in_its_order(name: str) -> None:
    listed = [tuple(field.split(":")) for field in shipped.RECORDS[name].split()]
    record = RECORDS[name]
    assert [(field, width(kind)) for field, kind in record.__annotations__.items()] == listed
    made = record(range(len(listed)))
    assert [getattr(made, field) for field, _ in listed] == list(range(len(listed)))
    assert made.n_fields == made.n_sequence_fields == len(listed)


def test_there_are_eleven_records() -> None:
    assert set(RECORDS) == set(shipped.RECORDS)
    assert len(RECORDS) == 11


@pytest.mark.parametrize(("name", "dtype"), [("rates", RATES_DTYPE), ("ticks", TICKS_DTYPE)])
def test_rows_are_packed_into_sixty_bytes(name: str, dtype: np.dtype[Any]) -> None:
    fields = dtype.fields
    assert fields is not None
    assert [(field, fields[field][0].str, fields[field][1]) for field in dtype.names or ()] == [
        (field, kind if kind[1:] != "i1" else "|i1", offset) for field, kind, offset in shipped.ARRAYS[name]
    ]
    assert dtype.itemsize == 60
    assert not dtype.isalignedstruct


def test_a_record_is_a_tuple_with_names() -> None:
    assert TICK.bid == TICK[1] == 1.1
    assert tuple(TICK) == TICK
    assert TICK == (1_700_000_000, 1.1, 1.2, 0.0, 0, 1_700_000_000_123, 6, 0.0)
    assert hash(TICK) == hash(tuple(TICK))
    assert type(TICK[:2]) is tuple
    assert repr(TICK).startswith("Tick(time=1700000000, bid=1.1, ")


def test_a_record_cannot_be_written() -> None:
    with pytest.raises(AttributeError):
        setattr(TICK, "bid", 2.0)  # noqa: B010 - the type checker would object to a plain assignment
    with pytest.raises(AttributeError):
        setattr(TICK, "other", 2.0)  # noqa: B010
    assert not hasattr(TICK, "__dict__")


@pytest.mark.parametrize("absent", ["_fields", "_replace", "_make", "_field_defaults"])
def test_a_record_is_no_named_tuple(absent: str) -> None:
    assert not hasattr(TICK, absent)


@pytest.mark.parametrize("values", [(), range(7), range(9)])
def test_a_record_takes_one_sequence_of_all_items(values: Any) -> None:
    with pytest.raises(TypeError, match=rf"Tick\(\) takes a 8-sequence \({len(values)}-sequence given\)"):
        Tick(values)


def test_a_record_takes_no_separate_items() -> None:
    make: Any = Tick
    with pytest.raises(TypeError):
        make(*range(8))
    with pytest.raises(TypeError):
        make(values=range(8))


def test_a_dictionary_of_a_record_keeps_the_record_inside() -> None:
    result = OrderCheckResult((0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, "Done", REQUEST))
    shown = result._asdict()
    assert shown["request"] is REQUEST
    assert isinstance(shown["request"], TradeRequest)
    assert list(shown) == list(OrderCheckResult.__annotations__)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_record_cannot_be_pickled(protocol: int) -> None:
    with pytest.raises((pickle.PicklingError, AttributeError), match="Tick"):
        pickle.dumps(TICK, protocol)


def test_a_record_can_be_copied() -> None:
    assert copy.copy(TICK) == TICK
    again = copy.deepcopy(REQUEST)
    assert again == REQUEST
    assert isinstance(again, StructSequence)
