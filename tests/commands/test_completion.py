"""``ictcli completion``: scripts, and the answers behind them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.commands.completion import SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_asks_the_program(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"{shell}_complete" in script
    assert "_ICTCLI_COMPLETE" in script


def test_a_script_as_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "fish", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shell"] == "fish"


def answers(shell: str, words: str, last: str) -> list[str]:
    """What the program answers when a shell asks."""
    asked = {"_ICTCLI_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": last}
    result = subprocess.run(
        [sys.executable, "-m", "ictcli"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **asked},
        check=True,
    )
    return result.stdout.splitlines()


def test_bash_completes_commands_options_and_choices() -> None:
    assert answers("bash", "ictcli co", "1") == ["plain,config", "plain,completion"]
    assert answers("bash", "ictcli config show --or", "3") == ["plain,--origin"]
    assert answers("bash", "ictcli completion fi", "2") == ["plain,fish"]


def test_powershell_gets_value_and_help() -> None:
    assert answers("powershell", "ictcli stat", "stat") == [
        "plain\tstatus\tShow what trades, what must be seen to, and what is stored."
    ]
    assert answers("powershell", "ictcli completion ", "")[0].startswith("plain\tbash")


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="needs bash")
def test_bash_accepts_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    run(["completion", "bash"])
    subprocess.run(["/bin/bash", "-n"], input=capsys.readouterr().out, encoding="utf-8", check=True)
