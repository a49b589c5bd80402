"""What a backup says of itself: every file with its hash, every ledger with its head, sealed with the key."""

import os
import stat
from pathlib import Path, PurePosixPath
from typing import Annotated

import msgspec
from msgspec import Meta

from ictcli.errors import DataError
from ictcli.ledger.address import LedgerName
from ictcli.ledger.chain import seal
from ictcli.store.atomic import TEMPORARY, sha256_of

MANIFEST_FILE = "manifest.json"
PREFIX = "backup-"
SCHEMA = 1
KEY_NAME = "state/secret.key"
LEDGER_FILES: dict[LedgerName, str] = {
    "broker": "state/ledger/ledger.db", "paper": "state/paper/ledger/ledger.db",
}  # fmt: skip
"""Name of a ledger in a backup, wherever it was."""
_LARGEST = 256 * 2**20
"""Bytes of the longest manifest that is read."""


Whole = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class BackupFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a backup; ``name`` begins with config, state or data, parts are divided by slashes."""

    name: str
    size: Whole
    sha256: str


class BackupLedger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ledger of a backup.

    Attributes:
        ledger: whose.
        file: its name in the backup.
        anchors: name of the heads that were noted outside of it, in the backup or not.
        events: how many.
        head: hash of the last one.
        rows: projection = number of rows.
        address: where it was: a file's name only, or a server without user's secrets.
    """

    ledger: LedgerName
    file: str
    anchors: str
    events: Whole
    head: str
    rows: dict[str, int]
    address: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A backup's own account of itself.

    Attributes:
        created: ns UTC.
        version: of the program.
        roots: config, state and data = folder of the workspace, or absolute where it was elsewhere.
        settled: the paper terminal stood still while its ledger was copied.
        key: fingerprint of the workspace's key; empty where there is none.
        files: every file but the manifest.
        ledgers: every ledger.
        left_out: links and special files that were met and not copied.
        seal: over all the rest, with the workspace's key; empty where there is none.
    """

    schema: int = SCHEMA
    created: Whole
    version: str
    roots: dict[str, str]
    settled: bool
    key: str
    files: tuple[BackupFile, ...]
    ledgers: tuple[BackupLedger, ...]
    left_out: tuple[str, ...] = ()
    seal: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one.size for one in self.files)

    @property
    def holds_key(self) -> bool:
        """Whether the secret key is in it."""
        return any(one.name == KEY_NAME for one in self.files)


def fingerprint_of(key: bytes) -> str:
    """What tells a key without giving anything of it away."""
    return seal(key, "backup", "key")[:16]


def sealed(manifest: Manifest, key: bytes) -> Manifest:
    """The same with its seal."""
    return msgspec.structs.replace(manifest, seal=_seal(manifest, key))


def seal_holds(manifest: Manifest, key: bytes) -> bool:
    """Whether a manifest is what was written with this key."""
    return bool(manifest.seal) and manifest.seal == _seal(manifest, key)


def _seal(manifest: Manifest, key: bytes) -> str:
    bare = msgspec.structs.replace(manifest, seal="")
    return seal(key, "backup", msgspec.json.encode(bare, order="sorted").decode())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        DataError: the folder is no backup, or its manifest is damaged or from a later version.
    """
    path = folder / MANIFEST_FILE
    try:
        if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > _LARGEST:
            raise DataError(f"{folder.name} is no backup: its {MANIFEST_FILE} is no plain file")
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise DataError(
            f"{folder} is no backup: {MANIFEST_FILE}: {(error.strerror or str(error)).lower()}",
            hint="`ictcli backup list` shows what there is.",
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{folder.name}: {MANIFEST_FILE} is damaged: {error}", hint=_OLDER) from error
    if manifest.schema != SCHEMA:
        raise DataError(
            f"{folder.name} is of schema {manifest.schema}, this program knows {SCHEMA}",
            hint="Restore it with the version that made it.",
        )
    for name in (*(one.name for one in manifest.files), *(one.file for one in manifest.ledgers)):
        check_name(name)
    return manifest


def check_name(name: str) -> None:
    """Refuse a name that leads out of its folder.

    Raises:
        DataError: it does, or is not of a backup.
    """
    parts = name.split("/")
    bad = any(part in {"", ".", ".."} or part.startswith(TEMPORARY) for part in parts)
    if bad or len(parts) < 2 or parts[0] not in {"config", "state", "data"} or set(name) & {"\\", "\0", ":"}:
        raise DataError(f"{name[:80]!r} is no name of a file in a backup", hint=_OLDER)


def file_faults(folder: Path, manifest: Manifest, *, hashes: bool = True) -> list[str]:
    """Where the files are not those of the manifest, in words; empty for a good backup.

    Args:
        folder: of the backup.
        manifest: its own.
        hashes: read every file; otherwise only sizes are compared.
    """
    faults = [fault for one in manifest.files if (fault := _file_fault(folder, one, hashes=hashes))]
    known = {one.name for one in manifest.files}
    told = {one.file for one in manifest.ledgers}
    faults += [f"{name} was never verified" for name in LEDGER_FILES.values() if name in known - told]
    if len(known) != len(manifest.files):
        faults.append("the manifest names a file twice")
    return faults + [f"{name} is not in the manifest" for name in sorted(_names(folder) - known)]


def _file_fault(folder: Path, one: BackupFile, *, hashes: bool) -> str:
    path = folder / PurePosixPath(one.name)
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or _through_link(folder, path):
            return f"{one.name} is no plain file"
        if found.st_size != one.size:
            return f"{one.name} has {found.st_size:,} bytes instead of {one.size:,}"
        if hashes and sha256_of(path) != one.sha256:
            return f"{one.name} is not what was written"
    except OSError as error:
        return f"{one.name}: {(error.strerror or str(error)).lower()}"
    return ""


def _through_link(folder: Path, path: Path) -> bool:
    return any(parent.is_symlink() for parent in path.parents if folder in parent.parents)


def _names(folder: Path) -> set[str]:
    found = set()
    for where, folders, files in os.walk(folder):
        here = Path(where).relative_to(folder)
        links = [name for name in folders if (Path(where) / name).is_symlink()]
        found |= {(here / name).as_posix() for name in (*files, *links)}
    return found - {MANIFEST_FILE}


_OLDER = "Take another backup: `ictcli backup list`."
