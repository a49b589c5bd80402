"""Booking what waits in the spool, each file once, and lifting what a person lifted.

The events of a file and its name are written in one transaction, so a file that is met again, after a crash
before its removal or laid back by somebody, is known by its name and only removed.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ictcli.ledger.bodies import Alerted, AnyBody, Cash, FromSpool, ModeSet, Resumed
from ictcli.trading.messages import BREAKER_REASON
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.spool import Laid, Refused, Spooled, waiting


class SpoolBooking:
    """Books the spool of one account.

    Args:
        spool: its folder.
        key: the workspace's.
        book: the journal, folded.
        record: writes events in one transaction and folds them into the book.
        tell: takes lines for people.
    """

    def __init__(
        self,
        spool: Path,
        key: bytes,
        book: OrderBook,
        record: Callable[[Sequence[AnyBody]], None],
        tell: Callable[[str], None],
    ) -> None:
        self._spool, self._key, self._book = spool, key, book
        self._record, self._tell = record, tell
        self._told: set[Path] = set()

    def turn(self) -> None:
        """Book what waits; tell of what must not be booked, once.

        Raises:
            LedgerUnwritable: the ledger took nothing; the file stays.
        """
        found, refused = waiting(self._spool, self._key)
        for one in refused:
            self._refuse(one)
        for spooled in found:
            if spooled.path.name not in self._book.spooled:
                self._record(list(self._events(spooled)))
            self._remove(spooled.path)

    def _refuse(self, one: Refused) -> None:
        if one.path in self._told:
            return
        self._told.add(one.path)
        text = f"{one.path.name} in the spool {one.why}: it was not booked and is kept"
        self._tell(f"critical: {text}")
        self._record([Alerted(severity="critical", code="spool_refused", text=text)])

    def _events(self, spooled: Spooled) -> Iterator[AnyBody]:
        yield FromSpool(file=spooled.path.name, by=spooled.by, ts=spooled.ts)
        booked = set(self._book.movements)
        for body in spooled.bodies:
            if isinstance(body, Cash):
                if body.key in booked:
                    continue
                booked.add(body.key)
            yield body
        resumed = next((body for body in spooled.bodies if self._lifts(body)), None)
        if isinstance(resumed, Resumed):
            yield ModeSet(mode="active", reason=f"resumed by {resumed.by}: {resumed.reason}")

    def _lifts(self, body: Laid) -> bool:
        """Whether a person lifted just the restriction that holds, and may."""
        held = self._book.mode_reason
        return (
            isinstance(body, Resumed)
            and self._book.mode != "active"
            and held == body.lifted
            and held.startswith(BREAKER_REASON)
        )

    def _remove(self, path: Path) -> None:
        """Take a booked file out of the spool; one that cannot be is known again by its name."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            if path not in self._told:
                self._told.add(path)
                self._tell(f"{path.name} in the spool was booked and cannot be removed: {error.strerror}")
