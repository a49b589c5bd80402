"""The files of real terminals: every row read, every total met."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pytest

from ictcli.errors import DataError
from ictcli.reconcile.statements.reading import read_statement
from ictcli.reconcile.statements.record import Statement
from ictcli.reconcile.worth import verify

D = Decimal
ENGLISH = "mt5_ReportHistory_en_hedge_eur.html"
BULGARIAN = "mt5_ReportHistory_bg_hedge_usd.html"


@pytest.fixture(scope="module")
def reports(real_data: Path) -> Path:
    return real_data / "mt_reports"


@lru_cache
def read_once(path: Path) -> Statement:
    return read_statement(path)


@pytest.mark.parametrize(
    ("name", "language", "counts", "opening", "net", "closing", "floating"),
    [
        (ENGLISH, "en", (658, 1402, 1401, 85), "10000", "-50.84", "9949.16", "-21.24"),
        (BULGARIAN, "bg", (18, 38, 37, 1), "100000", "-3.30", "99996.70", "0.40"),
        ("mt5_ReportHistory_bg_hedge_usd.DERIVED_utf16.html", "bg", (18, 38, 37, 1), "100000", "-3.30",
         "99996.70", "0.40"),
    ],
)  # fmt: skip
def test_a_real_report_is_read_whole_and_verified_to_the_cent(
    reports: Path, name: str, language: str, counts: tuple[int, ...], opening: str, net: str, closing: str,
    floating: str,
) -> None:  # fmt: skip
    statement = read_once(reports / name)
    worth = verify(statement)
    rows = (statement.positions, statement.deals, statement.orders, statement.open_positions)
    assert tuple(len(table) for table in rows) == counts
    assert (statement.language, statement.mode) == (language, "hedge")
    assert worth.mismatches == ()
    assert worth.unchecked == ()
    assert (worth.cash, worth.net, worth.closing, worth.floating) == (
        D(opening),
        D(net),
        D(closing),
        D(floating),
    )
    assert statement.stated["balance"] == worth.closing


def test_both_encodings_of_a_real_report_say_the_same(reports: Path) -> None:
    utf16 = reports / "mt5_ReportHistory_bg_hedge_usd.DERIVED_utf16.html"
    assert read_statement(reports / BULGARIAN) == read_statement(utf16)


def test_every_position_of_a_real_report_has_the_deals_that_made_it(reports: Path) -> None:
    statement = read_once(reports / ENGLISH)
    positions = verify(statement).positions
    stated = {row.position: row.profit + row.swap + row.commission for row in statement.positions}
    assert {row["position"]: D(row["net"]).scaleb(-8) for row in positions.iter_rows(named=True)} == {
        **stated, **{row.position: D(0) for row in statement.open_positions},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "counts", "opening", "closing"),
    [
        ("mt4_Statement_oanda_demo.htm", (42, 3, 0), "0", "4731.27"),
        ("mt4_Statement_dummy_swissquote.htm", (123, 1, 169), "315929.08", "420995.72"),
    ],
)
def test_a_real_statement_of_metatrader_4_meets_its_own_totals(
    reports: Path, name: str, counts: tuple[int, ...], opening: str, closing: str
) -> None:
    statement = read_once(reports / name)
    worth = verify(statement)
    assert tuple(map(len, (statement.positions, statement.cash, statement.open_positions))) == counts
    assert worth.mismatches == ()
    assert (worth.opening, worth.closing) == (D(opening), D(closing))


def test_the_report_of_a_tester_that_was_cut_is_recognised(reports: Path) -> None:
    with pytest.raises(DataError, match="strategy tester, and truncated"):
        read_statement(reports / "mt4_StrategyTester_dummy_head.htm")


@pytest.mark.proof
def test_real_reports_hold_what_was_counted_in_them(reports: Path, proof_facts: dict[str, object]) -> None:
    for name, positions, deals, balance in (
        (ENGLISH, 658, 1402, "9949.16"),
        (BULGARIAN, 18, 38, "99996.70"),
    ):
        statement = read_once(reports / name)
        worth = verify(statement)
        proof_facts.update(
            {f"{name} positions": len(statement.positions), f"{name} deals": len(statement.deals),
             f"{name} balance": str(worth.closing), f"{name} mismatches": len(worth.mismatches)}
        )  # fmt: skip
        assert (len(statement.positions), len(statement.deals)) == (positions, deals)
        assert worth.closing == D(balance)
        assert worth.mismatches == ()
