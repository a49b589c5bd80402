"""Is a backup what was written: its files, its seal, its ledgers against chain, anchors and a rebuild."""

from dataclasses import dataclass
from pathlib import Path

from ictcli.errors import DataError, LedgerUnwritable
from ictcli.ledger.address import Address
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.chain import read_key
from ictcli.ledger.opening import reading
from ictcli.ledger.verification import Report, verify
from ictcli.operations.backup_copying import PAPER, target_of, terminal_fault
from ictcli.operations.backup_manifest import (
    KEY_NAME,
    BackupLedger,
    Manifest,
    file_faults,
    fingerprint_of,
    read_manifest,
    seal_holds,
)

_OTHER_KEY = "it was made with another secret key"
_ITS_KEY = "Pass --key FILE: the copy of the state/secret.key that the workspace had then."


@dataclass(frozen=True, slots=True)
class Checked:
    """What reading a backup whole came to.

    Attributes:
        manifest: its own.
        keyed: it was held against a key: seal and ledgers were verified, too.
        faults: what is not as written, in words; empty for a good backup.
        notes: what is no fault and worth knowing.
    """

    manifest: Manifest
    keyed: bool
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def require_good(self, name: str) -> None:
        """Refuse a backup with faults.

        Raises:
            DataError: naming the first.
        """
        if self.faults:
            more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
            hint = _ITS_KEY if self.faults == (_OTHER_KEY,) else "Take another backup: `ictcli backup list`."
            raise DataError(f"{name} is not what was written: {self.faults[0]}{more}", hint=hint)


def check_backup(folder: Path, key: bytes | None) -> Checked:
    """Read a backup whole.

    Args:
        folder: of the backup.
        key: the workspace's; None: what can be told without one, and with the backup's own where it has it.

    Raises:
        DataError: the folder is no backup.
    """
    manifest = read_manifest(folder)
    faults = file_faults(folder, manifest)
    if faults:
        return Checked(manifest, keyed=False, faults=tuple(faults))
    if key is None and manifest.holds_key:
        key = read_key(target_of(folder, KEY_NAME))
    if key is None or not manifest.key:
        return Checked(manifest, keyed=False, faults=())
    if manifest.key != fingerprint_of(key):
        return Checked(manifest, keyed=True, faults=(_OTHER_KEY,))
    if not seal_holds(manifest, key):
        return Checked(manifest, keyed=True, faults=("the manifest's seal is broken: it was changed",))
    notes = []
    for ledger in manifest.ledgers:
        report, own = ledger_faults(folder, ledger, key)
        faults += own
        if report is not None and report.lacking:
            notes.append(
                f"no anchor vouches for the last {report.lacking:,} events of the {ledger.ledger} ledger: "
                "its anchors.log was lost or cut"
            )
        if ledger.ledger == "paper" and ledger.events:
            fault = terminal_fault(folder, Path(PAPER))
            faults += [fault] if fault else []
    return Checked(manifest, keyed=True, faults=tuple(faults), notes=tuple(notes))


def ledger_faults(folder: Path, told: BackupLedger, key: bytes) -> tuple[Report | None, list[str]]:
    """Verify one ledger of a backup, or of a workspace restored from it, and compare it with the manifest.

    Args:
        folder: that names of the backup start from.
        told: what the manifest says of it.
        key: the workspace's.
    """
    anchors = read_anchors(target_of(folder, told.anchors), key)
    try:
        with reading(Address(file=target_of(folder, told.file))) as stored:
            report = verify(stored, key, anchors)
    except (DataError, LedgerUnwritable) as error:
        return None, [f"{told.ledger} ledger: {error.message}"]
    faults = [f"{told.ledger} ledger, event {one.seq}: {one.detail}" for one in report.faults]
    if not faults and (report.events, report.head) != (told.events, told.head):
        faults.append(f"{told.ledger} ledger ends at event {report.events}, not at {told.events}")
    if not faults and report.rows != told.rows:
        faults.append(f"{told.ledger} ledger: its tables are not those that were backed up")
    return report, faults
