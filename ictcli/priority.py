"""Work that must not hold up a trader on the same machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_NICER = 5
"""Steps by which the operating system prefers others; a trader runs at none."""


@contextmanager
def in_the_background() -> Iterator[None]:
    """Let everything else on this machine go first for the block; Windows has no such steps.

    Whoever may not raise a priority stays behind after the block too.
    """
    if sys.platform == "win32":
        yield
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, min(19, before + _NICER))
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, before)
