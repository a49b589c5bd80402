"""How much memory this process has: as the system counts it, and as Python does."""

import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_OWN = ("RssAnon:", "VmSwap:")
"""Memory of its own, resident or swapped out; pages of libraries come and go with the load of the machine."""


def own_memory() -> int | None:
    """Bytes; None on systems that do not tell it by a file."""
    if not _STATUS.exists():
        return None
    lines = (line.split() for line in _STATUS.read_text(encoding="ascii").splitlines())
    return sum(int(line[1]) * 1024 for line in lines if line[0] in _OWN)


def python_blocks() -> int:
    """Blocks of memory that Python's own objects hold."""
    return sys.getallocatedblocks()
