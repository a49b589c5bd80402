"""The child process that reads Parquet: what it writes, and how it refuses."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from ictcli.errors import DataError
from ictcli.sources.files import parquet_child


def _write(path: Path) -> Path:
    columns = {"Time": [1], "O": [1.0], "High": [1.0], "Low": [1.0], "Close": [1.0], "extra": ["x"]}
    pq.write_table(pa.table(columns), path)
    return path


def test_wanted_columns_are_copied_under_our_names(tmp_path: Path) -> None:
    sink = io.BytesIO()
    parquet_child.copy_columns(str(_write(tmp_path / "x.parquet")), {}, sink)
    table = pyarrow.ipc.open_stream(sink.getvalue()).read_all()
    assert table.column_names == ["ts", "open", "high", "low", "close"]
    assert table.schema.metadata == {b"kind": b"bars", b"stamp": b"Time"}


def test_more_rows_than_any_history_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_child, "MAX_ROWS", 0)
    with pytest.raises(DataError, match="claims 1 rows"):
        parquet_child.copy_columns(str(_write(tmp_path / "x.parquet")), {}, io.BytesIO())


def test_refusals_are_one_document_on_standard_error(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1" + b"\xff" * 40 + b"PAR1")
    command = [sys.executable, "-m", "ictcli.sources.files.parquet_child", str(path)]
    done = subprocess.run(command, input=b"{}", capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (5, b"")
    assert json.loads(done.stderr)["message"].startswith(f"cannot read {path} as Parquet")


def test_the_child_loads_neither_numba_nor_polars() -> None:
    script = "import sys, ictcli.sources.files.parquet_child; print({'numba', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
