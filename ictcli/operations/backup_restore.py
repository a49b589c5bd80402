"""From a backup to a workspace, verified before it is there; and the drill that shows that it can be done."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ictcli.clock import iso, monotonic
from ictcli.errors import DataError, IctError, UsageError
from ictcli.ledger.address import LedgerName, Place
from ictcli.ledger.anchors import write_anchor
from ictcli.ledger.chain import read_key
from ictcli.ledger.opening import copied
from ictcli.ledger.verification import Report
from ictcli.operations.backup_checking import check_backup, ledger_faults
from ictcli.operations.backup_contents import ledger_name
from ictcli.operations.backup_copying import copy_plain, refused, require_room, target_of
from ictcli.operations.backup_manifest import BackupLedger, Manifest
from ictcli.store.atomic import TEMPORARY, private_folder, sha256_of, sync_folder
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch


@dataclass(frozen=True, slots=True)
class Restored:
    """A workspace that was restored.

    Attributes:
        manifest: of the backup.
        reports: of its ledgers.
        notes: what a person must do besides.
    """

    manifest: Manifest
    reports: dict[LedgerName, Report]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drill:
    """A restore that was tried and thrown away.

    Attributes:
        restored: what it came to.
        seconds: that it took, verification included.
        behind: ledger = events that were written since.
        compared: ledgers that were held against the live one: it goes on from where the backup ends.
    """

    restored: Restored
    seconds: float
    behind: dict[LedgerName, int]
    compared: tuple[LedgerName, ...]


def restore(backup: Path, target: Path, key: bytes | None, *, by: str, now: int) -> Restored:
    """Make a workspace of a backup; it appears when everything was verified.

    The emergency stop is set: the broker may know of orders that the ledger does not, most of all where none
    is left.

    Args:
        backup: folder of the backup.
        target: the workspace; must not be there, or be empty.
        key: the workspace's, where the backup does not hold it.
        by: who restores.
        now: nanoseconds UTC.

    Raises:
        UsageError: the target holds something.
        DataError: the backup is not what was written, the key is missing, or the disk refuses.
    """
    _require_empty(target)
    checked = check_backup(backup, key)
    checked.require_good(backup.name)
    manifest = checked.manifest
    if manifest.ledgers and not checked.keyed:
        raise DataError(
            f"{backup.name} holds no secret key, and without it no ledger can be verified or go on",
            hint="Pass --key FILE: the copy of state/secret.key that you keep elsewhere.",
        )
    draft = target.with_name(f"{TEMPORARY}{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        require_room(target.parent, manifest.size, shutil.disk_usage(target.parent).free)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        folders, notes = _folders(manifest)
        _copy(backup, draft, manifest, folders)
        reports = _verified(backup, draft, manifest, folders, key, now)
        _halt(draft / folders["state"], manifest, by, now)
        if target.exists():
            target.rmdir()
        draft.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise refused(error, target) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Restored(manifest, reports, (*notes, *_elsewhere(manifest)))


def drill(
    backup: Path, scratch: Path, key: bytes | None, live: Mapping[LedgerName, Place], *, by: str, now: int
) -> Drill:
    """Restore into a folder that is removed again, verify it, and compare it with what lives.

    Args:
        backup: folder of the backup.
        scratch: where a folder may be made.
        key: the workspace's.
        live: ledgers of the workspace, as far as there are any.
        by: who tries.
        now: nanoseconds UTC.

    Raises:
        DataError: it cannot be restored, or the live ledger does not go on from it.
    """
    begun = monotonic()
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY}drill-", dir=scratch))
    try:
        restored = restore(backup, folder / "workspace", key, by=by, now=now)
        seconds = monotonic() - begun
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    behind: dict[LedgerName, int] = {}
    compared = []
    for told in restored.manifest.ledgers:
        if told.ledger in live:
            behind[told.ledger] = _behind(told, live[told.ledger])
            compared.append(told.ledger)
    return Drill(restored, seconds, behind, tuple(compared))


def _behind(told: BackupLedger, place: Place) -> int:
    """Events that a live ledger has beyond a backup, which it must go on from."""
    with copied(place) as stored:
        last, _ = stored.head()
        at = stored.event(told.events) if told.events else None
        if told.events and (at is None or at.hash != told.head):
            raise DataError(
                f"the {told.ledger} ledger does not go on from event {told.events} of the backup",
                hint="One of them is of another story: see docs/backup.md, When a drill fails.",
            )
    return last - told.events


def _require_empty(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target} is no folder", hint="Name a folder that does not exist yet.")
    if target.exists() and any(target.iterdir()):
        raise UsageError(
            f"{target} is not empty: a backup is never restored over something",
            hint="Name a folder that does not exist yet; move it into place when it is verified.",
        )


def _folders(manifest: Manifest) -> tuple[dict[str, str], list[str]]:
    """Where the parts of a backup go, and what to tell of those that were outside of the workspace."""
    folders, notes = {}, []
    for root in ("config", "state", "data"):
        was = PurePosixPath(manifest.roots.get(root, root))
        inside = not was.is_absolute() and ".." not in was.parts and bool(was.parts) and ":" not in str(was)
        folders[root] = was.as_posix() if inside else root
        if not inside:
            notes.append(f"{root} was {was}: it is in {root} now; move it there, or change data.{root}")
    return folders, notes


def _place(name: str, folders: Mapping[str, str]) -> str:
    root, _, rest = name.partition("/")
    return f"{folders[root]}/{rest}"


def _copy(backup: Path, draft: Path, manifest: Manifest, folders: Mapping[str, str]) -> None:
    for folder in folders.values():
        private_folder(draft / folder)
    for one in manifest.files:
        target = target_of(draft, _place(one.name, folders))
        copy_plain(target_of(backup, one.name), target)
        if not target.is_file() or sha256_of(target) != one.sha256:
            raise DataError(f"{one.name} changed while it was restored", hint="Restore another backup.")
    ignore = draft / folders["state"] / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")


def _verified(
    backup: Path, draft: Path, manifest: Manifest, folders: Mapping[str, str], key: bytes | None, now: int
) -> dict[LedgerName, Report]:
    """Verify every ledger where it lies now, and note its head."""
    state = draft / folders["state"]
    path = state / "secret.key"
    if not path.exists() and key is not None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    reports: dict[LedgerName, Report] = {}
    for told in manifest.ledgers:
        own = read_key(path)
        moved = BackupLedger(
            told.ledger, _place(told.file, folders), _place(told.anchors, folders), told.events, told.head,
            told.rows, told.address,
        )  # fmt: skip
        report, faults = ledger_faults(draft, moved, own)
        if report is None or faults:
            raise DataError(f"{backup.name}: {faults[0]}", hint="Restore another backup.")
        write_anchor(target_of(draft, moved.anchors), own, report.events, report.head, now, "restored")
        reports[told.ledger] = report
    return reports


def _halt(state: Path, manifest: Manifest, by: str, now: int) -> None:
    """Set the emergency stop: what happened since is not known here."""
    reason = f"restored from a backup of {iso(manifest.created)}: reconcile, then resume"
    try:
        Latch(control_folder(state)).engage(reason, by, now)
    except IctError as error:
        raise DataError(error.message, hint=error.hint) from error


def _elsewhere(manifest: Manifest) -> list[str]:
    """What to do about ledgers that were in another place."""
    return [
        f"the {told.ledger} ledger was at {told.address}: here it is {ledger_name(told.ledger)}; unset "
        "ICTCLI_LEDGER_URL, or bring it there: ictcli ledger migrate --to URL"
        for told in manifest.ledgers
        if told.ledger == "broker" and told.address != "ledger.db"
    ]
