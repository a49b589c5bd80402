"""What others may read or write of a workspace, and that nothing of it is made for them."""

import os
from pathlib import Path

import pytest

from ictcli.config.backup import BackupConfig
from ictcli.health_trading import secrets
from ictcli.operations.backup import create
from ictcli.operations.backup_contents import Ask, Workspace
from ictcli.operations.backup_log import Done, last_of, note, overdue, read_log
from ictcli.operations.private_files import exposed, others_may_write, steering_files
from ictcli.session import Session
from tests.ledger.stories import NOW
from tests.operations.desks import DAY, desk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="file modes say nothing on Windows")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = desk(tmp_path / "desk")
    for name in ("live-7", "graduation", "logs"):  # files of the stage, made without their room's care
        for path in (made.state / name).iterdir():
            path.chmod(0o600)
    for path in [*(made.state / "control").iterdir(), *(made.state / "locks").iterdir()]:
        path.chmod(0o600)
    made.state.chmod(0o755)  # else nothing below could be reached
    (made.state / "recon.db").chmod(0o600)
    for path in (made.state / "ledger").glob("*/*.db"):
        path.chmod(0o600)
    return made


def look(workspace: Workspace, *secrets: Path) -> tuple[list[str], list[str], list[str]]:
    steering = steering_files(workspace.folder, [])
    found = exposed(workspace.state, workspace.folder / "backups", secrets, steering)
    return (
        [path.name for path in found.secrets],
        [path.name for path in found.writable],
        [path.name for path in found.readable],
    )


def test_what_trading_and_backups_make_is_their_owners_alone(workspace: Workspace) -> None:
    create(workspace, BackupConfig(), Ask(key=True), now=NOW)
    assert look(workspace, workspace.state / "secret.key") == ([], [], [])


@pytest.mark.parametrize(
    ("name", "mode", "where"),
    [
        ("state/secret.key", 0o640, 0),
        ("state", 0o777, 1),
        ("state/anchors.log", 0o660, 1),
        ("state/anchors.log", 0o640, 2),
        ("state/recon.db", 0o604, 2),
        ("state/spool", 0o772, 1),
        ("backups", 0o777, 1),
        ("state/control", 0o775, 1),
        ("state/control/trade.7.json", 0o620, 1),
        ("state/control/trade.7.lock", 0o602, 1),
        (".", 0o777, 1),
        ("config", 0o757, 1),
        ("config/ictcli.toml", 0o666, 1),
        ("strategies", 0o777, 1),
    ],
)
def test_a_file_that_others_reach_is_named(workspace: Workspace, name: str, mode: int, where: int) -> None:
    create(workspace, BackupConfig(), Ask(), now=NOW)
    path = workspace.folder / name
    path.mkdir(exist_ok=True) if not path.exists() else None
    path.parent.chmod(0o755)
    path.chmod(mode)
    found = look(workspace, workspace.state / "secret.key")
    assert found[where] == [path.name]
    assert [names for at, names in enumerate(found) if at != where] == [[], []]


def test_a_token_or_password_in_a_file_for_everyone_is_named(workspace: Workspace, tmp_path: Path) -> None:
    token = tmp_path / "bridge.token"
    token.write_text("a-token-of-some-length")
    token.chmod(0o640)
    (workspace.folder / "config" / "ictcli.toml").write_text(
        '[brokers.desk]\nterminal = "bridge"\nlogin = 7\npassword_env = "DESK_PASSWORD"\n'
    )
    environ = {"ICTCLI_BRIDGE_TOKEN_FILE": str(token), "XDG_CONFIG_HOME": str(tmp_path)}
    session = Session([], environ)
    session.chosen_workspace = str(workspace.folder)
    state, told, fix = secrets(session)
    assert (state, "bridge.token" in told, fix.startswith("chmod 600")) == ("fail", True, True)
    token.chmod(0o600)
    assert secrets(session)[0] == "ok"


def test_a_file_in_a_folder_that_others_cannot_enter_is_safe(workspace: Workspace) -> None:
    ledger = workspace.state / "ledger" / "ledger.db"
    ledger.chmod(0o666)
    assert look(workspace) == ([], [], [])
    ledger.parent.chmod(0o755)
    assert look(workspace)[1] == ["ledger.db"]


def test_a_folder_whose_files_are_run_is_nobody_elses_to_write(tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir(mode=0o755)
    assert others_may_write(tmp_path, tmp_path / "kernels", tmp_path / "absent") is None
    (tmp_path / "kernels").chmod(0o775)
    assert others_may_write(tmp_path, tmp_path / "kernels") == tmp_path / "kernels"


def test_a_log_says_what_is_late_and_a_torn_line_counts_for_nothing(tmp_path: Path) -> None:
    def late(now: int) -> list[str]:
        return overdue(last_of(read_log(tmp_path)), now=now, stale_after=DAY, drill_after=30 * DAY)

    assert late(NOW) == ["never backed up", "a restore was never tried"]
    note(tmp_path, Done(what="create", at=NOW, name="b1", ok=True, seconds=1.0))
    note(tmp_path, Done(what="drill", at=NOW, name="b1", ok=True, seconds=1.0))
    with (tmp_path / "backup.log").open("a") as file:
        file.write('{"what":"create","at":1')
    assert late(NOW + DAY) == []
    assert late(NOW + DAY + 1)[0].startswith("the last backup is of ")
    assert late(NOW + 31 * DAY)[1].startswith("the last drill is of ")
    with (tmp_path / "backup.log").open("a") as file:
        file.write("\n")
    note(tmp_path, Done(what="create", at=NOW + 1, name="", ok=False, seconds=1.0, error="disk full"))
    note(tmp_path, Done(what="drill", at=NOW + 1, name="", ok=False, seconds=1.0, error="damaged"))
    assert late(NOW + DAY) == ["the last try failed: disk full", "the last drill failed: damaged"]
    assert last_of(read_log(tmp_path)).made == read_log(tmp_path)[0]
    assert (tmp_path / "backup.log").stat().st_mode & 0o077 == 0
