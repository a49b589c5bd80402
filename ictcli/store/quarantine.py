"""The rows of a series that were refused, once each, whatever was fetched again."""

from collections.abc import Iterable

import pyarrow as pa

from ictcli.store.records import QuarantinedRow

LONGEST_RAW = 1000
"""Characters of a refused row that are kept."""

_BATCH = 50_000
_ORDER = ("file", "line", "rule", "raw")

QUARANTINE = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("raw", pa.string(), nullable=False),
    ]
)


class QuarantineBuffer:
    """Refused rows on their way to disk, compact in memory."""

    def __init__(self) -> None:
        self._rows: list[QuarantinedRow] = []
        self._tables: list[pa.Table] = []

    @property
    def empty(self) -> bool:
        """No row was taken in."""
        return not self._rows and not self._tables

    def add(self, rows: Iterable[QuarantinedRow]) -> None:
        """Take rows in."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= _BATCH:
                self._pack()

    def joined(self, stored: pa.Table | None) -> pa.Table:
        """All rows, the stored ones included, once each, ordered by file and line."""
        self._pack()
        tables = self._tables if stored is None else [stored.cast(QUARANTINE), *self._tables]
        everything = pa.concat_tables([QUARANTINE.empty_table(), *tables])
        unique = everything.group_by(list(_ORDER), use_threads=False).aggregate([])
        return unique.sort_by([(name, "ascending") for name in _ORDER]).cast(QUARANTINE).combine_chunks()

    def _pack(self) -> None:
        if self._rows:
            columns = {
                "file": [_text(row.file) for row in self._rows],
                "line": [row.line for row in self._rows],
                "rule": [row.rule for row in self._rows],
                "raw": [_text(row.raw)[:LONGEST_RAW] for row in self._rows],
            }
            self._tables.append(pa.table(columns, schema=QUARANTINE))
            self._rows.clear()


def _text(text: str) -> str:
    """Text that UTF-8 can hold: bytes that were never text show as escapes."""
    return text[: LONGEST_RAW * 4].encode("utf-8", "backslashreplace").decode("utf-8")
