"""A ledger that went to another database is not gone on with in the old file, nor begun anew beside it."""

from dataclasses import replace
from pathlib import Path

import pytest

from ictcli.errors import ConfigError
from ictcli.ledger.address import Address, Place, parse_address
from ictcli.ledger.copies import migrate
from ictcli.ledger.journal import open_journal
from ictcli.ledger.moved import mark_of, note_address
from ictcli.ledger.opening import reading
from tests.ledger.stories import NOW, start


@pytest.fixture
def told(place: Place) -> Place:
    """The workspace's own ledger, with one event."""
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
    return place


def test_the_old_file_takes_nothing_more_after_a_move(told: Place, tmp_path: Path) -> None:
    target = Address(file=tmp_path / "moved.db")
    migrate(told, target, now=NOW)
    with pytest.raises(ConfigError, match=r"went to .*moved\.db") as refused:
        open_journal(told, now=NOW)
    assert "ICTCLI_LEDGER_URL" in refused.value.hint
    assert str(mark_of(told)) in refused.value.hint
    with reading(told.address) as stored:
        assert stored.head()[0] == 1
    with open_journal(replace(told, address=target), now=NOW) as journal:
        assert journal.last == 1


def test_it_goes_on_in_the_old_file_once_the_mark_is_removed(told: Place, tmp_path: Path) -> None:
    migrate(told, Address(file=tmp_path / "moved.db"), now=NOW)
    mark_of(told).unlink()
    open_journal(told, now=NOW).close()


def test_a_move_back_removes_the_mark(told: Place, tmp_path: Path) -> None:
    target = Address(file=tmp_path / "moved.db")
    migrate(told, target, now=NOW)
    migrate(replace(told, address=target), told.address, now=NOW)
    assert not mark_of(told).exists()
    open_journal(told, now=NOW).close()


def test_a_move_may_be_repeated_but_not_go_to_a_third_place(told: Place, tmp_path: Path) -> None:
    target = Address(file=tmp_path / "moved.db")
    for _ in range(2):
        assert migrate(told, target, now=NOW).events == 1
    with pytest.raises(ConfigError, match="went to"):
        migrate(told, Address(file=tmp_path / "third.db"), now=NOW)
    assert not (tmp_path / "third.db").exists()


def test_a_failed_move_leaves_no_mark(told: Place, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="already"):
        migrate(told, told.address, now=NOW)
    assert not mark_of(told).exists()


def test_a_ledger_that_was_always_elsewhere_is_not_begun_anew_here(place: Place, tmp_path: Path) -> None:
    open_journal(replace(place, address=Address(file=tmp_path / "other.db")), now=NOW).close()
    with pytest.raises(ConfigError, match="went to"):
        open_journal(place, now=NOW)
    assert not place.exists


def test_a_ledger_on_a_server_is_not_begun_anew_here(served: Place, place: Place) -> None:
    open_journal(served, now=NOW).close()
    with pytest.raises(ConfigError, match="went to postgresql://"):
        open_journal(place, now=NOW)
    open_journal(served, now=NOW).close()


def test_the_mark_is_private_and_holds_no_password(place: Place) -> None:
    url = "postgresql://me:CANARY@db.example:5433/ledger?password=CANARY"
    note_address(place, parse_address(url))
    assert mark_of(place).read_text() == "postgresql://me@db.example:5433/ledger\n"
    assert mark_of(place).stat().st_mode & 0o777 == 0o600


def test_an_empty_mark_refuses_too(told: Place) -> None:
    mark_of(told).write_bytes(b"")
    with pytest.raises(ConfigError, match="another database"):
        open_journal(told, now=NOW)
