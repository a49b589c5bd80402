"""A line of the log files: its fields, how it is written and how it is read again."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

_LONGEST = 8_192
"""Characters of a text that are kept."""
UNREADABLE = "UNREADABLE"


class LogLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One record. What is not known is left out; what has no field of its own stands in ``more``.

    Attributes:
        ts: ISO-8601 UTC.
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        command: of the program, such as ``config show``.
        session: one run of the program, until it ends.
        pid: its process.
        event: what happened, in a word; of trading, the kind of the ledger's event.
        message: the same for people.
        run, account: of a trader, as in the ledger.
        intent, ticket, deal, symbol, strategy, code: as in the ledger.
        exit, seconds: how the program ended, and after how long.
        source: module and line that logged it.
        error: traceback of an unexpected error.
        more: anything else.
    """

    ts: str
    level: str
    command: str = ""
    session: str = ""
    pid: int = 0
    event: str = ""
    message: str = ""
    run: str = ""
    account: int | None = None
    intent: str = ""
    ticket: int | None = None
    deal: int | None = None
    symbol: str = ""
    strategy: str = ""
    code: str = ""
    exit: int | None = None
    seconds: float | None = None
    source: str = ""
    error: str = ""
    more: dict[str, Any] | msgspec.Raw | None = None


class _Stored(LogLine, kw_only=True):
    """As it is read: what has no field of its own stays text."""

    more: msgspec.Raw = msgspec.Raw(b"")


_KNOWN = frozenset(LogLine.__struct_fields__) - {"more"}
_TEXTS = frozenset({"command", "event", "run", "intent", "symbol", "strategy", "code", "source"})
_NUMBERS = frozenset({"account", "ticket", "deal", "exit", "pid"})


def line_of(fields: Mapping[str, Any]) -> bytes:
    """Fields of a record as its line, without the end; values of wrong types are put into ``more``."""
    known: dict[str, Any] = {}
    more: dict[str, Any] = {}
    for name, value in fields.items():
        if value is None or value == "":
            continue
        fits = name in _KNOWN and _fits(name, value)
        (known if fits else more)[name] = _short(value)
    return msgspec.json.encode(LogLine(**known, more=more or None))


def _fits(name: str, value: object) -> bool:
    if name in _NUMBERS:
        return type(value) is int and -(2**63) <= value < 2**63
    if name == "seconds":
        return isinstance(value, float)
    return isinstance(value, str)


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[: _LONGEST // 2]} ... {value[-_LONGEST // 2 :]}"
    return value


def read_lines(path: Path) -> Iterator[LogLine]:
    """Lines of one file; one that is none comes as a record of level ``UNREADABLE``. A lost file has none."""
    decoder = msgspec.json.Decoder(_Stored)
    try:
        content = path.read_bytes()
    except OSError:
        return
    for raw in content.splitlines():
        if not raw:
            continue
        try:
            yield decoder.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            yield LogLine(ts="", level=UNREADABLE, message=raw[:_LONGEST].decode("utf-8", "replace"))
