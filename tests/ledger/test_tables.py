"""Ledgers as tables: exact, told apart, and columns alone for who asks about something else."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from ictcli.ledger.address import Place
from ictcli.ledger.journal import open_journal
from ictcli.ledger.rows import ROWS
from ictcli.ledger.tables import ledger_tables
from tests.ledger.stories import NOW, filled, start, trade

NAMES = {"ledger_events", *(f"ledger_{kind.table}" for kind in ROWS)}


def test_every_row_is_there_and_nothing_is_rounded(place: Place) -> None:
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start(), *(body for batch in trade(1) for body in batch)], NOW)
        fine = filled(77, "", price=Decimal("0.123456789012345678"), position=9, profit=Decimal("1E-8"))
        journal.append([fine], NOW)
        tables = ledger_tables({"broker": place, "paper": place}, full=True)
    assert set(tables) == NAMES
    fills = tables["ledger_fills"].filter(pc.equal(tables["ledger_fills"]["ledger"], "paper"))
    assert fills.column("price").to_pylist() == [
        Decimal("1.1"),
        Decimal("1.1025"),
        Decimal("0.123456789012345678"),
    ]
    assert fills.column("profit").to_pylist()[-1] == Decimal("0.00000001")
    assert fills.column("ts").to_pylist()[0] == datetime.fromtimestamp(NOW / 1e9, UTC)
    assert len(tables["ledger_events"]) == 2 * 11
    assert not any(pa.types.is_floating(column.type) for table in tables.values() for column in table.columns)
    assert list(place.backups.iterdir()) == []


def test_what_no_decimal_can_hold_is_text(place: Place) -> None:
    tiny, huge = Decimal("1E-25"), Decimal("1E+20")
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start(), filled(1, "", price=tiny), filled(2, "", price=huge)], NOW)
        prices = ledger_tables({"broker": place}, full=True)["ledger_fills"].column("price").to_pylist()
    assert prices == [f"{tiny:f}", f"{huge:f}"]


def test_columns_alone_cost_no_look_at_the_ledger(place: Place) -> None:
    tables = ledger_tables({"broker": place}, full=False)
    assert set(tables) == NAMES
    assert not any(map(len, tables.values()))
