"""``data/catalog.duckdb``: views for other programs, which open it read-only."""

import os
from pathlib import Path

import duckdb

from ictcli.errors import DataError
from ictcli.store.atomic import TEMPORARY, replace
from ictcli.store.views import Views


def write_catalog(path: Path, views: Views) -> None:
    """Put a database that holds nothing but ``views`` at ``path``, in one step.

    Raises:
        DataError: a file behind a view is damaged, or the disk refuses.
    """
    draft = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        draft.unlink(missing_ok=True)
        with duckdb.connect(str(draft)) as connection:
            create_views(connection, views)
        replace(draft, path)
    except (duckdb.Error, OSError) as error:
        draft.unlink(missing_ok=True)
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(
            f"the data is stored, but {path} could not be written: {reason}",
            hint="Close programs that use it; the next commit writes it again.",
        ) from error


def create_views(connection: duckdb.DuckDBPyConnection, views: Views) -> None:
    """Create all views in a fresh database."""
    for name, select in views.sql.items():
        connection.execute(f"CREATE VIEW {name} AS {select}")
