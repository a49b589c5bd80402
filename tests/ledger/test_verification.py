"""What was changed behind the ledger's back is found, and where."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ictcli.ledger.address import Address, Place, find_place
from ictcli.ledger.anchors import read_anchors, write_anchor
from ictcli.ledger.chain import link
from ictcli.ledger.copies import check_ledger
from ictcli.ledger.faults import LedgerCorrupt, NoLedger
from ictcli.ledger.journal import open_journal
from ictcli.ledger.opening import open_database
from ictcli.ledger.verification import Report
from tests.ledger.stories import NOW, start, trade

SEED = int(os.environ.get("ICTCLI_PROOF_SEED", "1"))
TRADES = 6
LAST = 1 + 9 * TRADES


def fill(place: Place) -> None:
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
        for number in range(TRADES):
            journal.append([body for batch in trade(number) for body in batch], NOW + number)
        assert journal.last == LAST


def tamper(place: Place, *statements: str) -> None:
    """Write as somebody who may drop triggers."""
    with closing(open_database(place.address)) as database:
        if place.address.file is not None:
            for name in ("append", "update", "delete"):
                database.execute(f"DROP TRIGGER events_{name}")
        else:
            for name in ("append", "change"):
                database.execute(f"DROP TRIGGER events_{name} ON events")
        for statement in statements:
            database.execute(statement)


def refused(place: Place) -> Report:
    """The report of a ledger that neither opens nor verifies."""
    for full in (True, False):
        with pytest.raises(LedgerCorrupt):
            open_journal(place, now=NOW, full=full)
    report = check_ledger(place)
    with pytest.raises(LedgerCorrupt):
        report.require_good()
    return report


def test_a_good_ledger_has_no_faults_and_says_what_it_holds(either: Place) -> None:
    fill(either)
    report = check_ledger(either)
    assert report.faults == ()
    assert report.events == LAST
    assert report.rows == {"orders": 12, "fills": 12, "positions": 6, "cash": 12, "alerts": 0}
    assert report.anchors == 5


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE events SET body = replace(body, '0.10', '0.20') WHERE seq = 2", 2),
        ("UPDATE events SET ts = ts + 1 WHERE seq = 54", 54),
        ("UPDATE events SET kind = 'stop' WHERE seq = 30", 30),
        ("UPDATE events SET prev = hash WHERE seq = 30", 30),
        ("DELETE FROM events WHERE seq = 20", 20),
        ("DELETE FROM events WHERE seq < 20", 1),
        ("UPDATE events SET body = 'no json' WHERE seq = 9", 9),
    ],
)
def test_a_change_is_found_at_its_event_though_triggers_were_dropped(
    place: Place, statement: str, seq: int
) -> None:
    fill(place)
    tamper(place, statement)
    report = check_ledger(place)
    assert [(fault.what, fault.seq) for fault in report.faults] == [("chain", seq)]
    with pytest.raises(LedgerCorrupt, match=f"chain at event {seq}"):
        open_journal(place, now=NOW)


def test_a_ledger_without_its_tail_is_found_by_the_anchor(either: Place) -> None:
    fill(either)
    tamper(
        either,
        f"DELETE FROM events WHERE seq > {LAST - 2}",  # a batch that only touched what is restored here
        "DELETE FROM fills WHERE deal = 12",
        "DELETE FROM cash WHERE name = 'deal.12'",
    )
    first = refused(either).faults[0]
    assert (first.what, first.seq) == ("anchor", LAST - 1)
    assert f"ends at event {LAST - 2}, but event {LAST} was anchored" in first.detail


def test_a_ledger_that_is_gone_is_found_by_the_anchor(place: Place) -> None:
    fill(place)
    assert place.address.file is not None
    place.address.file.unlink()
    for _ in range(2):
        with pytest.raises(NoLedger, match=f"but event {LAST} was anchored"):
            open_journal(place, now=NOW)
        with pytest.raises(NoLedger, match=f"but event {LAST} was anchored"):
            check_ledger(place)


def test_a_rewritten_history_with_the_right_key_is_found_by_the_anchor(place: Place) -> None:
    fill(place)
    with closing(open_database(place.address)) as database:
        prev = database.execute(f"SELECT prev FROM events WHERE seq = {LAST}")[0][0]
    forged = link(place.key, prev, LAST, NOW, "stop", '{"kind":"stop","reason":"x"}')
    tamper(
        place,
        f"UPDATE events SET ts = {NOW}, kind = 'stop', body = '{forged.body}', hash = '{forged.hash}' "
        f"WHERE seq = {LAST}",
    )
    assert next((fault.what, fault.seq) for fault in refused(place).faults) == ("anchor", LAST)


@pytest.mark.parametrize(
    ("statement", "detail"),
    [
        ("UPDATE orders SET status = 'filled' || status WHERE id = 'in2'", "orders row in2 is not"),
        ("UPDATE positions SET realised = '25.0' WHERE position = 1003", None),
        ("UPDATE positions SET realised = '25.01' WHERE position = 1003", "positions row 1003 is not"),
        ("DELETE FROM fills WHERE deal = 5", "fills row 5 is missing"),
        (
            "INSERT INTO cash SELECT account, seq, 'gift', what, amount, ts, 0 FROM cash WHERE seq = 5",
            "cash row gift follows from no event",
        ),
    ],
)
def test_a_projection_that_does_not_follow_from_events_is_found(
    place: Place, statement: str, detail: str | None
) -> None:
    fill(place)
    with closing(open_database(place.address)) as database:
        database.execute(statement)
    faults = check_ledger(place).faults
    if detail is None:  # the same number in other words
        assert faults == ()
        return
    assert [(fault.what, fault.detail[: len(detail)]) for fault in faults] == [("projection", detail)]
    with pytest.raises(LedgerCorrupt, match="projection"):
        open_journal(place, now=NOW)
    open_journal(place, now=NOW, full=False).close()


def test_a_server_is_held_to_the_same(served: Place) -> None:
    fill(served)
    with closing(open_database(served.address)) as database:
        database.execute("DELETE FROM fills WHERE deal = 5")
    assert [fault.what for fault in check_ledger(served).faults] == ["projection"]
    tamper(served, "UPDATE events SET body = replace(body, '0.10', '0.20') WHERE seq = 2")
    assert [(fault.what, fault.seq) for fault in check_ledger(served).faults] == [("chain", 2)]


def test_another_key_verifies_nothing(place: Place) -> None:
    fill(place)
    (place.anchors.parent / "secret.key").write_text("11" * 32)
    report = check_ledger(find_place(place.anchors.parent, {}))
    (fault,) = report.faults
    assert fault.what == "anchor"
    assert "anchor lines were not written with the workspace's key" in fault.detail
    assert report.events == 0


def flip(path: Path, at: float) -> None:
    """Turn one bit around, at a share of the file's length."""
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 0x10
    path.write_bytes(bytes(data))


def cut(path: Path, at: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * at)])


def crashed(place: Place, folder: Path) -> Place:
    """The files of a writer that was killed: a write-ahead log that nobody folded in."""
    journal = open_journal(place, now=NOW)
    journal.append([start()], NOW)
    for number in range(TRADES):
        journal.append([body for batch in trade(number) for body in batch], NOW + number)
    folder.mkdir()
    assert place.address.file is not None
    for path in (place.address.file, Path(f"{place.address.file}-wal"), place.anchors):
        shutil.copy(path, folder / path.name)
    journal.close()
    return replace(
        place, address=Address(file=folder / "ledger.db"), anchors=folder / "anchors.log",
        spill=folder / "spill.jsonl", lock=folder / "lock", backups=folder / "backups",
    )  # fmt: skip


def test_a_killed_writer_leaves_a_good_ledger(place: Place, tmp_path: Path) -> None:
    copy = crashed(place, tmp_path / "crash")
    assert check_ledger(copy).faults == ()
    with open_journal(copy, now=NOW) as journal:
        assert journal.last == LAST


@pytest.mark.parametrize("harm", [flip, cut])
@pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
def test_a_damaged_write_ahead_log_is_found(
    place: Place, tmp_path: Path, harm: Callable[[Path, float], None], at: float
) -> None:
    copy = crashed(place, tmp_path / "crash")
    harm(Path(f"{copy.address.file}-wal"), at)
    with pytest.raises(LedgerCorrupt):
        check_ledger(copy).require_good()
    with pytest.raises(LedgerCorrupt):
        open_journal(copy, now=NOW)


def test_a_ledger_without_its_write_ahead_log_is_found(place: Place, tmp_path: Path) -> None:
    copy = crashed(place, tmp_path / "crash")
    Path(f"{copy.address.file}-wal").unlink()
    with pytest.raises(NoLedger):
        open_journal(copy, now=NOW)


def test_a_flipped_bit_anywhere_in_the_file_changes_nothing_or_is_found(place: Place) -> None:
    fill(place)
    path = place.address.file
    assert path is not None
    good = path.read_bytes()
    content = content_of(place)
    found = 0
    for step in range(40):
        flip(path, (step + 0.37) / 40)
        try:
            check_ledger(place).require_good()
            assert content_of(place) == content
        except LedgerCorrupt:
            found += 1
        path.write_bytes(good)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert found >= 10


def content_of(place: Place) -> list[tuple[object, ...]]:
    with closing(open_database(place.address, writable=False)) as database:
        return database.execute("SELECT * FROM events") + database.execute("SELECT * FROM positions")


def test_a_torn_anchor_counts_for_nothing_and_the_next_one_stands_on_its_own(place: Place) -> None:
    fill(place)
    good = read_anchors(place.anchors, place.key)
    place.anchors.write_bytes(place.anchors.read_bytes()[:-30])
    torn = read_anchors(place.anchors, place.key)
    assert torn.faults == ()
    assert torn.holding == good.holding[:-1]
    write_anchor(place.anchors, place.key, LAST, good.holding[-1].hash, NOW)
    assert [anchor.seq for anchor in read_anchors(place.anchors, place.key).holding] == [
        0,
        19,
        37,
        LAST,
        LAST,
    ]


def test_a_forged_anchor_is_found(place: Place) -> None:
    fill(place)
    text = place.anchors.read_text().splitlines()
    text[1] = text[1].replace('"seq":19', '"seq":18')
    place.anchors.write_text("\n".join(text) + "\n")
    fault = check_ledger(place).faults[0]
    assert (fault.what, fault.detail) == ("anchor", "line 2 was not written with the workspace's key")


def test_anchors_of_another_key_are_one_fault_however_many_there_are(place: Place) -> None:
    fill(place)
    lines = len(place.anchors.read_text().splitlines())
    assert lines > 2
    assert read_anchors(place.anchors, bytes(32)).faults == (
        f"{lines} anchor lines were not written with the workspace's key; the first is line 1",
    )


def test_a_changed_first_event_is_a_fault_beside_anchors_of_another_key(place: Place) -> None:
    fill(place)
    lines = place.anchors.read_text().splitlines()
    place.anchors.write_text("\n".join([lines[0], lines[1].replace('"seq":19', '"seq":18')]) + "\n")
    tamper(place, "UPDATE events SET ts = ts + 1 WHERE seq = 1")
    assert [fault.what for fault in check_ledger(place).faults] == ["anchor", "chain"]


def test_a_restored_backup_voids_later_anchors_only(place: Place) -> None:
    fill(place)
    head = "a" * 64
    write_anchor(place.anchors, place.key, 20, head, NOW, "restored")
    assert [anchor.seq for anchor in read_anchors(place.anchors, place.key).holding] == [0, 19, 20]


def test_a_body_that_is_no_event_is_a_fault_though_the_chain_holds(place: Place) -> None:
    with open_journal(place, now=NOW) as journal:
        journal.append([start()], NOW)
        head = journal.head
    forged = link(place.key, head, 2, NOW, "stop", '{"kind":"unheard of"}')
    with closing(open_database(place.address)) as database:
        database.execute(
            f"INSERT INTO events VALUES (2, {NOW}, 'stop', '{forged.body}', '{forged.prev}', '{forged.hash}')"
        )
    assert [(fault.what, fault.seq) for fault in check_ledger(place).faults] == [("chain", 2)]


@pytest.mark.proof
def test_every_flipped_bit_of_a_write_ahead_log_changes_nothing_or_is_found(
    place: Place, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    copy = crashed(place, tmp_path / "crash")
    assert copy.address.file is not None
    log = Path(f"{copy.address.file}-wal")
    database, good = copy.address.file.read_bytes(), log.read_bytes()
    rng, trials, found = Random(SEED), 400, 0
    for _ in range(trials):
        harm = rng.choice([flip, cut])
        harm(log, rng.random())
        try:
            report = check_ledger(copy)
            report.require_good()
            assert report.events == LAST
        except (LedgerCorrupt, NoLedger):
            found += 1
        copy.address.file.write_bytes(database)
        copy.address.file.with_name("ledger.db-shm").unlink(missing_ok=True)
        log.write_bytes(good)
    assert found > trials // 2
    proof_facts.update(trials=trials, found=found, unharmed=trials - found)
