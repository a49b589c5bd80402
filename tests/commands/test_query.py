"""``ictcli query`` as users run it."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

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


def test_sql_comes_from_stdin_and_bad_sql_is_a_usage_error(workspace: Path) -> None:
    assert run(workspace, "-", "--format", "csv", stdin="SELECT 1 AS one").stdout == b"one\n1\n"
    result = run(workspace, "DROP VIEW bars", "--json")
    assert result.returncode == 2
    assert json.loads(result.stdout)["error"]["name"] == "UsageError"
    assert b"Traceback" not in result.stderr
