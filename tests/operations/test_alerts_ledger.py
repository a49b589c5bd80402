"""What ledgers have to tell: read beside the trader, each alert once, whatever becomes of the ledger."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from ictcli.ledger.address import place_in
from ictcli.ledger.bodies import Alerted, ClockSeen, Latched, Released
from ictcli.ledger.journal import open_journal
from ictcli.operations.alerts_ledger import file_ledger, read_alerts
from ictcli.operations.alerts_postgres import database_ledger
from ictcli.operations.notif_intake import Intake
from ictcli.operations.outbox import outbox
from ictcli.operations.outbox_listing import listing
from ictcli.operations.outbox_rows import Position
from tests.operations.alert_desks import DAY, KEY, NOON, SECOND, alerts_config, desk_of, write_ledger

NEVER = Position(0, "")
CLOCK = ClockSeen(offset=0, confirmed=True)


def alerted(text: str, code: str = "no_stop") -> Alerted:
    """An alert as the trader writes it."""
    return Alerted(severity="warning", code=code, text=text)


def test_alerts_behind_a_position_are_told_with_the_ledgers_name(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path, alerted("one"), CLOCK, alerted("two", "clock"))
    found, read = read_alerts(ledger, NEVER, DAY)
    assert [(one.kind, one.text, one.source, one.at) for one in found] == [
        ("no_stop", "one", "paper", NOON), ("clock", "two", "paper", NOON)
    ]  # fmt: skip
    assert read.number == 4
    assert read_alerts(ledger, read, DAY) == ([], read)
    write_ledger(tmp_path, alerted("three"))
    (third,), _ = read_alerts(ledger, read, DAY)
    assert (third.text, third.severity) == ("three", "warning")


def test_the_stop_is_one_alert_whoever_tells_it(tmp_path: Path) -> None:
    stop = Latched(epoch=9, reason="news", by="anna")
    lifted = Released(reason="over", by="anna")
    bodies = (stop, alerted("the emergency stop is on: news", "halted"), lifted)
    ledger = write_ledger(tmp_path, *bodies, alerted("2 findings", "reconcile_findings"))
    found, _ = read_alerts(ledger, NEVER, DAY)
    assert [(one.key, one.kind, one.severity) for one in found] == [
        ("halt:9:0", "halted", "critical"), (found[1].key, "halt_lifted", "info")
    ]  # fmt: skip
    assert found[1].text == "the emergency stop was lifted by anna: over"


def test_a_ledger_that_was_never_looked_at_is_told_from_a_day_before_its_end(tmp_path: Path) -> None:
    write_ledger(tmp_path, alerted("last year"), now=NOON - 365 * DAY)
    ledger = write_ledger(tmp_path, alerted("just now"), now=NOON)
    found, read = read_alerts(ledger, NEVER, DAY)
    assert ([one.text for one in found], read.number) == (["just now"], 3)


def test_a_restored_ledger_tells_nothing_twice_and_what_is_new_once(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, alerts_config(), {})
    folder = tmp_path / "ledger"
    ledger = write_ledger(folder, alerted("one"))
    shutil.copytree(folder, tmp_path / "backup")
    intake = Intake(desk.state, desk.config, lambda: [ledger])
    with outbox(desk.state, now=NOON) as box:
        write_ledger(folder, alerted("two"), alerted("three"), now=NOON + SECOND)
        assert intake.bring(box, NOON + SECOND) == 3
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "backup", folder)
        assert intake.bring(box, NOON + 2 * SECOND) == 0
        write_ledger(folder, alerted("other"), alerted("another"), now=NOON + 3 * SECOND)
        assert intake.bring(box, NOON + 3 * SECOND) == 2
        assert intake.bring(box, NOON + 4 * SECOND) == 0
    texts = [one.text for one in listing(desk.state)]
    assert texts == ["one", "two", "three", "other", "another"]


def test_what_came_while_nobody_looked_is_told_however_old_it_is(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, alerts_config(), {})
    ledger = write_ledger(tmp_path / "ledger", now=NOON)
    with outbox(desk.state, now=NOON) as box:
        intake = Intake(desk.state, desk.config, lambda: [ledger])
        assert intake.bring(box, NOON) == 0
        write_ledger(tmp_path / "ledger", alerted("lonely"), now=NOON + DAY)
        write_ledger(tmp_path / "ledger", alerted("late"), now=NOON + 29 * DAY)
        assert intake.bring(box, NOON + 30 * DAY) == 2
    assert [one.text for one in listing(desk.state)] == ["lonely", "late"]


def test_a_ledger_is_read_while_its_trader_writes_and_holds_it_up_for_nothing(tmp_path: Path) -> None:
    with open_journal(place_in(tmp_path, KEY), now=NOON) as journal:
        write = [alerted(f"number {number}") for number in range(50)]
        ledger, read, told = file_ledger("paper", tmp_path / "ledger.db"), NEVER, 0
        for body in write:
            journal.append([body], NOON)
            found, read = read_alerts(ledger, read, DAY)
            told += len(found)
        assert told == 50
        assert journal.log_bytes < 2**20


def test_an_event_that_cannot_be_read_is_an_alert_and_hides_no_other(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path, alerted("one"), alerted("two"))
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as raw, raw:
        raw.execute("DROP TRIGGER events_update")
        raw.execute("UPDATE events SET body = '{' WHERE seq = 2")
    found, _ = read_alerts(ledger, NEVER, DAY)
    assert [(one.kind, one.severity) for one in found] == [
        ("event_unreadable", "critical"), ("no_stop", "warning")
    ]  # fmt: skip


def test_a_ledger_that_is_damaged_is_a_critical_alert_once_a_day(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, alerts_config(), {})
    (tmp_path / "ledger.db").write_bytes(b"no database" * 500)
    intake = Intake(desk.state, desk.config, lambda: [file_ledger("paper", tmp_path / "ledger.db")])
    with outbox(desk.state, now=NOON) as box:
        for minute in range(5):
            intake.bring(box, NOON + minute * 60 * SECOND)
    assert [(one.kind, one.severity) for one in listing(desk.state)] == [("ledger_unreadable", "critical")]


def test_a_ledger_read_by_its_own_machinery_tells_the_same(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path, alerted("one"), alerted("two"))
    other = database_ledger("paper", place_in(tmp_path, KEY))
    assert read_alerts(ledger, NEVER, DAY) == read_alerts(other, NEVER, DAY)
