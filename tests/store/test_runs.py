"""Runs are found again."""

import os
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


def test_the_latest_run_is_the_one_made_last_whatever_its_file_says(tmp_path: Path) -> None:
    runs = RunStore(tmp_path)
    made = {
        "20260131T093000Z-0b": "2026-01-31T09:30:00.100000Z",
        "20260131T093000Z-0a": "2026-01-31T09:30:00.700000Z",
        "20260201T000000Z-00": "2026-02-01T00:00:00.000000Z",
    }
    for name, created in reversed(made.items()):
        runs.create(name, {"created": created}, {})
    assert runs.list() == list(made)
    os.utime(runs.folder / "20260131T093000Z-0b" / "run.json", (4e9, 4e9))
    assert runs.list() == list(made)
    assert runs.load().id == "20260201T000000Z-00"


def test_a_damaged_run_stops_nobody_who_asks_for_another(tmp_path: Path) -> None:
    runs = RunStore(tmp_path)
    for name in ("20260131T093000Z-0a", "20260131T093000Z-0b", "20260201T000000Z-00"):
        runs.create(name, {}, {"trades": ONE})
    (runs.folder / "20260131T093000Z-0a" / "run.json").write_text("{")
    assert runs.load().id == "20260201T000000Z-00"
    with pytest.raises(DataError, match="no run 'nope'") as none:
        runs.load("nope")
    assert none.value.hint == "The latest is 20260201T000000Z-00."
    with pytest.raises(DataError, match="is damaged") as damaged:
        runs.load("20260131T093000Z-0a")
    assert "run `ictcli backtest` again" in str(damaged.value.hint)
    table = next((runs.folder / "20260201T000000Z-00").glob("trades*"))
    table.write_bytes(table.read_bytes()[:-9])
    with pytest.raises(DataError, match="trades") as cut:
        runs.load().table("trades")
    assert "run `ictcli backtest` again" in str(cut.value.hint)
