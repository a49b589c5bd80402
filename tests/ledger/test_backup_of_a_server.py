"""A ledger in a database server is in the workspace's backup, as a file that stands alone."""

from pathlib import Path

from ictcli.config.backup import BackupConfig
from ictcli.ledger.address import Place, find_place
from ictcli.ledger.copies import check_ledger
from ictcli.operations.backup import create
from ictcli.operations.backup_contents import Ask, Workspace
from ictcli.operations.backup_restore import restore
from tests.ledger.stories import NOW
from tests.operations.desks import tell


def test_a_server_is_backed_up_as_a_file_and_restored(served: Place, state: Path, tmp_path: Path) -> None:
    tell(served, range(2))
    environ = {"ICTCLI_LEDGER_URL": served.address.url}
    workspace = Workspace(tmp_path, state, tmp_path / "data", environ)
    made = create(workspace, BackupConfig(), Ask(), now=NOW)
    (told,) = made.backup.manifest.ledgers
    assert (told.ledger, told.events, told.file) == ("broker", 19, "state/ledger/ledger.db")
    assert told.address.startswith("postgresql://")
    done = restore(made.backup.folder, tmp_path / "again", served.key, by="anna", now=NOW)
    assert "ictcli ledger migrate --to URL" in done.notes[0]
    restored = check_ledger(find_place(tmp_path / "again" / "state", {}))
    assert (restored.events, restored.head, restored.faults) == (told.events, told.head, ())
