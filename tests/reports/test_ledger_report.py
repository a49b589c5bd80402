"""An account by its ledger: money adds up, and what is open or unknown is shown."""

from decimal import Decimal
from typing import Any

import pytest

from ictcli.ledger import bodies
from ictcli.ledger.log import Entry
from ictcli.reports.ledger_report import LedgerFacts, ledger_document
from ictcli.reports.ledger_text import ledger_text
from ictcli.research.metrics.values import Resampling
from ictcli.trading.account_story import tell
from ictcli.trading.trade_rows import trades_table
from tests.ledger.stories import NOW, acked, filled, intent, sent, start, trade

D = Decimal
HOW = Resampling(100, 1, 0.95)
BAR = bodies.BarTaken(
    symbol="EURUSD", timeframe="M15", digits=5, ts=NOW, ts_close=NOW + 900 * 10**9, open=1, high=1, low=1,
    close=1, spread=1, tick_volume=1,
)  # fmt: skip


def report(*told: bodies.Body, halt: str | None = None) -> dict[str, Any]:
    entries = [Entry(n, NOW + n, bodies.decode(bodies.encode(body))) for n, body in enumerate(told, 1)]
    story = tell(entries)
    intents = {one.intent.id: one.intent for one in story.book.orders.values()}
    trades = trades_table(story.trades, intents, lambda _symbol: D(100_000), ("Sim-1/7", "M15"))
    return ledger_document(story, trades, LedgerFacts("broker", "ledger.db", halt), HOW)


TRADE = [body for batch in trade(1) for body in batch]
OPENED = [
    start(), bodies.Opened(balance=D(1000)),
    bodies.Cash(key="opening", what="opening", amount=D(1000), ts=NOW), BAR,
]  # fmt: skip


def test_the_balance_is_what_its_parts_add_up_to_and_operator_fees_stand_apart() -> None:
    bonus = bodies.Cash(key="bonus", what="deposit", amount=D(50), ts=NOW)
    fee = bodies.Cash(key="operator-desk-4", what="fee", amount=D("-2.5"), ts=NOW, operator=True)
    money = report(*OPENED, *TRADE, bonus, fee)["money"]
    parts = ("opening", "profit", "commission", "swap", "fee", "other_movements")
    assert sum(money[name] for name in parts) == money["balance"] == D("1073.13")
    assert (money["operator_fees"], money["net_of_trades"]) == (D("-2.5"), D("23.13"))
    assert "Operator fees are not on the broker's books" in ledger_text(report(*OPENED, *TRADE, fee))


def test_a_deal_that_was_taken_back_is_in_no_sum() -> None:
    taken = [intent("a"), sent("a"), acked("a"), filled(5, "a", profit=D(9))]
    found = report(*OPENED, *taken, bodies.Voided(deal=5, reason="broker"))
    assert (found["money"]["balance"], found["money"]["profit"]) == (D(1000), D(0))


def test_what_is_open_working_or_unknown_is_listed() -> None:
    held = [intent("held", magic=1), sent("held"), acked("held", 77), filled(900, "held", position=77)]
    lost = [intent("lost", magic=2), sent("lost"), bodies.Unresolved(id="lost", attempt=1, code=0)]
    found = report(*OPENED, *held, *lost, halt="drill")
    assert [(one["symbol"], one["volume"]) for one in found["positions"]] == [("EURUSD", D("0.10"))]
    assert [(one["id"], one["action"]) for one in found["unresolved"]] == [("lost", "place")]
    assert found["working"] == []
    text = ledger_text(found)
    for line in ("HALTED", "drill", "Outcome unknown", "Open position", "1 requests; see below"):
        assert line in text


@pytest.mark.parametrize("told", [[], [start()]])
def test_an_account_without_trades_has_a_report_all_the_same(told: list[bodies.Body]) -> None:
    found = report(*told)
    assert (found["trades"], found["metrics"]["win_rate"]["value"], found["best"]) == (0, None, [])
    text = ledger_text(found)
    assert "No trade has finished yet." in text
    assert ("nobody has traded" in text) == (not told)


def test_metrics_carry_interval_and_count() -> None:
    more = [body for number in (2, 3) for batch in trade(number) for body in batch]
    metrics = report(*OPENED, *TRADE, *more)["metrics"]
    assert metrics["net_profit"]["value"] == pytest.approx(69.39)
    assert (metrics["win_rate"]["value"], metrics["win_rate"]["n"]) == (1.0, 3)
    assert 0 < metrics["win_rate"]["low"] < 1
    assert metrics["profit_factor"]["why"] == "no losing trade"


def test_the_drawdown_is_the_fall_of_a_balance_that_the_account_had() -> None:
    """Two trades overlap: the second pays its entry before the first closes, and both gain."""
    one = [intent("a"), sent("a"), acked("a"), filled(5, "a", profit=D(0), commission=D(-3), ts=NOW + 1)]
    two = [
        intent("b", magic=2), sent("b"), acked("b", 78),
        filled(6, "b", position=78, profit=D(0), commission=D(-3), ts=NOW + 2),
    ]  # fmt: skip
    out = filled(7, "a", side=-1, entry="out", profit=D(40), commission=D(-3), ts=NOW + 3)
    deposit = bodies.Cash(key="in", what="deposit", amount=D(500), ts=NOW + 4)
    withdrawal = bodies.Cash(key="out", what="withdrawal", amount=D(-400), ts=NOW + 5)
    found = report(*OPENED, *one, *two, out, deposit, withdrawal)["metrics"]
    # 1000, 997, 994, 1031
    assert found["max_drawdown_money"]["value"] == pytest.approx(6.0)
    assert found["max_drawdown"]["value"] == pytest.approx(0.006)
