"""An account's page: what a journal tells is there, and what it does not tell is not made up."""

import re
from decimal import Decimal

from ictcli.ledger import bodies
from ictcli.ledger.log import Entry
from ictcli.reports.ledger_report import LedgerFacts, ledger_document
from ictcli.reports.run_ledger import story_of_ledger
from ictcli.reports.run_page import run_page
from ictcli.reports.run_picture import run_picture
from ictcli.reports.run_story import RunStory
from ictcli.research.metrics.values import Resampling
from ictcli.trading.account_story import tell
from ictcli.trading.trade_rows import trades_table
from tests.ledger.stories import NOW, start, trade

D = Decimal
MINUTES = 900 * 10**9
OPENED = [
    start(),
    bodies.Opened(balance=D(1000)),
    bodies.Cash(key="opening", what="opening", amount=D(1000), ts=NOW),
]


def bars(count: int = 40) -> list[bodies.Body]:
    """Bars on both sides of the trades, one of them told twice."""
    opens = [NOW + (at - count // 2) * MINUTES for at in range(count)]
    return [
        bodies.BarTaken(
            symbol="EURUSD", timeframe="M15", digits=5, ts=ts, ts_close=ts + MINUTES, open=110_000,
            high=110_020, low=109_990, close=110_010, spread=1, tick_volume=1,
        )
        for ts in (*opens, opens[0])
    ]  # fmt: skip


def account(*told: bodies.Body) -> RunStory:
    entries = [Entry(n, NOW + n, bodies.decode(bodies.encode(body))) for n, body in enumerate(told, 1)]
    story = tell(entries)
    intents = {one.intent.id: one.intent for one in story.book.orders.values()}
    trades = trades_table(story.trades, intents, lambda _symbol: D(100_000), ("Sim-1/7", "M15"))
    document = ledger_document(
        story, trades, LedgerFacts("paper", "ledger.db", None), Resampling(50, 1, 0.95)
    )
    return story_of_ledger(document, story, trades)


def traded(count: int) -> list[bodies.Body]:
    return [body for number in range(1, count + 1) for batch in trade(number) for body in batch]


def test_trades_lie_on_the_bars_of_the_journal_without_zones() -> None:
    told = account(*OPENED, *bars(), *traded(3))
    assert [window.trade for window in told.windows.shown] == [0, 1, 2]
    for window in told.windows.shown:
        assert len(window.bars) == len(set(window.bars.ts.tolist())) > 10
        assert window.shapes == ()
    assert "no zones" in told.windows.doubts[0]


def test_without_bars_the_page_says_so() -> None:
    told = account(*OPENED, *traded(2))
    assert told.windows.shown == ()
    assert "no bars" in told.windows.doubts[0]
    assert 'id="bars"' not in run_page(told)


def test_open_results_that_nobody_knows_are_not_drawn() -> None:
    page = run_page(account(*OPENED, *bars(), *traded(3)))
    assert "What open trades stood at is not known" in page
    assert '"name":"equity"' not in page
    assert 'data-chart="excursions"' not in page


def test_execution_is_told_with_latencies_and_intervals() -> None:
    told = account(*OPENED, *bars(), *traded(3))
    names = [about for about, _ in told.execution.facts]
    assert {"orders", "requotes", "slippage, points", "rejected", "unknown outcome"} <= set(names)
    assert next(row[0] for row in told.execution.latencies) == "decided to sent"


def test_an_account_without_trades_has_page_and_picture() -> None:
    for told in (account(), account(*OPENED)):
        page = re.sub(r"<script.*?</script>", "", run_page(told), flags=re.S)
        assert "there is nothing to draw" in page
        assert run_picture(told).startswith(b"\x89PNG")
