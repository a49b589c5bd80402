"""How much memory this process has in use: exactly, as allocators count it, and as the system sees it."""

import ctypes
import sys
from functools import cache
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_OWN = ("RssAnon:", "VmSwap:")
"""Memory of its own, resident or swapped out; pages of libraries come and go with the load of the machine."""


class _Counts(ctypes.Structure):
    """``struct mallinfo2`` of the C library."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
            "keepcost",
        )
    ]  # fmt: skip


@cache
def _counting() -> Any:
    """The function of the C library that counts; None where it has none (before glibc 2.33, or another)."""
    if not sys.platform.startswith("linux"):
        return None
    found = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if found is not None:
        found.restype = _Counts
    return found


def heap_in_use() -> int | None:
    """Bytes that are allocated from the C library and not given back; None where it does not tell.

    Arrays, texts and objects above 512 bytes, and whatever libraries allocate; smaller objects of Python are
    counted by ``python_blocks``. What is free within the process does not count, so it does not scatter as
    pages do.
    """
    counting = _counting()
    if counting is None:
        return None
    counts = counting()
    return int(counts.uordblks + counts.hblkhd)


def own_memory() -> int | None:
    """Bytes of pages; None on systems that do not tell it by a file."""
    if not _STATUS.exists():
        return None
    lines = (line.split() for line in _STATUS.read_text(encoding="ascii").splitlines())
    return sum(int(line[1]) * 1024 for line in lines if line[0] in _OWN)


def python_blocks() -> int:
    """Blocks of memory that Python's own objects hold."""
    return sys.getallocatedblocks()
