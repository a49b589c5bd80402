"""The far end of a line: one call in, the function of the module called, one answer out."""

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ictcli.terminals.constants import ErrorCode
from ictcli.terminals.surface import FUNCTIONS
from ictcli.terminals.terminal import TerminalSilent
from ictcli.terminals.wire import Answer, WireError, decode_call, encode_answer, pack

_ALLOWED = frozenset(FUNCTIONS)
RAISED = {kind.__name__: kind for kind in (SystemError, TypeError, ValueError, TerminalSilent)}
"""Exceptions that cross a line; everything else arrives as a SystemError."""


def answer_frame(
    module: Any,
    frame: bytes | bytearray,
    longest: int,
    *,
    allowed: Collection[str] = _ALLOWED,
    turn: AbstractContextManager[None] | None = None,
) -> bytes:
    """The answer to a call, both as frames.

    Args:
        module: an object with the functions of the MetaTrader5 module.
        frame: the call.
        longest: bytes of the longest answer; a longer one becomes an exception at the caller's.
        allowed: functions that the caller may call.
        turn: held while the module is called and says how that ended, and not while the answer is packed.

    Raises:
        WireError: the frame is no call; nothing was called.
    """
    call = decode_call(frame)
    if call.function not in allowed:
        known = call.function in _ALLOWED
        why = "not for a client that only reads" if known else "no function of a terminal"
        return _refusal(call.number, "TypeError", f"{why}: {call.function[:40]!r}")
    value: Any = None
    raised = text = ""
    try:
        with turn or nullcontext():
            try:
                found = getattr(module, call.function)(*call.arguments, **call.keywords)
            finally:
                code, message = _last_error(module)
        value = pack(found)
    except Exception as error:
        raised, text = _named(error)
    made = encode_answer(Answer(call.number, value, raised, text, code, message))
    if len(made) > longest:
        return _refusal(call.number, "ValueError", f"the answer is {len(made)} bytes long: ask for less")
    return made


def _named(error: Exception) -> tuple[str, str]:
    for name, kind in RAISED.items():
        if isinstance(error, kind) and not isinstance(error, WireError):
            return name, str(error)
    return "SystemError", f"{type(error).__name__}: {error}"


def _last_error(module: Any) -> tuple[int, str]:
    try:
        code, message = module.last_error()
        return int(code), str(message)
    except Exception as error:
        return int(ErrorCode.E_INTERNAL_FAIL), f"{type(error).__name__}: {error}"


def _refusal(number: int, raised: str, text: str) -> bytes:
    return encode_answer(Answer(number, None, raised, text, int(ErrorCode.E_INVALID_PARAMS), text))
