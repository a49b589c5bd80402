"""Being told to end: signals, and a file for systems without them.

The file works on every platform and across users: whoever may write the control folder may end the trader.
Only a file that was laid down, or touched, after the trader began counts, so an old one ends nobody.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import Any

from ictcli.clock import monotonic
from ictcli.interrupts import COMPILING, Pressed

STOP_FILE = "STOP"
_NAP = 0.05
ENDING = ("SIGTERM", "SIGBREAK")
_IGNORED = ("SIGHUP",)


class Ending:
    """Why a trader is to end in good order.

    Args:
        control: folder of the control files.

    Attributes:
        interrupted: somebody pressed Ctrl-C.
        engaged: the account is being worked on, so that ending takes its order; before that nothing was done
            and a signal ends at once.
        turn: held while it is settled that the account is worked on, or that the process ends before.
    """

    def __init__(self, control: Path) -> None:
        self._path = os.fspath(control / STOP_FILE)
        self._old = self._marks()
        self._why = ""
        self.interrupted = False
        self.engaged = False
        self.turn = Lock()

    def engage(self) -> None:
        """From now on a signal is a word, and the loop ends when it hears it.

        Raises:
            KeyboardInterrupt: it was told to end before.
        """
        with self.turn:
            if self.why():
                raise Pressed
            self.engaged = True

    def why(self) -> str:
        """The reason, empty while there is none; asked once a turn, it costs microseconds."""
        if self._why:
            return self._why
        marks = self._marks()
        if marks is not None and marks != self._old:
            self._why = "the stop file"
        return self._why

    def end(self, why: str) -> None:
        """End for a reason; the first one counts."""
        self._why = self._why or why

    def hear(self, number: int) -> None:
        """End because of a signal."""
        self.interrupted = self.interrupted or number == signal.SIGINT
        self.end("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)

    def at_once(self) -> None:
        """End a start-up here, unless the kernel compiler runs: then behind it.

        Raises:
            KeyboardInterrupt: the account was not touched yet.
        """
        if not self.engaged:
            COMPILING.press()

    def _marks(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - asked every turn
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino


def doze(seconds: float, woken: Callable[[], bool]) -> None:
    """Wait, but no longer than until something wants to be seen to; looked at every twentieth of a second.

    Args:
        seconds: to wait at most.
        woken: whether there is something.
    """
    until = monotonic() + seconds
    while not woken() and (left := until - monotonic()) > 0:
        time.sleep(min(left, _NAP))


@contextmanager
def listening(ending: Ending, tell: Callable[[str], None]) -> Iterator[None]:
    """Let signals end a trader in good order for the block.

    TERM (Windows: Ctrl-Break) and the first Ctrl-C end it; the second Ctrl-C kills the process at once. HUP
    is ignored, as the configuration is read once at the start. Until the account is touched they end it by
    ``KeyboardInterrupt``: loading bars and compiling take long and hear nobody.

    Args:
        ending: is told.
        tell: a line for people.
    """
    before: list[tuple[int, Any]] = []

    def on_end(number: int, frame: FrameType | None) -> None:
        ending.hear(number)
        ending.at_once()

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        ending.hear(number)
        tell("ending in good order; Ctrl-C again ends at once")
        ending.at_once()

    def on_ignored(number: int, frame: FrameType | None) -> None:
        tell(f"{signal.Signals(number).name} ignored: the configuration is read at the start only")

    handlers = [("SIGINT", on_interrupt)]
    handlers += [(name, on_end) for name in ENDING] + [(name, on_ignored) for name in _IGNORED]
    for name, handler in handlers:
        number = getattr(signal, name, None)
        if number is not None:
            before.append((number, signal.signal(number, handler)))
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
