"""Runs are found again."""

from pathlib import Path

import pyarrow as pa
import pytest

from ictcli.errors import DataError, UsageError
from ictcli.store.runs import RunStore

ONE = pa.table({"a": [1, 2], "when": pa.array([1, 2], pa.timestamp("ns", "UTC")), "text": ["x", None]})
TWO = pa.table({"a": pa.array([], pa.int64())})


def test_runs_are_found_by_id_and_the_newest_as_latest(tmp_path: Path) -> None:
    runs = RunStore(tmp_path)
    with pytest.raises(DataError, match="no runs are stored"):
        runs.load()
    runs.create("run-a", {"x": 1}, {"trades": ONE})
    runs.create("run-b", {"x": 2}, {})
    assert runs.list() == ["run-a", "run-b"]
    assert runs.load().document == {"x": 2}
    assert runs.load("run-a").table("trades") == ONE
    assert runs.load("run-a").table("signals") is None
    runs.create("run-a", {"x": 3}, {"trades": TWO})
    assert runs.load("latest").document == {"x": 3}
    with pytest.raises(DataError, match="no run 'run-c'"):
        runs.load("run-c")
    with pytest.raises(UsageError, match="folder name"):
        runs.create("../evil", {}, {})


def test_drafts_of_killed_writers_go_and_a_run_set_aside_comes_back(tmp_path: Path) -> None:
    runs = RunStore(tmp_path)
    runs.create("run-a", {"x": 1}, {"trades": ONE})
    (runs.folder / "run-a").rename(runs.folder / ".tmp-1@run-a")
    (runs.folder / ".tmp-1-run-a").mkdir()
    (runs.folder / ".tmp-1-run-a" / "trades.parquet").write_bytes(b"half")
    runs.create("run-b", {"x": 2}, {})
    assert sorted(runs.list()) == ["run-a", "run-b"]
    assert runs.load("run-a").table("trades") == ONE
    assert not list(runs.folder.glob(".tmp-*"))
