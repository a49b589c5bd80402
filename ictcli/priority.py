"""Work that must not hold up a trader on the same machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NICER = 5
"""Steps by which the operating system prefers others; a trader runs at none."""
_THREADS = Path("/proc/self/task")


@contextmanager
def in_the_background() -> Iterator[None]:
    """Let everything else on this machine go first for the block; Windows has no such steps.

    On Linux all threads run only while a processor has nothing else to do: whoever wakes up goes first at
    once, where steps of priority let them wait for a turn. On a machine without an idle moment the block
    takes long. Whoever may not raise a priority stays behind after the block too.
    """
    if sys.platform == "linux":
        yield from _idle()
    elif sys.platform == "win32":
        yield
    else:
        yield from _nicer()


def _idle() -> Iterator[None]:
    policy, own = os.sched_getscheduler(0), os.sched_getparam(0)
    _schedule(os.SCHED_IDLE, os.sched_param(0))
    try:
        yield
    finally:
        _schedule(policy, own)


def _schedule(policy: int, own: "os.sched_param") -> None:
    """Give every thread of this process a policy; one made later has that of its maker."""
    for thread in _THREADS.iterdir():
        with suppress(PermissionError, ProcessLookupError):
            os.sched_setscheduler(int(thread.name), policy, own)


def _nicer() -> Iterator[None]:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, min(19, before + _NICER))
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, before)
