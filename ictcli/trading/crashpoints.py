"""Named places at which a process can be made to end at once, to prove that a start afterwards is right."""

import os
import signal
from collections.abc import Callable, Mapping

VARIABLE = "ICTCLI_CRASH"
POINTS = (
    "before_record", "after_record", "after_intent", "after_sent", "before_send", "after_send",
    "after_outcome", "before_look", "after_look", "before_tell", "after_tell",
)  # fmt: skip


def _end_process() -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


class CrashPoints:
    """Ends the process at the n-th pass of one named place.

    Args:
        environment: holds ``ICTCLI_CRASH`` as ``name:n``; absent or empty, nothing ever happens.
        end: what ends the process.

    Raises:
        ValueError: the name is none of ``POINTS``, or n is no number above 0.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, end: Callable[[], None] = _end_process
    ) -> None:
        name, _, count = environment.get(VARIABLE, "").partition(":")
        if name and name not in POINTS:
            raise ValueError(f"{VARIABLE} names no crash point: {name!r}")
        if name and not (count.isdecimal() and int(count) > 0):
            raise ValueError(f"{VARIABLE} must be name:n with n above 0")
        self._name, self._left, self._end = name, int(count or 0), end

    def __call__(self, name: str) -> None:
        """Pass a place."""
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                self._end()
