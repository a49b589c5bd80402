"""Every way to go wrong: the words, the exit code, the document; never a traceback."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from ictcli.errors import MEANINGS, Busy, DataError, ExitCode, IctError
from ictcli.failures import as_failure
from tests.contract.program import Run, environment


def error_of(result: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """The error object on stdout, checked for shape."""
    document = json.loads(result.stdout)
    assert list(document) == ["error"]
    error: dict[str, Any] = document["error"]
    assert list(error) == ["code", "name", "message", "hint", "retryable"]
    assert error["code"] == result.returncode
    assert f"error: {error['message']}" in result.stderr
    return error


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["fecth"], "Did you mean 'fetch'?"),
        (["config", "shwo"], "Did you mean 'show'?"),
        (["backtest", "--timefrme", "M5"], "Did you mean '--timeframe'?"),
        (["config", "show", "--orign"], "Did you mean '--origin'?"),
    ],
    ids=str,
)
def test_mistyped_commands_and_options_get_a_suggestion(args: list[str], hint: str, ictcli: Run) -> None:
    result = ictcli(*args)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: no such ")
    assert f"hint: {hint}" in result.stderr
    assert "--help`" in result.stderr


def test_usage_errors_are_documents_with_json(ictcli: Run) -> None:
    before, after = ictcli("--json", "config", "shwo"), ictcli("completion", "bsh", "--json")
    assert error_of(before)["name"] == "UsageError"
    assert "'bsh' is not one of" in error_of(after)["message"]


def test_an_unknown_key_names_file_key_and_the_nearest_one(ictcli: Run, workspace: Path) -> None:
    file = workspace / "config" / "ictcli.toml"
    file.write_text('[acount]\ncurrency = "EUR"\n', encoding="utf-8")
    result = ictcli("config", "show", "--json", cwd=workspace)
    assert error_of(result) == {
        "code": 4,
        "name": "ConfigError",
        "message": f"{file}: unknown key 'acount'",
        "hint": "Did you mean 'account'?",
        "retryable": False,
    }


def test_an_unknown_key_of_the_environment_is_an_error_too(ictcli: Run) -> None:
    result = ictcli("config", "show", env={"ICTCLI_ACCOUNT__BALLANCE": "5"})
    assert result.returncode == 4
    assert result.stderr.splitlines() == [
        "error: $ICTCLI_ACCOUNT__BALLANCE: unknown key 'account.ballance'",
        "hint: Did you mean 'balance'?",
    ]


@pytest.mark.no_cover
def test_switches_of_the_environment_are_no_config_keys(ictcli: Run) -> None:
    env = {"ICTCLI_NO_COLOR": "1", "ICTCLI_REAL_DATA": "/nowhere", "ICTCLI_TEST_PROFILE": "test"}
    assert ictcli("config", "check", env=env).returncode == 0


def test_a_missing_config_file_is_a_config_error(ictcli: Run) -> None:
    result = ictcli("-c", "nowhere.toml", "config", "show")
    assert result.returncode == 4
    assert "nowhere.toml: no such config file" in result.stderr


def test_a_missing_workspace_names_the_command_that_makes_one(ictcli: Run) -> None:
    result = ictcli("-w", "nowhere", "status")
    assert result.returncode == 2
    assert "hint: Run `ictcli init nowhere`." in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="permissions of Windows differ")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_config_file_is_a_config_error(ictcli: Run, workspace: Path) -> None:
    (workspace / "config" / "ictcli.toml").chmod(0)
    assert ictcli("status", cwd=workspace).returncode == 4


def test_every_exit_code_is_documented() -> None:
    assert set(MEANINGS) == set(ExitCode)
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for code, meaning in MEANINGS.items():
        assert f"| {code.value} | {code.name} | {meaning} |" in page


def _errors(base: type[IctError]) -> list[type[IctError]]:
    return [base, *(inner for direct in base.__subclasses__() for inner in _errors(direct))]


def test_every_error_class_owns_a_documented_code() -> None:
    assert {error.code for error in _errors(IctError)} <= set(MEANINGS)
    assert DataError.code == 5
    assert Busy.retryable


PANIC = type("PanicException", (BaseException,), {})


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ValueError("two\nlines"), 1, "unexpected ValueError: two lines (this is a bug in ictcli)"),
        (PANIC("rust said no"), 1, "unexpected PanicException: rust said no (this is a bug in ictcli)"),
        (MemoryError(), 1, "out of memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (OSError(28, "No space left on device", "part.parquet"), 1, "no space left on device: part.parquet"),
        (OSError(20, "Not a directory", "file/x"), 2, "not a directory: file/x"),
        (PermissionError(13, "Permission denied", "there"), 2, "permission denied: there"),
        (OSError(5, "Input/output error", "there"), 1, "input/output error: there"),
        (click.BadParameter("Too bad."), 2, "invalid value: Too bad"),
        (DataError("kept as it is"), 5, "kept as it is"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_exception_becomes_one_line_and_a_code(error: BaseException, code: int, words: str) -> None:
    failure = as_failure(error)
    assert (failure.code, failure.message) == (code, words)


BROKEN = """
import sys, ictcli.workspace
from ictcli.__main__ import run
def create(folder, *, force):
    raise {error}
ictcli.workspace.create = create
sys.exit(run(sys.argv[1:]))
"""


def broken(error: str, *args: str, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    """``ictcli init`` with a core that raises ``error``: a fault planted into the real program."""
    return subprocess.run(
        [sys.executable, "-c", BROKEN.format(error=error), "init", *args],
        capture_output=True,
        encoding="utf-8",
        env=environment(tmp_path),
        cwd=tmp_path,
        check=False,
    )


def test_a_bug_exits_1_and_says_how_to_report_it(tmp_path: Path) -> None:
    result = broken("ZeroDivisionError('planted')", "--json", tmp_path=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "bug in ictcli" in error_of(result)["message"]
    assert "ictcli doctor --json" in error_of(result)["hint"]


def test_a_bug_shows_its_traceback_with_v(tmp_path: Path) -> None:
    result = broken("ZeroDivisionError('planted')", "-v", tmp_path=tmp_path)
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert result.stderr.rstrip().endswith("of `ictcli doctor --json`.")


def test_a_native_panic_exits_1_without_a_traceback(tmp_path: Path) -> None:
    result = broken("type('PanicException', (BaseException,), {})('index out of bounds')", tmp_path=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr


def test_ctrl_c_is_130_and_one_word(tmp_path: Path) -> None:
    result = broken("KeyboardInterrupt", "--json", tmp_path=tmp_path)
    assert result.returncode == 130
    assert result.stderr == "error: interrupted\n"
    assert error_of(result)["retryable"] is True


SLOW = """
import sys, time, ictcli.workspace, ictcli.__main__
def create(folder, *, force):
    try:
        print("started", file=sys.stderr, flush=True)
        time.sleep(30)
    finally:
        print("cleaning", file=sys.stderr, flush=True)
        time.sleep({clean_up})
ictcli.workspace.create = create
sys.argv = ["ictcli", "init"]
ictcli.__main__.main()
"""


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize(("presses", "clean_up", "code"), [(1, 0.0, 130), (2, 30.0, -signal.SIGINT)])
def test_the_second_ctrl_c_does_not_wait(presses: int, clean_up: float, code: int, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW.format(clean_up=clean_up)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        encoding="utf-8",
        env=environment(tmp_path),
        cwd=tmp_path,
    )
    with process:
        assert process.stderr is not None
        for word in ("started", "cleaning")[:presses]:
            assert process.stderr.readline().strip() == word
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == code
