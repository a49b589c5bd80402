"""A bridge serves one client that knows the token, over loopback, and nobody else."""

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.clock import monotonic
from ictcli.errors import ConfigError
from ictcli.terminals.bridge.__main__ import main
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.bridge.greeting import VERSION, Hello, encode, loopback
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.remote import RemoteTerminal
from ictcli.terminals.structs import RATES_DTYPE, AccountInfo
from ictcli.terminals.terminal import TerminalSilent
from tests.terminals.played import FACTORY, PlayedTerminal

CANARY = "a-canary-of-a-password"
TOKEN = "a-token-of-some-length"


class Stand:
    """A bridge in a thread of this process, and what it noted."""

    def __init__(self, module: Any, **limits: float) -> None:
        self.notes: list[str] = []
        timing: dict[str, Any] = {"penalty": 0.05, "greeting": 0.5} | limits
        self.server = BridgeServer(module, "127.0.0.1", 0, TOKEN, note=self.notes.append, **timing)
        self.thread = threading.Thread(target=self.server.serve)
        self.thread.start()

    def client(self, token: str = TOKEN, deadline: float = 2.0) -> RemoteTerminal:
        return bridge_terminal("127.0.0.1", self.server.port, token, deadline)

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), 5)

    def end(self) -> None:
        self.server.stop()
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    rows = np.zeros(100, RATES_DTYPE)
    rows["time"] = 1_700_000_000 // 60 * 60 + 60 * np.arange(100)
    np.save(tmp_path / "EURUSD.M1.npy", rows)
    made = Stand(PlayedTerminal(str(tmp_path), log=str(tmp_path / "orders")))
    yield made
    made.end()


def command_lines() -> str:
    """The command lines of all processes."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            lines.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(lines)


def admitted(terminal: RemoteTerminal, seconds: float = 5.0) -> None:
    """Wait until the bridge has a seat for a client, and see that it serves it."""
    deadline = monotonic() + seconds
    while not terminal.initialize():
        assert monotonic() < deadline, terminal.last_error()
        select.select([], [], [], 0.02)
    assert terminal.version()[1] == 6231


def frame(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def closed(connection: socket.socket, seconds: float = 5.0) -> bool:
    """Whether the other end closes the connection, whatever it sends first."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        ready, _, _ = select.select([connection], [], [], 0.1)
        try:
            if ready and not connection.recv(65536):
                return True
        except ConnectionError:
            return True
    return False


def test_a_client_with_the_token_gets_the_modules_answers(stand: Stand) -> None:
    terminal = stand.client()
    assert terminal.initialize(path="x", login=1, password="p", server="s")
    account = terminal.account_info()
    assert type(account) is AccountInfo
    assert account.login == 12_345
    assert len(terminal.copy_rates_from_pos("EURUSD", 1, 0, 30)) == 30
    assert terminal.symbol_info("UNKNOWN") is None
    assert terminal.last_error() == (-4, "Terminal: Not found")
    with pytest.raises(SystemError, match="from the module"):
        terminal.symbol_info("SystemError")
    assert terminal.shutdown()


def test_a_wrong_token_is_refused_after_a_delay_and_never_noted(stand: Stand) -> None:
    terminal = stand.client("another-token-entirely")
    began = monotonic()
    assert terminal.initialize() is False
    assert monotonic() - began >= 0.05
    code, text = terminal.last_error()
    assert code == -6
    assert "wrong token" in text
    assert terminal.account_info() is None
    assert not any("another" in note or TOKEN in note for note in stand.notes)


def test_a_second_client_is_told_that_the_bridge_is_busy(stand: Stand) -> None:
    first, second = stand.client(), stand.client()
    assert first.initialize()
    assert second.initialize() is False
    assert second.last_error()[0] == -10003
    assert "another client" in second.last_error()[1]
    assert first.version()[1] == 6231
    first.shutdown()
    admitted(second)
    second.shutdown()


def test_a_client_of_another_version_is_turned_away(stand: Stand) -> None:
    with stand.raw() as connection:
        connection.sendall(frame(encode(Hello(VERSION + 1, TOKEN))))
        verdict, why = msgspec.msgpack.decode(connection.recv(4096)[4:])
        assert verdict == "version"
        assert "speaks version 1" in why
        assert closed(connection)


@pytest.mark.parametrize("function", ["__class__", "eval", "order_calc_margin.__self__", "system", "Buy", ""])
def test_what_is_no_function_of_the_terminal_is_not_called(stand: Stand, function: str) -> None:
    terminal = stand.client()
    assert terminal.initialize()
    with pytest.raises(TypeError, match="no function of a terminal"):
        terminal.line.ask(function, (), {})
    assert terminal.version()[1] == 6231
    terminal.shutdown()


def test_a_bridge_that_dies_leaves_the_call_unanswered_until_initialize(tmp_path: Path) -> None:
    stand = Stand(PlayedTerminal(str(tmp_path)))
    terminal = stand.client()
    assert terminal.initialize()
    stand.end()
    with pytest.raises(TerminalSilent, match="did not answer account_info"):
        terminal.account_info()
    assert terminal.account_info() is None
    assert terminal.last_error() == (-10004, "No IPC connection")
    assert terminal.initialize() is False
    assert terminal.last_error()[0] == -10003


def test_an_answer_that_comes_too_late_is_silence_and_not_the_next_answer(tmp_path: Path) -> None:
    class Slow(PlayedTerminal):
        def version(self) -> tuple[int, int, str]:
            release.wait(5)
            return super().version()

    release = threading.Event()
    stand = Stand(Slow(str(tmp_path)))
    terminal = stand.client(deadline=0.2)
    assert terminal.initialize()
    with pytest.raises(TerminalSilent, match="did not answer version"):
        terminal.version()
    release.set()
    assert terminal.account_info() is None
    admitted(terminal)
    assert type(terminal.account_info()) is AccountInfo
    terminal.shutdown()
    stand.end()


def test_a_client_that_says_nothing_is_dropped(stand: Stand) -> None:
    with stand.raw() as connection:
        assert closed(connection)
    with stand.raw() as connection:
        connection.sendall(frame(encode(Hello(VERSION, TOKEN)))[:9])
        assert closed(connection)


def test_strangers_that_say_nothing_keep_nobody_out(tmp_path: Path) -> None:
    stand = Stand(PlayedTerminal(str(tmp_path)), greeting=60.0, penalty=60.0)
    held: list[socket.socket] = []
    try:
        trader = stand.client()
        admitted(trader)
        for wrong in (False, True):
            for _ in range(40):
                held.append(stand.raw())
                if wrong:
                    held[-1].sendall(frame(encode(Hello(VERSION, TOKEN[:-1] + "x"))))
            assert trader.version()[1] == 6231
            reader = bridge_terminal("127.0.0.1", stand.server.port, TOKEN, 2.0, reads=True)
            admitted(reader)
            reader.shutdown()
        trader.shutdown()
    finally:
        for one in held:
            one.close()
        stand.end()


def test_a_client_that_falls_silent_loses_its_seat(tmp_path: Path) -> None:
    stand = Stand(PlayedTerminal(str(tmp_path)), idle=0.2)
    lost, next_one = stand.client(), stand.client()
    assert lost.initialize()
    admitted(next_one)
    next_one.shutdown()
    lost.line.close()
    stand.end()


def test_the_seat_of_a_quiet_client_can_be_taken_over_and_that_of_a_busy_one_cannot(tmp_path: Path) -> None:
    class Slow(PlayedTerminal):
        def version(self) -> tuple[int, int, str]:
            asked.set()
            release.wait(5)
            return super().version()

    asked, release = threading.Event(), threading.Event()
    stand = Stand(Slow(str(tmp_path)), takeover=0.1)
    first, second = stand.client(), stand.client()
    assert first.initialize()
    waiting = threading.Thread(target=first.version)
    waiting.start()
    assert asked.wait(5)
    select.select([], [], [], 0.2)
    assert second.initialize() is False
    release.set()
    waiting.join(5)
    select.select([], [], [], 0.2)
    assert second.initialize()
    with pytest.raises(TerminalSilent):
        first.account_info()
    assert second.account_info().login == 12_345
    second.shutdown()
    stand.end()


def test_an_emergency_stop_takes_the_place_of_a_client_that_is_quiet_for_a_second(tmp_path: Path) -> None:
    stand = Stand(PlayedTerminal(str(tmp_path)))
    trader, other = stand.client(), stand.client()
    assert trader.initialize()
    stop = bridge_terminal("127.0.0.1", stand.server.port, TOKEN, 5.0, urgent=True)
    assert stop.initialize() is False
    select.select([], [], [], 1.1)
    assert other.initialize() is False
    assert stop.initialize()
    with pytest.raises(TerminalSilent):
        trader.account_info()
    stop.shutdown()
    stand.end()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        struct.pack(">I", 2**32 - 1) + b"x" * 100,
        struct.pack(">I", 4097) + b"x" * 4097,
        frame(b""),
        frame(b"\xc1" * 50),
        frame(msgspec.msgpack.encode([VERSION])),
        frame(msgspec.msgpack.encode({"version": VERSION, "token": TOKEN})),
        frame(msgspec.msgpack.encode([VERSION, TOKEN, "more"])),
        frame(b"\x91" * 4000),
    ],
)
def test_what_is_no_hello_ends_the_connection_and_nothing_else(stand: Stand, sent: bytes) -> None:
    with stand.raw() as connection:
        connection.sendall(sent)
        assert closed(connection)
    terminal = stand.client()
    assert terminal.initialize()
    terminal.shutdown()


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack(">I", 2**31),
        struct.pack(">I", (1 << 16) + 1),
        frame(b""),
        frame(b"\xff\xff"),
        frame(msgspec.msgpack.encode(["x"])),
        frame(msgspec.msgpack.encode([1, "order_send", [["r", "Evil", 1]], {}])),
    ],
)
def test_an_admitted_client_that_breaks_the_frames_is_dropped(stand: Stand, sent: bytes) -> None:
    with stand.raw() as connection:
        connection.sendall(frame(encode(Hello(VERSION, TOKEN))))
        connection.recv(4096)
        connection.sendall(sent)
        assert closed(connection)
    terminal = stand.client()
    admitted(terminal)
    terminal.shutdown()


def fuzzed(stand: Stand, seed: int, connections: int) -> None:
    """Throw broken and half-broken bytes at a bridge; it must still serve."""
    random = np.random.default_rng(seed)
    hello = frame(encode(Hello(VERSION, TOKEN)))
    call = frame(msgspec.msgpack.encode([1, "version", [], {}]))
    for _ in range(connections):
        parts = [hello, call, call, random.bytes(int(random.integers(0, 300)))]
        data = bytearray(b"".join(parts[: int(random.integers(1, 5))]))
        for _ in range(int(random.integers(0, 6))):
            if data:
                data[int(random.integers(len(data)))] = int(random.integers(256))
        with stand.raw() as connection:
            connection.sendall(bytes(data[: int(random.integers(0, len(data) + 1))]))
    terminal = stand.client()
    admitted(terminal)
    terminal.shutdown()
    assert not any(TOKEN in note for note in stand.notes)


def test_broken_bytes_do_not_stop_a_bridge(stand: Stand) -> None:
    fuzzed(stand, 11, 25)


@pytest.mark.proof
def test_no_bytes_stop_a_bridge(tmp_path: Path, proof_facts: dict[str, object]) -> None:
    stand = Stand(PlayedTerminal(str(tmp_path)))
    connections = 0
    for seed in range(20):
        fuzzed(stand, seed, 500)
        connections += 500
    stand.end()
    proof_facts["connections"] = connections


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "example.org", "", "127.0.0.1.evil.org"])
def test_only_loopback_is_bound_to_and_connected_to(host: str) -> None:
    with pytest.raises(ConfigError, match="loopback addresses only"):
        BridgeServer(PlayedTerminal(), host, 0, TOKEN)
    with pytest.raises(ConfigError, match="loopback addresses only"):
        bridge_terminal(host, 18_765, TOKEN, 1.0)


def test_loopback_has_several_names() -> None:
    assert loopback("localhost") == "127.0.0.1"
    assert loopback("127.3.2.1") == "127.3.2.1"
    assert loopback("[::1]") == "::1"


def test_a_short_token_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 16 characters"):
        BridgeServer(PlayedTerminal(), "127.0.0.1", 0, "short")


def test_the_program_serves_a_child_that_may_hang_and_takes_its_token_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    environ = os.environ | {"ICTCLI_BRIDGE_TOKEN_FILE": str(secret)}
    command = [sys.executable, "-m", "ictcli.terminals.bridge", "--port", "0", "--deadline", "0.5"]
    with subprocess.Popen([*command, "--serve", FACTORY], env=environ, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline().decode()
        terminal = bridge_terminal("127.0.0.1", int(said.rsplit(" ", 1)[1]), TOKEN, 10.0)
        assert terminal.initialize(login=1, password=CANARY)
        listed = command_lines()
        with pytest.raises(TerminalSilent, match="did not answer symbol_info"):
            terminal.symbol_info("HANG")
        assert terminal.account_info() is None
        assert terminal.last_error() == (-10004, "No IPC connection")
        assert terminal.initialize()
        assert terminal.account_info().login == 12_345
        terminal.shutdown()
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read().decode()
        assert process.wait(10) == 0
    assert "stopped" in rest
    shown = said + rest + listed + repr(terminal)
    assert "ictcli.terminals.worker" in listed
    assert TOKEN not in shown
    assert CANARY not in shown


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "said"),
    [
        (["--host", "0.0.0.0"], {"ICTCLI_BRIDGE_TOKEN": TOKEN}, 4, "loopback addresses only"),
        ([], {}, 4, "no secret in ICTCLI_BRIDGE_TOKEN"),
        ([], {"ICTCLI_BRIDGE_TOKEN": "short"}, 4, "at least 16 characters"),
    ],
)
def test_the_program_refuses_what_is_unsafe(
    arguments: list[str], environ: dict[str, str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", *arguments], environ) == code
    assert said in capsys.readouterr().err


def test_the_program_takes_no_token_on_its_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--token", TOKEN], {"ICTCLI_BRIDGE_TOKEN": TOKEN})
    assert caught.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err
