"""Backups: what is in them, who may read them, what an interrupted or impossible one leaves behind."""

import os
import shutil
import sqlite3
import stat
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ictcli.config.backup import BackupConfig
from ictcli.errors import Busy, ConfigError, DataError
from ictcli.ledger.address import find_place
from ictcli.ledger.chain import read_key
from ictcli.ledger.journal import open_journal
from ictcli.operations.backup import Made, backup_folder, create
from ictcli.operations.backup_checking import check_backup
from ictcli.operations.backup_contents import Ask, Workspace
from ictcli.operations.backup_copying import require_room
from ictcli.operations.backup_manifest import check_name, read_manifest, sealed
from ictcli.operations.backup_rotation import shelf_of
from ictcli.store.atomic import sha256_of
from ictcli.store.locks import exclusive
from ictcli.trading.paper_history import Extent
from tests.ledger.stories import NOW
from tests.operations.desks import DAY, desk, keep_terminal, tell

SETTINGS, PLAIN = BackupConfig(), Ask()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return desk(tmp_path / "desk")


def back_up(
    workspace: Workspace, now: int = NOW, ask: Ask = PLAIN, settings: BackupConfig = SETTINGS
) -> Made:
    return create(workspace, settings, ask, now=now)


def names(made: Made) -> set[str]:
    return {one.name for one in made.backup.manifest.files}


def key_of(workspace: Workspace) -> bytes:
    return read_key(workspace.state / "secret.key")


def test_a_backup_holds_what_cannot_be_made_again_and_nothing_else(workspace: Workspace) -> None:
    found = names(back_up(workspace))
    assert found == {
        "config/gates.toml", "config/ictcli.toml", "config/symbols.toml",
        "state/.gitignore", "state/anchors.log", "state/recon.db", "state/lockbox.jsonl",
        "state/ledger/ledger.db", "state/paper/ledger/ledger.db", "state/paper/ledger/anchors.log",
        "state/paper/terminal.bin",
        "state/live-7/1-1.checkpoint", "state/control/trade.7.json", "state/graduation/fvg.json",
        "data/models/m/versions/1/card.json", "data/metrics/account=7/part-1.parquet",
    }  # fmt: skip


def test_key_runs_bars_and_logs_are_in_it_only_when_asked_for(workspace: Workspace) -> None:
    plain = names(back_up(workspace))
    more = names(back_up(workspace, NOW + DAY, Ask(key=True, runs=True, bars=True, logs=True)))
    assert more - plain == {
        "state/secret.key", "data/runs/r1/run.json", "data/bars/source=x/manifest.json",
        "state/logs/ictcli.jsonl",
    }  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="file modes say nothing on Windows")
def test_a_backup_is_its_owners_alone_whatever_the_umask(workspace: Workspace) -> None:
    before = os.umask(0)
    try:
        made = back_up(workspace, ask=Ask(key=True))
    finally:
        os.umask(before)
    folder = made.backup.folder
    wide = [
        path
        for path in (folder.parent, folder, *folder.rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert wide == []


def test_it_is_made_beside_a_writing_trader_and_is_of_one_instant(workspace: Workspace) -> None:
    with open_journal(find_place(workspace.state, {}), now=NOW) as journal:
        before = journal.last
        made = back_up(workspace)
        tell_on = journal.append([], NOW)
    assert [one.events for one in made.backup.manifest.ledgers if one.ledger == "broker"] == [tell_on]
    assert before == tell_on
    assert check_backup(made.backup.folder, key_of(workspace)).faults == ()


def test_another_database_is_copied_with_what_its_log_holds(workspace: Workspace) -> None:
    with closing(sqlite3.connect(workspace.state / "outbox.db")) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE messages (text)")
        writer.execute("INSERT INTO messages VALUES ('not delivered')")
        writer.commit()
        made = back_up(workspace)
    copy = made.backup.folder / "state" / "outbox.db"
    assert {"state/outbox.db-wal", "state/outbox.db-shm"} & names(made) == set()
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as other:
        assert other.execute("SELECT text FROM messages").fetchall() == [("not delivered",)]


@pytest.mark.parametrize(
    "name", ["state/recon.db", "state/ledger/ledger.db", "config/ictcli.toml", "manifest.json"]
)
def test_every_flipped_byte_is_found_out(workspace: Workspace, name: str) -> None:
    made = back_up(workspace)
    path = made.backup.folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    try:
        faults = check_backup(made.backup.folder, key_of(workspace)).faults
    except DataError as error:
        faults = (error.message,)
    assert faults


def test_a_manifest_that_was_made_to_fit_is_found_out_by_its_seal(workspace: Workspace) -> None:
    folder = back_up(workspace).backup.folder
    (folder / "config" / "ictcli.toml").write_text("[trade]\nmost_volume = 900\n")
    manifest = read_manifest(folder)
    files = [
        msgspec.structs.replace(
            one, size=(folder / one.name).stat().st_size, sha256=sha256_of(folder / one.name)
        )
        for one in manifest.files
    ]
    forged = msgspec.structs.replace(manifest, files=tuple(files))
    (folder / "manifest.json").write_bytes(msgspec.json.encode(forged))
    assert check_backup(folder, None).faults == ()
    assert check_backup(folder, key_of(workspace)).faults == (
        "the manifest's seal is broken: it was changed",
    )
    assert check_backup(folder, bytes(32)).faults == ("it was made with another secret key",)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"created":', f'"created":{"9" * 25}'), ('"size":', '"size":-'), ('"schema":1', '"schema":2'),
     ('"files":[', '"files":[7,'), ('"settled":', '"unknown":'), ("{", "["),
     ('"version"', '"version":{},"x"'),
    ],
)  # fmt: skip
def test_a_manifest_of_another_shape_is_no_manifest(workspace: Workspace, old: str, new: str) -> None:
    path = back_up(workspace).backup.folder / "manifest.json"
    path.write_text(path.read_text().replace(old, new, 1))
    shelf = shelf_of(path.parent.parent)
    assert (shelf.backups, list(shelf.damaged)) == ((), [path.parent.name])


def test_a_file_too_many_or_too_few_or_a_link_is_a_fault(workspace: Workspace) -> None:
    folder = back_up(workspace).backup.folder
    (folder / "state" / "more").write_text("x")
    (folder / "state" / "lockbox.jsonl").unlink()
    models = folder / "data" / "models"
    models.rename(folder.parent / "elsewhere")
    models.symlink_to(folder.parent / "elsewhere")
    faults = check_backup(folder, None).faults
    assert [fault.split(": ")[0] for fault in faults] == [
        "data/models/m/versions/1/card.json is no plain file",
        "state/lockbox.jsonl",
        "data/models is not in the manifest",
        "state/more is not in the manifest",
    ]


@pytest.mark.parametrize(
    "name",
    ["../etc/passwd", "/etc/passwd", "state/../../x", "state//x", "state", "other/x", "state/./x",
     "state/a\\b", "state/.tmp-x", "state/c:x", "state/\0"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="no name of a file in a backup"):
        check_name(name)


def test_links_are_left_out_and_told(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("of somebody else")
    (workspace.state / "linked").symlink_to(tmp_path / "outside")
    (workspace.folder / "config" / "passwords").symlink_to(tmp_path / "outside" / "secret")
    made = back_up(workspace)
    assert made.backup.manifest.left_out == ("config/passwords", "state/linked")
    assert not any("secret" in name or "linked" in name for name in names(made))


def test_two_backups_of_one_second_have_two_names(workspace: Workspace) -> None:
    first, second = back_up(workspace), back_up(workspace)
    assert second.backup.name == f"{first.backup.name}-2"


def test_one_backup_at_a_time(workspace: Workspace) -> None:
    lock = workspace.state / "locks" / "backup.lock"
    with exclusive(lock, "this workspace", now=NOW), pytest.raises(Busy, match="being backed up"):
        back_up(workspace)


def test_what_a_killed_backup_left_is_no_backup_and_is_swept(workspace: Workspace) -> None:
    kept = back_up(workspace).backup
    draft = kept.folder.with_name(".tmp-backup-20200101T000000Z")
    shutil.copytree(kept.folder, draft)
    assert [one.name for one in shelf_of(kept.folder.parent).backups] == [kept.name]
    made = back_up(workspace, NOW + DAY)
    assert not draft.exists()
    assert [one.name for one in shelf_of(kept.folder.parent).backups] == [kept.name, made.backup.name]


def test_a_half_backup_is_not_counted_and_not_removed(workspace: Workspace) -> None:
    keep_one = BackupConfig(keep_daily=1, keep_weekly=0, keep_monthly=0)
    half = back_up(workspace).backup.folder
    (half / "state" / "recon.db").unlink()
    made = back_up(workspace, NOW + DAY, settings=keep_one)
    assert made.removed == []
    assert list(made.damaged) == [half.name]
    last = back_up(workspace, NOW + 2 * DAY, settings=keep_one)
    assert last.removed == [made.backup.name]
    assert half.is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are Unix")
@pytest.mark.parametrize("room", [500, 8_000, 70_000])
def test_a_full_disk_is_told_and_leaves_no_half_backup(workspace: Workspace, room: int) -> None:
    import resource

    first = back_up(workspace)
    (workspace.state / "large.bin").write_bytes(b"x" * 100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(DataError, match="no backup was made in") as told:
            back_up(workspace, NOW + DAY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "ntouched" in told.value.hint
    left = sorted(path.name for path in first.backup.folder.parent.iterdir())
    assert left == [".gitignore", first.backup.name]
    assert check_backup(first.backup.folder, key_of(workspace)).faults == ()


def test_a_disk_without_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    require_room(tmp_path, 2**20, 66 * 2**20)
    with pytest.raises(DataError, match="64 MiB are free, and a backup takes about 1 MiB"):
        require_room(tmp_path, 2**20, 64 * 2**20)


def test_a_damaged_ledger_or_database_gives_no_backup(workspace: Workspace) -> None:
    (workspace.state / "recon.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(DataError, match=r"recon\.db is damaged"):
        back_up(workspace)
    (workspace.state / "recon.db").unlink()
    with closing(sqlite3.connect(workspace.state / "ledger" / "ledger.db")) as other:
        other.execute("DELETE FROM fills")
        other.commit()
    with pytest.raises(DataError, match="the ledger is not what was written"):
        back_up(workspace)
    assert shelf_of(workspace.folder / "backups").backups == ()


def test_a_cut_off_ledger_gives_no_backup(workspace: Workspace) -> None:
    place = find_place(workspace.state, {})
    older = back_up(workspace).backup.folder / "state" / "ledger" / "ledger.db"
    tell(place, range(2, 4))
    shutil.copy(older, workspace.state / "ledger" / "ledger.db")
    with pytest.raises(DataError, match="was anchored"):
        back_up(workspace, NOW + DAY)


@pytest.mark.parametrize("folder", [".", "state", "config", "data", "./state/../data"])
def test_backups_do_not_lie_among_what_is_backed_up(workspace: Workspace, folder: str) -> None:
    with pytest.raises(ConfigError, match="a folder of the workspace itself"):
        backup_folder(workspace, BackupConfig(folder=folder))


def test_a_ledger_that_is_gone_gives_no_backup(workspace: Workspace) -> None:
    back_up(workspace)
    for file in (workspace.state / "ledger").glob("ledger.db*"):
        file.unlink()
    with pytest.raises(DataError, match="was anchored"):
        back_up(workspace, NOW + DAY)


@pytest.mark.parametrize("left", [None, b"", b"nothing", b"half"])
def test_a_paper_ledger_without_its_terminal_gives_no_backup(
    workspace: Workspace, left: bytes | None
) -> None:
    first = back_up(workspace).backup
    terminal = workspace.state / "paper" / "terminal.bin"
    written = terminal.read_bytes()
    terminal.unlink()
    if left is not None:
        terminal.write_bytes(written[: len(written) // 2] if left == b"half" else left)
    with pytest.raises(DataError, match=f"no backup was made: .*{terminal} is ") as refused:
        back_up(workspace, NOW + DAY)
    assert "begin with a new account" in refused.value.hint
    assert [one.name for one in shelf_of(first.folder.parent).backups] == [first.name]


def test_a_paper_ledger_whose_history_was_cut_gives_no_backup(workspace: Workspace) -> None:
    terminal = workspace.state / "paper" / "terminal.bin"
    keep_terminal(terminal, Extent(1, 7, 42))
    (terminal.parent / "terminal-1.history").write_bytes(b"cut")
    with pytest.raises(DataError, match=r"terminal-1\.history is not the history of this terminal"):
        back_up(workspace)


def test_a_backup_that_was_made_without_the_terminal_of_its_ledger_has_a_fault(workspace: Workspace) -> None:
    folder = back_up(workspace).backup.folder
    (folder / "state" / "paper" / "terminal.bin").unlink()
    manifest = read_manifest(folder)
    files = tuple(one for one in manifest.files if one.name != "state/paper/terminal.bin")
    without = sealed(msgspec.structs.replace(manifest, files=files, seal=""), key_of(workspace))
    (folder / "manifest.json").write_bytes(msgspec.json.encode(without))
    assert check_backup(folder, key_of(workspace)).faults == (
        "the ledger tells of a terminal, and state/paper/terminal.bin is missing",
    )


def test_an_empty_ledger_is_named_where_it_is(workspace: Workspace) -> None:
    file = workspace.state / "ledger" / "ledger.db"
    file.write_bytes(b"")
    with pytest.raises(DataError, match=f"no ledger at {file}: the file is there and holds nothing"):
        back_up(workspace)


def test_nothing_is_removed_while_an_older_backup_holds_more_of_a_ledger(workspace: Workspace) -> None:
    settings = BackupConfig(keep_daily=1, keep_weekly=0, keep_monthly=0)
    first = back_up(workspace, settings=settings).backup.folder
    shutil.rmtree(workspace.state / "ledger")
    (workspace.state / "anchors.log").unlink()
    made = back_up(workspace, NOW + DAY, settings=settings)
    assert (made.removed, made.behind) == ([], ("broker",))
    assert first.is_dir()


def test_a_link_to_a_disk_that_is_not_there_is_told(workspace: Workspace) -> None:
    (workspace.folder / "backups").symlink_to(workspace.folder / "unplugged")
    with pytest.raises(ConfigError, match="backups is a link to what is not there"):
        backup_folder(workspace, SETTINGS)


def test_backups_may_lie_below_a_folder_and_are_never_in_themselves(workspace: Workspace) -> None:
    settings = BackupConfig(folder="state/copies")
    back_up(workspace, settings=settings)
    made = back_up(workspace, NOW + DAY, settings=settings)
    assert not any("copies" in name for name in names(made))
    elsewhere = back_up(workspace, NOW + 2 * DAY, settings=BackupConfig(folder="others"))
    assert not any("copies/backup-" in name for name in names(elsewhere))


def test_a_workspace_where_nobody_traded_is_backed_up_and_one_without_a_key_has_no_seal(
    workspace: Workspace,
) -> None:
    for name in ("ledger", "paper"):
        shutil.rmtree(workspace.state / name)
    (workspace.state / "anchors.log").unlink()
    assert back_up(workspace).backup.manifest.ledgers == ()
    (workspace.state / "secret.key").unlink()
    bare = back_up(workspace, NOW + DAY).backup
    assert (bare.manifest.key, bare.manifest.seal) == ("", "")
    assert check_backup(bare.folder, None).faults == ()


def test_a_ledger_that_lies_elsewhere_is_in_it_as_well(workspace: Workspace, tmp_path: Path) -> None:
    moved = tmp_path / "other-disk.db"
    shutil.copy(workspace.state / "ledger" / "ledger.db", moved)
    shutil.rmtree(workspace.state / "ledger")
    made = back_up(replace(workspace, environ={"ICTCLI_LEDGER_URL": f"sqlite:///{moved}"}))
    (told,) = (one for one in made.backup.manifest.ledgers if one.ledger == "broker")
    assert (told.file, told.address, told.events) == ("state/ledger/ledger.db", "other-disk.db", 19)
