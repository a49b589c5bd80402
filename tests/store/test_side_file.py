"""A small database of its own: made once, for its owner, and refused where it is not ours."""

import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ictcli.errors import DataError
from ictcli.store.side_file import connect, explained, prepared, version

TABLES = "CREATE TABLE words (word TEXT PRIMARY KEY) STRICT;"


def test_tables_are_made_once_and_stay_for_readers(tmp_path: Path) -> None:
    path = tmp_path / "side.db"
    with closing(prepared(path, TABLES, 1)) as raw:
        raw.execute("INSERT INTO words VALUES ('kept')")
        with closing(connect(path, "ro")) as reader:
            assert reader.execute("SELECT word FROM words").fetchall() == [("kept",)]
    with closing(prepared(path, TABLES, 1)) as raw:
        assert raw.execute("SELECT count(*) FROM words").fetchone() == (1,)
        assert version(raw, path, 1) == 1
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "side.db"
    prepared(path, TABLES, 2).close()
    with pytest.raises(DataError, match="later version"):
        prepared(path, TABLES, 1)


def test_a_damaged_file_is_refused_with_what_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "side.db"
    path.write_bytes(b"no database at all" * 100)
    told = r"cannot use .*side\.db: file is not a database"
    with pytest.raises(DataError, match=told) as refused, explained(path, "it holds words only"):
        prepared(path, TABLES, 1)
    assert refused.value.hint.endswith("move it away: it holds words only.")
    with closing(connect(path, "ro")) as raw, pytest.raises(sqlite3.DatabaseError):
        raw.execute("SELECT 1 FROM words")
