"""Events that wait for the trader."""

from decimal import Decimal
from pathlib import Path

import pytest

from ictcli.errors import DataError
from ictcli.ledger.bodies import Alerted, Emergency
from ictcli.trading.spool import lay, waiting

CANCEL = Emergency(key="1-5", epoch=1, what="cancel", ticket=5, symbol="EURUSD", outcome="done", ts=7)
CLOSE = Emergency(
    key="1-6", epoch=1, what="close", ticket=6, symbol="EURUSD", outcome="done", ts=8, volume=Decimal("0.10")
)
TOLD = Alerted(severity="critical", code="halt", text="cancelled 1, closed 1")


def test_nothing_waits_where_nothing_was_laid_down(tmp_path: Path) -> None:
    assert waiting(tmp_path / "spool") == ([], [])


def test_events_come_back_as_they_were_oldest_first_and_only_until_removed(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    lay(spool, [CLOSE, TOLD], "anna", 20)
    lay(spool, [CANCEL], "anna", 3)
    found, broken = waiting(spool)
    assert broken == []
    assert [(one.bodies, one.by, one.ts) for one in found] == [
        ((CANCEL,), "anna", 3),
        ((CLOSE, TOLD), "anna", 20),
    ]
    found[0].remove()
    found[0].remove()
    assert [one.ts for one in waiting(spool)[0]] == [20]


def test_a_damaged_file_is_told_of_and_kept_and_a_draft_is_not_seen(tmp_path: Path) -> None:
    lay(tmp_path, [CANCEL], "anna", 3)
    (tmp_path / "torn.json").write_text('{"by": "anna", "bod')
    (tmp_path / ".tmp-1-x.json").write_text("{")
    found, broken = waiting(tmp_path)
    assert len(found) == 1
    assert broken == [tmp_path / "torn.json"]
    assert broken[0].exists()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        lay(tmp_path / "file", [CANCEL], "anna", 3)
