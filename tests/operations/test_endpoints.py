"""The server of a running trader: token, refusals, clients that dawdle, never read or come by the hundred."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ictcli.clock import monotonic
from ictcli.errors import ConfigError
from ictcli.operations.endpoints import JSON, Answer, Endpoints, Page

TOKEN = "a-token-that-is-long-enough"


def well() -> Answer:
    """A page in good order."""
    return Answer(200, JSON, b'{"status": "ok"}\n')


def broken() -> Answer:
    """A page that cannot be made."""
    raise ZeroDivisionError("a secret detail")


class Server:
    """A running server with pages that are well, broken and large."""

    def __init__(self, patience: float = 0.5) -> None:
        self.failures: list[Exception] = []
        pages: dict[str, Page] = {
            "/health": well, "/broken": broken, "/large": lambda: Answer(200, JSON, b"x" * 20_000_000),
        }  # fmt: skip
        self.ends = Endpoints(pages, 0, TOKEN, self.failures.append, patience)
        self.ends.start()

    def get(self, path: str = "/health", token: str = TOKEN, method: str = "GET") -> tuple[int, bytes]:
        """Status code and body."""
        url = f"http://127.0.0.1:{self.ends.port}{path}"
        asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def connect(self) -> socket.socket:
        """A connection that says nothing yet."""
        return socket.create_connection(("127.0.0.1", self.ends.port), timeout=10)

    def say(self, raw: bytes) -> bytes:
        """What comes back to raw bytes."""
        with self.connect() as line:
            line.sendall(raw)
            answer = b""
            while part := line.recv(65_536):
                answer += part
            return answer


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server."""
    found = Server()
    yield found
    found.ends.stop()


def test_who_knows_the_token_is_answered(server: Server) -> None:
    code, body = server.get()
    assert (code, json.loads(body)) == (200, {"status": "ok"})
    assert server.get("/health?verbose=1")[0] == 200


@pytest.mark.parametrize(
    "header", ["", f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"]
)
def test_who_does_not_is_refused_whatever_the_page(header: str, server: Server) -> None:
    for path in ("/health", "/nowhere"):
        line = f"Authorization: {header}\r\n" if header else ""
        answer = server.say(f"GET {path} HTTP/1.1\r\n{line}\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert TOKEN.encode() not in answer


@pytest.mark.parametrize(
    ("path", "method", "code"),
    [("/nowhere", "GET", 404), ("/health", "POST", 405), ("/../etc/passwd", "GET", 404)],
)
def test_only_the_pages_are_there_and_only_to_be_read(
    path: str, method: str, code: int, server: Server
) -> None:
    assert server.get(path, method=method)[0] == code


@pytest.mark.parametrize(
    "raw", [b"\r\n\r\n", b"GET /health\r\n\r\n", b"\x16\x03\x01\x02\r\n\r\n", b"GET  HTTP/1.1 x\r\n\r\n"]
)
def test_nonsense_is_refused(raw: bytes, server: Server) -> None:
    assert server.say(raw).startswith(b"HTTP/1.1 400 ")


def test_a_request_that_never_ends_is_cut_short(server: Server) -> None:
    try:
        answer = server.say(b"GET /health HTTP/1.1\r\n" + b"x: y\r\n" * 3000)
    except ConnectionError:  # cut off while it was still talking
        answer = b""
    assert answer[:13] in {b"HTTP/1.1 431 ", b""}
    assert server.get()[0] == 200


def test_a_page_that_fails_says_so_without_its_reason(server: Server) -> None:
    assert server.get("/broken") == (500, b"ZeroDivisionError\n")
    assert [str(error) for error in server.failures] == ["a secret detail"]


def test_a_short_token_opens_nothing() -> None:
    with pytest.raises(ConfigError, match="16 characters"):
        Endpoints({}, 0, "short", lambda error: None)


def test_it_is_bound_to_loopback_alone(server: Server) -> None:
    with server.connect() as line:
        assert line.getpeername()[0] == "127.0.0.1"
    with socket.socket(socket.AF_INET6) as other, pytest.raises(ConnectionRefusedError):
        other.connect(("::1", server.ends.port))


def test_clients_that_never_speak_or_never_read_leave_room_for_others(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(server.connect())
        for _ in range(4):
            deaf = socket.socket()
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", server.ends.port))
            deaf.sendall(f"GET /large HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
            stack.callback(deaf.close)
        began = monotonic()
        assert server.get()[0] == 200
        assert monotonic() - began < 2.0


def test_a_client_that_drips_is_cut_off_in_time(server: Server) -> None:
    began = monotonic()
    with server.connect() as line:
        try:
            while monotonic() - began < 5:
                line.sendall(b"G")
                time.sleep(0.05)
        except OSError:
            pass
    assert monotonic() - began < 2.0


def test_it_ends_with_clients_on_the_line() -> None:
    server = Server(patience=30.0)
    with server.connect():
        time.sleep(0.1)
        began = monotonic()
        server.ends.stop()
        assert monotonic() - began < 1.5
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_a_port_that_is_taken_is_refused(server: Server) -> None:
    with pytest.raises(OSError, match="in use"):
        Endpoints({}, server.ends.port, TOKEN, lambda error: None)
