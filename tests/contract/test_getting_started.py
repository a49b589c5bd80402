"""The first page for newcomers: every line of it runs as it stands, a year of bars included."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from ictcli.__main__ import run
from tests.contract.pages import blocks, read

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are of a POSIX shell")
PAGE = read("getting-started.md")


def follow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Type every line; what was typed with its exit code."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    done = []
    for line in "".join(blocks(PAGE, "sh")).splitlines():
        command = re.sub(r"\s+#.*$", "", line)
        words = shlex.split(command)
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
        else:
            done.append((command, run(words[1:])))
    return done


@pytest.mark.proof
def test_every_line_of_the_page_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof_facts: dict[str, object]
) -> None:
    done = follow(tmp_path, monkeypatch)
    assert len(done) == 13
    for command, code in done:
        assert code == 0 or (code == 3 and "--gate" in command), command
    proof_facts["codes"] = [code for _, code in done]
