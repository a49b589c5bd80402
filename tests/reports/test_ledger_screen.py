"""An account on one screen: what is wrong stands first, and everything fits."""

from decimal import Decimal

from ictcli.ledger import bodies
from ictcli.ledger.log import Entry
from ictcli.reports.layout import WIDTH
from ictcli.reports.ledger_equity import ledger_equity
from ictcli.reports.screen import LINES
from ictcli.reports.screen_of_ledger import ledger_screen
from tests.ledger.stories import NOW, acked, filled, intent, sent, start, trade
from tests.reports.test_ledger_report import OPENED, TRADE, report

D = Decimal


def told(*events: bodies.Body) -> list[Entry]:
    return [Entry(n, NOW + n, bodies.decode(bodies.encode(body))) for n, body in enumerate(events, 1)]


def test_what_is_wrong_stands_before_what_was_earned() -> None:
    lost = [intent("lost", magic=2), sent("lost"), bodies.Unresolved(id="lost", attempt=1, code=0)]
    lines = ledger_screen(report(*OPENED, *TRADE, *lost, halt="drill")).splitlines()
    assert lines[:3] == [
        "HALTED: drill",
        "Outcome unknown of 1 requests: run `ictcli reconcile`.",
        "Too few trades to tell an edge or a loss: 1, 30 at least.",
    ]
    assert "Outcome unknown: place EURUSD unknown" in lines


def test_the_balance_is_told_by_its_parts() -> None:
    text = ledger_screen(report(*OPENED, *TRADE))
    money = report(*OPENED, *TRADE)["money"]
    assert (
        f"Opened with 1,000.00, deals {money['profit']:+,.2f}, commission {money['commission']:+,.2f}" in text
    )
    assert "balance 1,023.13 USD" in text
    assert "max drawdown" in text
    assert "slippage, points" in text


def test_an_account_without_trades_has_a_screen() -> None:
    assert ledger_screen(report()).startswith(
        "No trade has finished yet.\n\nLedger broker: nobody has traded"
    )
    assert "Metric" not in ledger_screen(report(start()))


def test_many_positions_fit_the_screen() -> None:
    held = [
        body
        for at in range(30)
        for body in (
            intent(f"h{at}", magic=at + 1), sent(f"h{at}"), acked(f"h{at}", 77 + at),
            filled(900 + at, f"h{at}", position=77 + at),
        )
    ]  # fmt: skip
    trades = [body for number in range(2, 40) for batch in trade(number) for body in batch]
    lines = ledger_screen(report(*OPENED, *trades, *held, halt="x " * 200)).splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert "Open: 26 more positions (--full)" in lines


def test_the_balance_through_time_ends_where_the_book_does() -> None:
    looked = bodies.Synced(
        since=0, balance=D("1023.13"), equity=D("1020"), difference=D(0), open_orders=0, positions=0
    )
    table = ledger_equity(told(*OPENED, *TRADE, looked))
    assert table.column("balance").to_pylist()[0] == D("1000.00")
    assert table.column("balance").to_pylist()[-1] == D("1023.13")
    assert table.column("equity").to_pylist()[-1] == D("1020.00")
    assert set(table.column("equity").to_pylist()[:-1]) == {None}
    assert ledger_equity([]).num_rows == 0
