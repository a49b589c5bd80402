"""A database that cannot be set up is let go of at once."""

import gc
from pathlib import Path

import pytest

from ictcli.errors import IctError
from ictcli.ledger.sqlite_database import SqliteDatabase

OPEN = Path("/proc/self/fd")


@pytest.mark.skipif(not OPEN.is_dir(), reason="the system does not tell which files are open")
def test_a_file_that_is_no_database_is_not_kept_open_behind_its_refusal(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    file.write_bytes(b"no database at all, " * 400)
    gc.disable()
    try:
        with pytest.raises(IctError) as refused:
            SqliteDatabase(file)
        assert refused.value.code == 5
        assert file not in [link.resolve() for link in OPEN.iterdir()]
    finally:
        gc.enable()
