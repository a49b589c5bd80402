"""``ictcli trade`` at a terminal in another process, and ``halt`` while its trader is stopped dead."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ictcli.brokers.opening import open_broker
from ictcli.brokers.requests import Place
from ictcli.config.trading import BrokerConfig
from ictcli.ledger.address import find_place, paper_place
from ictcli.ledger.journal import open_journal
from ictcli.trading.identity import magic_of
from ictcli.workspace import create
from tests.ledger.stories import NOW, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
PROGRAM = [sys.executable, "-m", "ictcli"]
ENVIRON = os.environ | {"ICTCLI_BRIDGE_TOKEN": "token-for-the-trade-at-bridge-tests-0123456789"}
ASK = ["trade", "BTCUSD", "--strategy", "fvg_retest", "-t", "M1", "--param", "windows=", "--json"]


@pytest.fixture
def port() -> Iterator[int]:
    """A simulated terminal of its own process, in real time."""
    words = ["--port", "0", "--history", "2d", "--ahead", "1h", "--execution", "immediate", "--warm-up", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ictcli.brokers.simulated.serve", *words],
        stderr=subprocess.PIPE, text=True, env=ENVIRON,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        found = re.search(r"on port (\d+)", process.stderr.readline())
        assert found is not None
        yield int(found[1])
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def desk(tmp_path: Path, port: int) -> Path:
    """A workspace that trades there."""
    create(tmp_path)
    (tmp_path / "config" / "ictcli.toml").write_text(
        f'[brokers.desk]\nterminal = "bridge"\nport = {port}\nlogin = 1\n'
        '[trade]\nwarm_up = 200\nbroker = "desk"\n'
    )
    return tmp_path


def ictcli(desk: Path, *words: str) -> tuple[int, Any]:
    done = subprocess.run(
        [*PROGRAM, *words, "--json"], cwd=desk, env=ENVIRON, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.proof
def test_a_trader_that_is_stopped_dead_is_cleared_by_a_session_of_halts_own(desk: Path, port: int) -> None:
    rest_an_order(port)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(desk / "notify"))
        ear.settimeout(60)
        process = subprocess.Popen(
            [*PROGRAM, *ASK, "--broker", "desk"],
            cwd=desk, env=ENVIRON | {"NOTIFY_SOCKET": str(desk / "notify")},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            while "READY=1" not in ear.recv(4096).decode():
                assert process.poll() is None
            process.send_signal(signal.SIGSTOP)
            code, found = ictcli(desk, "halt")
            (account,) = found["accounts"]
            assert (code, account["cleared_by"], account["cancelled"]) == (0, "session", 1)
            assert (account["running"], account["broker"], account["account"]) == (True, "desk", 1)
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
            assert process.returncode == 0, err
            assert json.loads(out)["ended"] == "SIGTERM"
        finally:
            process.kill()
            process.communicate()


def test_live_trading_at_a_demo_terminal_names_what_it_lacks_and_a_wrong_number(desk: Path) -> None:
    code, refused = ictcli(desk, *ASK[:-1], "--live", "--confirm-account", "2", "--once")
    assert code == 11
    assert "--confirm-account 2 is not brokers.desk.login 1" in refused["error"]["message"]


def test_a_ledger_of_another_account_is_refused_and_stays_as_it_is(desk: Path) -> None:
    place = find_place(desk / "state", {})
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start(account=7)], NOW)
    code, refused = ictcli(desk, *ASK[:-1], "--broker", "desk", "--once")
    assert (code, refused["error"]["name"]) == (11, "PolicyRefused")
    assert "the ledger is of account Sim-1/7, and the broker's account is" in refused["error"]["message"]
    assert ictcli(desk, "ledger", "verify")[1]["events"] == 1
    assert not paper_place(desk / "state").exists


def rest_an_order(port: int) -> None:
    """One order of ours that rests far away."""
    config = BrokerConfig(terminal="bridge", port=port, login=1)
    broker = open_broker("desk", config, ENVIRON, seed=1)
    broker.connect()
    quote, lot = broker.quote("BTCUSD"), broker.instrument("BTCUSD").volume_min
    far = (quote.bid / 2).quantize(quote.bid)
    outcome = broker.send(Place("BTCUSD", 1, "limit", lot, magic_of(3, 3), price=far))
    assert outcome.kind in {"done", "placed"}, outcome
    broker.close()
