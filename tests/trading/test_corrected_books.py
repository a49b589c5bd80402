"""What is told of trades, execution and evidence follows a correction, and each trade is still one."""

from decimal import Decimal

import pytest

from ictcli.config.trading import OperatorFee
from ictcli.ledger.bodies import AnyBody, Corrected, Sent
from ictcli.trading.account_story import tell
from ictcli.trading.closed_trades import ClosedTrades, closed_trades
from ictcli.trading.fees import fees_due
from ictcli.trading.quality import Executions, execution_quality
from ictcli.trading.track_record import gather
from ictcli.trading.why_tables import why_tables
from tests.trading.journals import entries, round_trip, start
from tests.trading.test_graduation import BAR, MARK

D = Decimal
SENT = Sent(id="intent1", attempt=1, request={}, digest="")
TRIP = round_trip(1, "9.00")
"""One trade: opened by deal 2 at 1.10000, closed by deal 3; it came to 7 after costs."""
PROFIT = Corrected(key="a", what="profit", ours="9", theirs="8.50", deal=3, id="intent1")
FEE = Corrected(key="b", what="fee", ours="0", theirs="-0.25", deal=2, id="intent1")
PRICE = Corrected(key="c", what="price", ours="1.1", theirs="1.10004", deal=2, id="intent1")
STORY: list[AnyBody] = [start("paper", MARK), BAR, TRIP[0], SENT, *TRIP[1:]]


def test_a_trade_comes_out_again_with_what_it_came_to_before() -> None:
    fold = ClosedTrades()
    out = [
        trade for entry in entries([*STORY, PROFIT, FEE, PRICE]) if (trade := fold.take(entry)) is not None
    ]
    assert [(one.net, one.before) for one in out] == [
        (D("7.00"), None),
        (D("6.50"), D("7.00")),
        (D("6.25"), D("6.50")),
        (D("6.25"), D("6.25")),
    ]
    assert out[-1].deals[0].price == D("1.10004")


@pytest.mark.parametrize("late", [True, False])
def test_a_journal_has_each_trade_once_as_it_stands_in_the_end(*, late: bool) -> None:
    bodies = [*STORY, PROFIT, FEE] if late else [*STORY[:-1], FEE, STORY[-1], PROFIT]
    (trade,) = closed_trades(entries(bodies))
    assert trade.net == D("6.25")
    story = tell(entries(bodies))
    assert [one.net for one in story.trades] == [D("6.25")]
    assert (story.charged["fee"], story.book.cash) == (D("-0.25"), D("6.25"))


def test_a_correction_of_another_value_changes_no_trade() -> None:
    stale = Corrected(key="z", what="profit", ours="5", theirs="1", deal=3)
    assert [one.net for one in closed_trades(entries([*STORY, stale]))] == [D("7.00")]


def test_slippage_is_of_the_brokers_price() -> None:
    found = execution_quality(entries([*STORY, PRICE]), resamples=100)["all"]
    assert found["slippage_points"]["value"] == pytest.approx(4.0)
    fold = Executions()
    for entry in entries([*STORY, PRICE, FEE]):
        fold.take(entry)
    assert fold.orders["intent1"].paid == D("0.20") * D("1.10004")


def test_evidence_counts_the_trade_once_with_the_brokers_money() -> None:
    found = gather([entries([*STORY, PROFIT, FEE])], MARK)
    assert (found.trades, found.net) == (1, D("6.25"))
    live: list[AnyBody] = [start("live", MARK), *STORY[1:]]
    lost = Corrected(key="a", what="profit", ours="9", theirs="-90", deal=3)
    assert gather([entries([*live, lost])], MARK).live_trades == 1
    assert gather([entries([*live, lost])], MARK).drawdown > 0


def test_the_operators_fee_is_booked_once_whatever_is_corrected() -> None:
    fees = {"desk": OperatorFee(profit_share=0.1)}
    (due,) = fees_due(entries([*STORY, PROFIT]), fees, "USD")
    assert due.amount == D("-0.70")
    assert fees_due(entries([*STORY, due, PROFIT]), fees, "USD") == []


def test_why_tells_of_the_correction() -> None:
    orders, _ = why_tables(entries([*STORY, PRICE]), {"EURUSD": 5})
    assert orders.to_pylist()[-1]["event"] == "corrected"
    assert orders.to_pylist()[-1]["reason"] == "price 1.1 to 1.10004"
