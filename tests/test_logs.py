"""The log of the program: what a run leaves behind, what it never shows, and what it survives."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from ictcli.__main__ import run
from ictcli.operations.log_files import log_files
from ictcli.session import Session
from ictcli.workspace import create
from tests.contract.program import environment

PROGRAM = [sys.executable, "-m", "ictcli"]
CANARY = "canary-5e1f0c7d-of-a-secret"
BROKER = """
[brokers.desk]
terminal = "bridge"
login = 5012345
port = 1
password_env = "DESK_PW"
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh workspace as the current directory."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(desk: Path) -> list[dict[str, Any]]:
    """Every line of its log."""
    files = log_files(desk / "state" / "logs")
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_leaves_its_command_line_what_it_told_and_its_exit_code(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["query", "SELEKT"]) == 2
    began, told, ended = lines(desk)
    assert (began["event"], began["message"], began["command"]) == ("began", "query SELEKT", "query")
    assert told["level"] == "ERROR"
    assert told["message"].startswith("UsageError: query: ")
    assert (ended["event"], ended["exit"]) == ("ended", 2)
    assert began["session"] == ended["session"]
    assert told["message"].partition(": ")[2] in capsys.readouterr().err


def test_a_note_that_is_not_shown_is_logged(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session(["x", "-q"], dict(os.environ))
    session.out.quiet = True
    session.config  # noqa: B018 - it is loaded when first asked for
    session.out.note("nobody sees this")
    assert session.recorder is not None
    session.recorder.end(0)
    assert "nobody sees this" not in capsys.readouterr().err
    assert "nobody sees this" in [line.get("message") for line in lines(desk)]


def test_nothing_is_written_outside_of_a_workspace_nor_where_it_is_turned_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["status"]) == 0
    assert list(tmp_path.iterdir()) == []
    create(tmp_path / "desk")
    monkeypatch.setenv("ICTCLI_LOG__FILE_LEVEL", "OFF")
    assert run(["-w", "desk", "status"]) == 0
    assert not (tmp_path / "desk" / "state" / "logs").exists()


def test_the_traceback_of_a_bug_is_kept_without_the_values_of_variables(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(["x"], dict(os.environ))
    session.config  # noqa: B018 - as above
    assert session.recorder is not None
    password = "value-of-a-local-variable"
    try:
        len(password) // 0
    except ZeroDivisionError as error:
        session.recorder.failed(error)
    session.recorder.end(1)
    (failed,) = [line for line in lines(desk) if line.get("event") == "failed"]
    assert "ZeroDivisionError" in failed["error"]
    assert "test_logs.py" in failed["error"]
    assert password not in json.dumps(lines(desk))


def test_the_log_can_be_asked_with_sql(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["status"])
    capsys.readouterr()
    sql = "SELECT command, exit FROM logs WHERE event = 'ended' AND ts > now() - INTERVAL 1 HOUR"
    assert run(["query", sql, "--format", "nl"]) == 0
    assert json.loads(capsys.readouterr().out) == {"command": "status", "exit": 0}


COMMANDS = [
    ["status", "--json"], ["doctor"], ["config", "show", "--json"], ["query", f"SELECT '{CANARY}' FROM no"],
    ["trade", "EURUSD", "--strategy", CANARY, "--live", "--broker", "desk", "--confirm-account", "5012345"],
    ["-v", "reconcile", "--ledger", "broker"],
]  # fmt: skip


def test_no_secret_of_the_environment_appears_in_any_output_or_file(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with (desk / "config" / "ictcli.toml").open("a") as file:
        file.write(BROKER)
    secret_file = desk / "state" / "token"
    secret_file.write_text(f"{CANARY}-in-a-file\n")
    secret_file.chmod(0o600)
    monkeypatch.setenv("DESK_PW", CANARY)
    monkeypatch.setenv("ICTCLI_BRIDGE_TOKEN_FILE", str(secret_file))
    monkeypatch.setenv("ICTCLI_METRICS_TOKEN", CANARY[::-1])
    monkeypatch.setenv("ICTCLI_LEDGER_URL", f"postgresql://me:{CANARY}@127.0.0.1:1/ledger")
    codes = [run(command) for command in COMMANDS]
    assert set(codes) > {0, 2}
    shown = capfd.readouterr()
    assert CANARY[::-1] not in shown.out + shown.err
    assert CANARY not in shown.out
    assert CANARY not in shown.err
    files = [path for path in desk.rglob("*") if path.is_file() and path != secret_file]
    assert len(files) > 4
    for path in files:
        content = path.read_bytes()
        assert CANARY.encode() not in content, path
        assert CANARY[::-1].encode() not in content, path


@pytest.mark.parametrize("loud", [True, False])
def test_other_records_are_shown_masked_from_their_level_on(
    loud: bool, desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTHER_TOKEN", CANARY)
    session = Session(["x"], dict(os.environ))
    session.out.verbose = loud
    session.config  # noqa: B018 - as above
    logger.warning("careful: {}", CANARY)
    logger.debug("chatter")
    assert session.recorder is not None
    session.recorder.end(0)
    err = capsys.readouterr().err
    assert "careful: ***" in err
    assert ("chatter" in err) is loud
    (line,) = [one for one in lines(desk) if "careful" in one.get("message", "")]
    assert (line["message"], line["level"]) == ("careful: ***", "WARNING")
    assert line["source"].startswith("tests.test_logs:")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_stderr_that_takes_nothing_ends_no_command(desk: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "query", "SELEKT"], stderr=full, stdout=subprocess.PIPE, cwd=desk,
            env=environment(tmp_path), check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert [line["exit"] for line in lines(desk) if line.get("event") == "ended"] == [2]
