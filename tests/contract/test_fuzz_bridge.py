"""Calls as no client makes them, at a real bridge's socket: answered or dropped, and the next is served."""

import select
import socket
import struct
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.clock import monotonic
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.bridge.greeting import VERSION, Hello, encode
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.channel import MOST_ASKED
from ictcli.terminals.surface import FUNCTIONS
from tests.terminals.played import PlayedTerminal

TOKEN = "a-token-of-some-length"
LONGEST_S = 10.0
PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20)
    | st.binary(max_size=30) | st.sampled_from(["EURUSD", "t", "r", "a", "rates", "__class__", "../x", "\0"])
)  # fmt: skip
PACKED = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        | st.tuples(st.sampled_from(["t", "r", "a"]), inner, inner).map(list)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from([*FUNCTIONS, "eval", "__class__", "shutdown", ""]) | st.text(max_size=15)
TAGGED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: ["t", *items])
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
WELL_FORMED = st.tuples(
    st.integers(0, 2**40), st.sampled_from(sorted(FUNCTIONS)), st.lists(TAGGED, max_size=4),
    st.dictionaries(st.sampled_from(["group", "symbol", "ticket", "timeout", "x"]), TAGGED, max_size=2),
).map(list)  # fmt: skip
CALLS = WELL_FORMED | st.tuples(
    st.integers(-5, 2**40) | PLAIN, NAMES | PLAIN, st.lists(PACKED, max_size=4) | PLAIN,
    st.dictionaries(st.text(max_size=12), PACKED, max_size=3) | PLAIN,
).map(list)  # fmt: skip


class Stand:
    """A bridge in a thread of this process."""

    def __init__(self, folder: str) -> None:
        self.notes: list[str] = []
        module = PlayedTerminal(folder)
        self.server = BridgeServer(
            module, "127.0.0.1", 0, TOKEN, note=self.notes.append, greeting=1.0, idle=2.0, penalty=0.01
        )
        self.thread = threading.Thread(target=self.server.serve)
        self.thread.start()

    def send(self, *frames: bytes, hello: bool = True) -> int:
        """Send frames as one client and leave; bytes that came back."""
        deadline = monotonic() + LONGEST_S
        with socket.create_connection(("127.0.0.1", self.server.port), 5) as line:
            if hello:
                line.sendall(framed(encode(Hello(VERSION, TOKEN))))
                assert line.recv(4096)
            try:
                line.sendall(b"".join(frames))
                line.shutdown(socket.SHUT_WR)
            except OSError:
                return 0
            back = 0
            while monotonic() < deadline:
                ready, _, _ = select.select([line], [], [], 0.2)
                try:
                    got = len(line.recv(1 << 16)) if ready else 1
                except ConnectionError:
                    return back
                if ready and not got:
                    return back
                back += got if ready else 0
        raise AssertionError("a connection was held open")

    def serves(self) -> None:
        """See that the next client is served, and that nothing lies about."""
        terminal = bridge_terminal("127.0.0.1", self.server.port, TOKEN, 5.0)
        deadline = monotonic() + LONGEST_S
        while not terminal.initialize():
            assert monotonic() < deadline, terminal.last_error()
        assert terminal.version()[1] == 6231
        terminal.shutdown()
        assert not any(TOKEN in note for note in self.notes)


def framed(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    made = Stand(str(tmp_path_factory.mktemp("terminal")))
    yield made
    made.server.stop()
    made.thread.join(5)
    assert not made.thread.is_alive()


@given(st.lists(CALLS, min_size=1, max_size=3))
def test_any_call_is_answered_or_ends_its_connection_alone(stand: Stand, calls: list[Any]) -> None:
    stand.send(*(framed(msgspec.msgpack.encode(call)) for call in calls))


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_end_their_connection_alone(stand: Stand, data: bytes, admitted: bool) -> None:
    stand.send(data[:1] + data, hello=admitted)


@pytest.mark.parametrize(
    "content",
    [
        b"\x91" * 60_000,
        b"\x81\xa1a" * 20_000,
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        msgspec.msgpack.encode([1, "copy_rates_from_pos", ["EURUSD", 1, 0, 2**62], {}]),
        msgspec.msgpack.encode([1, "symbols_get", [], {"group": "*" * 60_000}]),
        msgspec.msgpack.encode([1, "order_send", [{"comment": "x" * 60_000}], {}]),
    ],
    ids=["lists", "tables", "length", "binary", "rows", "group", "comment"],
)
def test_what_is_deep_or_claims_to_be_large_costs_nothing(stand: Stand, content: bytes) -> None:
    tracemalloc.start()
    try:
        stand.send(framed(content[:MOST_ASKED]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000
    stand.serves()


def test_a_frame_that_claims_to_be_huge_is_not_waited_for(stand: Stand) -> None:
    assert stand.send(struct.pack(">I", 2**32 - 1), b"x" * 100) == 0
    assert stand.send(struct.pack(">I", 2**32 - 1), hello=False) == 0
    stand.serves()
    assert any("more than" in note for note in stand.notes)


@pytest.mark.proof
def test_ten_thousand_drawn_calls(stand: Stand, proof_facts: dict[str, object]) -> None:
    counts = {"connections": 0, "answered": 0}

    @settings(max_examples=10_000, derandomize=True, deadline=None)
    @given(CALLS)
    def drawn(call: list[Any]) -> None:
        counts["connections"] += 1
        counts["answered"] += stand.send(framed(msgspec.msgpack.encode(call))) > 0

    drawn()
    stand.serves()
    assert 0 < counts["answered"] < counts["connections"]
    proof_facts.update(counts)
