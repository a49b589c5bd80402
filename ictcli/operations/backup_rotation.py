"""Which backups are kept: the newest of so many days, weeks and months, and always a good one."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ictcli.clock import to_datetime
from ictcli.errors import DataError
from ictcli.ledger.address import LedgerName
from ictcli.operations.backup_manifest import PREFIX, Manifest, file_faults, read_manifest
from ictcli.store.atomic import TEMPORARY


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days, ISO weeks and months with a backup there are of which the newest is kept."""

    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is whole by the names and sizes of its files.

    Attributes:
        folder: where it lies.
        manifest: its own.
    """

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name


@dataclass(frozen=True, slots=True)
class Shelf:
    """What lies in the folder of backups.

    Attributes:
        backups: whole ones, oldest first.
        damaged: name = what is wrong; neither counted nor ever removed by rotation.
    """

    backups: tuple[Backup, ...]
    damaged: dict[str, str]


def shelf_of(folder: Path) -> Shelf:
    """Look at names and sizes; no file is read but the manifests."""
    backups, damaged = [], {}
    for path in sorted(folder.glob(f"{PREFIX}*")):
        if not path.is_dir() or path.is_symlink():
            continue
        try:
            manifest = read_manifest(path)
        except DataError as error:
            damaged[path.name] = error.message.removeprefix(f"{path.name}: ")
            continue
        faults = file_faults(path, manifest, hashes=False)
        if faults:
            damaged[path.name] = faults[0]
        else:
            backups.append(Backup(path, manifest))
    backups.sort(key=lambda one: (one.manifest.created, one.name))
    return Shelf(tuple(backups), damaged)


def fuller(than: Backup, backups: Sequence[Backup]) -> dict[LedgerName, Backup]:
    """Ledger = the backup with most of its events, where that is not this one."""
    own = {one.ledger: one.events for one in than.manifest.ledgers}
    found: dict[LedgerName, Backup] = {}
    for backup in backups:
        for one in backup.manifest.ledgers:
            if one.events > own.get(one.ledger, 0):
                own[one.ledger], found[one.ledger] = one.events, backup
    return found


def kept_of(created: Sequence[int], keep: Keep) -> set[int]:
    """Numbers of those that are kept of several instants, ns UTC, oldest first."""
    kept: set[int] = set()
    rules: tuple[tuple[int, Callable[[datetime], tuple[int, ...]]], ...] = (
        (keep.daily, lambda at: (at.year, at.month, at.day)),
        (keep.weekly, lambda at: at.isocalendar()[:2]),
        (keep.monthly, lambda at: (at.year, at.month)),
    )
    for count, period in rules:
        newest = {period(to_datetime(at)): number for number, at in enumerate(created)}
        kept |= set(sorted(newest.values(), reverse=True)[:count])
    return kept


def rotate(backups: Sequence[Backup], keep: Keep, is_good: Callable[[Backup], bool]) -> list[str]:
    """Remove what is not kept; names of what was removed.

    Where nothing that is kept proves good, the newest good one of the others is kept as well.

    Args:
        backups: oldest first.
        keep: how many are kept.
        is_good: reads a backup whole; asked only where something would be removed.
    """
    kept = kept_of([one.manifest.created for one in backups], keep)
    leaving = [number for number in range(len(backups)) if number not in kept]
    if not leaving:
        return []
    if not any(is_good(backups[number]) for number in sorted(kept, reverse=True)):
        saved = next((number for number in reversed(leaving) if is_good(backups[number])), None)
        leaving = [number for number in leaving if number != saved]
    for number in leaving:
        remove(backups[number].folder)
    return [backups[number].name for number in leaving]


def remove(folder: Path) -> None:
    """Take a backup away: at once no backup any more, then file by file."""
    leaving = folder.with_name(f"{TEMPORARY}{folder.name}")
    folder.rename(leaving)
    shutil.rmtree(leaving)
