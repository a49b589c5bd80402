"""Copies of a ledger: backup, restore, export, and the way to another database. Every copy is verified."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ictcli.clock import iso
from ictcli.errors import ConfigError, DataError, LedgerUnwritable
from ictcli.ledger.address import Address, Place
from ictcli.ledger.anchors import Anchors, read_anchors, write_anchor
from ictcli.ledger.chain import Event, first_break
from ictcli.ledger.database import Database, explained, prepare, require_head, transaction
from ictcli.ledger.faults import LedgerCorrupt, NoLedger
from ictcli.ledger.moved import note_address, require_here
from ictcli.ledger.opening import PATIENCE, copied, copy_file, no_ledger, open_database, reading
from ictcli.ledger.projections import Fold
from ictcli.ledger.rows import ROWS
from ictcli.ledger.stored import Stored, entry_of
from ictcli.ledger.verification import Report, verify
from ictcli.store.atomic import TEMPORARY, replace, sync_file, sync_folder
from ictcli.store.locks import exclusive

_BATCH = 500
_BESIDE = ("", "-wal", "-shm")
_NO_ANCHORS = Anchors((), ())
_A_BACKUP = "it takes a file that `ictcli ledger backup` wrote; an export is for verifying."
_OTHER_KEY = "if the file comes from another workspace, its state/secret.key must be here."


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the copy's report, events that it lacks, and where the former ledger lies."""

    report: Report
    lost: int
    former: Path | None


def check_ledger(place: Place) -> Report:
    """Verify a ledger, also while it is written.

    Raises:
        NoLedger: there is none, or none any more.
    """
    anchors = read_anchors(place.anchors, place.key)
    try:
        with copied(place) as stored:
            return verify(stored, place.key, anchors)
    except NoLedger as error:
        raise no_ledger(place, emptied=error.emptied) from error


def check_copy(place: Place, file: Path) -> Report:
    """Verify a backup: by itself, since heads may have been anchored after it was made.

    Raises:
        LedgerCorrupt: it is not what was written, or sealed with another key.
        DataError: it is no backup.
    """
    try:
        with reading(Address(file=file)) as stored:
            report = verify(stored, place.key, _NO_ANCHORS)
    except DataError as error:
        raise DataError(error.message, hint=f"Nothing was restored: {_A_BACKUP}") from error
    if report.faults:
        first = report.faults[0]
        other_key = first.what == "chain" and first.seq == 1
        raise LedgerCorrupt(
            f"{file} is not what was written: {first.what} at event {first.seq}: {first.detail}",
            hint=f"Nothing was restored: {_OTHER_KEY if other_key else 'take another backup.'}",
        )
    return report


def back_up(place: Place, target: Path) -> Report:
    """Copy a ledger into one SQLite file, also while it is written; it appears only when it is verified.

    Raises:
        LedgerCorrupt: the ledger or its copy has a fault.
    """
    anchors = read_anchors(place.anchors, place.key)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{TEMPORARY}{target.name}")
    draft.unlink(missing_ok=True)
    try:
        if place.address.file is not None:
            copy_file(place.address.file, draft)
        else:
            _replay_to_file(place, draft)
        with reading(Address(file=draft)) as copy:
            report = verify(copy, place.key, anchors)
        report.require_good()
        sync_file(draft)
        replace(draft, target)
        sync_folder(target.parent)
    except NoLedger as error:
        emptied = place.address.file is not None and place.exists
        raise no_ledger(place, emptied=emptied) from error
    finally:
        draft.unlink(missing_ok=True)
    return report


def restore(place: Place, file: Path, *, now: int) -> Restored:
    """Put a backup in the ledger's place; the former files are kept aside.

    Args:
        place: the ledger; nobody may be writing it.
        file: a backup of it.
        now: nanoseconds UTC.

    Raises:
        Busy: a trader writes the ledger.
        ConfigError: the ledger went to another database, which is not named.
        LedgerCorrupt: the backup is not what was written.
        DataError: the ledger is a PostgreSQL database that is not empty.
    """
    with exclusive(place.lock, "the ledger", now=now):
        require_here(place)
        report = check_copy(place, file)
        lost = max(known_events(place) - report.events, 0)
        if place.address.file is None:
            _restore_to_server(place, file)
            former = None
        else:
            former = _swap(place.address.file, file, f"replaced-{iso(now).replace(':', '')}")
        write_anchor(place.anchors, place.key, report.events, report.head, now, "restored")
        note_address(place, place.address)
    return Restored(report, lost, former)


def known_events(place: Place) -> int:
    """The highest event that is known to have been written: in the ledger, if it can be read, or anchored."""
    anchored = [anchor.seq for anchor in read_anchors(place.anchors, place.key).holding]
    try:
        with reading(place.address) as stored:
            anchored.append(stored.head()[0])
    except (DataError, LedgerUnwritable):
        return max(anchored, default=0)
    return max(anchored)


def migrate(place: Place, target: Address, *, now: int) -> Report:
    """Replay a ledger into another database, then compare heads and projections.

    What an interrupted run has brought over is gone on with. Afterwards the workspace's own file, if that was
    left, takes no more (``moved``).

    Raises:
        Busy: a trader writes the ledger.
        ConfigError: both are one database, or the ledger went to a third one.
        LedgerCorrupt: the ledger has a fault, or the copy is not equal.
        DataError: the target holds something else.
    """
    if target == place.address:
        raise ConfigError(f"the ledger is at {target} already", hint="Name another database.")
    anchors = read_anchors(place.anchors, place.key)
    with exclusive(place.lock, "the ledger", now=now), reading(place.address) as source:
        require_here(place, target)
        source_report = verify(source, place.key, anchors)
        source_report.require_good()
        database = open_database(target, wait=PATIENCE)
        with closing(database), explained(database):
            database.claim()
            prepare(database)
            copy = replay(source, place.key, database)
            report = verify(copy, place.key, anchors)
            report.require_good()
            _require_equal(source, copy)
        note_address(place, target)
    return report


def replay(source: Stored, key: bytes, target: Database) -> Stored:
    """Write the events of one ledger, as they are, into another one that holds none or the first of them.

    Raises:
        DataError: the target holds other events.
        LedgerCorrupt: the source's chain is broken.
    """
    copy = Stored(target)
    seq, head = copy.head()
    if seq:
        same = source.event(seq)
        if same is None or same.hash != head:
            raise DataError("the target is the ledger of something else", hint="Name an empty database.")
    fold = Fold(copy.rows, copy.account())
    for batch in _batches(source.events(seq)):
        broken = first_break(key, batch, seq, head)
        if broken is not None:
            raise LedgerCorrupt(f"event {broken[0]}: {broken[1]}")
        with transaction(target):
            copy.write(fold, batch, [entry_of(event) for event in batch])
        seq, head = batch[-1].seq, batch[-1].hash
    _copy_epochs(source, copy)
    return copy


def export_lines(stored: Stored) -> Iterator[bytes]:
    """Every event as one line of JSON; ``body`` is byte for byte what its hash was made of."""
    for event in stored.events():
        line = {
            "seq": event.seq,
            "ts": event.ts,
            "kind": event.kind,
            "body": msgspec.Raw(event.body.encode()),
            "prev": event.prev,
            "hash": event.hash,
        }
        yield msgspec.json.encode(line) + b"\n"


def _batches(events: Iterator[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _copy_epochs(source: Stored, copy: Stored) -> None:
    rows = copy.statements.epochs
    known = len(copy.database.execute(rows))
    with transaction(copy.database):
        for epoch, ts, holder in source.database.execute(rows)[known:]:
            values = {"epoch": epoch, "ts": ts, "holder": holder}
            copy.database.execute(copy.statements.add_epoch, values)


def _require_equal(source: Stored, copy: Stored) -> None:
    if source.head() != copy.head():
        raise LedgerCorrupt("the copy's head is not the ledger's")
    for kind in ROWS:
        if source.rows.every(kind) != copy.rows.every(kind):
            raise LedgerCorrupt(f"the copy's {kind.table} are not the ledger's")


def _replay_to_file(place: Place, draft: Path) -> None:
    database = open_database(Address(file=draft))
    with reading(place.address) as source, closing(database), explained(database):
        prepare(database)
        replay(source, place.key, database)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")


def _restore_to_server(place: Place, file: Path) -> None:
    database = open_database(place.address, wait=PATIENCE)
    with closing(database), explained(database), reading(Address(file=file)) as source:
        database.claim()
        prepare(database)
        require_head(database)
        if Stored(database).head()[0]:
            raise DataError(
                f"{place.address} is not empty",
                hint="Restore into an empty database, and set ICTCLI_LEDGER_URL to it.",
            )
        replay(source, place.key, database)


def _swap(ledger: Path, file: Path, name: str) -> Path | None:
    """Put a copy of ``file`` in the place of ``ledger``; where the former files went."""
    aside = ledger.parent / name
    ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = ledger.with_name(f"{TEMPORARY}{ledger.name}")
    draft.unlink(missing_ok=True)
    copy_file(file, draft)
    sync_file(draft)
    former = None
    for suffix in _BESIDE:
        path = ledger.with_name(ledger.name + suffix)
        if path.exists():
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace(path, aside / path.name)
            former = aside
    replace(draft, ledger)
    sync_folder(ledger.parent)
    return former
