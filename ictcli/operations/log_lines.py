"""A line of the log files: its fields, how it is written and how all of them are read as one table."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from ictcli.clock import parse_instant
from ictcli.operations.log_files import log_files

_LONGEST = 8_192
"""Characters of a text that are kept."""
UNREADABLE = "UNREADABLE"
_STAMP = pa.timestamp("us", "UTC")


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


_COLUMNS: Mapping[str, pa.DataType] = {
    "ts": _STAMP, "level": pa.string(), "command": pa.string(), "session": pa.string(), "pid": pa.int64(),
    "event": pa.string(), "message": pa.string(), "run": pa.string(), "account": pa.int64(),
    "intent": pa.string(), "ticket": pa.int64(), "deal": pa.int64(), "symbol": pa.string(),
    "strategy": pa.string(), "code": pa.string(), "exit": pa.int64(), "seconds": pa.float64(),
    "source": pa.string(), "error": pa.string(), "more": pa.string(), "file": pa.string(),
}  # fmt: skip
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


def log_table(folder: Path, *, full: bool) -> pa.Table:
    """All lines of a workspace's log files, oldest file first; one that cannot be read has that as its level.

    Args:
        folder: of the log files, which may be absent.
        full: with their rows; else only the columns.
    """
    schema = pa.schema(list(_COLUMNS.items()))
    tables = [_table(path, schema) for path in log_files(folder)] if full else []
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _table(path: Path, schema: pa.Schema) -> pa.Table:
    lines = list(read_lines(path))
    columns = [pa.array([_cell(name, line) for line in lines], kind) for name, kind in _COLUMNS.items()
               if name != "file"]  # fmt: skip
    return pa.Table.from_arrays([*columns, pa.repeat(pa.scalar(path.name), len(lines))], schema=schema)


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


def _cell(name: str, line: LogLine) -> Any:
    value = getattr(line, name)
    if name == "ts":
        return _instant(value)
    if name == "more":
        return bytes(value).decode() if value else None
    return value if value != "" else None


def _instant(text: str) -> int | None:
    """µs UTC; None for what is no instant."""
    try:
        return parse_instant(text, now=0) // 1000
    except ValueError:
        return None
