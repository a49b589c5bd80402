"""What goes where: documents on stdout, words on stderr, no colour in a pipe, UTF-8, early closed pipes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.contract.program import PROGRAM, Run, environment

ESCAPE = "\033"


def test_a_json_document_names_schema_and_command_first(ictcli: Run) -> None:
    result = ictcli("config", "show", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert list(document)[:2] == ["schema", "command"]
    assert (document["schema"], document["command"]) == (1, "config show")


def test_json_before_and_after_the_command_is_the_same(ictcli: Run) -> None:
    assert ictcli("--json", "config", "show").stdout == ictcli("config", "show", "--json").stdout


def test_golden_config_show_origin(ictcli: Run, workspace: Path) -> None:
    file = workspace / "config" / "ictcli.toml"
    file.write_text('[account]\ncurrency = "EUR"\nbalance = 2500.10\n', encoding="utf-8")
    env = {"ICTCLI_ACCOUNT__CURRENCY": "GBP", "ICTCLI_PRIMARY__XAUUSD": "broker"}
    document = json.loads(ictcli("config", "show", "--origin", "--json", cwd=workspace, env=env).stdout)
    assert document["workspace"] == str(workspace)
    assert document["values"]["account.currency"] == "GBP"
    assert document["values"]["account.balance"] == "2500.10"
    assert document["values"]["primary.XAUUSD"] == "broker"
    assert document["origins"]["account.currency"] == "$ICTCLI_ACCOUNT__CURRENCY"
    assert document["origins"]["account.balance"] == str(file)
    assert document["origins"]["data.dir"] == "default"


def test_golden_status_of_an_empty_workspace(ictcli: Run, workspace: Path) -> None:
    document = json.loads(ictcli("status", "--json", cwd=workspace).stdout)
    assert document.pop("time").endswith("Z")
    assert document.pop("disk").keys() == {"free_bytes", "total_bytes"}
    logs = document.pop("logs")
    assert (logs["files"], logs["bytes"] > 0, logs["last"][-1]) == (1, True, "Z")
    assert document == {
        "schema": 1,
        "command": "status",
        "workspace": str(workspace),
        "series": [],
        "runs": [],
        "disk_bytes": 0,
        "damaged": [],
        "trading": {"halt": None, "ledgers": [], "damaged": [], "traders": [], "unreachable": None},
        "reconciliations": [],
        "models": [],
        "alerts": {
            "unacknowledged": {"info": 0, "warning": 0, "critical": 0}, "oldest": None, "waiting": 0,
            "failed": 0,
        },
        "backup": {
            "last": None, "drill": None, "held": None, "beyond": [],
            "overdue": ["never backed up", "a restore was never tried"],
        },
        "measurements": {
            "unusual": [], "judged": 0, "too_short": 0, "longest": 0, "needed": 0, "error": "",
        },
    }  # fmt: skip


def test_config_of_a_named_file_replaces_the_workspaces(ictcli: Run, workspace: Path) -> None:
    (workspace / "config" / "ictcli.toml").write_text('[log]\nlevel = "ERROR"\n', encoding="utf-8")
    other = workspace / "other.toml"
    other.write_text('[account]\ncurrency = "CHF"\n', encoding="utf-8")
    values = json.loads(ictcli("-c", "other.toml", "config", "show", "--json", cwd=workspace).stdout)[
        "values"
    ]
    assert (values["account.currency"], values["log.level"]) == ("CHF", "WARNING")


def test_the_workspace_is_the_nearest_parent_with_a_config(ictcli: Run, workspace: Path) -> None:
    deep = workspace / "data" / "deep"
    deep.mkdir()
    assert json.loads(ictcli("status", "--json", cwd=deep).stdout)["workspace"] == str(workspace)
    by_variable = ictcli("status", "--json", env={"ICTCLI_WORKSPACE": str(workspace)})
    assert json.loads(by_variable.stdout)["workspace"] == str(workspace)


def test_the_workspace_option_beats_the_variable(ictcli: Run, workspace: Path, tmp_path: Path) -> None:
    env = {"ICTCLI_WORKSPACE": str(tmp_path / "empty")}
    result = ictcli("-w", str(workspace), "status", "--json", env=env)
    assert json.loads(result.stdout)["workspace"] == str(workspace)


@pytest.mark.parametrize(
    ("args", "env", "coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "ICTCLI_NO_COLOR": "1"}, False),
        (["--no-color"], {"FORCE_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_colours_only_where_wanted(args: list[str], env: dict[str, str], coloured: bool, ictcli: Run) -> None:
    result = ictcli(*args, "-c", "nowhere.toml", "config", "show", env=env)
    assert (ESCAPE in result.stderr) is coloured


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False)], ids=str
)
def test_a_terminal_gets_colours_unless_it_says_no(
    env: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    import pty

    master, slave = pty.openpty()
    subprocess.run(
        [*PROGRAM, "fecth"],
        stdout=slave,
        stderr=slave,
        stdin=slave,
        env=environment(tmp_path, {"TERM": "xterm", **env}),
        check=False,
    )
    os.close(slave)
    shown = os.read(master, 4096).decode()
    os.close(master)
    assert "no such command 'fecth'" in shown
    assert (ESCAPE in shown) is coloured


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
def test_a_terminal_sees_something_long_before_the_work_is_done(tmp_path: Path) -> None:
    import pty

    master, slave = pty.openpty()
    started = time.perf_counter()
    with subprocess.Popen(
        [*PROGRAM, "status"],
        stdout=subprocess.DEVNULL,
        stderr=slave,
        stdin=slave,
        cwd=tmp_path,
        env=environment(tmp_path, {"TERM": "xterm"}),
    ) as process:
        os.close(slave)
        shown = os.read(master, 4096)
        first = time.perf_counter() - started
        process.wait()
        whole = time.perf_counter() - started
    os.close(master)
    assert b"status ..." in shown
    assert first < whole / 2


def test_output_is_utf_8_whatever_the_platform_says(tmp_path: Path) -> None:
    folder = tmp_path / "Märkte €"
    folder.mkdir()
    result = subprocess.run(
        [*PROGRAM, "status", "--json"],
        capture_output=True,
        cwd=folder,
        env=environment(tmp_path, {"PYTHONIOENCODING": "cp1252", "LC_ALL": "C"}),
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.decode("utf-8"))["workspace"] == str(folder)


@pytest.mark.parametrize("args", [["--help"], ["config", "schema"], ["config", "schema", "--json"]], ids=str)
def test_a_reader_that_closes_early_is_no_error(args: list[str], tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(tmp_path)
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_named(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*PROGRAM, "config", "show"],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environment(tmp_path),
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == "error: no space left on device"
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="closes descriptors the POSIX way")
def test_closed_standard_streams_do_no_harm(tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m ictcli config show >&- 2>&-'
    result = subprocess.run(command, shell=True, env=environment(tmp_path), check=False)
    assert result.returncode == 0
