"""``ictcli trade`` on paper: the real loop, watched by a service manager, halted, doubled, ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ictcli.clock import monotonic
from ictcli.commands.halting import who
from ictcli.ledger.address import paper_place
from ictcli.ledger.bodies import Released
from ictcli.ledger.opening import reading
from ictcli.ledger.stored import entry_of
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd's protocol needs Unix sockets")
PROGRAM = [sys.executable, "-m", "ictcli"]
ASK = ["trade", "EURUSD", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "--json"]
CANARY = "canary-0d5f7c1e-of-a-password"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A workspace with a few days of five-minute bars."""
    create(tmp_path)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 600, 110_000, 5))
    return tmp_path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's ear."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(60)
        yield ear


@pytest.fixture
def loop(desk: Path, manager: socket.socket) -> Iterator[subprocess.Popen[str]]:
    """A paper trader that told its manager that it is ready."""
    environ = os.environ | {
        "NOTIFY_SOCKET": str(manager.getsockname()), "WATCHDOG_USEC": "4000000", "DESK_PASSWORD": CANARY,
    }  # fmt: skip
    process = subprocess.Popen(
        [*PROGRAM, *ASK], cwd=desk, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert "READY=1" in heard(manager, "READY=1")
        yield process
    finally:
        process.kill()
        process.communicate()


def heard(manager: socket.socket, word: str) -> str:
    """Everything up to a word of the service."""
    text = ""
    while word not in text:
        text += manager.recv(4096).decode() + "\n"
    return text


def ictcli(desk: Path, *words: str) -> tuple[int, Any]:
    """Another run of the program: exit code and document."""
    done = subprocess.run([*PROGRAM, *words, "--json"], cwd=desk, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def released(desk: Path) -> tuple[str, str]:
    """Why and by whom a stop was lifted, as soon as the trader has written it down."""
    until = monotonic() + 30
    while monotonic() < until:
        with reading(paper_place(desk / "state").address) as stored:
            bodies = [entry_of(event).body for event in stored.events()]
        for one in bodies:
            if isinstance(one, Released):
                return one.reason, one.by
        time.sleep(0.1)
    raise AssertionError("the ledger was told of no release")


def test_the_loop_is_watched_alone_on_its_account_halted_resumed_and_ended(
    desk: Path, manager: socket.socket, loop: subprocess.Popen[str]
) -> None:
    heard(manager, "WATCHDOG=1")
    code, refused = ictcli(desk, *ASK[:-1])
    assert code == 12
    assert f"is being traded by pid {loop.pid} on " in refused["error"]["message"]
    code, found = ictcli(desk, "halt", "--reason", "drill")
    (account,) = found["accounts"]
    assert (code, account["running"], account["cleared_by"]) == (0, True, "trader")
    _, seen = ictcli(desk, "status")
    trading = seen["trading"]
    assert trading["halt"]["reason"] == "drill"
    assert [one["running"] for one in trading["traders"]] == [True]
    assert [(one["ledger"], one["mode"]) for one in trading["ledgers"]] == [("paper", "paper")]
    assert ictcli(desk, "resume", "--reason", "drill over")[0] == 0
    heard(manager, "WATCHDOG=1")
    assert released(desk) == ("drill over", who())
    loop.send_signal(signal.SIGTERM)
    assert "SIGTERM" in heard(manager, "STOPPING=1")
    out, err = loop.communicate(timeout=30)
    assert (loop.returncode, json.loads(out)["ended"]) == (0, "SIGTERM")
    files = [path.read_bytes() for path in desk.rglob("*") if path.is_file() and not path.is_socket()]
    assert CANARY.encode() not in b"".join([*files, out.encode(), err.encode()])


def test_once_handles_what_there_is_ends_and_begins_no_second_account_where_the_terminal_is_lost(
    desk: Path,
) -> None:
    code, found = ictcli(desk, *ASK[:-1], "--once")
    assert (code, found["mode"]) == (0, "paper")
    (graduation,) = found["graduation"]
    assert graduation["graduated"] is False
    terminal = desk / "state" / "paper" / "terminal.bin"
    kept = terminal.read_bytes()
    terminal.unlink()
    code, refused = ictcli(desk, *ASK[:-1], "--once")
    assert (code, "terminal.bin is missing" in refused["error"]["message"]) == (5, True)
    assert "move all of state/paper away" in refused["error"]["hint"]
    assert not terminal.exists()
    terminal.write_bytes(kept)
    assert ictcli(desk, "halt")[0] == 0
    code, refused = ictcli(desk, *ASK[:-1], "--once")
    assert (code, refused["error"]["name"]) == (11, "PolicyRefused")
