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
from ictcli.clock import now_ns
from ictcli.errors import Busy, DataError
from ictcli.store.atomic import TEMPORARY, replace
from ictcli.store.locks import exclusive
from ictcli.store.manifests import MANIFEST, write_record
from ictcli.store.views import Views, catalog_views

CATALOG = "catalog.duckdb"
ORIGIN = "catalog.json"
_TITLE = "the catalog"
_PATIENCE = 30.0
"""Seconds to wait for another process that is writing the catalog."""
_SOURCES = (
    f"bars/*/*/*/{MANIFEST}",
    f"ticks/*/*/*/{MANIFEST}",
    f"detections/*/*/*/{MANIFEST}",
    "runs/[!.]*/run.json",
    "models/[!.]*/versions/[!.]*/card.json",
    "models/[!.]*/aliases.json",
)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a catalog was written from.

    Attributes:
        data_dir: absolute; the views name files below it.
        primary: symbol = source.
        stored: hash over all manifests, runs, cards and aliases of models.
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


class CatalogFile:
    """The catalog of one data folder, and whether it still fits.

    Args:
        data_dir: the data.
        lock: lock file of whoever writes the catalog.
        primary: symbol = the source that stands for it.
    """

    def __init__(self, data_dir: Path, lock: Path, primary: Mapping[str, str]) -> None:
        self._data_dir = data_dir
        self._lock = lock
        self._primary = primary

    def refresh(self) -> None:
        """Write the catalog anew.

        Raises:
            Busy: another process has been writing it for half a minute.
            DataError: a manifest is damaged, or the disk refuses.
        """
        with exclusive(self._lock, _TITLE, now=now_ns(), wait=_PATIENCE):
            self._sweep()
            # Read before the views: what changes in between makes the catalog stale, never wrongly current.
            origin = origin_of(self._data_dir, self._primary)
            write_catalog(self._data_dir / CATALOG, catalog_views(self._data_dir, self._primary))
            size = (self._data_dir / CATALOG).stat().st_size
            write_record(self._data_dir / ORIGIN, msgspec.structs.replace(origin, bytes=size))

    def tend(self) -> bool:
        """Write the catalog anew where it is missing or stale, and remove drafts of dead writers.

        It is stale when a writer died before it wrote the catalog, when ``[primary]`` changed, or when
        the data were moved or copied.

        Returns:
            Whether it was written.

        Raises:
            Busy: another process has been writing it for half a minute.
            DataError: a manifest is damaged, or the disk refuses.
        """
        if not is_current(self._data_dir, self._primary):
            self.refresh()
            return True
        if self._leftovers():
            try:
                with exclusive(self._lock, _TITLE, now=now_ns()):
                    self._sweep()
            except Busy:
                return False  # they belong to the process that is writing the catalog
        return False

    def _sweep(self) -> None:
        for draft in self._leftovers():
            draft.unlink(missing_ok=True)

    def _leftovers(self) -> list[Path]:
        """Drafts that somebody is writing, or has died while writing."""
        names = (f"{TEMPORARY}*-{CATALOG}*", f"{TEMPORARY}*-{ORIGIN}")
        return [path for name in names for path in self._data_dir.glob(name)]


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
