"""The output module: documents, rows, tables, colours, progress."""

import io
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError, Finding, UsageError
from ictcli.output import Output, coloured, encode, plain
from ictcli.telemetry import silent


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Point:
    x: Decimal
    y: float


class Pair(msgspec.Struct):
    first: int
    second: Path


class Side(StrEnum):
    LONG = "long"


class Code(IntEnum):
    THREE = 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("100.10"), "100.10"),
        (Decimal("NaN"), None),
        (float("nan"), None),
        (float("-inf"), None),
        (np.float64("nan"), None),
        (np.int64(5), 5),
        (np.bool_(True), True),
        (np.array([1.5, np.inf]), [1.5, None]),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00Z"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:00Z"),
        (date(2026, 1, 2), "2026-01-02"),
        (Path("a", "b"), str(Path("a", "b"))),
        (Point(Decimal("1.0"), 2.0), {"x": "1.0", "y": 2.0}),
        (Pair(1, Path("p")), {"first": 1, "second": "p"}),
        (Side.LONG, "long"),
        (Code.THREE, 3),
        ((1, 2), [1, 2]),
        ({1: Decimal(2)}, {"1": "2"}),
        (10**30, 10**30),
    ],
    ids=str,
)
def test_values_become_plain_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)
    assert json.loads(encode(value)) == expected


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        plain(datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_whatever_goes_in_valid_json_comes_out(value: Any) -> None:
    json.loads(encode(value), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_a_document_goes_out_once_with_schema_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(json=True)
    out.command = "fetch"
    out.emit({"rows": 3}, lambda: pytest.fail("text was made for nothing"))
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "command": "fetch", "rows": 3}
    assert out.written


def test_text_ends_with_one_newline(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output()
    out.emit({}, "one")
    out.emit({}, "two\n")
    out.emit({}, "")
    assert capsys.readouterr().out == "one\ntwo\n"


def test_rows_are_flushed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            seen.append(self.getvalue())

    monkeypatch.setattr(sys, "stdout", Pipe())
    assert Output().rows({"n": n} for n in range(2)) == 2
    assert seen == ['{"n": 0}\n', '{"n": 0}\n{"n": 1}\n']


def test_an_error_after_the_document_stays_off_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(json=True)
    out.emit({"verdict": "FAIL"}, "")
    out.error_document(DataError("late"))
    assert json.loads(capsys.readouterr().out)["verdict"] == "FAIL"


def test_numbers_align_right_and_gaps_are_blank() -> None:
    table = Output().table(["name", "rows", "share"], [["a", "1,200", "5%"], ["bcd", None, "12.5%"]])
    assert table.splitlines() == [
        "name      rows    share",
        "------  ------  -------",
        "a        1,200       5%",
        "bcd               12.5%",
    ]


def test_an_empty_table_has_its_headers() -> None:
    assert Output().table(["a", "b"], []).splitlines()[0].split() == ["a", "b"]


def test_notes_are_silent_when_quiet_and_warnings_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(quiet=True)
    out.note("nobody hears this")
    out.warn("but this")
    assert capsys.readouterr() == ("", "warning: but this\n")


def test_a_finding_leaves_with_its_words() -> None:
    with pytest.raises(Finding, match="two gaps") as caught:
        Output().finding("two gaps", "look at them")
    assert (caught.value.code, caught.value.hint) == (3, "look at them")


def test_nobody_to_ask_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="no terminal"):
        Output().confirm("Really?")


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y\n", True), ("YES\n", True), ("\n", False), ("no\n", False)]
)
def test_the_answer_decides(answer: str, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert Output().confirm("Really?") is agreed


def test_progress_is_silent_off_a_terminal() -> None:
    with Output().progress("importing") as progress:
        assert progress is silent


def test_progress_shows_at_once_on_a_terminal_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with Output().progress("importing"):
        assert "importing ..." in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")


def test_words_take_the_place_of_the_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Output()
    with out.progress("importing") as progress:
        out.note("one")
        progress("importing more", 0, None)
        out.log("two\n")
    clear = "\r\033[K"
    assert terminal.getvalue() == f"{clear}importing ...{clear}one\n{clear}importing more ...{clear}two\n"


def test_a_slow_command_shows_itself_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setenv("TERM", "xterm")
    out = Output()
    out.command = "fetch"
    out.begin()
    assert terminal.getvalue() == "\r\033[Kfetch ..."
    out.emit({}, "done")
    assert terminal.getvalue().endswith("\r\033[K")


@pytest.mark.parametrize(("quiet", "term"), [(True, "xterm"), (False, "dumb")])
def test_progress_keeps_still_when_told(quiet: bool, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", term)
    with Output(quiet=quiet).progress() as progress:
        assert progress is silent


@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_who_decides_about_colour(environ: dict[str, str], shown: bool) -> None:
    assert coloured(Terminal(), environ) is shown


def test_what_a_broker_says_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07\u202etxt.exe\x9b1m\r\x08"
    out = Output()
    out.note(evil)
    out.warn(evil)
    out.error(DataError(evil, hint=evil))
    shown = capsys.readouterr().err + out.table(["a"], [[evil], ["line\nline\ttab é"]])
    assert not {one for one in shown if one < " " and one not in "\n\t"}
    assert not set("\x7f\x9b\u202e") & set(shown)
    assert "line\ttab é" in shown
