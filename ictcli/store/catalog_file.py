"""``data/catalog.duckdb``: views for other programs, which open it read-only.

``catalog.json`` beside it says what it was written from, so a catalog that no longer fits is noticed.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import duckdb
import msgspec

from ictcli import __version__
from ictcli.errors import DataError
from ictcli.store.atomic import TEMPORARY, replace
from ictcli.store.manifests import MANIFEST, write_record
from ictcli.store.views import Views

CATALOG = "catalog.duckdb"
ORIGIN = "catalog.json"
_SOURCES = (
    f"bars/*/*/*/{MANIFEST}",
    f"ticks/*/*/*/{MANIFEST}",
    f"detections/*/*/*/{MANIFEST}",
    "runs/[!.]*/run.json",
)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a catalog was written from.

    Attributes:
        data_dir: absolute; the views name files below it.
        primary: symbol = source.
        stored: hash over all manifests and runs.
        bytes: size of the catalog.
        version: of this program.
    """

    data_dir: str
    primary: dict[str, str]
    stored: str
    bytes: int = 0
    version: str = __version__


def origin_of(data_dir: Path, primary: Mapping[str, str]) -> Origin:
    """What a catalog written now would be written from."""
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(data_dir.glob(pattern)):
            try:
                content = path.read_bytes()
            except FileNotFoundError:  # a run that has just been replaced; the catalog is written again
                content = b""
            digest.update(json.dumps([path.as_posix(), hashlib.sha256(content).hexdigest()]).encode())
    root = str(data_dir.absolute())
    return Origin(data_dir=root, primary=dict(sorted(primary.items())), stored=digest.hexdigest())


def is_current(data_dir: Path, primary: Mapping[str, str]) -> bool:
    """Whether the catalog in place is what would be written now; nothing stored needs none."""
    present = origin_of(data_dir, primary)
    try:
        size = (data_dir / CATALOG).stat().st_size
        written = msgspec.json.decode((data_dir / ORIGIN).read_bytes(), type=Origin)
    except FileNotFoundError:
        return present.stored == hashlib.sha256().hexdigest() and not (data_dir / CATALOG).exists()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):  # unreadable: write it again
        return False
    return written == msgspec.structs.replace(present, bytes=size)


def leftovers(data_dir: Path) -> list[Path]:
    """Drafts of the catalog that somebody is writing, or has died while writing."""
    return [*data_dir.glob(f"{TEMPORARY}*-{CATALOG}*"), *data_dir.glob(f"{TEMPORARY}*-{ORIGIN}")]


def record_origin(data_dir: Path, origin: Origin) -> None:
    """Note what the catalog in place was written from."""
    size = (data_dir / CATALOG).stat().st_size
    write_record(data_dir / ORIGIN, msgspec.structs.replace(origin, bytes=size))


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
