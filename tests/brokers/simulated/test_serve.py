"""The process that serves a simulated terminal to traders in other processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ictcli.brokers.simulated.serve import main
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.remote import RemoteTerminal
from ictcli.terminals.terminal import TerminalSilent

TOKEN = "a-token-for-tests-of-the-served-terminal"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


@pytest.fixture
def serving(record: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a process that serves; ended with the test."""
    all_started: list[subprocess.Popen[str]] = []

    def start(*more: str) -> subprocess.Popen[str]:
        options = ["--port", "0", "--start", "2026-01-14T12:00Z", "--speed", "50", "--history", "1h"]
        options += ["--ahead", "2h", "--record", str(record), "--execution", "immediate", "--warm-up", "0"]
        started = subprocess.Popen(
            [sys.executable, "-m", "ictcli.brokers.simulated.serve", *options, *more],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"ICTCLI_BRIDGE_TOKEN": TOKEN},
        )
        all_started.append(started)
        return started

    yield start
    for started in all_started:
        started.kill()
        started.wait()
        assert started.stderr is not None
        started.stderr.close()


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    found = re.search(r"on port (\d+)", process.stderr.readline())
    assert found is not None
    return int(found[1])


def trader(port: int, deadline: float = 10.0) -> RemoteTerminal:
    """A connected client; the seat of the one before may be free a moment late."""
    terminal = bridge_terminal("127.0.0.1", port, TOKEN, deadline)
    for _ in range(100):
        if terminal.initialize():
            return terminal
        time.sleep(0.05)
    raise AssertionError(terminal.last_error())


REQUEST = {"action": 1, "symbol": "BTCUSD", "volume": 0.01, "type": 0, "price": 1.0}
Serving = Callable[..., subprocess.Popen[str]]


def test_a_request_that_hangs_is_done_late(serving: Serving, record: Path) -> None:
    port = port_of(serving("--hang-before", "1", "--hang", "2"))
    first = trader(port, 1.0)
    first.symbol_select("BTCUSD", True)
    with pytest.raises(TerminalSilent):
        first.order_send(REQUEST | {"magic": 5})
    second = trader(port)
    assert [one.magic for one in second.positions_get()] == [5]
    second.shutdown()
    assert [json.loads(line).get("executed") for line in record.read_text().splitlines()] == [None, 1]


def test_a_broker_outlives_its_trader(serving: Serving, record: Path) -> None:
    process = serving("--faults", "none", "lost_done", "--rates", "none=1")
    port = port_of(process)
    for magic in (1, 2):
        terminal = trader(port)
        assert terminal.symbol_select("BTCUSD", True) is True
        answer = terminal.order_send(REQUEST | {"magic": magic})
        assert (answer is None) == (magic == 2)
        assert [one.magic for one in terminal.positions_get()] == list(range(1, magic + 1))
        terminal.shutdown()
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [line["request"]["magic"] for line in lines[::2]] == [1, 2]
    assert [line["executed"] for line in lines[1::2]] == [1, 1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_without_a_token_nothing_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0"], {}) == 4
    assert "ICTCLI_BRIDGE_TOKEN" in capsys.readouterr().err


def test_rates_must_be_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rates", "lost=often"], {"ICTCLI_BRIDGE_TOKEN": TOKEN}) == 2
    assert "often" in capsys.readouterr().err
