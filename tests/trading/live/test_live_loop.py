"""The loop at a terminal of another process: killed, halted, flattened, ended; ledger and terminal agree."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ictcli.clock import monotonic
from ictcli.ledger.address import find_place
from ictcli.trading.simulation.surface import LOGIN
from ictcli.workspace import create
from tests.trading.crash.arena import arena, environment, requested

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
ASK = [
    "trade", "BTCUSD", "--strategy", "random_entry", "--param", "probability=1", "--param", "windows=",
    "--param", "stop_atr=20", "--param", "target_atr=0", "--param", "max_bars=2", "-t", "M1", "--paper",
    "--broker", "demo", "--json",
]  # fmt: skip
FAULTS = ("lost_done=0.08", "lost=0.04", "busy=0.08", "timeout_done=0.05")
EXPECTED = {"halted", "order_absent", "account_unexplained"}
CONFIG = """
[brokers.demo]
terminal = "bridge"
port = {port}
login = {login}
[trade]
warm_up = 200
checkpoint_bars = 3
most_rejects = 1000
[sizing]
method = "lots"
lots = 0.1
[account]
stop_out = 0
"""


def trader(desk: Path) -> subprocess.Popen[str]:
    """A trader under way."""
    with (desk / "said.txt").open("a") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "ictcli", *ASK], cwd=desk, env=environment(), text=True,
            stdout=subprocess.PIPE, stderr=said,
        )  # fmt: skip


def ictcli(desk: Path, *words: str) -> tuple[int, Any]:
    """Another run of the program: exit code and document."""
    done = subprocess.run(
        [sys.executable, "-m", "ictcli", *words, "--json"],
        cwd=desk, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout)


def asked(desk: Path, question: str) -> list[Any]:
    """First column of an answer of the ledger."""
    file = find_place(desk / "state", {}).address.file
    assert file is not None
    if not file.exists():
        return []
    ledger = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return [row[0] for row in ledger.execute(question)]
    finally:
        ledger.close()


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait for something, for so long at most."""
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, "it did not come to it"
        time.sleep(0.3)


@pytest.mark.proof
def test_everything_is_booked_whatever_happens_to_trader_and_terminal(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    desk, random = tmp_path / "desk", Random(1)
    create(desk)
    with arena(desk / "state", "--history", "2d", "--ahead", "1h", "--rates", *FAULTS) as ground:
        (desk / "config" / "ictcli.toml").write_text(CONFIG.format(port=ground.port, login=LOGIN))
        for _ in range(2):
            process = trader(desk)
            time.sleep(random.uniform(20, 60))
            process.kill()
            process.communicate()
        process = trader(desk)
        opened = "SELECT position FROM positions WHERE closed IS NULL"
        wait_until(lambda: bool(asked(desk, opened)), 240)
        code, refused = ictcli(desk, *ASK[:-1])
        assert (code, refused["error"]["name"]) == (12, "Busy")
        code, found = ictcli(desk, "halt", "--flatten")
        assert (code, found["accounts"][0]["cleared_by"]) == (0, "trader")
        assert asked(desk, opened) == []
        assert ictcli(desk, "resume", "--reason", "drill over")[0] == 0
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, json.loads(out)["ended"]) == (0, "SIGTERM")
        assert ground.differences() == []
        record_property("requests", sum("arrived" in line for line in requested(desk / "state")))
    assert set(asked(desk, "SELECT code FROM alerts WHERE severity = 'critical'")) <= EXPECTED
