"""The examples of docs/ci.md: YAML that parses, commands and codes that exist."""

import importlib.util
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from ictcli.cli import program
from ictcli.errors import ExitCode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")

VERDICT_FILES = {"--junit", "--summary"}


def block(language: str) -> str:
    """The fenced block of one language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


class Reader:
    """A strict reader of the YAML that workflows are written in: mappings, lists, plain and block texts.

    It refuses what it does not know: tabs, odd indents, repeated keys, flow collections, anchors, and plain
    texts that YAML would read as something else.
    """

    def __init__(self, text: str) -> None:
        assert "\t" not in text
        self.lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
        self.at = 0

    def indent(self) -> int:
        if self.at == len(self.lines):
            return -1
        line = self.lines[self.at]
        return len(line) - len(line.lstrip())

    def value(self, indent: int) -> Any:
        return self.sequence(indent) if self.lines[self.at].strip().startswith("- ") else self.mapping(indent)

    def sequence(self, indent: int) -> list[Any]:
        found: list[Any] = []
        while self.indent() == indent and self.lines[self.at][indent:].startswith("- "):
            rest = self.lines[self.at][indent + 2 :]
            if re.match(r"[\w-]+:( |$)", rest):
                self.lines[self.at] = " " * (indent + 2) + rest
                found.append(self.mapping(indent + 2))
            else:
                self.at += 1
                found.append(scalar(rest))
        return found

    def mapping(self, indent: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.indent() == indent:
            match = re.fullmatch(r"([\w-]+):(?: (.*))?", self.lines[self.at].strip())
            assert match, self.lines[self.at]
            key, rest = match.groups()
            assert key not in found, f"{key} twice"
            self.at += 1
            if rest == "|":
                found[key] = self.literal(indent)
            elif rest:
                found[key] = scalar(rest)
            else:
                deeper = self.indent() > indent
                assert not deeper or self.indent() == indent + 2, self.lines[self.at]
                found[key] = self.value(self.indent()) if deeper else None
        return found

    def literal(self, indent: int) -> str:
        inner, lines = self.indent(), []
        assert inner > indent
        while self.indent() >= inner:
            lines.append(self.lines[self.at][inner:])
            self.at += 1
        return "\n".join(lines) + "\n"


def scalar(text: str) -> str | int | bool:
    if text.startswith('"'):
        assert re.fullmatch(r'"[^"\\]*"', text), text
        return text[1:-1]
    assert text[0] not in "!&*%@`'[]{}>|#,?-", text
    assert ": " not in text, text
    assert " #" not in text, text
    assert text.lower() not in {"yes", "no", "on", "off", "null", "~"}, text
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if re.fullmatch(r"\d+", text) else text


def workflow() -> dict[str, Any]:
    reader = Reader(block("yaml"))
    found = reader.mapping(0)
    assert reader.at == len(reader.lines), "something is left over"
    return found


def commands(text: str) -> list[list[str]]:
    """The calls of ictcli in a shell text, each as words."""
    joined = text.replace("\\\n", " ")
    calls = re.findall(r"(?:^|&& |^.*\s{2})(ictcli [^&>\n]*)", joined, re.MULTILINE)
    return [shlex.split(call)[1:] for call in calls]


def test_the_workflow_is_valid_and_asks_the_gate() -> None:
    found = workflow()
    assert set(found) == {"name", "on", "permissions", "jobs"}
    assert len(found["on"]["schedule"][0]["cron"].split()) == 5
    (job,) = found["jobs"].values()
    assert job["runs-on"] == "ubuntu-latest"
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
    told = [step for step in job["steps"] if "--gate" in step.get("run", "")]
    assert len(told) == 1
    assert "if" not in told[0]


def test_a_yaml_library_reads_the_same() -> None:
    if importlib.util.find_spec("yaml") is None:
        pytest.skip("PyYAML is not installed: the reader of this file has checked the workflow")
    yaml: Any = importlib.import_module("yaml")
    loaded = yaml.safe_load(block("yaml"))
    loaded["on"] = loaded.pop(True)  # YAML 1.1 takes the key `on` for a truth value; GitHub does not
    assert loaded == workflow()


@pytest.mark.parametrize(
    "text",
    ["a: 1\na: 2", "a:\n   b: 1", "a: [1]", "a: 'x", "a: b: c", "\ta: 1", "a: yes", "- a", 'a: "b'],
)
def test_the_reader_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises(AssertionError):
        Reader(text).mapping(0)


def test_every_command_and_option_exists() -> None:
    shell = "\n".join(step["run"] for step in workflow()["jobs"]["gate"]["steps"] if "run" in step)
    calls = commands(shell) + commands(block("cron"))
    assert [call[0] for call in calls] == ["fetch", "backtest", "report", "fetch", "backtest"]
    with click.Context(program) as context:
        for name, *words in calls:
            command = program.get_command(context, name)
            assert command is not None
            known = {option for parameter in command.params for option in parameter.opts}
            given = {word for word in words if word.startswith("-")}
            assert given <= known | VERDICT_FILES, given - known


def test_the_cron_line_runs_on_working_days() -> None:
    *settings, line = block("cron").splitlines()
    assert all(re.fullmatch(r"[A-Z_]+=\S+", one) for one in settings)
    minute, hour, day, month, weekday, command = line.split(maxsplit=5)
    assert minute.isdecimal()
    assert hour.isdecimal()
    assert (day, month, weekday) == ("*", "*", "1-5")
    assert "%" not in command  # cron would take it for a new line


def test_exit_codes_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", PAGE, re.MULTILINE)
    assert len(rows) == 8
    for code, name in rows:
        assert ExitCode(int(code)).name == name
