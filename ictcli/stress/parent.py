"""Processes that do not outlive the stress that started them: ``python -m ictcli.stress.parent WORDS``.

A child's standard input is the end of a pipe that nobody ever writes to. Its other end is open in the parent
alone, and the system closes it when the parent ends, however it ends: then the child ends, too. No signal and
no process number is needed, so it is the same on Windows.
"""

import os
import runpy
import sys
import threading

from ictcli.errors import ExitCode

UNDER_A_PARENT = (sys.executable, "-m", "ictcli.stress.parent")
"""The program, for as long as the parent lives; its words follow."""


class Leash:
    """A pipe whose reading end is handed to children as standard input.

    Attributes:
        end: the descriptor for ``stdin`` of ``subprocess.Popen``.
    """

    def __init__(self) -> None:
        self.end, self._held = os.pipe()

    def let_go(self) -> None:
        """Close the pipe: children that still run end."""
        for one in (self._held, self.end):
            if one >= 0:
                os.close(one)
        self._held = self.end = -1


def follow_parent() -> None:
    """End this process at once when its standard input ends, which is when its parent has ended."""
    threading.Thread(target=_wait, name="parent", daemon=True).start()


def _wait() -> None:
    # not through sys.stdin: its lock would be held by this thread when the process ends in good order
    while os.read(0, 1):
        pass
    os._exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    follow_parent()
    runpy.run_module("ictcli", run_name="__main__", alter_sys=True)
