"""Who may call the terminal behind a bridge, and whose call is next: one who trades, and one who reads."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from ictcli.clock import monotonic

_END_S = 2.0


class Seat:
    """A place for one client.

    Attributes:
        quiet_since: when its holder began to say nothing; None while a call of it is answered.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: socket.socket | None = None
        self.quiet_since: float | None = None

    def take(self, wait: float, enough: float) -> bool:
        """Take it when it is free, or from a client that says nothing; whether it was taken.

        Args:
            wait: seconds to wait for one that is just leaving.
            enough: seconds of silence after which a client's line is taken for dead.
        """
        if self._lock.acquire(timeout=wait):
            return True
        holder, since = self._holder, self.quiet_since
        if holder is None or since is None or monotonic() - since < enough:
            return False
        with contextlib.suppress(OSError):  # it may be gone by now
            holder.shutdown(socket.SHUT_RDWR)
        return self._lock.acquire(timeout=_END_S)

    def settle(self, holder: socket.socket) -> None:
        """Note whose it is now."""
        self.quiet_since = monotonic()
        self._holder = holder

    def leave(self) -> None:
        """Make it free."""
        self._holder = None
        self._lock.release()

    @property
    def taken(self) -> bool:
        """Whether somebody has it."""
        return self._lock.locked()


class Turns:
    """One call at a time: who trades waits for at most the one call that is under way."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._busy = False
        self._waiting = 0

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for the next turn."""
        return self._waiting > 0

    @contextlib.contextmanager
    def first(self) -> Iterator[None]:
        """The next turn."""
        with self._free:
            self._waiting += 1
            self._free.wait_for(lambda: not self._busy)
            self._waiting -= 1
            self._busy = True
        with self._ending():
            yield

    @contextlib.contextmanager
    def after(self) -> Iterator[None]:
        """A turn when nobody waits for the next one."""
        with self._free:
            self._free.wait_for(lambda: not self._busy and not self.awaited)
            self._busy = True
        with self._ending():
            yield

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._free:
                self._busy = False
                self._free.notify_all()
