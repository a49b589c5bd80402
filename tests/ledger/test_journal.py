"""The writer's end of a ledger, in both engines: durable, gapless, fenced, and honest when it is refused."""

import os
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ictcli.errors import Busy, EventRefused, LedgerUnwritable
from ictcli.ledger import bodies
from ictcli.ledger.address import Place
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.bodies import encode
from ictcli.ledger.chain import GENESIS, first_break
from ictcli.ledger.copies import check_ledger
from ictcli.ledger.faults import LedgerCorrupt, LedgerFenced
from ictcli.ledger.journal import Journal, open_journal
from ictcli.ledger.opening import open_database, reading
from ictcli.ledger.rows import CashRow, OrderRow, PositionRow
from ictcli.ledger.sqlite_database import SqliteDatabase
from tests.ledger.stories import NOW, D, filled, intent, sent, start, trade

REFUSED = "append-only"


def tell(journal: Journal, trades: int) -> None:
    """Whole trades, numbered on from what is there."""
    first = journal.last
    for number in range(first, first + trades):
        for batch in trade(number):
            journal.append(batch, NOW + number)


def test_events_come_back_as_they_were_written(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        assert (journal.last, journal.head, journal.epoch) == (0, GENESIS, 1)
        assert journal.append([start(), intent()], NOW + 1) == 2
        assert journal.append([sent()], NOW + 2) == 3
        entries = list(journal.read())
    assert [(entry.seq, entry.ts) for entry in entries] == [(1, NOW + 1), (2, NOW + 1), (3, NOW + 2)]
    assert [encode(entry.body) for entry in entries] == [encode(body) for body in (start(), intent(), sent())]


def test_reading_goes_on_behind_a_number_and_across_pages(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([bodies.Stop(reason=str(number)) for number in range(2_500)], NOW)
        assert [entry.seq for entry in journal.read(after=1_234)] == list(range(1_235, 2_501))
        assert list(journal.read(after=2_500)) == []


def test_a_later_writer_goes_on_where_the_last_one_ended(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
        tell(journal, 3)
        head = journal.head
    with open_journal(either, now=NOW + 1) as journal:
        assert (journal.last, journal.head, journal.epoch) == (28, head, 2)
        tell(journal, 2)
    assert check_ledger(either).faults == ()


def test_appending_nothing_writes_nothing(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        assert journal.append([], NOW) == 0


@pytest.mark.parametrize("second", [intent(), filled(1)], ids=["intent", "deal"])
def test_a_refused_event_takes_its_batch_with_it_and_the_journal_stays_usable(
    either: Place, second: bodies.AnyBody
) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start(), intent(), filled(1)], NOW)
        with pytest.raises(EventRefused):
            journal.append([start(account=9), intent("b"), second, second], NOW)
        assert journal.last == 3
        journal.append([intent("b")], NOW)
        assert [entry.body for entry in journal.read(after=3)] == [intent("b")]
    with reading(either.address) as stored:
        assert {row.account for row in stored.rows.every(OrderRow)} == {"Sim-1/7"}
    assert check_ledger(either).faults == ()


def test_a_number_no_database_can_hold_is_refused_and_nothing_else_happens(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
        with pytest.raises(EventRefused, match="no such value"):
            journal.append([filled(2**63)], NOW)
        assert journal.append([filled(2**63 - 1)], NOW) == 2


def test_decimals_are_kept_exactly_as_text(either: Place) -> None:
    amounts = ["0.1", "0.10", "12345678901234567890.123456789", "-0.000000000000000001", "1000"]
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
        for number, amount in enumerate(amounts):
            journal.append([bodies.Cash(key=str(number), what="deposit", amount=D(amount), ts=NOW)], NOW)
    with reading(either.address) as stored:
        assert stored.database.execute("SELECT amount FROM cash ORDER BY seq") == [
            (text,) for text in amounts
        ]
        assert [str(row.amount) for row in stored.rows.every(CashRow)] == [str(D(text)) for text in amounts]


def test_projections_are_written_with_the_events(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
        tell(journal, 2)
        journal.append([bodies.Voided(deal=4, reason="bust")], NOW)
    with reading(either.address) as stored:
        positions = stored.rows.every(PositionRow)
    assert [(row.position, row.volume, row.realised) for row in positions] == [
        (1001, D("0.10"), D(0)),
        (1002, D("0.00"), D("25.00")),
    ]


def test_a_second_writer_is_refused_and_told_who_holds_the_ledger(either: Place) -> None:
    with open_journal(either, now=NOW), pytest.raises(Busy, match=f"pid {os.getpid()}"):
        open_journal(either, now=NOW)


def test_the_server_itself_lets_one_writer_in(served: Place, tmp_path: Path) -> None:
    elsewhere = replace(served, lock=tmp_path / "other.lock")
    with open_journal(served, now=NOW), pytest.raises(Busy, match=r"pid [0-9]+ from"):
        open_journal(elsewhere, now=NOW)
    open_journal(elsewhere, now=NOW).close()


def test_a_fenced_writer_never_writes_again(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
        with closing(open_database(either.address)) as other:
            other.execute("INSERT INTO epochs (epoch, ts, holder) VALUES (2, 0, 'another')")
        for _ in range(2):
            with pytest.raises(LedgerFenced, match="epoch 2, event 1"):
                journal.append([intent()], NOW)
    with reading(either.address) as stored:
        assert stored.head()[0] == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = '{}' WHERE seq = 1",
        "DELETE FROM events WHERE seq = 2",
        "INSERT INTO events (seq, ts, kind, body, prev, hash) VALUES (9, 0, 'stop', '{}', '', '')",
        "INSERT INTO events (seq, ts, kind, body, prev, hash) VALUES (1, 0, 'stop', '{}', '', '')",
        "UPDATE epochs SET epoch = 9",
        "DELETE FROM epochs",
    ],
)
def test_events_and_epochs_are_append_only(either: Place, statement: str) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start(), intent()], NOW)
    with closing(open_database(either.address)) as database, pytest.raises(database.broken, match=REFUSED):
        database.execute(statement)
    assert check_ledger(either).faults == ()


def test_no_other_connection_replaces_an_event(place: Place) -> None:
    with open_journal(place, now=NOW) as journal:
        journal.append([start(), intent()], NOW)
    assert place.address.file is not None
    with closing(sqlite3.connect(place.address.file)) as stranger:
        assert stranger.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        for seq in (1, 2):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                stranger.execute(f"INSERT OR REPLACE INTO events VALUES ({seq}, 0, 'stop', '{{}}', '', '')")


def test_a_server_does_not_truncate_events(served: Place) -> None:
    open_journal(served, now=NOW).close()
    with closing(open_database(served.address)) as database, pytest.raises(database.broken, match=REFUSED):
        database.execute("TRUNCATE events")


def test_a_writer_is_set_up_to_survive_a_power_cut(place: Place) -> None:
    with closing(open_database(place.address)) as database:
        settings = {
            name: database.execute(f"PRAGMA {name}")[0][0]
            for name in (
                "journal_mode",
                "synchronous",
                "recursive_triggers",
                "trusted_schema",
                "busy_timeout",
            )
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "recursive_triggers": 1,
        "trusted_schema": 0,
        "busy_timeout": 5000,
    }


def test_a_ledger_that_is_thrown_away_is_the_same_but_for_the_waiting(either: Place) -> None:
    with open_journal(either, now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
        tell(journal, 2)
        assert journal.last == 19
    assert check_ledger(either).faults == ()


def test_a_reader_cannot_write(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
        reader = open_database(either.address, writable=False)
        with closing(reader), pytest.raises(reader.broken):
            reader.execute("DELETE FROM orders")


def test_a_reader_sees_one_state_while_the_writer_goes_on(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
        with reading(either.address) as stored:
            before = stored.head()
            tell(journal, 1)
            assert stored.head() == before
            assert stored.rows.every(OrderRow) == []
        with reading(either.address) as stored:
            assert stored.head()[0] == journal.last
            assert first_break(either.key, stored.events()) is None


def test_a_locked_ledger_is_unwritable_after_a_bounded_wait(place: Place) -> None:
    assert place.address.file is not None
    with open_journal(place, now=NOW, wait=0.2) as journal:
        journal.append([start()], NOW)
        with closing(sqlite3.connect(place.address.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnwritable, match="locked"):
                journal.append([intent()], NOW)
        with pytest.raises(LedgerUnwritable, match="locked"):  # though the lock is gone: its state is unknown
            journal.append([intent()], NOW)
        journal.spill([intent(), sent()], NOW + 5)
        assert journal.last == 1
    with open_journal(place, now=NOW) as journal:
        assert [(entry.ts, type(entry.body)) for entry in journal.read(after=1)] == [
            (NOW + 5, bodies.Intent),
            (NOW + 5, bodies.Sent),
        ]
    assert not place.spill.exists()
    assert check_ledger(place).faults == ()


def test_a_commit_waits_for_a_lock_that_is_let_go_in_time(place: Place) -> None:
    assert place.address.file is not None
    file, locked = place.address.file, threading.Event()

    def meddle() -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("CREATE TABLE aside (x)")
            locked.set()
            time.sleep(0.2)
            other.execute("COMMIT")

    with open_journal(place, now=NOW) as journal:
        journal.append([start()], NOW)
        stranger = threading.Thread(target=meddle)
        stranger.start()
        assert locked.wait(10)
        assert journal.append([intent()], NOW) == 2
        stranger.join()


def test_a_lost_server_makes_the_ledger_unwritable(served: Place) -> None:
    with open_journal(served, now=NOW) as journal:
        journal.append([start()], NOW)
        with closing(open_database(served.address)) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(LedgerUnwritable):
            journal.append([intent()], NOW)
        journal.spill([intent()], NOW)
    with open_journal(served, now=NOW) as journal:
        assert journal.last == 2


def test_spilled_events_that_are_there_already_are_taken_in_once(place: Place) -> None:
    with open_journal(place, now=NOW) as journal:
        journal.append([start()], NOW)
        journal.spill(
            [intent(), sent()], NOW + 1
        )  # the commit of this batch lost its answer, and was durable
        journal.append([intent()], NOW + 1)
    with open_journal(place, now=NOW) as journal:
        assert [type(entry.body) for entry in journal.read()] == [bodies.Start, bodies.Intent, bodies.Sent]


def test_a_line_of_the_spill_that_a_crash_tore_counts_for_nothing(place: Place) -> None:
    with open_journal(place, now=NOW) as journal:
        journal.spill([start(), intent()], NOW)
    place.spill.write_bytes(place.spill.read_bytes()[:-9])
    with open_journal(place, now=NOW) as journal:
        assert [type(entry.body) for entry in journal.read()] == [bodies.Start]


def test_a_spill_that_nobody_of_us_wrote_is_refused(place: Place) -> None:
    with open_journal(place, now=NOW) as journal:
        journal.spill([intent()], NOW)
    place.spill.write_bytes(place.spill.read_bytes().replace(b"0.10", b"9.90"))
    with pytest.raises(LedgerCorrupt, match="line 1: not written with the workspace's key"):
        open_journal(place, now=NOW)
    with pytest.raises(LedgerCorrupt, match="line 1"):  # and the lock is free again
        open_journal(place, now=NOW)


def test_heads_are_noted_outside_of_the_database(place: Place) -> None:
    with open_journal(place, now=NOW) as journal:
        for number in range(40):
            journal.append([bodies.Stop(reason=str(number))], NOW + number)
        assert [anchor.seq for anchor in read_anchors(place.anchors, place.key).holding] == [0, 16, 32]
        head = journal.head
    last = read_anchors(place.anchors, place.key).holding[-1]
    assert (last.seq, last.hash) == (40, head)


def test_a_closed_journal_takes_nothing_and_may_be_closed_again(place: Place) -> None:
    journal = open_journal(place, now=NOW)
    journal.close()
    journal.close()
    with pytest.raises(LedgerUnwritable, match="closed"):
        journal.append([start()], NOW)
    open_journal(place, now=NOW).close()


def test_a_ledger_of_another_schema_is_refused(place: Place) -> None:
    open_journal(place, now=NOW).close()
    assert place.address.file is not None
    with closing(sqlite3.connect(place.address.file)) as other:
        other.execute("UPDATE alembic_version SET version_num = 'r0099'")
        other.commit()
    with pytest.raises(Exception, match="revision r0099") as refused:
        open_journal(place, now=NOW)
    assert getattr(refused.value, "code", None) == 5


def test_an_interrupted_commit_leaves_nothing_behind(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(database: SqliteDatabase) -> None:
        raise KeyboardInterrupt

    with open_journal(place, now=NOW) as journal:
        journal.append([start()], NOW)
        with monkeypatch.context() as patch:
            patch.setattr(SqliteDatabase, "commit", interrupted)
            with pytest.raises(KeyboardInterrupt):
                journal.append([start(account=9), intent()], NOW)
        journal.append([filled(1, "")], NOW)
        assert [type(entry.body) for entry in journal.read()] == [bodies.Start, bodies.Filled]
    with reading(place.address) as stored:
        assert stored.rows.every(OrderRow) == []
    assert check_ledger(place).faults == ()


def test_a_ledger_whose_head_cannot_be_noted_is_unwritable(place: Place) -> None:
    place.anchors.mkdir()
    for _ in range(2):
        with pytest.raises(LedgerUnwritable, match="anchors"):
            open_journal(place, now=NOW)
    place.anchors.rmdir()
    with open_journal(place, now=NOW) as journal:
        assert journal.append([start()], NOW) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_spill_that_is_refused_as_well_is_said(place: Place) -> None:
    with open_journal(place, now=NOW) as journal:
        place.spill.symlink_to("/dev/full")
        with pytest.raises(LedgerUnwritable, match="spill"):
            journal.spill([intent()], NOW)
        place.spill.unlink()


def test_the_log_is_moved_into_the_file_when_no_request_waits(place: Place) -> None:
    file = place.address.file
    assert file is not None
    with open_journal(place, now=NOW) as journal:
        journal.append([start()], NOW)
        before = file.stat().st_size
        for number in range(200):
            journal.append([intent(str(number)), sent(str(number))], NOW)
        assert file.stat().st_size == before
        journal.append([bodies.Stop(reason="x")] * 17, NOW)
        assert file.stat().st_size > before
