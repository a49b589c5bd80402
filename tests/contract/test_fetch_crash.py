"""``fetch`` as scripts and power cuts meet it: killed anywhere, run side by side, read while it writes."""

import hashlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SEED = int(os.environ.get("ICTCLI_PROOF_SEED", "3"))
ROWS = 40_000
START = 1_704_150_000  # Monday 2024-01-01 23:00 UTC


def write_minutes(path: Path, seed: int) -> Path:
    """A clean CSV of one-minute gold bars over about two months, weekends left out."""
    rng, price, lines = random.Random(seed), 200_000, ["ts,open,high,low,close,tick_volume"]
    second = START
    while len(lines) <= ROWS:
        if (second - START) % (7 * 86_400) < 4 * 86_400:
            close = price + rng.randint(-20, 20)
            high, low = max(price, close) + 5, min(price, close) - 5
            prices = ",".join(f"{points / 100:.2f}" for points in (price, high, low, close))
            lines.append(f"{second},{prices},{rng.randint(1, 99)}")
            price = close
        second += 60
    path.write_text("\n".join(lines) + "\n")
    return path


def command(workspace: Path, source: Path, label: str) -> list[str]:
    return [
        sys.executable, "-m", "ictcli", "-w", str(workspace), "fetch", "XAUUSD", "--source", "file",
        "--path", str(source), "--label", label, "-t", "M1", "--source-tz", "utc", "--json",
    ]  # fmt: skip


def run(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)


def fingerprint(workspace: Path) -> dict[str, str]:
    """Name = hash of every file of record; provenance (times of day) is not content."""
    found = {}
    for path in sorted((workspace / "data" / "bars").rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.name == "manifest.json":
            document = json.loads(data)
            document.pop("provenance")
            data = json.dumps(document, sort_keys=True).encode()
        found[path.relative_to(workspace).as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def kill_points(count: int, folder: Path) -> Iterator[tuple[bool, dict[str, str], dict[str, str]]]:
    """Per seeded point: whether the kill hit a running fetch, the store after a rerun, and the truth."""
    source = write_minutes(folder / "gold.csv", 1)
    arguments = command(folder / "whole", source, "gold")
    (folder / "whole").mkdir()
    started = time.monotonic()
    assert run(arguments).returncode == 0
    duration = time.monotonic() - started
    truth, rng = fingerprint(folder / "whole"), random.Random(SEED)
    for point in range(count):
        workspace = folder / f"point-{point}"
        workspace.mkdir()
        victim = subprocess.Popen(
            command(workspace, source, "gold"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        begun, hit = time.monotonic(), False
        try:
            victim.wait(rng.uniform(0.35, 1.05) * duration)
            duration = time.monotonic() - begun  # the machine has become faster: what it takes by now
        except subprocess.TimeoutExpired:
            hit = True
        victim.kill()
        victim.wait()
        resumed = run(command(workspace, source, "gold"))
        assert resumed.returncode == 0, resumed.stderr
        yield hit, fingerprint(workspace), truth


def test_a_fetch_killed_at_five_points_resumes_to_the_uninterrupted_store(tmp_path: Path) -> None:
    hits = 0
    for hit, store, truth in kill_points(5, tmp_path):
        assert store == truth
        hits += hit
    assert hits >= 2, "too few kills met a running fetch to mean anything"


@pytest.mark.proof
def test_a_fetch_killed_at_200_points_resumes_to_the_uninterrupted_store(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    hits = 0
    for hit, store, truth in kill_points(200, tmp_path):
        assert store == truth
        hits += hit
    proof_facts["points"], proof_facts["killed while running"] = 200, hits
    assert hits >= 100


def test_two_sources_of_gold_are_fetched_side_by_side_while_a_reader_looks_on(tmp_path: Path) -> None:
    files = {name: write_minutes(tmp_path / f"{name}.csv", seed) for seed, name in enumerate(("one", "two"))}
    assert run(command(tmp_path, files["one"], "resident")).returncode == 0
    writers = [
        subprocess.Popen(command(tmp_path, path, name), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for name, path in files.items()
    ]
    query = [
        sys.executable, "-m", "ictcli", "-w", str(tmp_path), "query", "--format", "json",
        "SELECT source, count(*) AS n, min(open) AS low, max(ts) AS last FROM bars_all GROUP BY source",
    ]  # fmt: skip
    seen = []
    while any(writer.poll() is None for writer in writers):
        done = run(query)
        assert done.returncode == 0, done.stderr
        seen.append({row["source"]: row["n"] for row in json.loads(done.stdout)["rows"]})
    for writer in writers:
        _, told = writer.communicate()
        assert writer.returncode == 0, told.decode()
    assert all(count == ROWS for answer in [*seen, rows_by_source(query)] for count in answer.values())
    assert rows_by_source(query) == {"resident": ROWS, "one": ROWS, "two": ROWS}


HOLDER = """
import sys
from pathlib import Path
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.store.store import Store
root = Path(sys.argv[1])
with Store(root / "data", root / "state", 0).writer(SeriesKey("gold", "XAUUSD", TIMEFRAMES["M1"]), {}):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_fetch_of_a_series_that_is_being_written_is_busy_and_names_the_writer(tmp_path: Path) -> None:
    arguments = command(tmp_path, write_minutes(tmp_path / "gold.csv", 1), "gold")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        refused = run(arguments)
        assert holder.poll() is None
        holder.communicate()
    assert refused.returncode == 12, refused.stderr
    error = json.loads(refused.stdout)["error"]
    assert (error["name"], error["retryable"]) == ("Busy", True)
    named = (
        rf"gold/XAUUSD/M1 .* pid {holder.pid} on {re.escape(socket.gethostname())} since \d{{4}}-\d\d-\d\dT"
    )
    assert re.search(named, error["message"])
    assert run(arguments).returncode == 0


def test_three_fetches_of_one_file_at_once_store_it_once(tmp_path: Path) -> None:
    source = write_minutes(tmp_path / "gold.csv", 1)
    (tmp_path / "whole").mkdir()
    assert run(command(tmp_path / "whole", source, "gold")).returncode == 0
    (tmp_path / "desk").mkdir()
    writers = [
        subprocess.Popen(
            command(tmp_path / "desk", source, "gold"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    codes = []
    for writer in writers:
        _, told = writer.communicate()
        codes.append(writer.returncode)
        assert writer.returncode in (0, 12), told.decode()
        assert (b" pid " in told) == (writer.returncode == 12)
    assert 0 in codes
    assert fingerprint(tmp_path / "desk") == fingerprint(tmp_path / "whole")


def rows_by_source(query: list[str]) -> dict[str, int]:
    return {row["source"]: row["n"] for row in json.loads(run(query).stdout)["rows"]}
