"""The ledger's side: everything that it says of one account, in the tables of a story."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ictcli.errors import DataError
from ictcli.ledger import bodies
from ictcli.ledger.address import Place
from ictcli.ledger.bodies import AnyBody
from ictcli.ledger.database import Database
from ictcli.ledger.faults import NoLedger
from ictcli.ledger.journal import open_journal
from ictcli.market.symbols import load_symbols
from ictcli.reconcile import from_ledger
from ictcli.reconcile.exact import UNIT, units
from ictcli.reconcile.from_ledger import ledger_accounts, ledger_faults, ledger_story, only_projections
from ictcli.reconcile.ledger_events import Seen, read_seen
from ictcli.reconcile.story import (
    CASH,
    FILLS,
    INSTRUMENTS,
    ORDERS,
    POSITIONS,
    Story,
    Window,
)
from tests.ledger.stories import NOW, SECOND, D, acked, filled, intent, sent, start, trade

ACCOUNT = "Sim-1/7"
ALWAYS = Window(0, 2**62)


def written(place: Place, *batches: list[AnyBody]) -> None:
    """Append batches, one a second."""
    with open_journal(place, now=NOW, durable=False) as journal:
        for number, batch in enumerate(batches):
            journal.append(batch, NOW + number * SECOND)


def story(place: Place, account: str = ACCOUNT, window: Window = ALWAYS) -> Story:
    return ledger_story(place, account, window)


def opening(balance: str = "10000.00") -> list[AnyBody]:
    """How a trader opens the books of an account."""
    amount = D(balance)
    return [
        start(),
        bodies.Opened(balance=amount, deal=500),
        bodies.Cash(key="opening", what="opening", amount=amount, ts=NOW),
    ]


def rows(frame: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return frame.select(columns).rows()


def test_a_session_is_told_in_the_tables_of_a_story(either: Place) -> None:
    written(either, opening(), *trade(1), [intent("next"), sent("next"), acked("next", 77)])
    told = story(either)
    for frame, schema in (
        (told.fills, FILLS), (told.orders, ORDERS), (told.positions, POSITIONS), (told.cash, CASH),
        (told.instruments, INSTRUMENTS),
    ):  # fmt: skip
        assert dict(frame.schema) == dict(schema)
    columns = ("deal", "order", "position", "intent", "side", "entry", "volume", "price")
    assert sorted(rows(told.fills, *columns)) == [
        (3, 1001, 1001, "in1", 1, "in", UNIT // 10, 110_000_000),
        (4, 501_001, 1001, "out1", -1, "out", UNIT // 10, 110_250_000),
    ]  # fmt: skip
    assert told.facts.account == ACCOUNT
    assert (told.facts.currency, told.facts.minor, told.facts.faults) == ("USD", 2, ())
    assert told.facts.balance == units(D("10000.00") - D("0.70") + D("25.00") - D("1.17"))
    states = dict(told.orders.select("intent", "status").iter_rows())
    assert states == {"in1": "filled", "out1": "filled", "next": "open"}
    next_one = told.orders.filter(pl.col("intent") == "next").row(0, named=True)
    assert (next_one["order"], next_one["stop"], next_one["price"]) == (77, 109_000_000, None)
    assert (next_one["action"], next_one["magic"], next_one["placed"]) == ("place", 65537, NOW + 7 * SECOND)


def test_the_opening_balance_is_no_movement_and_what_was_before_it_is_not_in_the_window(place: Place) -> None:
    written(place, [start()], opening()[1:])
    told = story(place, window=Window(NOW - 5, NOW + 10**12))
    assert told.cash.height == 0
    assert told.facts.balance == 10_000 * UNIT
    assert told.window == Window(NOW + SECOND, NOW + 10**12)


def test_movements_without_an_order_are_cash_and_those_of_deals_are_not(place: Place) -> None:
    written(
        place,
        opening(),
        [intent(), sent(), acked(), filled(601)],
        [bodies.Cash(key="cash.602", what="balance", amount=D("-50.5"), ts=NOW + 9)],
        [bodies.Cash(key="fee.vps", what="server", amount=D("-20"), ts=NOW + 8, operator=True)],
        [bodies.Voided(deal=601, reason="bust")],
    )
    told = story(place)
    assert sorted(rows(told.cash, "key", "deal", "kind", "amount", "operator", "ts")) == [
        ("cash.602", 602, "balance", units(D("-50.5")), False, NOW + 9),
        ("fee.vps", 0, "server", -20 * UNIT, True, NOW + 8),
    ]
    assert told.facts.balance == units(D("10000") - D("50.5"))
    assert rows(told.fills, "deal", "voided", "late") == [(601, True, False)]
    assert told.positions.height == 0


def test_an_open_position_has_what_was_last_seen_of_it(place: Place) -> None:
    written(
        place,
        opening(),
        [intent(), sent(), acked(), filled(601)],
        [bodies.Protected(position=11, symbol="EURUSD", stop=D("1.05"), target=None, ticket=19)],
        [bodies.SwapSeen(position=11, swap=D("-2.34"), ts=NOW + 90 * SECOND)],
    )
    assert story(place).positions.row(0, named=True) == {
        "position": 11, "ticket": 19, "magic": 65537, "symbol": "EURUSD", "volume": UNIT // 10,
        "price": 110_000_000, "stop": 105_000_000, "target": None, "swap": units(D("-2.34")), "profit": None,
        "opened": NOW, "touched": NOW + 90 * SECOND,
    }  # fmt: skip


def test_a_new_stop_a_deal_and_a_swap_all_touch_a_position(place: Place) -> None:
    written(place, opening(), [intent(), sent(), acked(), filled(601, ts=NOW + 70 * SECOND)])
    assert story(place).positions.item(0, "touched") == NOW + 70 * SECOND
    with open_journal(place, now=NOW + 80 * SECOND, durable=False) as journal:
        stop = bodies.Protected(position=11, symbol="EURUSD", stop=D("1.05"), target=None)
        journal.append([stop], NOW + 80 * SECOND)
    assert story(place).positions.item(0, "touched") == NOW + 80 * SECOND


def test_the_mean_price_of_a_position_is_rounded_and_a_deal_finer_than_units_is_refused(place: Place) -> None:
    written(
        place,
        opening(),
        [intent(volume="0.30"), sent(), acked(), filled(601, volume=D("0.1"), price=D("1.1"))],
        [filled(602, volume=D("0.2"), price=D("1.10001"))],
    )
    assert story(place).positions.item(0, "price") == 110_000_667
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([filled(603, volume=D("0.1"), price=D("1.1000000001"))], NOW)
    with pytest.raises(DataError, match="finer"):
        story(place)


def test_what_is_not_ours_is_listed_even_when_it_is_gone_and_its_position_is_not_told_as_ours(
    place: Place,
) -> None:
    order = bodies.Foreign(what="order", ticket=901, symbol="EURUSD", side=1, volume=D("0.5"))
    deal = bodies.Foreign(what="deal", ticket=902, symbol="EURUSD", side=1, volume=D("0.5"))
    written(
        place,
        opening(),
        [order, filled(902, "", order=901, position=903, magic=0), deal],
        [bodies.Foreign(what="order", ticket=901, symbol="EURUSD", side=1, volume=D(0))],
    )
    told = story(place)
    assert told.foreign == {("order", 901), ("deal", 902), ("position", 903)}
    assert told.positions.height == 0
    assert rows(told.fills, "deal", "intent") == [(902, "")]


def test_of_several_accounts_the_one_asked_for_is_told(either: Place) -> None:
    other = filled(601, "b", commission=D("-9"))
    written(
        either,
        opening(),
        [intent(), sent(), acked(), filled(601)],
        [start(2, account=8), intent("b"), sent("b"), acked("b"), other],
        [bodies.Foreign(what="order", ticket=5, symbol="EURUSD", side=1, volume=D(1))],
        [start(3)],
    )
    assert ledger_accounts(either) == ("Sim-1/8", ACCOUNT)
    ours, theirs = story(either), story(either, "Sim-1/8")
    assert (ours.facts.balance, theirs.facts.balance) == (units(D("9999.65")), -9 * UNIT)
    assert (ours.foreign, theirs.foreign) == (frozenset(), frozenset({("order", 5)}))
    assert theirs.fills.item(0, "commission") == -9 * UNIT
    with pytest.raises(DataError, match="nothing of account Sim-1/9"):
        story(either, "Sim-1/9")


def test_contracts_are_told_as_they_are_configured(place: Place) -> None:
    written(place, opening())
    told = ledger_story(place, ACCOUNT, ALWAYS, [load_symbols(None).require("EURUSD")])
    assert told.instruments.rows() == [("EURUSD", 5, 1_000, UNIT // 100, 100_000 * UNIT)]


def test_a_ledger_that_is_not_there_has_no_accounts_and_no_story(place: Place) -> None:
    assert ledger_accounts(place) == ()
    with pytest.raises(NoLedger):
        story(place)
    with pytest.raises(NoLedger):
        ledger_faults(place)


def test_a_good_ledger_has_no_faults_also_while_it_is_written(place: Place) -> None:
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append(opening(), NOW)
        for batch in trade(1):
            journal.append(batch, NOW)
        assert ledger_faults(place) == ()
        assert story(place).fills.height == 2
    assert ledger_story(place, ACCOUNT, ALWAYS, faults=("chain: x",)).facts.faults == ("chain: x",)


def test_what_was_changed_behind_the_ledgers_back_is_named(place: Place) -> None:
    written(place, opening(), *trade(1))
    import sqlite3

    assert place.address.file is not None
    with sqlite3.connect(place.address.file) as raw:
        raw.execute("UPDATE fills SET price = '9.9' WHERE deal = 3")
    raw.close()
    (fault,) = ledger_faults(place)
    assert fault.startswith("projection at event ")
    assert "fills row 3" in fault
    deal = pl.col("deal") == 3
    assert story(place).fills.filter(deal).item(0, "price") == units(Decimal("9.9"))
    assert only_projections((fault,))
    told = ledger_story(place, ACCOUNT, ALWAYS, faults=(fault,))
    assert told.fills.filter(deal).item(0, "price") != units(Decimal("9.9"))
    assert told.facts.faults == (fault,)


@pytest.mark.parametrize(
    ("faults", "only"),
    [
        ((), False),
        (("projection: a", "projection at event 3: b"), True),
        (("projection: a", "chain: b"), False),
    ],
)
def test_events_alone_tell_where_nothing_but_projections_is_wrong(
    faults: tuple[str, ...], only: bool
) -> None:
    assert only_projections(faults) is only


def test_a_file_that_is_no_database_is_a_fault(place: Place, tmp_path: Path) -> None:
    written(place, opening())
    assert place.address.file is not None
    place.address.file.write_bytes(b"nothing of the kind" * 500)
    (fault,) = ledger_faults(place)
    assert "not a database" in fault


def test_a_traders_log_is_folded_in_while_its_ledger_is_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folded = place.address.file, []
    assert file is not None
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append(opening(), NOW)

        def meanwhile(database: Database, account: str) -> Seen:
            journal.append([intent("later"), sent("later")], NOW + SECOND)
            with closing(sqlite3.connect(file)) as another:
                held_up, _, _ = another.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            folded.append(not held_up)
            return read_seen(database, account)

        monkeypatch.setattr(from_ledger, "read_seen", meanwhile)
        assert story(place).orders.is_empty()
    assert folded == [True]
