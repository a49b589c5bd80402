"""Events that wait for the trader."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from ictcli.errors import DataError
from ictcli.ledger.bodies import (
    Alerted,
    AnyBody,
    Cash,
    Corrected,
    Emergency,
    ModeSet,
    Released,
    Resumed,
    Stop,
)
from ictcli.ledger.chain import seal
from ictcli.trading.spool import Refused, lay, waiting
from tests.trading.journals import start

CANCEL = Emergency(key="1-5", epoch=1, what="cancel", ticket=5, symbol="EURUSD", outcome="done", ts=7)
CLOSE = Emergency(
    key="1-6", epoch=1, what="close", ticket=6, symbol="EURUSD", outcome="done", ts=8, volume=Decimal("0.10")
)
TOLD = Alerted(severity="critical", code="halt", text="cancelled 1, closed 1")


CASH = Cash(key="payout-1", what="payout", amount=Decimal("-50.00"), ts=9)
RIGHT = Corrected(key="c-1", what="volume", ours="1", theirs="2")
LIFTED = Resumed(lifted="breaker: 3 orders in a row were refused", reason="margin was added", by="anna")
KEY, OTHER = bytes(range(32)), bytes(32)


def test_nothing_waits_where_nothing_was_laid_down(tmp_path: Path) -> None:
    assert waiting(tmp_path / "spool", KEY) == ([], [])


def test_events_come_back_as_they_were_oldest_first(tmp_path: Path) -> None:
    spool = tmp_path / "7"
    lay(spool, KEY, [CLOSE, TOLD], "anna", 20)
    lay(spool, KEY, [CANCEL, CASH, RIGHT, LIFTED], "anna", 3)
    found, refused = waiting(spool, KEY)
    assert refused == []
    assert [(one.bodies, one.by, one.ts) for one in found] == [
        ((CANCEL, CASH, RIGHT, LIFTED), "anna", 3),
        ((CLOSE, TOLD), "anna", 20),
    ]


def test_a_damaged_file_is_told_of_and_kept_and_a_draft_is_not_seen(tmp_path: Path) -> None:
    lay(tmp_path, KEY, [CANCEL], "anna", 3)
    (tmp_path / "torn.json").write_text('{"by": "anna", "bod')
    (tmp_path / ".tmp-1-x.json").write_text("{")
    found, refused = waiting(tmp_path, KEY)
    assert len(found) == 1
    assert refused == [Refused(tmp_path / "torn.json", "cannot be read")]
    assert refused[0].path.exists()


def spoilt(tmp_path: Path, change: str) -> list[Refused]:
    """What is refused of a good file that was tampered with."""
    spool = tmp_path / "7"
    path = lay(spool, KEY, [CANCEL], "anna", 3)
    if change == "edited":
        path.write_text(path.read_text().replace("EURUSD", "GBPUSD"))
    elif change == "renamed":
        path.rename(spool / "00000000000000000004-1.json")
    elif change == "of another account":
        spool = tmp_path / "8"
        path.parent.rename(spool)
    found, refused = waiting(spool, OTHER if change == "of another workspace" else KEY)
    assert found == []
    return refused


@pytest.mark.parametrize("change", ["edited", "renamed", "of another account", "of another workspace"])
def test_a_file_counts_only_as_it_was_laid_down_for_this_account(tmp_path: Path, change: str) -> None:
    (refused,) = spoilt(tmp_path, change)
    assert "was not written with the workspace's key" in refused.why
    assert refused.path.exists()


def sealed(spool: Path, *bodies: AnyBody) -> Path:
    """A file that somebody with the key makes by hand."""
    path = spool / "00000000000000000003-1.json"
    text = msgspec.json.encode({"by": "anna", "ts": 3, "bodies": bodies}).decode()
    spool.mkdir(exist_ok=True)
    path.write_bytes(
        msgspec.json.encode({"text": text, "seal": seal(KEY, "spool", spool.name, path.name, text)})
    )
    return path


@pytest.mark.parametrize(
    "body", [Stop(reason="x"), Released(reason="x", by="y"), start(), ModeSet(mode="active", reason="")]
)
def test_what_only_the_trader_may_tell_is_refused_even_sealed(tmp_path: Path, body: AnyBody) -> None:
    path = sealed(tmp_path / "7", TOLD, body)
    assert waiting(path.parent, KEY) == ([], [Refused(path, "tells what only the trader may")])


def test_money_without_a_key_is_refused(tmp_path: Path) -> None:
    path = sealed(tmp_path / "7", msgspec.structs.replace(CASH, key=""))
    assert waiting(path.parent, KEY) == ([], [Refused(path, "holds an event without a key")])


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        lay(tmp_path / "file", KEY, [CANCEL], "anna", 3)
