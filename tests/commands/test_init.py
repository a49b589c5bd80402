"""``ictcli init``: what it makes, what it never touches."""

import json
import os
import re
import stat
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.workspace import KEY_FILE, TEMPLATES, create, template

FILES = [*(f"config/{name}" for name in TEMPLATES), "state/.gitignore", KEY_FILE.as_posix()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_makes_config_data_state_and_a_key(folder: Path) -> None:
    assert run(["init", "desk"]) == 0
    made = sorted(path.relative_to(folder / "desk").as_posix() for path in (folder / "desk").rglob("*"))
    assert made == sorted([*FILES, "config", "data", "state"])
    for name in TEMPLATES:
        assert (folder / "desk" / "config" / name).read_text(encoding="utf-8") == template(name)


def test_without_a_name_the_current_directory_becomes_the_workspace(folder: Path) -> None:
    assert run(["init"]) == 0
    assert (folder / "config" / "ictcli.toml").is_file()


def test_the_workspace_option_names_the_directory_too(folder: Path) -> None:
    assert run(["-w", "there", "init"]) == 0
    assert (folder / "there" / "config" / "ictcli.toml").is_file()


def test_the_key_is_64_hex_digits_and_differs_each_time(tmp_path: Path) -> None:
    keys = set()
    for name in ("a", "b"):
        create(tmp_path / name)
        keys.add((tmp_path / name / KEY_FILE).read_text())
    assert len(keys) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64}\n", key) for key in keys)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_only_the_owner_may_read_the_key_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_again_changes_nothing_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["init"])
    key = (folder / KEY_FILE).read_bytes()
    (folder / "config" / "ictcli.toml").write_text("# mine\n")
    capsys.readouterr()
    assert run(["init"]) == 0
    assert capsys.readouterr().out == f"up to date: {folder} is a workspace already\n"
    assert (folder / "config" / "ictcli.toml").read_text() == "# mine\n"
    assert (folder / KEY_FILE).read_bytes() == key


def test_force_puts_config_back_but_never_the_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["init"])
    key = (folder / KEY_FILE).read_bytes()
    (folder / "config" / "ictcli.toml").write_text("# mine\n")
    capsys.readouterr()
    assert run(["init", "--force", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changed"] is True
    actions = {file["path"]: file["action"] for file in document["files"]}
    assert actions == {name: "replaced" if name == "config/ictcli.toml" else "kept" for name in FILES}
    assert (folder / "config" / "ictcli.toml").read_text(encoding="utf-8") == template("ictcli.toml")
    assert (folder / KEY_FILE).read_bytes() == key


def test_a_missing_file_of_a_workspace_comes_back(tmp_path: Path) -> None:
    create(tmp_path)
    (tmp_path / "config" / "gates.toml").unlink()
    assert [step.path for step in create(tmp_path) if step.action == "created"] == ["config/gates.toml"]


@pytest.mark.parametrize("ledger", ["state/anchors.log", "state/paper/ledger/ledger.db"])
def test_beside_a_ledger_no_new_key_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], ledger: str
) -> None:
    run(["init"])
    (folder / ledger).parent.mkdir(parents=True, exist_ok=True)
    (folder / ledger).write_text("")
    assert run(["init"]) == 0
    (folder / KEY_FILE).unlink()
    capsys.readouterr()
    for force in ([], ["--force"]):
        assert run(["init", *force]) == 5
        told = capsys.readouterr().err
        assert "a new key cannot verify" in told
        assert "Put back the copy of the key" in told
    assert not (folder / KEY_FILE).exists()


def test_a_file_in_the_way_is_a_usage_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data").write_text("not a folder")
    assert run(["init"]) == 2
    assert "is a file, not a directory" in capsys.readouterr().err


def test_quiet_says_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "desk", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(os.name == "nt", reason="/proc")
@pytest.mark.parametrize("where", ["/proc/x", "/dev/null/x", "x" * 300])
def test_a_directory_that_cannot_be_created_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    assert run(["init", where]) == 2
    told = capsys.readouterr().err
    assert "cannot create" in told
    assert "Choose another directory." in told
