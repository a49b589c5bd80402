"""One immutable Parquet file: written, checked and read.

Every column is delta-encoded integers under zstd: prices as DECIMAL in INT64, which costs about a
third of what compressed floats cost and which DuckDB and polars read as it is.
"""

import hashlib
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from ictcli.clock import to_datetime
from ictcli.errors import DataError
from ictcli.market.bars import Bars
from ictcli.market.ticks import Ticks
from ictcli.store.atomic import TEMPORARY
from ictcli.store.columns import INSTANT, PRECISION, Rows, to_bars, to_table, to_ticks
from ictcli.store.records import FileRecord, Kind, Part

HASH_LENGTH = 12
_DELTA = "DELTA_BINARY_PACKED"
_LOG_ROWS = 1 << 16
"""Rows of a log that are compressed together, and that a reader of few rows must decode."""
_SPARSE = 0.97
"""Share of nulls from which on a column of a log is compressed lightly."""


class Vanished(DataError):
    """A file that a manifest names is not there: a newer generation may have replaced it."""


def period_of(ts: int, kind: Kind) -> str:
    """The partition an instant belongs to: the UTC month of a bar, the UTC day of a tick."""
    return to_datetime(ts).strftime("%Y-%m" if kind == "bars" else "%Y-%m-%d")


def folder_of(period: str) -> str:
    """Folder of a period inside its series: ``month=2024-03`` or ``day=2024-03-15``."""
    return f"{'month' if len(period) == 7 else 'day'}={period}"


def encode(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file; equal tables give equal bytes."""
    encodings = {field.name: _DELTA for field in table.schema if _fits_delta(field.type)}
    plain = [field.name for field in table.schema if field.name not in encodings]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        use_dictionary=plain or False,
        column_encoding=encodings or None,
        compression="zstd",
        store_decimal_as_integer=True,
    )
    return cast("bytes", sink.getvalue().to_pybytes())


def encode_rows(table: pa.Table) -> bytes:
    """Rows of a log as the bytes of a Parquet file: words as dictionaries, numbers as deltas, ids plain.

    Least and greatest are kept for instants that every row has, by which rows are sought. zstd is for what
    it makes much smaller; columns of few bits a row, or of which nearly nothing is filled, are not worth its
    preparations.
    """
    sought = [field.name for field in table.schema if field.type == INSTANT and not field.nullable]
    words = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    encodings = {field.name: _DELTA for field in table.schema if _fits_delta(field.type)}
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=_LOG_ROWS,
        use_dictionary=words or False,
        column_encoding=encodings or None,
        compression=_compression(table),
        write_statistics=sought or False,
        store_decimal_as_integer=True,
    )
    return cast("bytes", sink.getvalue().to_pybytes())


def _compression(table: pa.Table) -> dict[str, str]:
    """The compression of every column, by its path in the file."""
    most = _SPARSE * table.num_rows
    found = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        listed = pa.types.is_list(field.type)
        kind = field.type.value_type if listed else field.type
        wide = pa.types.is_string(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind)
        path = f"{field.name}.list.element" if listed else field.name
        found[path] = "zstd" if wide and column.null_count <= most else "snappy"
    return found


def encode_part(rows: Rows, period: str) -> tuple[Part, bytes]:
    """The record and the bytes of one period's rows, which must not be empty."""
    data = encode(to_table(rows))
    sha256 = hashlib.sha256(data).hexdigest()
    last_close = rows.ts_close[-1] if isinstance(rows, Bars) else rows.ts[-1]
    part = Part(
        file=f"{folder_of(period)}/{period}-{sha256[:HASH_LENGTH]}.parquet",
        rows=len(rows),
        bytes=len(data),
        sha256=sha256,
        period=period,
        first=int(rows.ts[0]),
        last=int(rows.ts[-1]),
        last_close=int(last_close),
    )
    return part, data


def encode_table(name: str, table: pa.Table) -> tuple[FileRecord, bytes]:
    """The record and the bytes of a side table such as ``gaps``."""
    data = encode(table)
    sha256 = hashlib.sha256(data).hexdigest()
    file = f"{name}-{sha256[:HASH_LENGTH]}.parquet"
    return FileRecord(file=file, rows=table.num_rows, bytes=len(data), sha256=sha256), data


def read_rows(folder: Path, part: Part, kind: Kind, digits: int) -> Rows:
    """The rows of one part.

    Raises:
        Vanished: the file is not there.
        DataError: the file is not what the manifest says.
    """
    table = read_table(folder, part)
    try:
        rows: Bars | Ticks = to_bars(table, digits) if kind == "bars" else to_ticks(table, digits)
    except DataError as error:
        raise damaged(folder / part.file, error.message) from error
    if len(rows) == 0 or int(rows.ts[0]) != part.first or int(rows.ts[-1]) != part.last:
        raise damaged(folder / part.file, "its times differ from the manifest")
    return rows


def read_table(folder: Path, record: FileRecord, columns: list[str] | None = None) -> pa.Table:
    """The table behind a file record; the very bytes that are parsed are hashed first.

    Raises:
        Vanished: the file is not there.
        DataError: the file is not what the manifest says.
    """
    path = folder / record.file
    data = _checked_bytes(path, record)
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read(columns=columns, use_threads=False)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise damaged(path, _first_line(error)) from error
    if table.num_rows != record.rows:
        raise damaged(path, f"{table.num_rows} rows, the manifest says {record.rows}")
    return table


def read_bytes(folder: Path, record: FileRecord) -> bytes:
    """The content behind a file record.

    Raises:
        Vanished: the file is not there.
        DataError: the file is not what the manifest says.
    """
    return _checked_bytes(folder / record.file, record)


def check_size(path: Path, record: FileRecord) -> None:
    """Compare a file's size with its record.

    Raises:
        Vanished: the file is not there.
        DataError: the sizes differ.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise vanished(path) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if size != record.bytes:
        raise damaged(path, f"{size} bytes, the manifest says {record.bytes}")


def check_hash(path: Path, record: FileRecord) -> None:
    """Compare a file's content with its record.

    Raises:
        Vanished: the file is not there.
        DataError: the content differs.
    """
    _checked_bytes(path, record)


def _checked_bytes(path: Path, record: FileRecord) -> bytes:
    check_size(path, record)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise vanished(path) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise damaged(path, "its hash differs from the manifest")
    return data


def damaged(path: Path, reason: str) -> DataError:
    """The error for a file whose content cannot be trusted."""
    return DataError(f"{_owner(path)}{path} is damaged: {reason}", hint=_remedy(path))


def vanished(path: Path) -> Vanished:
    """The error for a file that a manifest names and that is not there."""
    return Vanished(f"{_owner(path)}{path} is missing", hint=_remedy(path))


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"{_owner(path)}{path} cannot be read: {error.strerror}", hint="Check permissions.")


def _series(path: Path) -> tuple[Path, list[str]]:
    """Folder of the series that a file belongs to, and its source, symbol and timeframe, if it has them."""
    for folder in (path, *path.parents):
        values = [part.partition("=")[2] for part in folder.parts[-3:]]
        if folder.name.startswith("timeframe=") and all(values):
            return folder, values
    return path.parent, []


def _owner(path: Path) -> str:
    values = _series(path)[1]
    return f"{'/'.join(values)}: " if values else ""


def _remedy(path: Path) -> str:
    folder, values = _series(path)
    if not values:
        return "Restore it from a backup, or remove its folder and run the command that made it again."
    if folder.parts[-4:-3] == ("detections",):
        return f"Remove {folder} and run `ictcli detect {values[1]} -t {values[2]}` again."
    return "Run the same `ictcli fetch` again, which restores it, or restore it from a backup."


def draft_name(final: str) -> str:
    """Name inside the staging folder for a file that will be called ``final``."""
    return TEMPORARY + final.replace("/", "@")


def _fits_delta(kind: pa.DataType) -> bool:
    if pa.types.is_decimal(kind):
        return bool(kind.precision <= PRECISION)
    return bool(pa.types.is_integer(kind) or pa.types.is_timestamp(kind))


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
