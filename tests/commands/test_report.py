"""``ictcli report``: every format, to stdout and to a file."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk


@pytest.fixture
def traded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """The id of a run in a fresh workspace, which is the current directory."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 2_000, 110_000, 5))
    assert run(["backtest", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["trades"] > 5
    return str(document["run"])


def test_the_latest_run_is_shown_by_default(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report"]) == 0
    text = capsys.readouterr().out
    assert traded in text
    assert "Fill assumptions" in text
    assert run(["report", traded]) == 0
    assert capsys.readouterr().out == text


def test_json_is_one_document_by_either_option(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--json"]) == 0
    document = capsys.readouterr().out
    assert run(["report", "latest", "--format", "json"]) == 0
    assert capsys.readouterr().out == document
    assert json.loads(document)["run"] == traded
    assert json.loads(document)["command"] == "report"


@pytest.mark.parametrize("other", ["table", "csv", "parquet", "nl"])
def test_json_and_another_format_contradict_each_other(
    traded: str, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", traded, "--json", "--format", other]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["message"] == f"--json and --format {other} contradict each other"
    assert run(["report", traded, "--json", "--format", "json"]) == 0


def test_rows_and_csv_hold_every_trade(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--json"]) == 0
    expected = json.loads(capsys.readouterr().out)["trades"]
    assert run(["report", "--format", "nl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert run(["report", "--format", "csv", "--out", "-"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(table) == expected
    assert [row["net"] for row in rows] == [row["net"] for row in table]
    assert {row["run"] for row in rows} == {traded}


def test_files_are_written_where_asked_and_stdout_stays_empty(
    traded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    assert run(["report", "--format", "parquet", "--out", "out/trades.parquet"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "wrote" in printed.err
    assert pq.read_table(tmp_path / "out" / "trades.parquet").column("run").to_pylist()[0] == traded


def test_an_unknown_run_is_refused_with_the_latest_named(
    traded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "no-such-run"]) == 5
    assert traded in capsys.readouterr().err


@pytest.mark.parametrize("damage", [{"series": []}, {"schema": 99}, {"metrics": {}}, {"confidence": "high"}])
def test_a_damaged_run_is_refused_not_guessed(
    traded: str, tmp_path: Path, damage: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data" / "runs" / traded / "run.json"
    kept = json.loads(path.read_text())
    kept["document"].update(damage)
    path.write_text(json.dumps(kept))
    assert run(["report"]) == 5
    assert traded in capsys.readouterr().err


def test_without_runs_the_command_to_make_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["report"]) == 5
    assert "ictcli backtest" in capsys.readouterr().err
