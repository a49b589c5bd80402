"""A ledger in PostgreSQL as alerts are read from it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ictcli.ledger.address import Place
from ictcli.ledger.opening import reading
from ictcli.operations.alerts_ledger import Ask, Ledger


def database_ledger(name: str, place: Place) -> Ledger:
    """A ledger wherever it is."""

    @contextmanager
    def looking() -> Iterator[Ask]:
        with reading(place.address) as stored:
            yield lambda sql: stored.database.execute(sql, {})

    return Ledger(name, looking)
