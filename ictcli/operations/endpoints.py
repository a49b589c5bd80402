"""A small web server on loopback that shows a running trader: ``/metrics``, ``/health``, ``/ready``.

It runs beside the trading loop in threads of its own and touches nothing of it. A client that dawdles, says
nonsense or never reads costs one of a few places for a few seconds, and nothing else.
"""

import contextlib
import hmac
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ictcli.clock import monotonic
from ictcli.terminals.bridge.greeting import checked_token, loopback

_MOST_CLIENTS = 8
_LONGEST_REQUEST = 8_192
_ACCEPT_S = 0.1
_PACE_S = 0.005
"""Between two connections, so that a flood of them leaves the processor to the trader."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page says: status code, content type, body."""

    code: int
    kind: str
    body: bytes


Page = Callable[[], Answer]
JSON, TEXT = "application/json", "text/plain; charset=utf-8"
_REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip


class Endpoints:
    """The server.

    Args:
        pages: path = what it says; asked for in a thread of the server.
        port: 0 for any that is free.
        token: what a client must know.
        failed: hears why a page could not be made, from a thread of the server.
        patience: seconds that a client has for its request, and for reading the answer.

    Attributes:
        port: that it is bound to.

    Raises:
        ConfigError: the token is too short.
        OSError: the port is taken.
    """

    def __init__(
        self,
        pages: Mapping[str, Page],
        port: int,
        token: str,
        failed: Callable[[Exception], None],
        patience: float = 5.0,
    ) -> None:
        self._pages, self._failed, self._patience = pages, failed, patience
        self._token = checked_token(token).encode()
        self._listener = socket.create_server((loopback("localhost"), port), backlog=32)
        self._listener.settimeout(_ACCEPT_S)
        self.port = int(self._listener.getsockname()[1])
        self._ending = threading.Event()
        self._guests: dict[socket.socket, bool] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="endpoints", daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End within a moment; clients are cut off."""
        self._ending.set()
        self._thread.join(10 * _ACCEPT_S)
        with self._lock:
            for guest in self._guests:
                _cut(guest)

    def _serve(self) -> None:
        with self._listener:
            while not self._ending.is_set():
                try:
                    guest, _ = self._listener.accept()
                except TimeoutError:
                    continue
                except OSError:
                    self._ending.wait(_ACCEPT_S)  # out of descriptors: there may be some later
                    continue
                self._seat(guest)
                time.sleep(_PACE_S)

    def _seat(self, guest: socket.socket) -> None:
        """Give a place to a connection; where there is none, the oldest one without the token makes room."""
        with self._lock:
            if len(self._guests) >= _MOST_CLIENTS:
                strangers = [one for one, known in self._guests.items() if not known]
                _cut(strangers[0] if strangers else guest)
                if strangers:
                    del self._guests[strangers[0]]
                else:
                    guest.close()
                    return
            self._guests[guest] = False
        threading.Thread(target=self._receive, args=(guest,), name="endpoint", daemon=True).start()

    def _receive(self, guest: socket.socket) -> None:
        try:
            with guest, contextlib.suppress(OSError):  # it went away, dawdled, or was cut off
                answer = self._answer(guest)
                guest.settimeout(self._patience)
                guest.sendall(_encoded(answer))
        finally:
            with self._lock:
                self._guests.pop(guest, None)

    def _answer(self, guest: socket.socket) -> Answer:
        head = self._head(guest)
        if head is None:
            return _refusal(431, "the request is too long")
        request, _, headers = head.partition(b"\r\n")
        words = request.split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return _refusal(400, "this is no HTTP request")
        if not self._is_known(headers):
            return _refusal(401, "the token is missing or wrong")
        with self._lock:
            if guest in self._guests:
                self._guests[guest] = True
        return self._page(words[0], words[1])

    def _page(self, method: bytes, target: bytes) -> Answer:
        if method != b"GET":
            return _refusal(405, "only GET is answered")
        page = self._pages.get(target.partition(b"?")[0].decode("latin-1"))
        if page is None:
            return _refusal(404, f"there are {', '.join(self._pages)}")
        try:
            return page()
        except Exception as error:
            self._failed(error)
            return _refusal(500, type(error).__name__)

    def _head(self, guest: socket.socket) -> bytes | None:
        """Request line and headers; None where they do not end in time or room.

        Raises:
            OSError: the client dawdles or is gone.
        """
        deadline, head = monotonic() + self._patience, b""
        while b"\r\n\r\n" not in head:
            if len(head) > _LONGEST_REQUEST:
                return None
            guest.settimeout(max(0.001, deadline - monotonic()))
            part = guest.recv(_LONGEST_REQUEST)
            if not part or monotonic() > deadline:
                raise TimeoutError
            head += part
        return head.partition(b"\r\n\r\n")[0]

    def _is_known(self, headers: bytes) -> bool:
        given = b""
        for line in headers.split(b"\r\n"):
            name, _, value = line.partition(b":")
            kind, _, token = value.strip().partition(b" ")
            if name.strip().lower() == b"authorization" and kind.lower() == b"bearer":
                given = token.strip()
        return hmac.compare_digest(given, self._token)


def _cut(guest: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be gone by now
        guest.shutdown(socket.SHUT_RDWR)


def _refusal(code: int, why: str) -> Answer:
    return Answer(code, TEXT, f"{why}\n".encode())


def _encoded(answer: Answer) -> bytes:
    head = [
        f"HTTP/1.1 {answer.code} {_REASONS[answer.code]}",
        f"Content-Type: {answer.kind}",
        f"Content-Length: {len(answer.body)}",
        "Connection: close",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
    ]
    if answer.code == 401:
        head.append("WWW-Authenticate: Bearer")
    return "\r\n".join([*head, "", ""]).encode() + answer.body
