"""A paper trader watched from outside while it runs, and left alone by logs and clients that misbehave."""

import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.clock import monotonic, now_ns
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.operations.log_files import log_files
from ictcli.store.store import Store
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

TOKEN = "a-token-that-is-long-enough"
ASK = ["trade", "EURUSD", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "--json"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a day of five-minute bars, which is the current directory."""
    create(tmp_path)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 300, 110_000, 5))
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Outside:
    """Somebody who watches a trader on a port from a thread of their own, then ends it."""

    def __init__(self, desk: Path, port: int) -> None:
        self.desk, self.port = desk, port
        self.seen: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._watch)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status code and body; code 0 while nobody answers."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError:
            return 0, b""

    def __enter__(self) -> "Outside":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _wait(self, condition: Callable[[], bool]) -> bool:
        until = monotonic() + 120
        while not (met := condition()) and monotonic() < until:
            time.sleep(0.05)
        return met

    def _watch(self) -> None:
        try:
            self._look()
        finally:
            (control_folder(self.desk / "state") / "STOP").touch()

    def _look(self) -> None:
        self._wait(lambda: b'"ok"' in self.get("/health")[1])
        with ExitStack() as stack:
            for _ in range(6):  # they ask and never read
                deaf = stack.enter_context(socket.create_connection(("127.0.0.1", self.port)))
                deaf.sendall(f"GET /metrics HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
            self.seen["metrics"] = self.get("/metrics")
            self.seen["ready"] = self.get("/ready")
            Latch(control_folder(self.desk / "state")).engage("drill", "me", now_ns())
            self.seen["halted"] = self.get("/ready")
            self._wait(lambda: b'ictcli_trading_mode{mode="halted"}' in self.get("/metrics")[1])
            self.seen["health"] = self.get("/health")


def test_a_paper_trader_shows_itself_and_a_halt_makes_it_not_ready(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("prometheus_client", reason="needs the extra `operate`")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ICTCLI_METRICS__PORT", str(port))
    monkeypatch.setenv("ICTCLI_METRICS_TOKEN", TOKEN)
    with Outside(desk, port) as outside:
        assert run(ASK) == 0
    code, text = outside.seen["metrics"]
    assert code == 200
    assert b"ictcli_build_info{" in text
    assert b"process_resident_memory_bytes" in text
    code, body = outside.seen["ready"]
    checks = {one["check"]: one["ok"] for one in json.loads(body)["checks"]}
    assert code == 503  # its bars are of years ago
    assert [name for name, ok in checks.items() if not ok] == ["bars"]
    halted = {one["check"]: one for one in json.loads(outside.seen["halted"][1])["checks"]}
    assert halted["halt"] == {"check": "halt", "ok": False, "detail": "halted: drill"}
    assert outside.seen["health"][0] == 200
    assert outside.get("/health")[0] == 0
    assert json.loads(capsys.readouterr().out)["ended"] == "the stop file"


def test_a_trader_with_a_port_and_no_token_does_not_begin(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ICTCLI_METRICS__PORT", "1")
    assert run(ASK) == 4
    assert "ICTCLI_METRICS_TOKEN" in capsys.readouterr().err
    assert run([*ASK, "--once"]) == 0


@pytest.mark.skipif(os.name == "nt", reason="needs named pipes")
def test_what_is_traded_does_not_depend_on_the_log(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(desk / "hangs")
    (desk / "state" / "logs").mkdir()
    today = time.strftime("%Y-%m-%d", time.gmtime(now_ns() // 10**9))
    (desk / "state" / "logs" / f"log-{today}-0001.jsonl").symlink_to(desk / "hangs")
    began = monotonic()
    assert run([*ASK, "--once"]) == 0
    assert monotonic() - began < 60
    hung = json.loads(capsys.readouterr().out)
    assert hung["ended"] == "nothing is left"


def test_events_of_the_ledger_are_in_the_log_under_their_run(desk: Path) -> None:
    assert run([*ASK, "--once"]) == 0
    found = [
        json.loads(line)
        for path in log_files(desk / "state" / "logs")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    events = {line.get("event") for line in found}
    assert {"began", "start", "opened", "stop", "ended"} <= events
    (start,) = [line for line in found if line.get("event") == "start"]
    assert start["account"] == 1
    assert {line["run"] for line in found if line.get("event") == "stop"} == {start["run"]}
