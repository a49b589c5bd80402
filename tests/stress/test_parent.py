"""Processes of a stress end with it, also when it is killed and can tell nobody."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.stress.parent import UNDER_A_PARENT, Leash

CHILD = "from ictcli.stress.parent import follow_parent; import time; follow_parent(); time.sleep(60)"
PARENT = f"""
import subprocess, sys, time
from ictcli.stress.parent import Leash
leash = Leash()
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdin=leash.end, stdout=sys.stdout)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.send_signal(signal.SIGKILL)
        assert parent.stdout.read() == "", "its output is closed when both have ended"


def test_the_program_runs_as_usual_and_keeps_its_exit_code(tmp_path: Path) -> None:
    leash = Leash()
    done = subprocess.run(
        [*UNDER_A_PARENT, "config", "get", "no.such.key"], stdin=leash.end, cwd=tmp_path, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    leash.let_go()
    assert done.returncode == 2, done.stderr


def test_letting_go_ends_a_child_and_may_be_done_twice() -> None:
    leash = Leash()
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=leash.end) as child:
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.3)
        leash.let_go()
        leash.let_go()
        assert child.wait(30) == 130
