"""The demo's headings are bold on a terminal and plain elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "scripts" / "demo.sh"
BOLD = b"\033[1m"


def heading() -> str:
    """The part of the script that prints headings, and one heading."""
    part = re.search(r"^symbols=[^\n]*\n(.*?^say\(\)[^\n]*\n)", DEMO.read_text(), re.MULTILINE | re.DOTALL)
    assert part is not None
    return part[1] + "say hello\n"


def test_a_redirected_demo_prints_no_escape_codes() -> None:
    done = subprocess.run(["sh", "-c", heading()], capture_output=True, check=True, timeout=20)
    assert done.stdout + done.stderr == b"\nhello\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_bold_headings_unless_told_otherwise(no_color: str) -> None:
    reader, terminal = os.openpty()
    environ = {**os.environ, "NO_COLOR": no_color}
    subprocess.run(["sh", "-c", heading()], stdout=terminal, stderr=terminal, env=environ, check=True)
    os.close(terminal)
    shown = os.read(reader, 1000)
    os.close(reader)
    assert b"hello" in shown
    assert (BOLD in shown) == (not no_color)
