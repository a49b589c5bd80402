"""Files that people name are looked at before any work is done."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.workspace import create


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace without bars: whatever works on bars fails with exit code 5."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    return tmp_path


BACKTEST = ("backtest", "EURUSD", "--strategy", "fvg_retest")


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        ((*BACKTEST, "--junit", "nowhere/x.xml"), "--junit"),
        ((*BACKTEST, "--summary", "nowhere/x.md"), "--summary"),
        (("report", "--out", "nowhere/x.txt"), "--out"),
        (("query", "SELECT 1", "--out", "nowhere/x.csv"), "--out"),
        (("detect", "EURUSD", "--plot", "nowhere/x.html"), "--plot"),
    ],
)
def test_a_file_in_no_folder_is_refused_before_any_work(
    desk: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], option: str
) -> None:
    assert run(asked) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"error: {option} nowhere/x.")
    assert said[0].endswith("no such folder: nowhere")
    assert len(said) == 2, "a message and a hint"
    assert not (desk / "nowhere").exists()


def test_stdout_and_the_current_folder_are_no_missing_folders(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["query", "SELECT 7 AS n", "--format", "csv", "--out", "-"]) == 0
    assert run(["query", "SELECT 7 AS n", "--format", "csv", "--out", "n.csv"]) == 0
    assert "7" in capsys.readouterr().out
    assert "7" in (desk / "n.csv").read_text()


def _remove_all(desk: Path) -> None:
    for file in desk.glob("config/*.toml"):
        file.unlink()


def _own_gate(desk: Path) -> None:
    (desk / "strict.toml").write_text("")


@pytest.mark.parametrize(
    ("given", "prepare", "hint"),
    [
        ("config/gate.toml", lambda desk: None, "The nearest file there: config/gates.toml"),
        ("config/other.toml", lambda desk: (desk / "config" / "gates.toml").unlink(), "config/"),
        ("strickt.toml", _own_gate, "The nearest file there: strict.toml"),
        ("absent.toml", lambda desk: None, "The workspace has config/gates.toml."),
        ("absent.toml", _remove_all, "Run `ictcli init`."),
    ],
)
@pytest.mark.parametrize("command", [BACKTEST, ("detect", "EURUSD", "--score")])
def test_a_missing_gate_file_names_the_nearest_one(
    desk: Path,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    given: str,
    prepare: Callable[[Path], None],
    hint: str,
) -> None:
    prepare(desk)
    assert run([*command, "--gate", given]) == 4
    said = capsys.readouterr().err
    assert f"gate file {given} does not exist" in said
    assert hint in said.splitlines()[1]


@pytest.mark.parametrize("command", [BACKTEST, ("detect", "EURUSD"), ("fetch", "EURUSD", "--source", "sim")])
@pytest.mark.parametrize("end", ["2025-05-01", "2025-06-01"])
def test_a_span_without_an_instant_is_a_usage_error(
    desk: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], end: str
) -> None:
    assert run([*command, "--start", "2025-06-01", "--end", end]) == 2
    said = capsys.readouterr().err
    assert "--start 2025-06-01T00:00:00Z is not before --end" in said


def test_a_symbol_given_twice_is_taken_once_which_a_note_says(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["detect", "EURUSD", "-s", "EURUSD"])
    assert "given more than once, taken once: EURUSD" in capsys.readouterr().err
    run(["detect", "EURUSD", "-q", "-s", "EURUSD"])
    assert "taken once" not in capsys.readouterr().err
