"""Everything stored, as SQL: one read-only, confined question at a time.

A question is one SELECT (or EXPLAIN without ANALYZE). It sees the catalog's views and Parquet or CSV
files below the data directory; it cannot write, attach, install, change settings or look elsewhere.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from ictcli.errors import DataError, UsageError
from ictcli.store.catalog_file import create_views, write_catalog
from ictcli.store.metric_rows import metric_view
from ictcli.store.parts import Vanished, check_hash, check_size
from ictcli.store.records import Manifest
from ictcli.store.store import Store
from ictcli.store.views import LeftOut, catalog_views, literal, pattern_free

R = TypeVar("R")

_TEXT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_AFTER_TABLES = (
    "select|where|group|order|limit|on|using|having|qualify|window|union|except|intersect|join|from|as|with"
)
_TABLES = re.compile(
    rf"\b(?:from|join|summarize|describe|pivot)\b(.*?)(?=\b(?:{_AFTER_TABLES})\b|$)",
    re.IGNORECASE | re.DOTALL,
)

MEMORY_LIMIT = "2GB"
BATCH_ROWS = 50_000

_EXECUTES = re.compile(r"\bANALY[ZS]E\b", re.IGNORECASE)


def build_catalog(store: Store, path: Path) -> None:
    """Write the views over ``store`` to a database file for other programs."""
    write_catalog(path, catalog_views(store.data_dir, store.primary_sources))


def connect(store: Store) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the catalog's views, confined to the store's data directory.

    Raises:
        DataError: a manifest or a file behind a view is damaged.
    """
    return open_catalog(store)[0]


def open_catalog(
    store: Store, tables: Mapping[str, pa.Table] | None = None
) -> tuple[duckdb.DuckDBPyConnection, dict[str, list[LeftOut]]]:
    """``connect``, and per view the series that it leaves out because no source stands for them.

    ``tables`` are seen beside the views. The sizes of all files behind the views are compared with their
    manifests.

    Raises:
        DataError: a manifest or a file is damaged or missing.
    """
    _check_sizes(store)
    views = catalog_views(store.data_dir, store.primary_sources)
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "memory_limit": MEMORY_LIMIT,
            "threads": os.cpu_count() or 1,
            "temp_directory": "",
        },
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        create_views(connection, views)
        connection.execute(f"CREATE VIEW metrics AS {metric_view(store.data_dir)}")
        for name, table in (tables or {}).items():
            connection.register(name, table)
        folders = ", ".join({literal(store.data_dir.as_posix()), literal(pattern_free(store.data_dir))})
        connection.execute(f"SET allowed_directories = [{folders}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        connection.close()
        raise _explain(store, error) from error
    return connection, views.left_out


def ask(store: Store, connection: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    """The answer to one question, streamed.

    Raises:
        UsageError: the text is not one SELECT or EXPLAIN, or DuckDB refuses it.
        DataError: a stored file is damaged.
    """
    try:
        check_question(connection, sql)
        reader = interruptible(connection, lambda: connection.sql(sql).to_arrow_reader(BATCH_ROWS))
    except duckdb.Error as error:
        raise _explain(store, error) from error
    return pa.RecordBatchReader.from_batches(reader.schema, _stream(store, connection, reader))


def tables_named(sql: str) -> set[str]:
    """Names, in lower case, that stand where a question names its tables."""
    bare = _TEXT.sub(" ", sql)
    return {name.lower() for place in _TABLES.findall(bare) for name in re.findall(r"\w+", place)}


def _check_sizes(store: Store) -> None:
    """Compare every file with its manifest; a series that is rewritten meanwhile is looked at again."""
    for manifest in store.manifests():
        present: Manifest | None = manifest
        while present is not None:
            looked_at = present
            try:
                for record in looked_at.files:
                    check_size(store.folder(manifest.key) / record.file, record)
                break
            except Vanished:
                present = store.manifest(manifest.key)
                if present is None or present.generation == looked_at.generation:
                    raise


def interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[], R]) -> R:
    """Do ``work`` beside the main thread, so that Ctrl-C stops DuckDB at once."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            while not future.done():
                wait([future], timeout=0.1)
        except KeyboardInterrupt:
            connection.interrupt()
            raise
        return future.result()


def _stream(
    store: Store, connection: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader
) -> Iterator[pa.RecordBatch]:
    while True:
        try:
            yield interruptible(connection, reader.read_next_batch)
        except StopIteration:
            return
        except (duckdb.Error, pa.ArrowException, RuntimeError, OSError) as error:
            raise _explain(store, error) from error


def check_question(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Make sure ``sql`` only reads.

    Raises:
        UsageError: it is not exactly one SELECT, or one EXPLAIN that executes nothing.
    """
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise UsageError(
            f"expected one SQL statement, got {len(statements)}", hint="Ask one SELECT at a time."
        )
    kind = statements[0].type
    if kind == duckdb.StatementType.EXPLAIN and not _EXECUTES.search(sql):
        return
    if kind != duckdb.StatementType.SELECT:
        raise UsageError(
            f"only SELECT is allowed, not {kind.name}", hint="The catalog is read-only; try SHOW TABLES."
        )


def _explain(store: Store, error: Exception) -> DataError | UsageError:
    """What a DuckDB error means: a damaged file of ours, or a question it cannot answer."""
    text = str(error)
    for manifest in store.manifests():
        for record in manifest.files:
            if Path(record.file).name in text:
                try:
                    check_hash(store.folder(manifest.key) / record.file, record)
                except DataError as damage:
                    return damage
    message = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    if "No files found" in message:
        return UsageError(
            f"query: {message}",
            hint=f"Check the path; only files below {store.data_dir} can be read.",
        )
    return UsageError(f"query: {message}", hint='`ictcli query "SHOW TABLES"` lists what can be asked.')
