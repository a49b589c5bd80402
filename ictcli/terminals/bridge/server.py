"""The end of a bridge that has the terminal.

It calls functions of a list and nothing else, for one client at a time that knows the token, and is bound to
loopback addresses only. Frames carry data, never code.
"""

import contextlib
import hmac
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from ictcli.clock import monotonic
from ictcli.terminals.answering import answer_frame
from ictcli.terminals.bridge.greeting import (
    LONGEST_HELLO,
    VERSION,
    Hello,
    Welcome,
    checked_token,
    decode_hello,
    encode,
    loopback,
)
from ictcli.terminals.channel import MOST_ANSWERED, MOST_ASKED, Channel, ChannelClosed
from ictcli.terminals.wire import WireError

_MOST_GUESTS = 16
"""Connections at a time, nearly all of which are about to be turned away."""
_BACKLOG = 128
_ACCEPT_S = 0.05
_END_S = 2.0
_URGENT_S = 1.0
_LEAVING_S = 1.5
"""How long a client waits for the seat of one that is just leaving."""


def silent(text: str) -> None:
    """Take no notice."""


class BridgeServer:
    """Serves a terminal to one client at a time.

    Args:
        module: an object with the functions of the MetaTrader5 module.
        host: loopback address to bind to.
        port: 0 for any that is free.
        token: what a client must know.
        note: receives one line per event; never a token, an argument or an answer.
        greeting: seconds that a client has to say hello.
        idle: seconds without a call after which a client is taken for lost.
        takeover: seconds without a call after which another client may take its place.
        penalty: seconds before a wrong token is answered.

    Raises:
        ConfigError: the host is not loopback, or the token is too short.
        OSError: the port is taken.
    """

    def __init__(
        self,
        module: Any,
        host: str,
        port: int,
        token: str,
        *,
        note: Callable[[str], None] = silent,
        greeting: float = 5.0,
        idle: float = 900.0,
        takeover: float = 60.0,
        penalty: float = 1.0,
    ) -> None:
        self._module = module
        self._token = checked_token(token).encode()
        self._note = note
        self._greeting, self._idle, self._takeover, self._penalty = greeting, idle, takeover, penalty
        address = loopback(host)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family, backlog=_BACKLOG)
        self._listener.settimeout(_ACCEPT_S)
        self._seat = threading.Lock()
        self._holder: socket.socket | None = None
        self._quiet_since: float | None = None
        self._guests = threading.BoundedSemaphore(_MOST_GUESTS)
        self._ending = threading.Event()
        self._threads: dict[threading.Thread, socket.socket] = {}

    @property
    def port(self) -> int:
        """The port that it is bound to."""
        return int(self._listener.getsockname()[1])

    def serve(self) -> None:
        """Serve until ``stop``."""
        while not self._ending.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                break
            self._threads = {each: own for each, own in self._threads.items() if each.is_alive()}
            if not self._guests.acquire(blocking=False):
                connection.close()
                continue
            thread = threading.Thread(target=self._receive, args=(connection,), daemon=True)
            self._threads[thread] = connection
            thread.start()
        self._listener.close()
        self._end_connections()

    def stop(self) -> None:
        """End ``serve`` and every connection, within a second."""
        self._ending.set()

    def _end_connections(self) -> None:
        for thread, connection in self._threads.items():
            with contextlib.suppress(OSError):  # it may have ended by itself
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(_END_S)

    def _receive(self, connection: socket.socket) -> None:
        channel: Channel | None = None
        try:
            channel = Channel(connection, LONGEST_HELLO)
            if self._admitted(channel):
                try:
                    self._serve(channel, connection)
                finally:
                    self._holder = None
                    self._seat.release()
        except (ChannelClosed, WireError) as error:
            self._note(f"a connection ended: {error}")
        except OSError as error:
            self._note(f"a connection failed: {error.strerror}")
        finally:
            connection.close() if channel is None else channel.close()
            self._guests.release()

    def _admitted(self, channel: Channel) -> bool:
        """Whether the client may call; it then holds the seat."""
        deadline = monotonic() + self._greeting
        welcome = self._judged(decode_hello(channel.receive(deadline)))
        if welcome.verdict == "refused":
            time.sleep(self._penalty)
        if welcome.verdict != "served":
            self._note(f"turned a client away: {welcome.why}")
        try:
            channel.send(encode(welcome), monotonic() + self._greeting)
        except ChannelClosed:
            if welcome.verdict == "served":
                self._seat.release()
            raise
        return welcome.verdict == "served"

    def _judged(self, hello: Hello) -> Welcome:
        if not hmac.compare_digest(hello.token.encode("utf-8", "replace"), self._token):
            return Welcome("refused", "wrong token")
        if hello.version != VERSION:
            return Welcome("version", f"the bridge speaks version {VERSION}, the client {hello.version}")
        wait = 0.0 if hello.urgent else _LEAVING_S
        if not self._seat.acquire(timeout=wait) and not self._taken_over(urgent=hello.urgent):
            return Welcome("busy", "it serves another client")
        return Welcome("served", "")

    def _taken_over(self, *, urgent: bool) -> bool:
        """Whether the seat was taken from a client that said nothing for long: its line may be dead.

        An emergency stop waits a second only: it has asked the trader before, which did not answer.
        """
        holder, since = self._holder, self._quiet_since
        enough = min(self._takeover, _URGENT_S) if urgent else self._takeover
        if holder is None or since is None or monotonic() - since < enough:
            return False
        with contextlib.suppress(OSError):  # it may be gone by now
            holder.shutdown(socket.SHUT_RDWR)
        return self._seat.acquire(timeout=_END_S)

    def _serve(self, channel: Channel, connection: socket.socket) -> None:
        self._note("a client is served")
        channel.longest = MOST_ASKED
        self._quiet_since = monotonic()
        self._holder = connection
        while not self._ending.is_set():
            self._quiet_since = monotonic()
            frame = channel.receive(monotonic() + self._idle)
            self._quiet_since = None
            answer = answer_frame(self._module, frame, MOST_ANSWERED)
            channel.send(answer, monotonic() + self._idle)
