"""Rows of a JSON list of flat objects, read object by object."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from ictcli.clock import NS_PER_SECOND
from ictcli.errors import DataError
from ictcli.sources.files.containers import ByteSource
from ictcli.sources.files.layout import JsonLayout
from ictcli.sources.files.records import RAW_LIMIT, RawChunk, RejectedRow, Rule

BLOCK = 1 << 20
MAX_OBJECT = 1 << 16
_LAST_SECOND = 7_289_654_400  # 2201-01-01


@dataclass(frozen=True, slots=True)
class JsonRows:
    """All objects of one JSON list, in file order; ``line`` is the object's number from 1."""

    source: ByteSource
    layout: JsonLayout
    block: int = BLOCK

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """Consecutive chunks of ``rows`` objects, the last one shorter.

        Raises:
            DataError: the file is damaged, or is no list of flat objects.
        """
        batch: list[tuple[int, bytes]] = []
        for number, text in enumerate(self._objects(), start=1):
            batch.append((number, text))
            if len(batch) == rows:
                yield self._chunk(batch)
                batch = []
        if batch:
            yield self._chunk(batch)

    def _objects(self) -> Iterator[bytes]:
        carry = b""
        for block in self.source.blocks(self.block):
            *complete, carry = (carry + block).split(b"}")
            for piece in complete:
                yield piece[piece.find(b"{") :] + b"}" if b"{" in piece else piece + b"}"
            if len(carry) > MAX_OBJECT:
                raise DataError(
                    f"{self.source.path} holds a JSON object longer than {MAX_OBJECT >> 10} KiB",
                    hint="Only a list of flat tick objects can be read.",
                )
        if carry.strip(b" \t\r\n,]\0"):
            raise DataError(
                f"{self.source.path} ends inside a JSON object: {carry[-60:].decode('utf-8', 'replace')!a}",
                hint="Download it again; it is cut short.",
            )

    def _chunk(self, batch: list[tuple[int, bytes]]) -> RawChunk:
        names = tuple(self.layout.values)
        lines: list[int] = []
        stamps: list[int] = []
        values: list[list[float]] = []
        rejected: list[RejectedRow] = []
        for number, text in batch:
            row = self._row(text)
            if isinstance(row, str):
                rejected.append(RejectedRow(number, row, text[:RAW_LIMIT].decode("utf-8", "replace")))
                continue
            lines.append(number)
            stamps.append(row[0])
            values.append(row[1])
        table = np.array(values, dtype=np.float64).reshape(len(values), len(names))
        return RawChunk(
            line=np.array(lines, dtype=np.int64),
            wall=np.array(stamps, dtype=np.int64),
            prices={name: np.ascontiguousarray(table[:, index]) for index, name in enumerate(names)},
            tick_volume=None,
            real_volume=None,
            spread=None,
            rejected=tuple(rejected),
        )

    def _row(self, text: bytes) -> tuple[int, list[float]] | Rule:
        try:
            row = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "wrong_columns"
        if not isinstance(row, dict) or not {self.layout.stamp, *self.layout.values.values()} <= row.keys():
            return "wrong_columns"
        stamp = row[self.layout.stamp]
        if not isinstance(stamp, int) or isinstance(stamp, bool) or not 0 <= stamp // 1000 < _LAST_SECOND:
            return "unparseable_time"
        prices = [row[name] for name in self.layout.values.values()]
        if not all(isinstance(price, int | float) and not isinstance(price, bool) for price in prices):
            return "unparseable_number"
        try:
            return stamp * (NS_PER_SECOND // 1000), [float(price) for price in prices]
        except OverflowError:
            return "unparseable_number"
