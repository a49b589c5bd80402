"""The first page for newcomers: every line of it runs as it stands."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from ictcli.__main__ import run
from tests.contract.pages import blocks, read

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are of a POSIX shell")
PAGE = read("getting-started.md")
SHORT = {"--years 1": "--start 2024-01-01 --end 2024-01-20"}


def follow(folder: Path, changed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Type every line; what was typed with its exit code."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    done = []
    for line in "".join(blocks(PAGE, "sh")).splitlines():
        command = re.sub(r"\s+#.*$", "", line)
        for old, new in changed.items():
            command = command.replace(old, new)
        words = shlex.split(command)
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
        else:
            done.append((command, run(words[1:])))
    return done


def check(done: list[tuple[str, int]]) -> None:
    assert len(done) == 11
    for command, code in done:
        assert code == 0 or (code == 3 and "--gate" in command), command


def test_every_line_of_the_page_runs_on_three_weeks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(follow(tmp_path, SHORT, monkeypatch))


@pytest.mark.proof
def test_every_line_of_the_page_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof_facts: dict[str, object]
) -> None:
    done = follow(tmp_path, {}, monkeypatch)
    check(done)
    proof_facts["codes"] = [code for _, code in done]
