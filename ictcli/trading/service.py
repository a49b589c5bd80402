"""Telling systemd that the service is up and alive: one datagram per word, no library needed.

The watchdog is fed by the trading loop itself, after its ledger answered a probe; a timer would go on
saying that all is well while the loop stands still.
"""

import os
import socket
import sys
from collections.abc import Mapping

_MICROSECONDS = 1_000_000
_STEP_S = 600
"""Seconds that one step of a start may take: the longest, one kernel, took 94 on a busy core."""


class Service:
    """The service manager that started this process; without one, every call does nothing.

    Args:
        environ: environment variables; ``NOTIFY_SOCKET`` is a path, or an abstract name behind ``@``.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        pid = environ.get("WATCHDOG_PID", "")
        mine = not pid or pid == str(os.getpid())
        micro = environ.get("WATCHDOG_USEC", "")
        self.interval = int(micro) / _MICROSECONDS / 4 if mine and micro.isdigit() else 0.0
        self._fed = float("-inf")
        self._started = False

    def starting(self, status: str) -> None:
        """A step of the start has begun: it may take ten minutes, whatever ``TimeoutStartSec`` says.

        Once the start is over it says nothing: ending has the time of ``TimeoutStopSec``.
        """
        if not self._started:
            self._say(f"EXTEND_TIMEOUT_USEC={_STEP_S * _MICROSECONDS}\nSTATUS={_line(status)}")

    def ready(self, status: str) -> None:
        """Start-up is over: recovery is done and the first bar may come."""
        self._started = True
        self._say(f"READY=1\nSTATUS={_line(status)}")

    def alive(self, status: str, now: float) -> None:
        """The loop has come round; at most four times per watchdog interval.

        Args:
            status: one line for people.
            now: seconds of a monotonic clock.
        """
        if now - self._fed >= (self.interval or 1.0):
            self._fed = now
            self._say(f"WATCHDOG=1\nSTATUS={_line(status)}" if self.interval else f"STATUS={_line(status)}")

    def ending(self, status: str) -> None:
        """The loop was told to end and is finishing."""
        self._say(f"STOPPING=1\nSTATUS={_line(status)}")

    def _say(self, text: str) -> None:
        if not self._address or sys.platform == "win32":
            return
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.settimeout(1.0)
            try:
                line.connect(name)
                line.send(text.encode())
            except OSError:
                return  # a manager that is gone must not end a trader


def _line(text: str) -> str:
    return " ".join(text.split())
