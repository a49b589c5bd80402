"""``ictcli trade``: the real loop over stored bars, told to end in every way there is."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.trading.ending import STOP_FILE
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

ASK = ["trade", "EURUSD", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows="]
REPLAY = [*ASK, "--replay", "..2200-01-01"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a few days of five-minute bars."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 600, 110_000, 5))
    return tmp_path


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_replay_trades_and_says_what_came_of_it(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*REPLAY, "--json"]) == 0
    found = document(capsys)
    assert (found["command"], found["mode"], found["bars"], found["ended"]) == (
        "trade", "replay", 600, "the bars are over"
    )  # fmt: skip
    assert found["trades"] > 0
    assert found["fills"] >= 2 * found["trades"] - 1  # the end of the bars closes what is open
    assert (found["unresolved"], found["graduation"]) == ([], [])
    assert isinstance(found["balance"], str)
    quality = found["quality"]["symbols"]["EURUSD"]
    assert quality["filled"] > 0
    assert set(quality["slippage_points"]) == {"value", "low", "high", "n"}


def test_a_duration_counts_back_from_the_last_stored_bar(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASK, "--replay", "2h..1h", "--json"]) == 0
    assert document(capsys)["bars"] == 12  # five minutes each, years ago
    assert run([*ASK, "--replay", "1h..2h"]) == 2
    assert "1h is not before 2h" in capsys.readouterr().err


def test_a_dry_run_prints_exact_requests_and_sends_nothing(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*REPLAY, "--dry-run", "--json"]) == 0
    found = document(capsys)
    assert (found["trades"], found["fills"]) == (0, 0)
    request = found["requests"][0]["request"]
    assert {"action", "symbol", "volume", "type", "price", "sl", "magic", "type_filling"} <= set(request)
    assert run([*REPLAY, "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[0])["request"] == request
    shown = dict(line.split(None, 1) for line in lines if not line.startswith("{"))
    assert (shown["mode"], shown["trades"], shown["unresolved"]) == ("replay", "0", "0")


@contextmanager
def slow_replay(desk: Path) -> Iterator[subprocess.Popen[str]]:
    """The real program, replaying at a speed that would take a minute."""
    words = [*REPLAY, "--speed", "3000", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ictcli", *words],
        cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        ledger = desk / "state" / "replay" / "checkpoints"
        for _ in range(3000):
            if ledger.parent.exists() and (desk / "state" / "replay" / "ledger.db-wal").exists():
                break
            time.sleep(0.02)
        time.sleep(0.3)
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, Any]:
    """Exit code and document."""
    out, err = process.communicate(timeout=30)
    assert out, err
    return process.returncode, json.loads(out)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "code", "why"), [(signal.SIGTERM, 0, "SIGTERM"), (signal.SIGINT, 130, "Ctrl-C")]
)
def test_a_signal_ends_it_in_good_order(desk: Path, number: int, code: int, why: str) -> None:
    with slow_replay(desk) as process:
        os.kill(process.pid, signal.SIGHUP)
        os.kill(process.pid, number)
        returned, found = ended(process)
    assert (returned, found["ended"]) == (code, why)
    assert found["bars"] < 600


def test_a_stop_file_ends_it_in_good_order(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def touch() -> None:
        while not (desk / "state" / "replay" / "ledger.db-wal").exists():
            time.sleep(0.02)
        time.sleep(0.3)
        (desk / "state" / "control" / STOP_FILE).touch()

    other = threading.Thread(target=touch)
    other.start()
    assert run([*REPLAY, "--speed", "3000", "--json"]) == 0
    other.join()
    found = document(capsys)
    assert found["ended"] == "the stop file"
    assert found["bars"] < 600
