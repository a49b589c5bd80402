"""How the C functions of MetaTrader5 read what they are given (MT5.md 1.0 to 1.5).

``Refusal`` is a call that fails by its failure value and ``last_error``. ``Unconverted`` is a conversion
error that the C code leaves standing, so that Python raises ``SystemError``.
"""

import operator
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, SupportsFloat, SupportsIndex

from ictcli.terminals.constants import ERROR_TEXTS, ErrorCode
from ictcli.terminals.structs import TradeRequest
from ictcli.terminals.surface import TEXT_LIMITS

INVALID_ARGUMENTS = "Invalid arguments"
UNNAMED = "Unnamed arguments not allowed"
WRONG_NUMBER = "Invalid number of arguments"
_ORDINALS = ("1st", "2nd", "3rd")
_LARGEST = {"uint32": 2**32 - 1, "uint64": 2**64 - 1, "int64": 2**63 - 1}
_INT32 = 2**31
_TEXTS: Mapping[int, str] = {int(code): text for code, text in ERROR_TEXTS.items()}


class Refusal(Exception):
    """A call ends with a code of ``last_error``.

    Args:
        code: one of ``ErrorCode``.
        text: what ``last_error`` says; empty for the text of the code.
        answer: what the function returns; None for its usual failure value.
    """

    def __init__(self, code: int, text: str = "", answer: Literal[False] | None = None) -> None:
        super().__init__(text or _TEXTS.get(code, ""))
        self.code = code
        self.answer = answer


class Unconverted(Exception):
    """A value cannot become what the C code wants, and the C code does not clear the error."""


def invalid(text: str, answer: Literal[False] | None = None) -> Refusal:
    """A refusal of an argument."""
    return Refusal(ErrorCode.E_INVALID_PARAMS, text, answer)


def invalid_field(name: str) -> Refusal:
    """A refusal of a named argument."""
    return invalid(f'Invalid "{name}" argument')


def invalid_place(place: int) -> Refusal:
    """A refusal of a positional argument; the module names three places."""
    if place < len(_ORDINALS):
        return invalid(f"Invalid {_ORDINALS[place]} unnamed argument")
    return invalid(INVALID_ARGUMENTS)


def fits(value: Any, kind: str) -> bool:
    """Whether a value is text that the module takes: a ``str`` of few enough UTF-16 units."""
    return isinstance(value, str) and utf16_units(value) <= TEXT_LIMITS[kind]


def utf16_units(text: str) -> int:
    """Length of a text as Windows counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def text_at(args: Sequence[Any], place: int, kind: str) -> str:
    """A positional text."""
    if not fits(args[place], kind):
        raise invalid_place(place)
    return str(args[place])


def text_named(given: Mapping[str, Any], name: str, kind: str) -> str:
    """A named text; empty where it is not given."""
    value = given.get(name, "")
    if not fits(value, kind):
        raise invalid_field(name)
    return str(value)


def whole_named(given: Mapping[str, Any], name: str) -> int:
    """A named whole number that must be a Python ``int``; 0 where it is not given."""
    value = given.get(name, 0)
    if not isinstance(value, int):
        raise invalid_field(name)
    return _in_range(value, 0, _LARGEST["uint64"])


def number_of(args: Sequence[Any], count: int, *, least: int | None = None) -> None:
    """Refuse another number of positional arguments, as functions do that count them themselves."""
    if not (count if least is None else least) <= len(args) <= count:
        raise invalid(WRONG_NUMBER)


def no_such_value() -> Refusal:
    """The terminal's own refusal of a parameter's value."""
    return Refusal(ErrorCode.E_INVALID_PARAMS)


def parsed(args: Sequence[Any], count: int) -> None:
    """Fail on another number of positional arguments, as functions do that leave counting to Python."""
    if len(args) != count:
        raise Unconverted(f"function takes exactly {count} arguments ({len(args)} given)")


def c_int(value: SupportsIndex) -> int:
    """A value for a C ``int``: anything with ``__index__``."""
    try:
        number = operator.index(value)
    except TypeError as error:
        raise Unconverted(str(error)) from error
    return _in_range(number, -_INT32, _INT32 - 1)


def c_double(value: Any) -> float:
    """A value for a C ``double``: numbers, but no text."""
    if isinstance(value, str | bytes | bytearray) or not isinstance(value, SupportsFloat | SupportsIndex):
        raise Unconverted(f"must be real number, not {type(value).__name__}")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unconverted(str(error)) from error


def seconds_of(value: Any, refusal: Refusal) -> int:
    """A date as whole seconds of the server's wall clock.

    Numbers are taken as they are, datetimes by their ``timestamp()``, naive ones in the machine's zone. 0
    is refused: the module discards it and goes on with whatever it held before.

    Raises:
        Refusal: ``refusal``, for anything else.
        Unconverted: the timestamp fails, or does not fit into 32 bits.
    """
    if not isinstance(value, int | float | datetime):
        raise refusal
    try:
        seconds = int(value.timestamp() if isinstance(value, datetime) else value)
    except (ValueError, OverflowError, OSError) as error:
        raise Unconverted(str(error)) from error
    if seconds == 0:
        raise refusal
    return _in_range(seconds, -_INT32, _INT32 - 1)


def request_of(args: Sequence[Any], named: Mapping[str, Any]) -> TradeRequest:
    """The request of ``order_check`` and ``order_send``: one dict, or named values; never both.

    Unknown keys are ignored, missing ones are zero or empty; every value must have exactly its field's type.
    """
    if bool(args) == bool(named) or len(args) > 1:
        raise invalid(INVALID_ARGUMENTS)
    given = args[0] if args else named
    if not isinstance(given, dict):
        raise invalid_place(0)
    return TradeRequest(
        _field(name, kind, given[name]) if name in given else ("" if kind is str else kind_zero(kind))
        for name, kind in TradeRequest.__annotations__.items()
    )


def kind_zero(kind: Any) -> float:
    """What a missing number of a record is."""
    return 0.0 if kind is float else 0


def _field(name: str, kind: Any, value: Any) -> Any:
    if kind is float:
        accepted = isinstance(value, float)
    elif kind is str:
        accepted = fits(value, name)
    else:
        accepted = isinstance(value, int)
    if not accepted:
        raise invalid_field(name)
    if kind is float:
        return float(value)
    if kind is str:
        return str(value)
    largest = _LARGEST[kind.__metadata__[0]]
    return _in_range(int(value), -largest - 1 if name == "expiration" else 0, largest)


def _in_range(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise Unconverted("Python int too large to convert to C long" if value > most else "negative value")
    return value
