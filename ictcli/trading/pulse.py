"""The heartbeat of a loop: a file whose time says when the loop last came round with a good ledger.

Nobody is told by the loop. Whoever watches looks at the file, also when the loop stands still.
"""

import os
from pathlib import Path

from ictcli.clock import NS_PER_SECOND
from ictcli.store.atomic import private_file

_EVERY = 2 * NS_PER_SECOND


class Pulse:
    """The heartbeat of one loop.

    Args:
        path: the file; of a trader ``pulse_file`` names it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beaten = 0

    def beat(self, now: int) -> None:
        """The loop has come round; ``now`` is ns UTC. A file that is there needs no room on the disk."""
        if 0 <= now - self._beaten < _EVERY:
            return
        self._beaten = now
        try:
            private_file(self._path)
            os.utime(self._path, ns=(now, now))
        except OSError:
            return  # a heartbeat that is not left grows old, and whoever watches tells


def pulse_file(control: Path, account: int) -> Path:
    """Where an account's heartbeat is."""
    return control / f"trade.{account}.pulse"


def last_beat(path: Path) -> int:
    """When the loop of a heartbeat came round last, ns UTC; 0 for never."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
