"""P&L from the deals upward, and every place at which a statement contradicts it."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.reconcile.statements.reading import read_statement
from ictcli.reconcile.statements.record import (
    ZERO,
    ClosedPosition,
    OpenPosition,
    StatedDeal,
    StatedOrder,
    Statement,
)
from ictcli.reconcile.statements.values import wall
from ictcli.reconcile.worth import verify
from tests.reconcile.statements.book import Book, book
from tests.reconcile.statements.writing import deals_csv, mt4, mt5

D = Decimal
Row = TypeVar("Row", ClosedPosition, OpenPosition, StatedOrder)


def read(folder: Path, text: str) -> Statement:
    path = folder / "statement"
    path.write_text(text, encoding="utf-8")
    return read_statement(path)


def found(statement: Statement) -> list[tuple[str, str]]:
    return [(one.where, one.field) for one in verify(statement).mismatches]


def changed_row(row: Row, change: Mapping[str, Any]) -> Row:
    return replace(row, **change)


def earned(made: Book) -> Decimal:
    return made.balance - made.deposit


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["", "parts", "commission"])
def test_a_whole_account_adds_up(tmp_path: Path, seed: int, kind: str) -> None:
    made = book(seed, parts=kind == "parts", commission=kind == "commission")
    for text in (mt5(made), mt4(made), deals_csv(made)):
        worth = verify(read(tmp_path, text))
        assert worth.mismatches == ()
        assert (worth.opening, worth.cash) == (D(0), made.deposit)
        if not text.startswith("<html"):
            assert (worth.net, worth.closing) == (earned(made), made.balance)


def test_positions_days_and_symbols_add_up_to_the_same(tmp_path: Path) -> None:
    made = book(7, parts=True, commission=True)
    worth = verify(read(tmp_path, mt5(made)))
    for table in (worth.positions, worth.days, worth.symbols):
        assert D(table.get_column("net").sum()).scaleb(-8) == earned(made)
    trade = made.trades[0]
    row = worth.positions.filter(position=trade.position).row(0, named=True)
    assert D(row["profit"]).scaleb(-8) == sum(one.profit for one in trade.exits)
    assert D(row["commission"]).scaleb(-8) == trade.commission + sum(one.commission for one in trade.exits)
    assert worth.days.get_column("balance")[-1] == int(made.balance * 10**8)
    assert D(worth.days.get_column("cash").sum()).scaleb(-8) == made.deposit


DEAL = StatedDeal(
    1, 5, wall("2024.03.04 23:59:59"), "EURUSD", "sell", "out", D(1), D("1.1"), 9, 3, D("-0.1"), D("-0.02"),
    D("-0.003"), D("1.0004"), None, "",
)  # fmt: skip
CSV = Statement("csv", "1", "", "", "EUR", "hedge", 0, 2, "en", (DEAL,))


def test_a_day_is_the_server_s() -> None:
    later = replace(DEAL, row=2, deal=6, time=wall("2024.03.05 00:00:00"))
    days = verify(replace(CSV, deals=(DEAL, later))).days
    assert [str(day) for day in days.get_column("day")] == ["2024-03-04", "2024-03-05"]


def test_what_is_finer_than_a_cent_is_kept() -> None:
    worth = verify(CSV)
    assert worth.net == D("0.8774")
    assert worth.positions.get_column("net").to_list() == [87_740_000]


def test_credit_is_lent_beside_the_balance() -> None:
    credit = replace(
        DEAL, kind="credit", symbol="", entry="", profit=D(500), commission=ZERO, fee=ZERO, swap=ZERO
    )
    worth = verify(replace(CSV, deals=(credit,)))
    assert (worth.cash, worth.closing) == (D(0), D(0))


@given(st.lists(st.decimals("-1000", "1000", places=2), min_size=1, max_size=30))
def test_the_balance_is_the_exact_sum_of_its_parts(amounts: list[Decimal]) -> None:
    balance = D("0.1")
    deals = []
    for number, amount in enumerate(amounts, start=1):
        balance += amount
        plain = replace(DEAL, row=number, deal=number, commission=ZERO, fee=ZERO, swap=ZERO, profit=amount)
        deals.append(replace(plain, balance=balance))
    worth = verify(replace(CSV, deals=tuple(deals)))
    assert worth.mismatches == ()
    assert (worth.opening, worth.closing) == (D("0.1"), balance)


WHOLE = book(11, parts=True)


@pytest.fixture
def statement(tmp_path: Path) -> Statement:
    return read(tmp_path, mt5(WHOLE))


def test_a_running_balance_that_is_off_is_named(statement: Statement) -> None:
    deals = list(statement.deals)
    wrong = deals[5].balance or ZERO
    deals[5] = replace(deals[5], balance=wrong + D("0.01"))
    places = found(replace(statement, deals=tuple(deals)))
    assert places[0] == (f"deals, row 6, deal {deals[5].deal}", "balance")
    assert places[1] == (f"deals, row 7, deal {deals[6].deal}", "balance")
    first = verify(replace(statement, deals=tuple(deals))).mismatches[0]
    assert (D(first.stated) - D(first.computed), str(first)[:5]) == (D("0.01"), "deals")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("profit", D("77.77"), "profit"),
        ("swap", D("-7.77"), "swap"),
        ("commission", D("-7.77"), "commission"),
        ("volume", D("7.7"), "volume"),
        ("open_price", D("7.7"), "open price"),
        ("close_price", D("7.7"), "close price"),
        ("opened", wall("2024.03.01 00:00:00"), "opened"),
        ("closed", wall("2024.03.04 09:00:00"), "closed"),
        ("symbol", "GBPUSD", "opening deals"),
        ("stop", D("9999"), None),
    ],
)
def test_a_position_that_its_deals_do_not_make_is_named(
    statement: Statement, field: str, value: object, says: str | None
) -> None:
    for at in (1, 2):
        rows = list(statement.positions)
        changed: dict[str, object] = {field: value}
        if field == "stop":
            changed["target"] = D("9998") if rows[at].side > 0 else D("10000")
        rows[at] = changed_row(rows[at], changed)
        names = found(replace(statement, positions=tuple(rows)))
        where = f"positions, row {rows[at].row}, position {rows[at].position}"
        assert ((where, says) if says else (f"position {rows[at].position}", "stop")) in names


def test_a_position_or_deal_that_is_missing_is_named(statement: Statement) -> None:
    gone = statement.positions[2]
    names = found(replace(statement, positions=tuple(row for row in statement.positions if row is not gone)))
    opened = next(deal for deal in statement.deals if deal.order == gone.position)
    assert (f"deals, row {opened.row}, deal {opened.deal}", "position") in names
    kept = tuple(deal for deal in statement.deals if deal is not opened)
    names = found(replace(statement, deals=kept))
    assert (f"positions, row {gone.row}, position {gone.position}", "opening deal") in names


def test_an_open_position_that_is_not_what_was_opened_is_named(statement: Statement) -> None:
    row = statement.open_positions[0]
    where = f"open positions, row 1, position {row.position}"
    for change, field in (
        ({"volume": D("9")}, "volume"), ({"side": -row.side}, "volume"), ({"price": D("9")}, "open price"),
    ):  # fmt: skip
        rows = (changed_row(row, change), *statement.open_positions[1:])
        assert (where, field) in found(replace(statement, open_positions=rows))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"filled": D("0.1")}, "filled"), ({"symbol": "GBPUSD"}, "symbol"), ({"kind": "close"}, "type"),
        ({"done": wall("2024.03.01 00:00:00")}, "time"),
        ({"placed": wall("2025.03.01 00:00:00")}, "open time"),
    ],
)  # fmt: skip
def test_an_order_that_its_deals_do_not_fill_is_named(
    statement: Statement, change: dict[str, object], field: str
) -> None:
    order = statement.orders[0]
    rows = (changed_row(order, change), *statement.orders[1:])
    assert (f"orders, row 1, order {order.order}", field) in found(replace(statement, orders=rows))


def test_an_order_without_its_deals_and_deals_without_their_order_are_named(statement: Statement) -> None:
    order = statement.orders[0]
    names = found(replace(statement, orders=statement.orders[1:]))
    deal = next(deal for deal in statement.deals if deal.order == order.order)
    assert (f"deals, row {deal.row}, deal {deal.deal}", "order") in names
    strange = replace(order, row=99, order=1)
    assert ("orders, row 99, order 1", "filled") in found(
        replace(statement, orders=(*statement.orders, strange))
    )


def test_every_total_that_is_off_is_named(tmp_path: Path) -> None:
    simple = read(tmp_path, mt5(book(2)))
    assert found(simple) == []
    for name in set(simple.stated) - {"sharpe_ratio"}:
        changed = {**simple.stated, name: simple.stated[name] + D("1.03")}
        assert found(replace(simple, stated=changed)), name
    old = read(tmp_path, mt4(book(2)))
    for name in set(old.stated) - {"balance"}:
        assert found(replace(old, stated={**old.stated, name: old.stated[name] + D("0.01")})), name


def test_a_report_that_begins_after_the_account_says_what_it_cannot_compare(tmp_path: Path) -> None:
    whole = read(tmp_path, mt5(book(2)))
    later = replace(whole, deals=whole.deals[2:])
    worth = verify(later)
    assert worth.opening == whole.deals[1].balance
    assert any("history before the file" in text for text in worth.unchecked)


def test_a_report_of_before_its_last_deal_is_named(statement: Statement) -> None:
    assert ("the report", "date") in found(replace(statement, written=wall("2024.03.04 10:00:00")))


def test_a_report_of_a_netting_account_is_compared_as_far_as_it_is_known(tmp_path: Path) -> None:
    statement = read(tmp_path, mt5(book(8, closed=1, still=0), mode="Netting"))
    worth = verify(statement)
    assert statement.mode == "netting"
    assert worth.mismatches == ()
    assert worth.unchecked == ("positions: volumes, prices and times of a netting account",)
    wrong = replace(statement, positions=(replace(statement.positions[0], profit=D("7.77")),))
    assert found(wrong) == [(f"positions, row 1, position {statement.positions[0].position}", "profit")]


def test_a_netting_account_s_positions_go_from_flat_to_flat() -> None:
    def deal(number: int, kind: str, entry: str, volume: str, profit: str = "0") -> StatedDeal:
        return replace(
            DEAL, row=number, deal=number, order=number * 10, position=0, time=DEAL.time + number, kind=kind,
            entry=entry, volume=D(volume), commission=ZERO, fee=ZERO, swap=ZERO, profit=D(profit),
        )  # fmt: skip

    deals = (
        deal(1, "buy", "in", "1"), deal(2, "buy", "in", "1"), deal(3, "sell", "out", "2", "5"),
        deal(4, "sell", "in", "1"), deal(5, "buy", "inout", "3", "-2"), deal(6, "sell", "out", "2", "4"),
    )  # fmt: skip
    positions = verify(replace(CSV, mode="netting", deals=deals)).positions
    assert dict(positions.select("position", "net").iter_rows()) == {10: 500_000_000, 40: 200_000_000}
