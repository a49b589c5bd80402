"""Ending a start-up while the kernel compiler holds the main thread, which hears no signal for minutes.

Python runs a signal's handler between two of its own instructions, and the compiler's longest calls have
none. So a thread listens while a trader starts. It ends the process where it stands: until the account is
worked on nothing was sent, and whatever is written by then survives a kill as well.
"""

import _thread
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread, main_thread

from ictcli.interrupts import COMPILING
from ictcli.trading.ending import ENDING, Ending

_LOOK = 0.1
"""Seconds between two looks while a trader starts."""
_MOST = 64
"""Signals taken in one look."""


@contextmanager
def ending_early(ending: Ending, leave: Callable[[], int]) -> Iterator[None]:
    """For the block, until the account is worked on, end the process when it is told to while it compiles.

    A stop file is heard here, too, and handed on as a signal where nothing is being compiled.

    Args:
        ending: is told; its signals are handled already.
        leave: shows what came of it and gives the exit code; called from another thread, at most once.
    """
    heard, sent = socket.socketpair()
    heard.settimeout(0)
    sent.settimeout(0)
    before = signal.set_wakeup_fd(sent.fileno(), warn_on_full_buffer=False)
    over = Event()
    thread = Thread(target=_listen, args=(ending, heard, over, leave), name="starting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        with ending.turn:
            over.set()
        signal.set_wakeup_fd(before)
        thread.join()
        heard.close()
        sent.close()


def _listen(ending: Ending, heard: socket.socket, over: Event, leave: Callable[[], int]) -> None:
    ends = {signal.SIGINT, *(getattr(signal, name) for name in ENDING if hasattr(signal, name))}
    signalled = False
    while not over.wait(_LOOK) and not ending.engaged:
        for number in _numbers(heard):
            if number in ends:
                signalled = True
                ending.hear(number)
        if not ending.why():
            continue
        if not signalled:
            signalled = True
            _interrupt_main()
        with ending.turn:
            if COMPILING.depth and _may_leave(ending, over):
                os._exit(leave())


def _may_leave(ending: Ending, over: Event) -> bool:
    """Whether nothing has begun and nobody has left meanwhile."""
    return not ending.engaged and not over.is_set()


def _interrupt_main() -> None:
    """Let the main thread hear a signal, also out of a wait where the system can."""
    if sys.platform == "win32":
        _thread.interrupt_main(signal.SIGTERM)
    else:
        signal.pthread_kill(main_thread().ident or 0, signal.SIGTERM)


def _numbers(heard: socket.socket) -> bytes:
    """Signals that came since the last look."""
    with suppress(BlockingIOError):
        return heard.recv(_MOST)
    return b""
