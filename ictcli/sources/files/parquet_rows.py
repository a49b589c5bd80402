"""Rows of a Parquet file, decoded in a child process so that a hostile file cannot crash this one."""

import json
import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
from numpy.typing import NDArray

import ictcli
from ictcli.errors import DataError, UsageError
from ictcli.sources.files.headers import CONTRACT, states_utc
from ictcli.sources.files.layout import PRICE_ROLES, VOLUME_ROLES
from ictcli.sources.files.records import BAR_PRICES, RAW_LIMIT, TICK_PRICES, RawChunk, RejectedRow, Rule
from ictcli.sources.files.stamp_cells import stamps_of

TIME_LIMIT = 1800
"""Seconds after which the child is given up."""
MOST_CONTRACTS = 1000
_BAD_TIME = np.iinfo(np.int64).min


class ParquetRows:
    """All rows of one Parquet file, in file order; ``line`` is the row's number from 1."""

    def __init__(self, path: Path, columns: Mapping[str, str], contract: str | None = None) -> None:
        """Decode the wanted columns of ``path`` into an unnamed temporary file.

        Args:
            path: the file.
            columns: ours=theirs.
            contract: the only contract whose rows are wanted; None for all rows.

        Raises:
            DataError: not Parquet, damaged, needed columns missing, or the native reader crashed.
            UsageError: the column map names something we do not have.
        """
        self._path = path
        self._contract = contract
        self._decoded: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the reader
        weakref.finalize(self, self._decoded.close)
        _decode(path, columns, self._decoded)
        with self._stream() as stream:
            schema = stream.schema
        metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
        self.kind = metadata.get("kind", "bars")
        self.utc = self._states_utc(schema, metadata.get("stamp", ""))

    def contracts(self) -> list[str]:
        """The values of the file's contract column, sorted, ``""`` for none; empty without such a column."""
        found: set[str] = set()
        with self._stream() as stream:
            if CONTRACT not in stream.schema.names:
                return []
            for batch in stream:
                values = pc.cast(batch.column(batch.schema.get_field_index(CONTRACT)), pa.string())
                found.update(value or "" for value in pc.unique(values).to_pylist())
                if len(found) > MOST_CONTRACTS:
                    raise DataError(
                        f"column {CONTRACT} of {self._path} has more than {MOST_CONTRACTS} values",
                        hint="Rename it if it does not name futures contracts.",
                    )
        return sorted(found)

    def _stream(self) -> Any:
        self._decoded.seek(0)
        return pyarrow.ipc.open_stream(pa.PythonFile(self._decoded, mode="r"))

    def _states_utc(self, schema: Any, stamp: str) -> bool:
        if "ts" not in schema.names:
            return False
        kind = schema.field("ts").type
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            return True
        return states_utc(stamp) or pa.types.is_integer(kind) or pa.types.is_floating(kind)

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """Consecutive chunks of ``rows`` rows, the last one shorter; one iteration at a time.

        Raises:
            DataError: a column has a type that cannot be a time or a number.
        """
        first = 1
        held: list[Any] = []
        count = 0
        with self._stream() as stream:
            for batch in stream:
                held.append(batch)
                count += batch.num_rows
                while count >= rows:
                    table = pa.Table.from_batches(held)
                    yield self._chunk(table.slice(0, rows), first)
                    held = table.slice(rows).to_batches()
                    first += rows
                    count -= rows
        if count:
            yield self._chunk(pa.Table.from_batches(held), first)

    def _chunk(self, table: Any, first: int) -> RawChunk:
        wall = self._wall(table)
        names = [name for name in table.column_names if name in (*PRICE_ROLES, *VOLUME_ROLES, "volume")]
        wanted = TICK_PRICES if self.kind == "ticks" else BAR_PRICES
        values = {name: self._numbers(table, name) for name in names}
        absent = np.zeros(len(wall), dtype=bool)
        for name in wanted:
            absent |= np.asarray(table[name].is_null().to_numpy())
        bad = absent | (wall == _BAD_TIME)
        own = self._own(table)
        rejected = [
            self._rejected(table, row, first, late=wall[row] == _BAD_TIME)
            for row in np.flatnonzero(own & bad).tolist()
        ]
        keep = np.flatnonzero(own & ~bad) if rejected or self._contract is not None else slice(None)
        kept = {name: column[keep] for name, column in values.items()}
        tick_volume, real_volume = kept.get("tick_volume"), kept.get("real_volume")
        if (volume := kept.get("volume")) is not None and (tick_volume is None or real_volume is None):
            traded = tick_volume is not None or pa.types.is_floating(table.schema.field("volume").type)
            if traded and real_volume is None:
                real_volume = volume
            elif tick_volume is None:
                tick_volume = volume
        prices = (
            name for name in kept if name in PRICE_ROLES and (self.kind == "bars") != (name in TICK_PRICES)
        )
        return RawChunk(
            line=np.arange(first, first + len(wall), dtype=np.int64)[keep],
            wall=wall[keep],
            prices={name: kept[name] for name in prices},
            tick_volume=tick_volume,
            real_volume=real_volume,
            spread=kept.get("spread"),
            rejected=tuple(rejected),
        )

    def _own(self, table: Any) -> NDArray[np.bool_]:
        """The rows of the contract that is wanted."""
        if self._contract is None:
            return np.ones(table.num_rows, np.bool_)
        values = pc.fill_null(pc.cast(table[CONTRACT], pa.string()), "")
        return np.asarray(pc.equal(values, self._contract).to_numpy(), dtype=np.bool_)

    def _wall(self, table: Any) -> NDArray[np.int64]:
        if "ts" in table.column_names:
            return self._stamps(table, "ts")
        date = self._stamps(table, "date")
        if "time" not in table.column_names:
            return date
        clock = self._stamps(table, "time")
        return np.where((date == _BAD_TIME) | (clock == _BAD_TIME), _BAD_TIME, date + clock)

    def _stamps(self, table: Any, name: str) -> NDArray[np.int64]:
        found = stamps_of(table[name].combine_chunks())
        if found is None:
            raise self._refused(table, name, "a time")
        return found

    def _numbers(self, table: Any, name: str) -> NDArray[np.float64]:
        kind = table.schema.field(name).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
            raise self._refused(table, name, "a number")
        column = pc.fill_null(pc.cast(table[name], pa.float64(), safe=False), float("nan"))
        return np.asarray(column.to_numpy(), dtype=np.float64)

    def _refused(self, table: Any, name: str, what: str) -> DataError:
        kind = table.schema.field(name).type
        return DataError(
            f"{self._path}: column {name} holds {str(kind)[:60]}, which is not {what}",
            hint="Convert it, or map another column.",
        )

    def _rejected(self, table: Any, row: int, first: int, *, late: bool) -> RejectedRow:
        rule: Rule = "unparseable_time" if late else "unparseable_number"
        cells = (f"{name}={table[name][row]}" for name in table.column_names)
        return RejectedRow(first + row, rule, " ".join(cells)[:RAW_LIMIT])


def _decode(path: Path, columns: Mapping[str, str], sink: IO[bytes]) -> None:
    command = [sys.executable, "-P", "-m", "ictcli.sources.files.parquet_child", str(path.resolve())]
    search = [str(Path(ictcli.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))}
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            command,
            input=json.dumps(dict(columns)).encode(),
            stdout=sink,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
            timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(
            f"reading {path} took longer than {TIME_LIMIT // 60} minutes and was given up",
            hint="Rewrite it with another Parquet tool.",
        ) from error
    if done.returncode != 0:
        raise _refusal(path, done.returncode, done.stderr)


def _refusal(path: Path, code: int, told: bytes) -> DataError | UsageError:
    if code == 5:
        try:
            refusal = json.loads(told)
        except ValueError:
            refusal = None
        if isinstance(refusal, dict):
            kind = UsageError if refusal["usage"] else DataError
            return kind(refusal["message"], hint=refusal["hint"] or "Write or download the file again.")
    how = f"died by signal {-code}" if code < 0 else f"failed with exit code {code}"
    return DataError(
        f"the Parquet reader {how} on {path}; the file is damaged or hostile",
        hint="Write or download the file again.",
    )
