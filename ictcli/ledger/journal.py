"""The writer's end of a ledger: append durably, read back in order; one writer, and a newer one fences it."""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from ictcli.errors import EventRefused, IctError, LedgerUnwritable
from ictcli.ledger.address import Place
from ictcli.ledger.anchors import ANCHOR_EVERY, read_anchors, write_anchor
from ictcli.ledger.bodies import AnyBody, Sent, decode, encode
from ictcli.ledger.chain import Event, link
from ictcli.ledger.database import explained, prepare, transaction
from ictcli.ledger.faults import LedgerFenced
from ictcli.ledger.log import Entry
from ictcli.ledger.moved import note_address, require_here
from ictcli.ledger.opening import no_ledger, open_database
from ictcli.ledger.projections import Fold
from ictcli.ledger.spill import Spilled, read_spilled, spill
from ictcli.ledger.stored import Stored, entry_of
from ictcli.ledger.verification import verify, verify_tail
from ictcli.store.atomic import sync_folder
from ictcli.store.locks import exclusive

ANCHOR_SYNC_EVERY = 256
"""Events after which that note is made to survive a power cut, and the database is tidied up."""


class Journal:
    """A ledger open for writing (``ledger.log.Log``); ``open_journal`` makes one.

    Attributes:
        epoch: number of this writer; every earlier one is fenced off.
        key: what its events are sealed with: the workspace's.
    """

    def __init__(
        self, place: Place, stored: Stored, epoch: int, held: ExitStack, *, durable: bool = True
    ) -> None:
        self.epoch, self.key = epoch, place.key
        self._place = place
        self._stored = stored
        self._held = held
        self._durable = durable
        self._fault: IctError | None = None
        self._seq, self._head = stored.head()
        self._fold = Fold(stored.rows, stored.account())
        self._noted = self._synced = self._seq

    @property
    def last(self) -> int:
        """The last sequence number, 0 for an empty ledger."""
        return self._seq

    @property
    def head(self) -> str:
        """Hash of the last event."""
        return self._head

    @property
    def account(self) -> str:
        """``server/login`` of the last trader that wrote here, empty before the first."""
        return self._fold.account

    @property
    def log_bytes(self) -> int:
        """Bytes of the write-ahead log, folded in from time to time; 0 where there is none."""
        file = self._place.address.file
        try:
            return os.stat(f"{file}-wal").st_size if file else 0  # noqa: PTH116 - asked every second
        except OSError:
            return 0

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        """Write events, and what follows from them, in one transaction; the last sequence number.

        When this returns they survive a power cut. ``EventRefused`` leaves the journal usable, every other
        error ends it.

        Args:
            bodies: what happened, in order; none writes nothing.
            now: nanoseconds UTC.

        Raises:
            EventRefused: an event contradicts the ledger; none was written.
            LedgerUnwritable: the database refuses.
            LedgerFenced: a newer writer has taken over.
        """
        self._require_usable()
        return self._write([(now, encode(body).decode(), body) for body in bodies], now)

    def probe(self) -> None:
        """Ask whether the ledger still answers, and is still this writer's.

        Raises:
            LedgerUnwritable: it does not answer.
            LedgerFenced: a newer writer has taken over.
        """
        self._require_usable()
        database = self._stored.database
        try:
            self._guard()
        except database.broken as error:
            self._fault = _unwritable(database.explain(error).message)
            raise self._fault from error

    def spill(self, bodies: Sequence[AnyBody], now: int) -> None:
        """Keep events on a plain file, durably, until the next start takes them in.

        For what happens (deals, protective closes) while the database refuses.

        Raises:
            LedgerUnwritable: the file is refused as well.
        """
        try:
            spill(self._place.spill, self._place.key, self._seq, bodies, now)
        except OSError as error:
            raise _unwritable(f"{self._place.spill}: {error.strerror}") from error

    def read(self, after: int = 0) -> Iterator[Entry]:
        """Events behind a sequence number, in order."""
        with explained(self._stored.database):
            for event in self._stored.events(after):
                yield entry_of(event)

    def close(self) -> None:
        """Note the head and let go of the ledger; closing again does nothing."""
        try:
            if self._fault is None:
                self._anchor(sync=True)
        finally:
            self._fault = self._fault or _unwritable("the journal is closed")
            self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, given: Sequence[tuple[int, str, AnyBody]], now: int) -> int:
        if not given:
            return self._seq
        events, entries = self._linked(given)
        account, database = self._fold.account, self._stored.database
        try:
            with transaction(database):
                self._guard()
                self._stored.write(self._fold, events, entries)
        except BaseException as error:
            self._stored.rows.forget()
            self._fold.account = account
            if isinstance(error, database.refused):
                raise EventRefused(f"the database takes no such value: {error}") from error
            if isinstance(error, database.broken):
                self._fault = _unwritable(database.explain(error).message)
                raise self._fault from error
            raise
        self._seq, self._head = events[-1].seq, events[-1].hash
        self._note(now, waited_for=any(isinstance(entry.body, Sent) for entry in entries))
        return self._seq

    def _note(self, now: int, *, waited_for: bool) -> None:
        """Note the head from time to time; what takes long, not while a request waits to be sent."""
        if self._seq - self._noted < ANCHOR_EVERY:
            return
        unsynced = self._seq - self._synced
        sync = unsynced >= (2 if waited_for else 1) * ANCHOR_SYNC_EVERY
        self._anchor(now, sync=sync)
        if sync:
            self._stored.database.tidy()

    def _linked(self, given: Sequence[tuple[int, str, AnyBody]]) -> tuple[list[Event], list[Entry]]:
        events: list[Event] = []
        entries: list[Entry] = []
        seq, head = self._seq, self._head
        for ts, text, body in given:
            seq += 1
            event = link(self._place.key, head, seq, ts, kind_of(body), text)
            head = event.hash
            events.append(event)
            entries.append(Entry(seq, ts, body))
        return events, entries

    def _guard(self) -> None:
        """Only the newest writer may go on, and only from the head it knows."""
        ((epoch, last),) = self._stored.database.execute(self._stored.statements.guard)
        if epoch != self.epoch or (last or 0) != self._seq:
            self._fault = LedgerFenced(
                f"another writer has taken the ledger over (epoch {epoch}, event {last or 0})",
                hint="Only one trader may run; this one must end.",
            )
            raise self._fault

    def _anchor(self, now: int | None = None, *, sync: bool) -> None:
        ts = self._stored_ts() if now is None else now
        try:
            write_anchor(
                self._place.anchors, self._place.key, self._seq, self._head, ts, sync=sync and self._durable
            )
        except OSError as error:
            self._fault = _unwritable(f"{self._place.anchors}: {error.strerror}")
            raise self._fault from error
        self._noted = self._seq
        if sync:
            self._synced = self._seq

    def _stored_ts(self) -> int:
        event = self._stored.event(self._seq)
        return event.ts if event else 0

    def _require_usable(self) -> None:
        if self._fault is not None:
            raise self._fault

    def take_in(self, now: int) -> int:
        """Append what was spilled while the database refused; how many events there were.

        A commit whose answer was lost may have been durable: events that are there already are passed over.
        """
        waiting = read_spilled(self._place.spill, self._place.key)
        if not waiting:
            self._place.spill.unlink(missing_ok=True)
            return 0
        known = [(event.ts, event.body) for event in self._stored.events(min(one.after for one in waiting))]
        fresh: list[Spilled] = []
        for one in waiting:
            if (one.ts, one.body) in known:
                known.remove((one.ts, one.body))
            else:
                fresh.append(one)
        self._write([(one.ts, one.body, decode(one.body)) for one in fresh], now)
        self._place.spill.unlink()
        sync_folder(self._place.spill.parent)
        return len(fresh)


def kind_of(body: AnyBody) -> str:
    """The word that tells events of one kind in the database."""
    return str(type(body).__struct_config__.tag)


def open_journal(
    place: Place, *, now: int, wait: float = 5.0, full: bool = True, durable: bool = True
) -> Journal:
    """Become the writer of a ledger, made where there is none, and take in what was spilled.

    Args:
        place: where it is.
        now: nanoseconds UTC.
        wait: seconds that a commit may wait for somebody else's lock before the ledger counts as unwritable.
        full: hold everything against chain, anchors and a rebuild of projections first; False: anchors, and
            the chain behind the last of them.
        durable: False for a ledger that is thrown away: commits do not wait for the disk.

    Raises:
        Busy: another process writes it.
        ConfigError: it went to another database, which is not named.
        LedgerCorrupt: it is not what was written.
        NoLedger: there was one, and it is gone.
        DataError: it is of another schema.
        LedgerUnwritable: the disk refuses.
        SourceUnavailable: the database server does not answer.
    """
    with ExitStack() as stack:
        stack.enter_context(exclusive(place.lock, "the ledger", now=now))
        require_here(place)
        anchors = read_anchors(place.anchors, place.key)
        if (anchors.last or place.trace) and place.lost:  # before SQLite makes an empty file in its place
            raise no_ledger(place)
        database = open_database(place.address, wait=wait)
        stack.callback(database.close)
        with explained(database):
            if not durable:
                database.relax()
            database.claim()
            if (anchors.last or place.trace) and not database.tables():
                raise no_ledger(place, emptied=True)
            prepare(database)
            stored = Stored(database)
            check = verify if full else verify_tail
            check(stored, place.key, anchors).require_good()
            note_address(place, place.address)
            epoch = _next_epoch(stored, now)
            journal = Journal(place, stored, epoch, stack.pop_all(), durable=durable)
    try:
        journal.take_in(now)
        journal._anchor(now, sync=True)  # noqa: SLF001 - its own maker
    except BaseException:
        journal.close()
        raise
    return journal


def _next_epoch(stored: Stored, now: int) -> int:
    holder = f"pid {os.getpid()} on {socket.gethostname()}"
    with transaction(stored.database):
        ((newest, _),) = stored.database.execute(stored.statements.guard)
        epoch = int(newest or 0) + 1
        stored.database.execute(stored.statements.add_epoch, {"epoch": epoch, "ts": now, "holder": holder})
    return epoch


def _unwritable(reason: str) -> LedgerUnwritable:
    return LedgerUnwritable(
        f"the ledger cannot be written: {reason}",
        hint="Free the disk or the lock, then start again; nothing more is taken until then.",
    )
