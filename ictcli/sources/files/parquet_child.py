"""Child process that copies the wanted columns of a Parquet file to Arrow IPC on its standard output.

A hostile Parquet file can crash the native reader; then only this process dies. Run as
``python -m ictcli.sources.files.parquet_child FILE``; the column map comes as JSON on standard input.
Refusals go to standard error as one JSON document ``{"message", "hint", "usage"}`` with exit code 5.
"""

import json
import sys
from collections.abc import Mapping
from typing import IO

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from ictcli.errors import DataError, IctError, UsageError
from ictcli.sources.files.headers import CONTRACT, kind_of, normal, roles_by_map, roles_by_name

BATCH_ROWS = 1 << 17
MAX_ROWS = 1_000_000_000
"""More rows than any price history has: a file that claims them is refused."""
MEMORY_LIMIT = 8 << 30
OUTPUT_LIMIT = 64 << 30
"""Bytes of address space and of output; beyond, the system ends this process (where it can)."""


def copy_columns(path: str, columns: Mapping[str, str], sink: IO[bytes]) -> None:
    """Write the columns that have a role, named by it, and the stamp's own name as schema metadata.

    Raises:
        IctError: the file lacks needed columns or is not readable as Parquet.
    """
    file = pq.ParquetFile(path)
    if file.metadata.num_rows > MAX_ROWS:
        raise DataError(f"{path} claims {file.metadata.num_rows} rows", hint="Split it into smaller files.")
    names = list(file.schema_arrow.names)
    roles = roles_by_map(names, columns, path) if columns else roles_by_name(names)
    kind = kind_of(roles)
    if kind is None:
        shown = ", ".join(names)[:200]
        raise DataError(
            f"{path} lacks ts, open, high, low, close (or ts, bid, ask); it has: {shown}",
            hint="Give a column map such as ts=time,open=o,high=h,low=l,close=c.",
        )
    picked = {names[index]: role for role, index in roles.items()}
    if len(set(names)) != len(names):
        raise DataError(f"{path} has two columns of the same name", hint="Rename one of them.")
    contract = next((name for name in names if normal(name) == CONTRACT and name not in picked), None)
    if contract is not None:
        picked[contract] = CONTRACT
    kept = [name for name in names if name in picked]
    metadata = {"kind": kind, "stamp": next((n for n, r in picked.items() if r == "ts"), "")}
    fields = [file.schema_arrow.field(name).with_name(picked[name]) for name in kept]
    schema = pa.schema(fields, metadata=metadata)
    options = pyarrow.ipc.IpcWriteOptions(compression="lz4")
    with pyarrow.ipc.new_stream(sink, schema, options=options) as writer:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=kept, use_threads=False):
            chosen = batch.select(kept).rename_columns([picked[name] for name in kept])
            writer.write_batch(pa.RecordBatch.from_arrays(chosen.columns, schema=schema))


def limit_resources() -> None:
    """Bound memory and output where the operating system can (not on Windows)."""
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    for what, wanted in ((resource.RLIMIT_AS, MEMORY_LIMIT), (resource.RLIMIT_FSIZE, OUTPUT_LIMIT)):
        _, hard = resource.getrlimit(what)
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (soft, hard))


def main() -> int:
    """Copy the file named by the first argument."""
    path = sys.argv[1]
    limit_resources()
    try:
        copy_columns(path, json.load(sys.stdin), sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return 0
    except IctError as error:
        refusal = {"message": error.message, "hint": error.hint, "usage": isinstance(error, UsageError)}
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        refusal = {"message": f"cannot read {path} as Parquet: {reason}", "hint": "", "usage": False}
    sys.stderr.write(json.dumps(refusal))
    return 5


if __name__ == "__main__":
    sys.exit(main())
