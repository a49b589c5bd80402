"""``ictcli query`` as users run it."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TIMEFRAMES
from tests.store.stored_bars import HOURLY, hourly_bars, new_store, put


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workspace")
    put(new_store(root), HOURLY, hourly_bars(100))
    return root


def run(workspace: Path, *args: str, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "ictcli", "-w", str(workspace), "query", *args]
    return subprocess.run(command, input=stdin.encode(), capture_output=True, check=False, cwd=workspace)


def test_json_is_one_document_with_decimals_as_strings(workspace: Path) -> None:
    result = run(workspace, "SELECT ts, close, sum(spread) OVER () AS s FROM bars LIMIT 1", "--json")
    document = json.loads(result.stdout)
    assert result.returncode == 0
    assert document["columns"] == ["ts", "close", "s"]
    assert document["rows"][0]["ts"] == "2024-01-01T00:00:00Z"
    assert isinstance(document["rows"][0]["close"], str)
    assert isinstance(document["rows"][0]["s"], int)


def test_csv_nl_and_parquet_hold_the_same_rows(workspace: Path) -> None:
    sql = "SELECT symbol, ts, close FROM bars ORDER BY ts"
    table = list(csv.DictReader(io.StringIO(run(workspace, sql, "--format", "csv").stdout.decode())))
    lines = run(workspace, sql, "--format", "nl").stdout.splitlines()
    parquet = run(workspace, sql, "--format", "parquet", "--out", "rows.parquet")
    assert parquet.stdout == b""
    assert [json.loads(line) for line in lines] == table
    assert pq.read_table(workspace / "rows.parquet").num_rows == len(table)


def test_a_table_for_people_is_trimmed_and_says_so(workspace: Path) -> None:
    result = run(workspace, "SELECT ts FROM bars")
    assert len(result.stdout.splitlines()) == 52
    assert b"first 50 rows" in result.stderr


def test_long_values_are_cut_in_tables_and_nowhere_else(workspace: Path) -> None:
    question = "SELECT repeat('ä', 81) AS long, repeat('b', 80) AS fits, NULL AS nothing"
    result = run(workspace, question)
    assert result.stdout.decode().splitlines()[-1] == f"{'ä' * 79}…  {'b' * 80}"
    assert b"80 characters" in result.stderr
    assert "ä" * 81 in run(workspace, question, "--format", "csv").stdout.decode()


def test_sql_comes_from_stdin_and_bad_sql_is_a_usage_error(workspace: Path) -> None:
    assert run(workspace, "-", "--format", "csv", stdin="SELECT 1 AS one").stdout == b"one\n1\n"
    result = run(workspace, "DROP VIEW bars", "--json")
    assert result.returncode == 2
    assert json.loads(result.stdout)["error"]["name"] == "UsageError"
    assert b"Traceback" not in result.stderr


@pytest.fixture(scope="module")
def disputed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources of EURUSD H1, one of them also of XAUUSD, whose primary source has nothing."""
    root = tmp_path_factory.mktemp("disputed")
    store = new_store(root)
    for source, symbol in (("sim", "EURUSD"), ("ftmo", "EURUSD"), ("sim", "XAUUSD"), ("sim", "GBPUSD")):
        put(store, SeriesKey(source, symbol, HOURLY.timeframe), hourly_bars(20))
    put(store, SeriesKey("sim", "EURUSD", TIMEFRAMES["H4"]), hourly_bars(20))
    (root / "config").mkdir()
    (root / "config" / "ictcli.toml").write_text('[primary]\nXAUUSD = "broker"\n')
    return root


def test_what_bars_leaves_out_is_told_in_one_line_and_only_when_bars_is_read(disputed: Path) -> None:
    done = run(disputed, "SELECT DISTINCT symbol, timeframe FROM bars ORDER BY ALL", "--format", "csv")
    assert done.stdout.decode().splitlines() == ["symbol,timeframe", "EURUSD,H4", "GBPUSD,H1"]
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    assert "EURUSD H1 (stored from ftmo, sim)" in lines[0]
    assert "XAUUSD H1 (stored from sim, not from its primary source broker)" in lines[0]
    assert "GBPUSD" not in lines[0]
    for args in (("FROM bars_all LIMIT 1",), ("SELECT bars FROM gaps LIMIT 1",), ("FROM bars LIMIT 1", "-q")):
        assert run(disputed, *args).stderr == b""


def test_a_copied_workspace_gets_its_own_catalog_with_the_first_question(
    disputed: Path, tmp_path: Path
) -> None:
    shutil.copytree(disputed, tmp_path / "copy")
    assert run(tmp_path / "copy", "SELECT 1").returncode == 0
    with duckdb.connect(str(tmp_path / "copy" / "data" / "catalog.duckdb"), read_only=True) as connection:
        sql = "SELECT sql FROM duckdb_views() WHERE view_name = 'bars_all'"
        written = str(connection.execute(sql).fetchall())
    assert str(tmp_path / "copy") in written
    assert str(disputed) not in written


def test_intervals_are_iso_text_in_json_and_csv(workspace: Path) -> None:
    sql = "SELECT INTERVAL '90 minutes' AS span"
    assert json.loads(run(workspace, sql, "--json").stdout)["rows"] == [{"span": "PT1H30M"}]
    assert run(workspace, sql, "--format", "csv").stdout == b"span\nPT1H30M\n"
