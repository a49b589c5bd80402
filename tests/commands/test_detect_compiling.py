"""What people are told while the compiler runs."""

import io
import sys

import numba
import pytest

from ictcli.commands.detect_compiling import compiling_told
from ictcli.detectors.warming import LABEL
from ictcli.output import Output

NOTE = "compiling detectors for this machine; later runs start at once"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def compile_two() -> None:
    for number in range(2):
        assert numba.njit(lambda value, more=number: value + more)(1, number) == 1 + number


def test_the_first_compilation_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with compiling_told(Output()):
        assert capsys.readouterr().err == "", "nothing is compiled yet"
        compile_two()
        assert capsys.readouterr().err == NOTE + "\n"
    compile_two()
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_how_many_were_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("ictcli.progress._REFRESH_S", 0.0)
    with compiling_told(Output()):
        compile_two()
    shown = terminal.getvalue()
    assert shown.index(NOTE) < shown.index("compiling  1") < shown.index("compiling  2")


def test_compiling_in_other_processes_is_told_once_too(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[str, int, int | None]] = []
    with compiling_told(Output()) as told:
        report = told.watched(lambda *what: seen.append(what))
        report("detecting", 0, 5)
        assert capsys.readouterr().err == ""
        report(LABEL, 0, 2)
        report(LABEL, 1, 2)
        assert capsys.readouterr().err == NOTE + "\n"
    assert seen == [("detecting", 0, 5), (LABEL, 0, 2), (LABEL, 1, 2)]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with compiling_told(Output(quiet=True)):
        compile_two()
    assert capsys.readouterr().err == ""
