"""All lines of the log files as one table; apart from writing them, which must not wait for tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from ictcli.clock import parse_instant
from ictcli.operations.log_files import log_files
from ictcli.operations.log_lines import LogLine, read_lines

_STAMP = pa.timestamp("us", "UTC")
_COLUMNS: Mapping[str, pa.DataType] = {
    "ts": _STAMP, "level": pa.string(), "command": pa.string(), "session": pa.string(), "pid": pa.int64(),
    "event": pa.string(), "message": pa.string(), "run": pa.string(), "account": pa.int64(),
    "intent": pa.string(), "ticket": pa.int64(), "deal": pa.int64(), "symbol": pa.string(),
    "strategy": pa.string(), "code": pa.string(), "exit": pa.int64(), "seconds": pa.float64(),
    "source": pa.string(), "error": pa.string(), "more": pa.string(), "file": pa.string(),
}  # fmt: skip


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
