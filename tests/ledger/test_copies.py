"""Copies of a ledger: backup, the restore drill, export, and the way to another database."""

import hmac
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ictcli.errors import Busy, ConfigError, DataError
from ictcli.ledger import bodies
from ictcli.ledger.address import Address, Place
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.copies import back_up, check_ledger, export_lines, known_events, migrate, restore
from ictcli.ledger.database import transaction
from ictcli.ledger.faults import LedgerCorrupt
from ictcli.ledger.journal import Journal, open_journal
from ictcli.ledger.moved import mark_of
from ictcli.ledger.opening import open_database, reading
from ictcli.ledger.rows import OrderRow
from ictcli.ledger.stored import Stored
from tests.ledger.stories import NOW, start, trade


def tell(journal: Journal, trades: range) -> None:
    for number in trades:
        journal.append([body for batch in trade(number) for body in batch], NOW + number)


def fill(place: Place, trades: range = range(4)) -> None:
    with open_journal(place, now=NOW, durable=False) as journal:
        if not journal.last:
            journal.append([start()], NOW)
        tell(journal, trades)


def test_a_backup_is_made_while_the_writer_goes_on(either: Place, tmp_path: Path) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
        tell(journal, range(3))
        report = back_up(either, tmp_path / "copy.db")
        tell(journal, range(3, 5))
        assert (report.events, report.faults) == (28, ())
        assert report.rows["orders"] == 6
    assert [path.name for path in tmp_path.iterdir() if path.name != "state"] == ["copy.db"]
    with reading(Address(file=tmp_path / "copy.db")) as stored:
        assert stored.head()[0] == 28
    assert check_ledger(either).events == 46


def test_a_damaged_ledger_gives_no_backup(place: Place, tmp_path: Path) -> None:
    fill(place)
    with closing(open_database(place.address)) as database:
        database.execute("DELETE FROM fills")
    with pytest.raises(LedgerCorrupt, match="projection"):
        back_up(place, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_lost_ledger_is_restored_and_trading_goes_on(place: Place, tmp_path: Path) -> None:
    fill(place)
    back_up(place, tmp_path / "copy.db")
    assert place.address.file is not None
    place.address.file.write_bytes(b"garbage" * 1000)
    with pytest.raises(LedgerCorrupt):
        open_journal(place, now=NOW)
    done = restore(place, tmp_path / "copy.db", now=NOW)
    assert done.lost == 0
    assert done.former is not None
    assert (done.former / "ledger.db").read_bytes().startswith(b"garbage")
    with open_journal(place, now=NOW) as journal:
        assert journal.last == 37
        tell(journal, range(4, 5))
    assert check_ledger(place).faults == ()


def test_an_older_backup_says_what_is_lost_and_voids_its_anchors(place: Place, tmp_path: Path) -> None:
    fill(place)
    back_up(place, tmp_path / "copy.db")
    fill(place, range(4, 6))
    assert known_events(place) == 55
    assert restore(place, tmp_path / "copy.db", now=NOW).lost == 18
    assert read_anchors(place.anchors, place.key).holding[-1].what == "restored"
    assert check_ledger(place).faults == ()
    fill(place, range(7, 8))
    assert check_ledger(place).events == 46


def test_a_backup_that_was_changed_is_not_restored(place: Place, tmp_path: Path) -> None:
    fill(place)
    copy = tmp_path / "copy.db"
    back_up(place, copy)
    with closing(sqlite3.connect(copy)) as other:
        other.execute("DROP TRIGGER events_update")
        other.execute("UPDATE events SET ts = ts + 1 WHERE seq = 7")
        other.commit()
    with pytest.raises(LedgerCorrupt, match="chain at event 7"):
        restore(place, copy, now=NOW)
    assert check_ledger(place).faults == ()


def test_nothing_is_restored_or_moved_under_a_running_trader(either: Place, tmp_path: Path) -> None:
    fill(either)
    back_up(either, tmp_path / "copy.db")
    with open_journal(either, now=NOW):
        with pytest.raises(Busy):
            restore(either, tmp_path / "copy.db", now=NOW)
        with pytest.raises(Busy):
            migrate(either, Address(file=tmp_path / "moved.db"), now=NOW)


def test_a_server_is_restored_only_while_it_is_empty(served: Place, another: Address, tmp_path: Path) -> None:
    fill(served)
    back_up(served, tmp_path / "copy.db")
    with pytest.raises(DataError, match="is not empty"):
        restore(served, tmp_path / "copy.db", now=NOW)
    empty = replace(served, address=another)
    assert restore(empty, tmp_path / "copy.db", now=NOW).report.events == 37
    assert check_ledger(empty).faults == ()


def test_a_ledger_moves_to_a_server_and_back_with_every_hash(place: Place, another: Address) -> None:
    fill(place)
    report = migrate(place, another, now=NOW)
    assert (report.events, report.faults) == (37, ())
    moved = replace(place, address=another)
    with open_journal(moved, now=NOW) as journal:
        assert (journal.last, journal.epoch) == (37, 2)
        tell(journal, range(5, 6))
    back = Address(file=place.backups / "back.db")
    assert migrate(moved, back, now=NOW).events == 46
    with reading(place.address) as first, reading(back) as last:
        assert [event.hash for event in last.events()][:37] == [event.hash for event in first.events()]


def test_an_interrupted_move_is_gone_on_with(place: Place, tmp_path: Path) -> None:
    target = Address(file=tmp_path / "moved.db")
    fill(place)
    migrate(place, target, now=NOW)
    mark_of(place).unlink()  # as if it had been interrupted before
    fill(place, range(4, 6))
    assert migrate(place, target, now=NOW).events == 55


def test_a_ledger_does_not_move_onto_another_or_itself(place: Place, tmp_path: Path) -> None:
    target = Address(file=tmp_path / "moved.db")
    fill(place)
    with pytest.raises(ConfigError, match="already"):
        migrate(place, place.address, now=NOW)
    migrate(place, target, now=NOW)
    database = open_database(target)
    with closing(database), transaction(database):
        stored = Stored(database)
        stored.database.execute(
            stored.statements.add_event,
            {"seq": 38, "ts": 0, "kind": "stop", "body": "{}", "prev": "", "hash": "other"},
        )
    mark_of(place).unlink()
    fill(place, range(4, 5))
    with pytest.raises(DataError, match="something else"):
        migrate(place, target, now=NOW)


def test_a_database_that_is_no_ledger_is_left_alone(place: Place, tmp_path: Path) -> None:
    fill(place)
    with closing(sqlite3.connect(tmp_path / "mine.db")) as mine:
        mine.execute("CREATE TABLE mine (x)")
    with pytest.raises(DataError, match="no ledger"):
        migrate(place, Address(file=tmp_path / "mine.db"), now=NOW)


def test_an_export_can_be_verified_by_anyone_with_the_key(either: Place) -> None:
    fill(either)
    with reading(either.address) as stored:
        text = b"".join(export_lines(stored)).decode()
        exact = [event.body for event in stored.events()]
    prev = "0" * 64
    for line, body in zip(text.splitlines(), exact, strict=True):
        assert f'"body":{body},' in line
        told = json.loads(line)
        assert json.loads(body) == told["body"]
        parts = [prev, str(told["seq"]), str(told["ts"]), told["kind"], body]
        assert told["prev"] == prev
        prev = hmac.new(either.key, "\x1f".join(parts).encode(), "sha256").hexdigest()
        assert told["hash"] == prev


def test_readers_get_what_the_writer_wrote(either: Place) -> None:
    fill(either)
    with reading(either.address) as stored:
        assert [row.status for row in stored.rows.every(OrderRow)] == ["filled"] * 8
        assert stored.account() == "Sim-1/7"
        assert bodies.decode(next(iter(stored.events())).body) == start()


def test_there_is_nothing_to_read_before_a_trader_ran(either: Place) -> None:
    with pytest.raises(DataError, match="no ledger at"), reading(either.address):
        pass
