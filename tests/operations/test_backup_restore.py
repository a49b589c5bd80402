"""From a backup to a workspace: what is refused, what is verified, and the drill."""

import shutil
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ictcli.clock import iso
from ictcli.config.backup import BackupConfig
from ictcli.errors import DataError, UsageError
from ictcli.ledger.address import LedgerName, Place, find_place, paper_place
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.chain import read_key
from ictcli.ledger.copies import check_ledger
from ictcli.ledger.opening import open_database
from ictcli.operations.backup import create
from ictcli.operations.backup_contents import Ask, Workspace
from ictcli.operations.backup_manifest import read_manifest, sealed
from ictcli.operations.backup_restore import drill, restore
from ictcli.store.atomic import sha256_of
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from tests.ledger.stories import NOW
from tests.operations.desks import DAY, desk, tell

LATER = NOW + DAY


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return desk(tmp_path / "desk")


def back_up(workspace: Workspace, ask: Ask | None = None) -> Path:
    return create(workspace, BackupConfig(), ask or Ask(), now=NOW).backup.folder


def key_of(workspace: Workspace) -> bytes:
    return read_key(workspace.state / "secret.key")


def places(workspace: Workspace) -> dict[LedgerName, Place]:
    return {"broker": find_place(workspace.state, {}), "paper": paper_place(workspace.state)}


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_lost_workspace_comes_back_whole_verified_and_halted(workspace: Workspace, tmp_path: Path) -> None:
    folder, key = back_up(workspace), key_of(workspace)
    shutil.move(folder, tmp_path / "safe")
    shutil.rmtree(workspace.folder)
    target = tmp_path / "again"
    done = restore(tmp_path / "safe", target, key, by="anna", now=LATER)
    assert {name: report.events for name, report in done.reports.items()} == {"broker": 19, "paper": 10}
    state = target / "state"
    for place in (find_place(state, {}), paper_place(state)):
        assert check_ledger(place).faults == ()
        assert read_anchors(place.anchors, place.key).holding[-1].what == "restored"
    held = Latch(control_folder(state)).halt()
    assert held is not None
    assert (held.by, held.reason) == (
        "anna", f"restored from a backup of {iso(NOW)}: reconcile, then resume",
    )  # fmt: skip
    assert (state / "secret.key").read_text().strip() == key.hex()
    assert (target / "data" / "models" / "m" / "versions" / "1" / "card.json").is_file()
    wide = [path.name for path in target.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert (wide, stat.S_IMODE(target.stat().st_mode)) == ([], 0o700)
    tell(find_place(state, {}), range(2, 3))
    assert check_ledger(find_place(state, {})).events == 28


def test_nothing_is_restored_over_something(workspace: Workspace, tmp_path: Path) -> None:
    folder, key = back_up(workspace), key_of(workspace)
    before = files(workspace.folder)
    with pytest.raises(UsageError, match="is not empty"):
        restore(folder, workspace.folder, key, by="a", now=LATER)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="is no folder"):
            restore(folder, tmp_path / name, key, by="a", now=LATER)
    assert files(workspace.folder) == before
    (tmp_path / "empty").mkdir()
    restore(folder, tmp_path / "empty", key, by="a", now=LATER)
    assert (tmp_path / "empty" / "state" / "control" / "HALT").exists()


def test_without_the_key_it_is_refused_and_the_hint_says_what_to_do(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = back_up(workspace)
    with pytest.raises(DataError, match="holds no secret key") as told:
        restore(folder, tmp_path / "again", None, by="a", now=LATER)
    assert "--key FILE" in told.value.hint
    with pytest.raises(DataError, match="made with another secret key"):
        restore(folder, tmp_path / "again", bytes(32), by="a", now=LATER)
    assert not (tmp_path / "again").exists()
    restore(folder, tmp_path / "again", key_of(workspace), by="a", now=LATER)
    assert (tmp_path / "again" / "state" / "control" / "HALT").exists()


def test_a_backup_with_the_key_needs_none(workspace: Workspace, tmp_path: Path) -> None:
    folder = back_up(workspace, Ask(key=True))
    assert set(restore(folder, tmp_path / "again", None, by="a", now=LATER).reports) == {"broker", "paper"}


@pytest.mark.parametrize("name", ["state/ledger/ledger.db", "state/anchors.log", "config/gates.toml"])
def test_a_damaged_backup_makes_no_workspace(workspace: Workspace, tmp_path: Path, name: str) -> None:
    folder, key = back_up(workspace), key_of(workspace)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 4
    (folder / name).write_bytes(data)
    with pytest.raises(DataError, match="is not what was written"):
        restore(folder, tmp_path / "again", key, by="a", now=LATER)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["desk"]


def test_a_backup_whose_ledger_was_rewritten_with_its_manifest_is_refused(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder, key = back_up(workspace), key_of(workspace)
    ledger = folder / "state" / "ledger" / "ledger.db"
    with closing(open_database(replace(find_place(workspace.state, {}).address, file=ledger))) as database:
        database.execute("DELETE FROM fills")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")
    manifest = read_manifest(folder)
    forged = [
        msgspec.structs.replace(one, size=ledger.stat().st_size, sha256=sha256_of(ledger))
        if one.name == "state/ledger/ledger.db" else one
        for one in manifest.files
    ]  # fmt: skip
    # even by somebody who has the key
    (folder / "manifest.json").write_bytes(
        msgspec.json.encode(sealed(msgspec.structs.replace(manifest, files=tuple(forged)), key))
    )
    with pytest.raises(DataError, match=r"fills row .* is missing"):
        restore(folder, tmp_path / "again", key, by="a", now=LATER)


def test_a_manifest_cannot_write_beside_its_workspace(workspace: Workspace, tmp_path: Path) -> None:
    folder, key = back_up(workspace), key_of(workspace)
    manifest = read_manifest(folder)
    for roots in ({"state": "../../evil"}, {"state": "/etc"}, {"data": "c:/x"}):
        moved = msgspec.structs.replace(manifest, roots={**manifest.roots, **roots})
        (folder / "manifest.json").write_bytes(msgspec.json.encode(sealed(moved, key)))
        done = restore(folder, tmp_path / "again", key, by="a", now=LATER)
        assert any("move it there" in one for one in done.notes)
        assert sorted(path.name for path in (tmp_path / "again").iterdir()) == ["config", "data", "state"]
        shutil.rmtree(tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["desk"]


def test_folders_of_other_names_come_back_under_them(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.folder / "var").mkdir()
    workspace.state.rename(workspace.folder / "var" / "memory")
    moved = replace(workspace, state=workspace.folder / "var" / "memory")
    key = key_of(moved)
    done = restore(back_up(moved), tmp_path / "again", key, by="a", now=LATER)
    assert done.notes == ()
    assert check_ledger(find_place(tmp_path / "again" / "var" / "memory", {})).events == 19


def test_a_ledger_that_lay_elsewhere_is_told(workspace: Workspace, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    shutil.copy(workspace.state / "ledger" / "ledger.db", other)
    moved = replace(workspace, environ={"ICTCLI_LEDGER_URL": f"sqlite:///{other}"})
    done = restore(back_up(moved), tmp_path / "again", key_of(workspace), by="a", now=LATER)
    assert "the broker ledger was at other.db" in done.notes[0]
    assert "ictcli ledger migrate" in done.notes[0]


def test_a_drill_restores_verifies_says_how_long_and_removes_it(workspace: Workspace, tmp_path: Path) -> None:
    folder, key = back_up(workspace), key_of(workspace)
    tell(find_place(workspace.state, {}), range(2, 4))
    live = places(workspace)
    scratch = tmp_path / "scratch"
    done = drill(folder, scratch, key, live, by="a", now=LATER)
    assert done.behind == {"broker": 18, "paper": 0}
    assert 0 < done.seconds < 60
    assert list(scratch.iterdir()) == []
    assert Latch(control_folder(workspace.state)).halt() is None


def test_a_drill_fails_where_the_live_ledger_is_of_another_story(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder, key = back_up(workspace), key_of(workspace)
    shutil.rmtree(workspace.state / "paper")
    tell(paper_place(workspace.state), range(5, 8))
    with pytest.raises(DataError, match="the paper ledger does not go on from event 10 of the backup"):
        drill(folder, tmp_path / "scratch", key, places(workspace), by="a", now=LATER)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_drill_fails_with_its_backup_and_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    folder, key = back_up(workspace), key_of(workspace)
    (folder / "state" / "recon.db").unlink()
    with pytest.raises(DataError, match="no such file"):
        drill(folder, tmp_path / "scratch", key, places(workspace), by="a", now=LATER)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_workspace_without_a_ledger_comes_back_halted_too(workspace: Workspace, tmp_path: Path) -> None:
    for name in ("ledger", "paper"):
        shutil.rmtree(workspace.state / name)
    (workspace.state / "anchors.log").unlink()
    restore(back_up(workspace), tmp_path / "again", key_of(workspace), by="a", now=LATER)
    assert (tmp_path / "again" / "state" / "control" / "HALT").exists()
