"""Where a series lives, and its manifest read and put into place."""

from pathlib import Path, PurePosixPath
from typing import TypeVar

import msgspec

from ictcli.errors import DataError, UsageError
from ictcli.market.bars import SeriesKey
from ictcli.store.atomic import write_file
from ictcli.store.records import SCHEMA, Manifest, kind_of

MANIFEST = "manifest.json"
_LARGEST_DIGITS = 18

Record = TypeVar("Record", bound=msgspec.Struct)


def series_folder(data_dir: Path, kind: str, key: SeriesKey) -> Path:
    """Folder of a series' files; ``kind`` is the first level, such as ``bars`` or ``detections``."""
    return data_dir / kind / f"source={key.source}" / f"symbol={key.symbol}" / f"timeframe={key.timeframe}"


def lock_file(state_dir: Path, kind: str, key: SeriesKey) -> Path:
    """Lock of a series' writer; ``@`` is in no name, so no two series share one."""
    return state_dir / "locks" / f"{kind}@{key.source}@{key.symbol}@{key.timeframe}.lock"


def load_manifest(folder: Path) -> Manifest | None:
    """The manifest now in place; None when the series was never written.

    Raises:
        DataError: it is not a manifest this version understands, or names files outside its folder.
    """
    path = folder / MANIFEST
    manifest = read_record(path, Manifest)
    if manifest is None:
        return None
    try:
        wanted = series_folder(Path(), manifest.kind, manifest.key)
        kind_fits = kind_of(manifest.key) == manifest.kind
    except UsageError as error:
        raise broken(path, error.message) from error
    if not kind_fits or wanted.parts[-3:] != folder.parts[-3:]:
        raise broken(path, "it describes another series")
    if not 0 <= manifest.digits <= _LARGEST_DIGITS:
        raise broken(path, f"{manifest.digits} price digits")
    for record in manifest.files:
        check_inside(path, record.file)
    return manifest


def all_manifests(data_dir: Path) -> list[Manifest]:
    """The manifests of all series ever written, in order of their keys.

    Raises:
        DataError: a manifest is damaged.
    """
    found = []
    for kind in ("bars", "ticks"):
        for path in (data_dir / kind).glob(f"source=*/symbol=*/timeframe=*/{MANIFEST}"):
            manifest = load_manifest(path.parent)
            if manifest is not None:
                found.append(manifest)
    return sorted(found, key=lambda manifest: manifest.key)


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Swap the manifest: before this call the old generation stands, after it the new one."""
    write_record(folder / MANIFEST, manifest)


def read_record(path: Path, kind: type[Record]) -> Record | None:
    """A JSON record; None when the file does not exist.

    Raises:
        DataError: the file cannot be read, is not such a record, or is of a newer version.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", hint="Check permissions.") from error
    try:
        record = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise broken(path, str(error)) from error
    if (schema := getattr(record, "schema", SCHEMA)) != SCHEMA:
        raise DataError(f"{path} is of version {schema}, this program knows {SCHEMA}", hint="Update ictcli.")
    return record


def write_record(path: Path, record: msgspec.Struct) -> None:
    """Swap a JSON record into place, readable by people."""
    write_file(path, msgspec.json.format(msgspec.json.encode(record, order="deterministic"), indent=1))


def check_inside(path: Path, name: str) -> None:
    """Make sure a file named by the record at ``path`` lies below its folder.

    Raises:
        DataError: it does not.
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name:
        raise broken(path, f"it names {name!r}, outside its folder")


class Damaged(DataError):
    """A record that cannot be used."""


def broken(path: Path, reason: str) -> Damaged:
    """The error for a manifest that cannot be used."""
    return Damaged(
        f"{path} is damaged: {reason}",
        hint="Restore it from a backup, or remove its folder and fetch the series again.",
    )
