"""A writer killed at any moment loses nothing, doubles nothing and blocks nobody."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.store.killed_writer import COMMITS, write_all
from tests.store.stored_bars import HOURLY, files, new_store

SCRIPT = Path(__file__).with_name("killed_writer.py")
RENAMES = 30
"""Roughly how many renames an uninterrupted run makes: parts, manifests, catalogs."""


def kill_at_rename(root: Path, number: int, side: str) -> bool:
    command = [sys.executable, str(SCRIPT), str(root), str(number), side]
    return subprocess.run(command, capture_output=True, check=False).returncode == -9


def kill_after_delay(root: Path, seconds: float) -> bool:
    with subprocess.Popen([sys.executable, str(SCRIPT), str(root)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(seconds)
        child.kill()
        return child.wait() == -9


def survives(tmp_path: Path, seed: int) -> bool:
    """Kill a run at a seeded point, check what is there, resume, compare; True if it was killed midway."""
    rng = random.Random(seed)
    root = tmp_path / f"killed{seed}"
    if rng.random() < 0.6:
        killed = kill_at_rename(root, rng.randint(1, RENAMES), rng.choice(["before", "after"]))
    else:
        killed = kill_after_delay(root, rng.uniform(0.0, 0.4))
    store = new_store(root)
    between = store.manifest(HOURLY)
    if between is not None:
        store.verify(HOURLY)
        assert between.generation == len(between.inputs) <= COMMITS
    write_all(root)
    whole = tmp_path / "whole"
    if not whole.exists():
        write_all(whole)
    expected = new_store(whole).manifest(HOURLY)
    resumed = store.manifest(HOURLY)
    assert expected is not None
    assert resumed is not None
    assert files(root) == files(whole)
    assert resumed == expected
    assert not list((root / "data").rglob(".tmp-*"))
    assert not list((root / "data").rglob(".staging"))
    return killed


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_run_killed_at_any_of_5_points_resumes_to_the_uninterrupted_store(tmp_path: Path) -> None:
    killed = [survives(tmp_path, seed) for seed in range(5)]
    assert sum(killed) >= 2


@pytest.mark.proof
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_run_killed_at_any_of_200_points_resumes_to_the_uninterrupted_store(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    killed = [survives(tmp_path, 1000 + seed) for seed in range(200)]
    proof_facts["killed"] = sum(killed)
    proof_facts["points"] = len(killed)
    assert sum(killed) >= 120
