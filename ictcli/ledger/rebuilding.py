"""A ledger as its events alone tell it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ictcli.ledger.address import Address, Place
from ictcli.ledger.copies import replay
from ictcli.ledger.database import explained, prepare
from ictcli.ledger.opening import copied, open_database
from ictcli.ledger.stored import Stored


@contextmanager
def rebuilt(place: Place) -> Iterator[Stored]:
    """A copy whose projections were made anew from the events, whatever the ledger's own say.

    Raises:
        NoLedger: there is none.
        LedgerCorrupt: its chain is broken, so that its events tell nothing either.
    """
    folder = Path(tempfile.mkdtemp(prefix="ictcli-ledger-"))
    try:
        database = open_database(Address(file=folder / "ledger.db"))
        with copied(place) as source, closing(database), explained(database):
            prepare(database)
            database.relax()
            yield replay(source, place.key, database)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
