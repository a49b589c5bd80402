"""A database that cannot be set up is let go of at once."""

import gc
import sqlite3
from pathlib import Path

import pytest

from ictcli.errors import IctError
from ictcli.ledger.sqlite_database import SqliteDatabase


def test_a_file_that_is_no_database_is_not_kept_open_behind_its_refusal(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    SqliteDatabase(file).close()
    whole = file.read_bytes()
    file.write_bytes(b"no database at all, " * 400)
    gc.disable()
    try:
        with pytest.raises(IctError) as refused:
            SqliteDatabase(file)
        assert refused.value.code == 5
        file.write_bytes(whole)
        beside = sqlite3.connect(file, timeout=0)
        beside.execute("PRAGMA locking_mode=EXCLUSIVE")
        beside.execute("BEGIN IMMEDIATE")
        beside.close()
    finally:
        gc.enable()
