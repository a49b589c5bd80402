"""What a call to a terminal costs: over a bridge, and in a child process, against a bare socket.

    python benchmarks/terminals.py [--calls 2000] [--pulls 15]

The peer is a loopback connection to another process that echoes the same number of bytes with `sendall` and
`recv` and nothing else: each round sends as many bytes as the call, and gets as many as its answer. The three
take turns. A call is `symbol_info_tick`; a pull is 100,000 bars, 6 MB.
"""

import argparse
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ictcli.terminals.answering import answer_frame
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.channel import MOST_ANSWERED
from ictcli.terminals.child import child_terminal
from ictcli.terminals.remote import RemoteTerminal
from ictcli.terminals.structs import RATES_DTYPE, Tick
from ictcli.terminals.wire import encode_call

TOKEN = "of-this-benchmark-alone"
ROWS = 100_000
_SIZES = struct.Struct(">II")


class Stand:
    """The least that a terminal needs to answer."""

    def __init__(self) -> None:
        self.rates = np.zeros(ROWS, RATES_DTYPE)
        self.rates["time"] = 1_600_000_000 + 60 * np.arange(ROWS)
        self.rates["close"] = np.random.default_rng(1).normal(1.1, 0.01, ROWS)
        self.tick = Tick((1_700_000_000, 1.1, 1.2, 0.0, 0, 1_700_000_000_123, 6, 0.0))

    def initialize(self) -> bool:
        return True

    def shutdown(self) -> bool:
        return True

    def last_error(self) -> tuple[int, str]:
        return 1, "Success"

    def symbol_info_tick(self, symbol: str) -> Any:
        return self.tick

    def copy_rates_from_pos(self, symbol: str, timeframe: int, start: int, count: int) -> Any:
        return self.rates[:count]


def echo() -> None:
    """The peer's other end: read so many bytes, answer with so many."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answers: dict[int, bytes] = {}
    while head := connection.recv(_SIZES.size, socket.MSG_WAITALL):
        asked, size = _SIZES.unpack(head)
        connection.recv(asked, socket.MSG_WAITALL)
        connection.sendall(answers.setdefault(size, bytes(size)))


class Bare:
    """The peer's near end."""

    def __init__(self, port: int) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def round(self, asked: int, answered: int) -> int:
        """Send so many bytes, get so many."""
        self.connection.sendall(_SIZES.pack(asked, answered) + bytes(asked))
        got = bytearray(answered)
        view, filled = memoryview(got), 0
        while filled < answered:
            filled += self.connection.recv_into(view[filled:])
        return filled


@contextmanager
def processes() -> Iterator[tuple[Bare, RemoteTerminal, RemoteTerminal]]:
    """A bare peer, a bridge's client and a child terminal, each with its own other process."""
    root = str(Path(__file__).parents[1])
    own = os.environ | {"ICTCLI_BRIDGE_TOKEN": TOKEN, "PYTHONPATH": root}
    os.environ["PYTHONPATH"] = root
    script, factory = [sys.executable, __file__], "benchmarks.terminals:Stand"
    bridge = [sys.executable, "-m", "ictcli.terminals.bridge", "--port", "0", "--serve", factory]
    with (
        subprocess.Popen([*script, "--echo"], stdout=subprocess.PIPE, text=True) as peer,
        subprocess.Popen(bridge, env=own, stderr=subprocess.PIPE, text=True) as served,
    ):
        assert peer.stdout is not None
        assert served.stderr is not None
        bare = Bare(int(peer.stdout.readline()))
        client = bridge_terminal("127.0.0.1", int(served.stderr.readline().rsplit(" ", 1)[1]), TOKEN, 60.0)
        child = child_terminal(60.0, factory)
        assert client.initialize(), client.last_error()
        assert child.initialize(), child.last_error()
        drain = threading.Thread(target=served.stderr.read)
        drain.start()
        yield bare, client, child
        bare.connection.close()
        client.shutdown()
        child.shutdown()
        served.terminate()
        drain.join()


def timed(work: Callable[[], object]) -> float:
    """Microseconds of one run."""
    begun = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - begun) / 1000


def compare(title: str, works: dict[str, Callable[[], object]], rounds: int) -> None:
    """Let all take turns, and print their middle and 99th percentile and ratio to the first."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            spent[name].append(timed(work))
    print(f"{title}, {rounds} rounds")
    base = None
    for name, each in spent.items():
        middle, high = np.percentile(each, [50, 99])
        base = middle if base is None else base
        print(f"  {name:<16} p50 {middle:10.1f} us   p99 {high:10.1f} us   {middle / base:6.2f} x")


def sizes(module: Stand, function: str, arguments: tuple[Any, ...]) -> tuple[int, int]:
    """Bytes of a call and of its answer, their lengths included."""
    call = encode_call(1, function, arguments, {})
    return len(call) + 4, len(answer_frame(module, call, MOST_ANSWERED)) + 4


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--pulls", type=int, default=15)
    parser.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.echo:
        echo()
        return 0
    module = Stand()
    call = sizes(module, "symbol_info_tick", ("EURUSD",))
    pull = sizes(module, "copy_rates_from_pos", ("EURUSD", 1, 0, ROWS))
    with processes() as (bare, bridge, child):
        compare(
            f"one call ({call[0]} bytes out, {call[1]} back)",
            {
                "bare socket": lambda: bare.round(*call),
                "child process": lambda: child.symbol_info_tick("EURUSD"),
                "bridge": lambda: bridge.symbol_info_tick("EURUSD"),
            },
            options.calls,
        )
        compare(
            f"{ROWS:,} bars ({pull[1]:,} bytes)",
            {
                "bare socket": lambda: bare.round(*pull),
                "child process": lambda: child.copy_rates_from_pos("EURUSD", 1, 0, ROWS),
                "bridge": lambda: bridge.copy_rates_from_pos("EURUSD", 1, 0, ROWS),
            },
            options.pulls,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
