"""``ictcli backup`` as an operator uses it: exit codes, documents, words, what Prometheus is told."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.operations.backup_log import read_log
from tests.operations.desks import desk as made_desk

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, which is the current directory."""
    folder = made_desk(tmp_path / "desk").folder
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    return folder


def document(capsys: Printed) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_workspace_is_backed_up_listed_verified_drilled_and_restored(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create", "--metrics", "state/backup.prom"]) == 0
    told = capsys.readouterr()
    assert "broker ledger: 19 events\npaper ledger: 10 events" in told.out
    assert "keep a copy of state/secret.key in another place" in told.err
    assert run(["backup", "list"]) == 0
    assert "broker 19, paper 10  no" in capsys.readouterr().out
    assert run(["backup", "verify"]) == 0
    assert "every file, the seal and every ledger are what was written" in capsys.readouterr().out
    assert run(["backup", "drill", "--metrics", "state/backup.prom"]) == 0
    assert "the live one goes on from it, 0 events since" in capsys.readouterr().out
    metrics = (desk / "state" / "backup.prom").read_text()
    for line in (
        "ictcli_backup_exit_code 0.0",
        "ictcli_backup_drill_ok 1.0",
        "ictcli_backup_ledger_events 29.0",
    ):
        assert line in metrics
    assert run(["backup", "restore", "latest", "--to", "../again"]) == 0
    assert "the emergency stop is set" in capsys.readouterr().out
    assert run(["-w", "../again", "ledger", "verify"]) == 0
    assert run(["-w", "../again", "status", "--json"]) == 0
    assert "restored from a backup" in capsys.readouterr().out
    assert run(["-w", "../again", "resume", "--reason", "drill"]) == 0
    assert [(one.what, one.ok) for one in read_log(desk / "state")] == [("create", True), ("drill", True)]


def test_documents_tell_the_same(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create", "--with", "key", "--with", "runs", "--json"]) == 0
    made = document(capsys)
    assert (made["command"], made["key"], made["removed"], made["damaged"]) == ("backup create", True, [], {})
    assert [(one["ledger"], one["events"]) for one in made["ledgers"]] == [("broker", 19), ("paper", 10)]
    assert run(["backup", "list", "--json"]) == 0
    (listed,) = document(capsys)["backups"]
    assert listed["name"] == made["name"]
    assert run(["backup", "drill", made["name"], "--scratch", "../scratch", "--json"]) == 0
    drilled = document(capsys)
    assert [one["behind"] for one in drilled["ledgers"]] == [0, 0]
    assert drilled["seconds"] > 0
    assert run(["backup", "restore", made["folder"], "--to", "../again", "--json"]) == 0
    restored = document(capsys)
    assert (restored["halted"], restored["notes"]) == (True, [])
    assert restored["workspace"] == str(desk.parent / "again")


def test_a_machine_that_has_nothing_restores_with_the_key_that_was_kept(
    desk: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["backup", "create", "--json"]) == 0
    folder = Path(document(capsys)["folder"])
    safe = desk.parent / "safe"
    safe.mkdir()
    shutil.move(folder, safe / folder.name)
    shutil.copy(desk / "state" / "secret.key", safe / "secret.key")
    shutil.rmtree(desk)
    monkeypatch.chdir(safe)
    assert run(["backup", "restore", folder.name, "--to", "../desk"]) == 5
    assert "pass --key file" in capsys.readouterr().err.lower()
    assert run(["backup", "restore", folder.name, "--to", "../desk", "--key", "secret.key"]) == 0
    assert run(["-w", "../desk", "ledger", "verify"]) == 0


def test_a_damaged_backup_is_exit_5_and_noted(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create", "--json"]) == 0
    folder = Path(document(capsys)["folder"])
    (folder / "config" / "gates.toml").write_bytes(b"x" * (folder / "config" / "gates.toml").stat().st_size)
    assert run(["backup", "verify"]) == 5
    told = capsys.readouterr()
    assert "fault: config/gates.toml is not what was written" in told.out
    assert "error:" in told.err
    assert run(["backup", "drill", "--metrics", "drill.prom"]) == 5
    assert run(["backup", "restore", "latest", "--to", "../again"]) == 5
    assert not (desk.parent / "again").exists()
    assert "ictcli_backup_drill_ok 0.0" in Path("drill.prom").read_text()
    last = read_log(desk / "state")[-1]
    assert (last.what, last.ok) == ("drill", False)


def test_a_backup_without_its_manifest_is_found_and_never_the_latest(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create", "--json"]) == 0
    second = Path(document(capsys)["folder"])
    first = shutil.copytree(second, second.with_name("backup-20200101T000000Z"))
    (second / "manifest.json").write_text("{}")
    assert run(["backup", "list"]) == 3
    told = capsys.readouterr()
    assert f"damaged: {second.name}: manifest.json is damaged" in told.out
    assert "found: 1 damaged" in told.err
    assert run(["backup", "verify"]) == 0
    told = capsys.readouterr()
    assert first.name in told.out
    assert f"warning: the latest is the latest whole one; damaged: {second.name}" in told.err
    (first / "manifest.json").write_text("{}")
    assert run(["backup", "verify"]) == 5
    assert "every backup in" in capsys.readouterr().err


def test_without_its_key_a_ledger_is_not_backed_up_and_older_ones_stay(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create", "--json"]) == 0
    folder = Path(document(capsys)["folder"])
    (desk / "state" / "secret.key").rename(desk / "kept.key")
    assert run(["backup", "create"]) == 5
    told = capsys.readouterr().err
    assert "secret.key is missing, and without it" in told
    assert "Put the copy of the key back" in told
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith("backup-")] == [folder.name]
    assert run(["backup", "restore", "latest", "--to", "../again", "--key", "nowhere"]) == 5
    assert "hint: Pass the copy" in capsys.readouterr().err


def test_a_ledger_that_a_backup_never_verified_is_not_restored(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create", "--json"]) == 0
    folder = Path(document(capsys)["folder"])
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"ledgers": [], "key": "", "seal": ""}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert run(["backup", "restore", folder.name, "--to", "../again"]) == 5
    assert "ledger/ledger.db was never verified" in capsys.readouterr().err
    assert not (desk.parent / "again").exists()
    assert run(["backup", "verify"]) == 5


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["verify"], 2, "no backups in"),
        (["drill"], 2, "no backups in"),
        (["verify", "backup-2020"], 2, "no backup 'backup-2020'"),
        (["verify", "config"], 5, "is no backup"),
        (["restore", "config", "--to", "../x"], 5, "is no backup"),
        (["create", "--with", "everything"], 2, "everything"),
    ],
)
def test_what_is_not_there_is_told(
    desk: Path, capsys: Printed, words: list[str], code: int, told: str
) -> None:
    assert run(["backup", *words]) == code
    assert told in capsys.readouterr().err


def test_a_failed_backup_is_noted_and_told_to_prometheus(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create", "--quiet"]) == 0
    (desk / "state" / "recon.db").write_bytes(b"garbage" * 1000)
    assert run(["backup", "create", "--metrics", "backup.prom"]) == 5
    assert "recon.db is damaged" in capsys.readouterr().err
    metrics = Path("backup.prom").read_text()
    assert "ictcli_backup_exit_code 5.0" in metrics
    assert "ictcli_backup_last_success_timestamp_seconds 0.0" not in metrics


def test_a_restore_goes_nowhere_into_the_workspace(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create"]) == 0
    for target in ("state/again", "data/again", "backups/again", "config"):
        assert run(["backup", "restore", "latest", "--to", target]) == 2
        assert "which the workspace here needs for itself" in capsys.readouterr().err
        assert target == "config" or not (desk / target).exists()


def test_a_drill_and_a_verification_say_what_they_did_not_do(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create", "--with", "key"]) == 0
    (made,) = (desk / "backups").glob("backup-*")
    shutil.move(desk / "state", desk / "lost")
    assert run(["backup", "drill"]) == 0
    assert "compared with no live ledger: there is no broker or paper ledger here" in capsys.readouterr().err
    shutil.move(desk / "lost", desk / "state")
    shutil.rmtree(desk / "state" / "paper" / "ledger")
    assert run(["backup", "drill"]) == 5
    assert "terminal.bin knows of its account" in capsys.readouterr().err
    manifest = made / "manifest.json"
    assert '"key":""' not in manifest.read_text()


def test_without_a_key_no_ledger_counts_as_verified(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create"]) == 0
    shutil.move(desk / "state" / "secret.key", desk / "kept.key")
    assert run(["backup", "verify"]) == 0
    assert "no ledger was verified" in capsys.readouterr().err
    assert run(["backup", "verify", "--key", "kept.key"]) == 0
    assert "no ledger was verified" not in capsys.readouterr().err


def test_backups_of_another_key_ask_for_that_one(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create"]) == 0
    (desk / "other.key").write_text("ab" * 32 + "\n")
    (desk / "other.key").chmod(0o600)
    assert run(["backup", "verify", "--key", "other.key"]) == 5
    assert "Pass --key FILE" in capsys.readouterr().err


def test_what_was_lost_since_the_backup_before_is_exit_3_and_nothing_is_removed(
    desk: Path, capsys: Printed
) -> None:
    (desk / "config" / "ictcli.toml").write_text(
        "[backup]\nkeep_daily = 1\nkeep_weekly = 0\nkeep_monthly = 0\n"
    )
    assert run(["backup", "create"]) == 0
    (desk / "state" / "recon.db").rename(desk / "recon.db")
    shutil.rmtree(desk / "state" / "graduation")
    assert run(["backup", "create", "--metrics", "b.prom"]) == 3
    told = capsys.readouterr().err
    assert "holds what is not here any more: state/graduation/fvg.json, state/recon.db" in told
    assert "ictcli_backup_exit_code 3.0" in (desk / "b.prom").read_text()
    assert len(list((desk / "backups").glob("backup-*"))) == 2
    assert run(["backup", "create"]) == 0  # it was meant: the one before lacks them as well
    assert len(list((desk / "backups").glob("backup-*"))) == 1


def test_the_latest_is_not_restored_where_another_holds_more_of_a_ledger(desk: Path, capsys: Printed) -> None:
    assert run(["backup", "create"]) == 0
    (first,) = (desk / "backups").glob("backup-*")
    shutil.rmtree(desk / "state" / "paper")
    assert run(["backup", "create"]) == 3
    assert "an older one holds more of the paper ledger" in capsys.readouterr().err
    assert run(["backup", "restore", "latest", "--to", "../again"]) == 2
    assert f"{first.name} holds more of the paper ledger" in capsys.readouterr().err
    assert not (desk.parent / "again").exists()
    assert run(["backup", "drill"]) == 0
    assert f"{first.name} holds more of the paper ledger" in capsys.readouterr().err
    assert run(["backup", "restore", first.name, "--to", "../again"]) == 0


def test_a_backup_says_that_anchors_were_lost(desk: Path, capsys: Printed) -> None:
    (desk / "state" / "anchors.log").unlink()
    assert run(["backup", "create"]) == 0
    assert "no anchor vouches for the last 19 events of the broker ledger" in capsys.readouterr().err
    assert run(["backup", "verify"]) == 0
    assert "no anchor vouches for the last 19 events of the broker ledger" in capsys.readouterr().err
