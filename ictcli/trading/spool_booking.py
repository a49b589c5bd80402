"""Booking what waits in the spool, each file once.

The events of a file and its name are written in one transaction, so a file that is met again, after a crash
before its removal or laid back by somebody, is known by its name and only removed.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from ictcli.ledger.bodies import Alerted, AnyBody
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.spool import Refused, Spooled, waiting


class SpoolBooking:
    """Books the spool of one account.

    Args:
        spool: its folder.
        key: the workspace's.
        book: the journal, folded.
        take: books a file in one transaction, by ``laid.take``.
        record: writes events and folds them into the book.
        tell: takes lines for people.
    """

    def __init__(
        self,
        spool: Path,
        key: bytes,
        book: OrderBook,
        take: Callable[[Spooled], None],
        record: Callable[[Sequence[AnyBody]], None],
        tell: Callable[[str], None],
    ) -> None:
        self._spool, self._key, self._book = spool, key, book
        self._take, self._record, self._tell = take, record, tell
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
                self._take(spooled)
            self._remove(spooled.path)

    def _refuse(self, one: Refused) -> None:
        if one.path in self._told:
            return
        self._told.add(one.path)
        text = f"{one.path.name} in the spool {one.why}: it was not booked and is kept"
        self._tell(f"critical: {text}")
        self._record([Alerted(severity="critical", code="spool_refused", text=text)])

    def _remove(self, path: Path) -> None:
        """Take a booked file out of the spool; one that cannot be is known again by its name."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            if path not in self._told:
                self._told.add(path)
                self._tell(f"{path.name} in the spool was booked and cannot be removed: {error.strerror}")
