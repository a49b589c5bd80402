"""Ctrl-C in the middle of a long fetch: quick, quiet, and nothing half stored."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.contract.program import PROGRAM, Run, environment

PATIENCE = 30.0


def wait_for_lock(state: Path, process: "subprocess.Popen[str]") -> None:
    """Return as soon as the fetch has taken the lock of its series, so it is at work."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if any(state.glob("locks/*.lock")):
            return
        assert process.poll() is None, "the fetch ended before it could be interrupted"
        time.sleep(0.02)
    pytest.fail("the fetch never began to store")


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_an_interrupted_fetch_stores_nothing_and_can_be_repeated(
    ictcli: Run, tmp_path: Path, workspace: Path
) -> None:
    before = {path for path in workspace.rglob("*") if path.is_file()}
    (workspace / "config" / "ictcli.toml").write_text("[fetch]\nchunk_rows = 1000\n", encoding="utf-8")
    with subprocess.Popen(
        [*PROGRAM, "fetch", "EURUSD", "--source", "sim", "--years", "100", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=workspace,
        env=environment(tmp_path),
    ) as process:
        wait_for_lock(workspace / "state", process)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        pressed = time.monotonic()
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert time.monotonic() - pressed < 5
    assert err == "error: interrupted\n"
    assert json.loads(out)["error"]["name"] == "Interrupted"
    assert json.loads(ictcli("status", "--json", cwd=workspace).stdout)["series"] == []
    kept = {".lock", ".jsonl"}  # locks and the log stay
    left = {path for path in workspace.rglob("*") if path.is_file() and path.suffix not in kept} - before
    assert left == set()
    assert ictcli("doctor", cwd=workspace).returncode == 0
