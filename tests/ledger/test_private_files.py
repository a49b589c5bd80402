"""Whatever a ledger leaves on the disk is for its owner alone."""

import os
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.ledger.address import find_place
from ictcli.ledger.bodies import Opened, Stop
from ictcli.ledger.copies import back_up
from ictcli.ledger.journal import open_journal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions in another way")


def test_database_log_anchors_spill_and_backup_are_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("00" * 32)
    place = find_place(tmp_path, {})
    before = os.umask(0)
    try:
        with open_journal(place, now=1) as journal:
            journal.append([Opened(balance=Decimal(1))], 1)
            journal.spill([Stop(reason="disk full")], 2)
            seen = {path.name: path for path in (tmp_path / "ledger").iterdir()}
            assert {"ledger.db", "ledger.db-wal", "spill.jsonl"} <= set(seen)
            seen.pop("ledger.lock", None)
            open_to = {name for name, path in seen.items() if stat.S_IMODE(path.stat().st_mode) & 0o077}
            assert open_to == set()
        back_up(place, place.backups / "copy.db")
    finally:
        os.umask(before)
    for path in (place.anchors, place.backups / "copy.db", place.backups, place.lock.parent):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
