"""Making a backup: copied while others write, verified, then put in place in one step, and rotated."""

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ictcli import __version__
from ictcli.clock import NS_PER_SECOND, iso
from ictcli.config.backup import BackupConfig
from ictcli.errors import ConfigError, DataError, LedgerUnwritable
from ictcli.ledger.address import LedgerName
from ictcli.ledger.chain import read_key
from ictcli.operations.backup_checking import check_backup
from ictcli.operations.backup_contents import Ask, Contents, Workspace, contents_of
from ictcli.operations.backup_copying import copy_contents, refused, require_room
from ictcli.operations.backup_manifest import (
    MANIFEST_FILE,
    PREFIX,
    BackupFile,
    Manifest,
    fingerprint_of,
    sealed,
)
from ictcli.operations.backup_rotation import Backup, Keep, fuller, rotate, shelf_of
from ictcli.store.atomic import TEMPORARY, sha256_of, sync_folder, write_file
from ictcli.store.locks import exclusive

_LASTING = re.compile(r"config/.*\.toml|state/[^/]*\.db|state/graduation/")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made.

    Attributes:
        backup: it.
        removed: names of those that rotation removed.
        damaged: name = what is wrong with one that lies beside it and is not counted.
        behind: ledgers of which an older backup holds more, so that nothing was removed.
        missing: settings and databases that the backup before holds and this one lacks: as well.
        notes: what is no fault and worth knowing.
    """

    backup: Backup
    removed: list[str]
    damaged: dict[str, str]
    behind: tuple[LedgerName, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def backup_folder(workspace: Workspace, settings: BackupConfig) -> Path:
    """Where the backups of a workspace lie.

    Raises:
        ConfigError: that is a folder which is backed up itself.
    """
    folder = workspace.folder / settings.folder
    inner = {path.resolve() for path in workspace.roots.values()}
    if folder.resolve() in inner or folder.resolve() == workspace.folder.resolve():
        raise ConfigError(
            f"backup.folder {settings.folder!r} is a folder of the workspace itself",
            hint="Name a folder of its own, best on another disk.",
        )
    if folder.is_symlink() and not folder.exists():
        raise ConfigError(
            f"backup.folder: {folder} is a link to what is not there",
            hint="Is the other disk mounted? Else name another folder.",
        )
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"backup.folder: {folder} is no folder", hint="Name one, best on another disk.")
    return folder


def create(workspace: Workspace, settings: BackupConfig, ask: Ask, *, now: int) -> Made:
    """Make a backup, then remove what rotation does not keep.

    Args:
        workspace: to back up; others may be writing it.
        settings: where, and how many are kept.
        ask: what goes in besides.
        now: nanoseconds UTC.

    Raises:
        Busy: another backup of this workspace is being made.
        ConfigError: the folder of the backups is no good one.
        DataError: the disk refuses, or something is damaged; older backups are as they were.
    """
    folder = backup_folder(workspace, settings)
    with exclusive(
        workspace.state / "locks" / "backup.lock", "this workspace", now=now, doing="being backed up"
    ):
        _prepare(folder)
        contents = contents_of(workspace, ask, folder)
        require_room(folder, contents.size, shutil.disk_usage(folder).free)
        name = _free_name(folder, now)
        draft = folder / f"{TEMPORARY}{name}"
        draft.mkdir(mode=0o700)
        try:
            _fill(draft, workspace, contents, now)
            checked = check_backup(draft, _key_of(workspace))
            checked.require_good("the copy")
            draft.rename(folder / name)
            sync_folder(folder)
        except (OSError, LedgerUnwritable) as error:
            raise _told(error, folder) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        made = _rotated(folder, settings, Backup(folder / name, checked.manifest), _key_of(workspace))
        return replace(made, notes=checked.notes)


def _rotated(folder: Path, settings: BackupConfig, fresh: Backup, key: bytes | None) -> Made:
    shelf = shelf_of(folder)
    behind, missing = _behind(fresh, shelf.backups), _missing(fresh, shelf.backups)
    if behind or missing:
        return Made(fresh, [], shelf.damaged, behind, missing)

    def is_good(backup: Backup) -> bool:
        # what was made just now was read whole just now
        return backup.name == fresh.name or not check_backup(backup.folder, key).faults

    keep = Keep(settings.keep_daily, settings.keep_weekly, settings.keep_monthly)
    try:
        removed = rotate(shelf.backups, keep, is_good)
    except OSError as error:
        raise DataError(
            f"{fresh.name} was made, but an older backup cannot be removed: {error.strerror}",
            hint=f"Look at the permissions of {folder}.",
        ) from error
    return Made(fresh, removed, shelf.damaged)


def _behind(fresh: Backup, older: Sequence[Backup]) -> tuple[LedgerName, ...]:
    """Ledgers that older backups know more of: lost, set back or begun anew; only a person can tell which."""
    return tuple(sorted(fuller(fresh, older)))


def _missing(fresh: Backup, older: Sequence[Backup]) -> tuple[str, ...]:
    """What nothing makes again and the backup before holds: lost, or removed on purpose."""
    before = [one for one in older if one.name != fresh.name][-1:]
    names = {one.name for one in fresh.manifest.files}
    known = {one.name for backup in before for one in backup.manifest.files}
    return tuple(sorted(name for name in known - names if _LASTING.match(name)))


def _prepare(folder: Path) -> None:
    """Make the folder, for its owner alone and out of every version control; sweep what was cut off."""
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            (folder / ".gitignore").write_text("*\n", encoding="ascii")
        for draft in folder.glob(f"{TEMPORARY}{PREFIX}*"):
            shutil.rmtree(draft)
    except OSError as error:
        raise refused(error, folder) from error


def _fill(draft: Path, workspace: Workspace, contents: Contents, now: int) -> None:
    ledgers, settled = copy_contents(contents, draft)
    key = _key_of(workspace)
    manifest = Manifest(
        created=now,
        version=__version__,
        roots={name: _relative(path, workspace.folder) for name, path in workspace.roots.items()},
        settled=settled,
        key=fingerprint_of(key) if key is not None else "",
        files=tuple(_files(draft)),
        ledgers=ledgers,
        left_out=contents.left_out,
    )
    if key is not None:
        manifest = sealed(manifest, key)
    write_file(draft / MANIFEST_FILE, msgspec.json.encode(manifest), private=True)
    for where, _, _ in os.walk(draft):
        sync_folder(Path(where))


def _files(draft: Path) -> list[BackupFile]:
    found = sorted(path for path in draft.rglob("*") if path.is_file())
    return [
        BackupFile(path.relative_to(draft).as_posix(), path.stat().st_size, sha256_of(path)) for path in found
    ]


def _relative(path: Path, folder: Path) -> str:
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return path.as_posix()


def _key_of(workspace: Workspace) -> bytes | None:
    path = workspace.state / "secret.key"
    return read_key(path) if path.is_file() else None


def _free_name(folder: Path, now: int) -> str:
    stamp = f"{PREFIX}{iso(now - now % NS_PER_SECOND).replace(':', '').replace('-', '')}"
    names = [stamp, *(f"{stamp}-{number}" for number in range(2, 100))]
    for name in names:
        if not (folder / name).exists():
            return name
    raise DataError(f"{folder} holds a hundred backups of this very second")


def _told(error: OSError | LedgerUnwritable, folder: Path) -> DataError:
    if isinstance(error, OSError):
        return refused(error, folder)
    with suppress(OSError):
        if shutil.disk_usage(folder).free < 1 << 20:
            return DataError(f"no backup was made in {folder}: the disk is full", hint="Free some space.")
    return DataError(
        f"no backup was made in {folder}: {error.message}",
        hint="Older backups are untouched. Check permissions and free space.",
    )
