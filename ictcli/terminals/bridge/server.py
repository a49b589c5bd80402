"""The end of a bridge that has the terminal.

It calls functions of a list and nothing else, for one client at a time that knows the token and trades, and
beside it one that only reads. It is bound to loopback addresses only. Frames carry data, never code.
"""

import contextlib
import hmac
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

from ictcli.clock import monotonic
from ictcli.terminals.answering import answer_frame
from ictcli.terminals.bridge.greeting import (
    BUSY,
    LONGEST_HELLO,
    VERSION,
    WRONG_TOKEN,
    Hello,
    Welcome,
    checked_token,
    decode_hello,
    encode,
    loopback,
)
from ictcli.terminals.bridge.reading import READING, ReadTerminal
from ictcli.terminals.bridge.seats import Seat, Turns
from ictcli.terminals.channel import MOST_ANSWERED, MOST_ASKED, Channel, ChannelClosed
from ictcli.terminals.surface import FUNCTIONS
from ictcli.terminals.wire import WireError

_MOST_GUESTS = 16
"""Connections at a time, nearly all of which are about to be turned away; a later one takes the place of the
oldest that was not admitted, so that nobody is kept out by strangers who say nothing."""
_ROOM_S = 0.5
"""How long such a one has to leave."""
_BACKLOG = 128
_ACCEPT_S = 0.05
_END_S = 2.0
_URGENT_S = 1.0
_TRADING = frozenset(FUNCTIONS)
_LEAVING_S = 1.5
"""How long a client waits for the seat of one that is just leaving."""


def silent(text: str) -> None:
    """Take no notice."""


class BridgeServer:
    """Serves a terminal to one client that trades, and to one that only reads.

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
        self._trading, self._reading = Seat(), Seat()
        self._turns = Turns()
        self._guests = threading.BoundedSemaphore(_MOST_GUESTS)
        self._ending = threading.Event()
        self._threads: dict[threading.Thread, socket.socket] = {}
        self._strangers: dict[socket.socket, None] = {}
        self._lock = threading.Lock()

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
            if not self._has_room():
                connection.close()
                continue
            with self._lock:
                self._strangers[connection] = None
            thread = threading.Thread(target=self._receive, args=(connection,), daemon=True)
            self._threads[thread] = connection
            thread.start()
        self._listener.close()
        self._end_connections()

    def _has_room(self) -> bool:
        """Take a place for one more connection, if need be that of the oldest stranger."""
        if self._guests.acquire(blocking=False):
            return True
        with self._lock:
            oldest = next(iter(self._strangers), None)
            if oldest is None:
                return False
            with contextlib.suppress(OSError):  # it may have gone by itself
                oldest.shutdown(socket.SHUT_RDWR)
        return self._guests.acquire(timeout=_ROOM_S)

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
            seat = self._admitted(channel, connection)
            if seat is not None:
                try:
                    self._forget(connection)
                    self._serve(channel, connection, seat)
                finally:
                    seat.leave()
        except (ChannelClosed, WireError) as error:
            self._note(f"a connection ended: {error}")
        except OSError as error:
            self._note(f"a connection failed: {error.strerror}")
        finally:
            self._forget(connection)
            connection.close() if channel is None else channel.close()
            self._guests.release()

    def _forget(self, stranger: socket.socket) -> None:
        """It was admitted, or is gone."""
        with self._lock:
            self._strangers.pop(stranger, None)

    def _admitted(self, channel: Channel, connection: socket.socket) -> Seat | None:
        """The seat that the client holds from now on; None: it was turned away."""
        deadline = monotonic() + self._greeting
        hello = decode_hello(channel.receive(deadline))
        seat = self._reading if hello.reads else self._trading
        welcome = self._judged(hello, seat)
        if welcome.verdict == "refused":
            select.select([connection], [], [], self._penalty)  # its end, or being cut off, is seen at once
        if welcome.verdict != "served":
            self._note(f"turned a client away: {welcome.why}")
        try:
            channel.send(encode(welcome), monotonic() + self._greeting)
        except ChannelClosed:
            if welcome.verdict == "served":
                seat.leave()
            raise
        return seat if welcome.verdict == "served" else None

    def _judged(self, hello: Hello, seat: Seat) -> Welcome:
        """What the client is told; an emergency stop waits a second only: the trader did not answer it."""
        if not hmac.compare_digest(hello.token.encode("utf-8", "replace"), self._token):
            return Welcome("refused", WRONG_TOKEN)
        if hello.version != VERSION:
            return Welcome("version", f"the bridge speaks version {VERSION}, the client {hello.version}")
        wait = 0.0 if hello.urgent else _LEAVING_S
        enough = min(self._takeover, _URGENT_S) if hello.urgent else self._takeover
        if not seat.take(wait, enough):
            return Welcome("busy", BUSY)
        return Welcome("served", "")

    def _serve(self, channel: Channel, connection: socket.socket, seat: Seat) -> None:
        reads = seat is self._reading
        self._note("a client that only reads is served" if reads else "a client is served")
        channel.longest = MOST_ASKED
        module = ReadTerminal(self._module, lambda: self._trading.taken) if reads else self._module
        allowed = READING if reads else _TRADING
        seat.settle(connection)
        while not self._ending.is_set():
            seat.quiet_since = monotonic()
            frame = channel.receive(monotonic() + self._idle)
            seat.quiet_since = None
            turn = self._turns.after() if reads else self._turns.first()
            answer = answer_frame(module, frame, MOST_ANSWERED, allowed=allowed, turn=turn)
            channel.send(answer, monotonic() + self._idle)
