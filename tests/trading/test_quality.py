"""Execution quality out of a journal."""

from decimal import Decimal
from typing import Any

import pytest

from ictcli.ledger.bodies import Acked, AnyBody, BarTaken, Filled, Rejected, Sent, Unresolved
from ictcli.trading.quality import QUALITY_COLUMNS, execution_quality, quality_rows, sent_sentence
from tests.trading.journals import deal, entries, intent, start

BAR = BarTaken(
    symbol="EURUSD", timeframe="M15", digits=5, ts=0, ts_close=1, open=1, high=1, low=1, close=1, spread=1,
    tick_volume=1,
)  # fmt: skip


def sent(name: str, attempt: int = 1) -> Sent:
    return Sent(id=name, attempt=attempt, request={}, digest="")


def filled(name: str, number: int, price: str, *, side: int = 1, **changes: Any) -> Filled:
    return deal(number, number, side, "0.20", id=name, price=Decimal(price), **changes)


def acked(name: str) -> Acked:
    return Acked(id=name, attempt=1, code=10008)


def measured(*bodies: AnyBody) -> dict[str, Any]:
    """The document of a journal, one entry every ten milliseconds."""
    return execution_quality(entries([start(), BAR, *bodies]), resamples=200)


def test_slippage_is_what_the_price_was_worse_than_expected_in_points_and_in_risk() -> None:
    bought = measured(intent("a"), sent("a"), acked("a"), filled("a", 1, "1.10003"))["all"]
    assert bought["slippage_points"]["value"] == pytest.approx(3.0)
    assert bought["slippage_r"]["value"] == pytest.approx(0.03)
    sold = measured(
        intent("a", side=-1, stop=Decimal("1.101")), sent("a"), filled("a", 1, "1.10004", side=-1)
    )["all"]
    assert sold["slippage_points"]["value"] == pytest.approx(-4.0)


def test_parts_of_a_fill_count_by_their_volume() -> None:
    both = [
        deal(1, 1, 1, "0.30", id="a", price=Decimal("1.10000")),
        deal(2, 1, 1, "0.10", id="a", price=Decimal("1.10008")),
    ]
    found = measured(intent("a"), sent("a"), *both)["all"]
    assert found["slippage_points"]["value"] == pytest.approx(2.0)
    assert found["slippage_points"]["n"] == 1


def test_latencies_are_between_entries_of_the_journal() -> None:
    found = measured(intent("a"), sent("a"), acked("a"), filled("a", 1, "1.1"))["all"]["latency_ms"]
    assert found["decided_sent"] == {"n": 1, "p50": 10.0, "p95": 10.0, "p99": 10.0}
    assert found["sent_acked"]["p50"] == 10.0
    assert found["sent_filled"]["p50"] == 20.0


def test_requotes_rejects_and_unknown_outcomes_are_counted_apart() -> None:
    requote = Rejected(id="a", attempt=1, code=10004, again=True)
    refusal = Rejected(id="b", attempt=1, code=10019)
    unknown = Unresolved(id="c", attempt=1, code=10012)
    found = measured(
        intent("a"), sent("a"), requote, sent("a", 2), filled("a", 1, "1.1"),
        intent("b"), sent("b"), refusal, intent("c"), sent("c"), unknown, intent("never sent"),
    )["all"]  # fmt: skip
    assert (found["orders"], found["requests"], found["filled"], found["requotes"]) == (3, 4, 1, 1)
    assert sent_sentence(found) == "3 orders, 0 closes and changes, in 4 requests"
    assert sent_sentence(found | {"placed": 1}) == "1 orders, 2 closes and changes, in 4 requests"
    assert found["rejected"]["value"] == pytest.approx(1 / 3)
    assert found["unknown"]["value"] == pytest.approx(1 / 3)
    assert 0 < found["unknown"]["low"] < 1 / 3 < found["unknown"]["high"] < 1


def test_symbols_and_strategies_stand_apart_and_intervals_hold_the_mean() -> None:
    bodies: list[AnyBody] = []
    for number in range(1, 61):
        name = f"i{number}"
        strategy = "breaker" if number % 2 else "fvg_retest"
        bodies += [intent(name, strategy=strategy), sent(name), filled(name, number, f"1.1000{number % 5}")]
    bodies += [intent("g", symbol="XAUUSD", expected=Decimal("2000.10"), stop=None), sent("g")]
    bodies += [filled("g", 99, "2000.15")]
    found = measured(*bodies)
    assert set(found["symbols"]) == {"EURUSD", "XAUUSD"}
    assert found["strategies"]["breaker"]["orders"] == 30
    mean = found["symbols"]["EURUSD"]["slippage_points"]
    assert mean["n"] == 60
    assert mean["low"] < mean["value"] < mean["high"]
    gold = found["symbols"]["XAUUSD"]
    assert gold["slippage_points"] == {"value": pytest.approx(5.0), "low": None, "high": None, "n": 1}
    assert gold["slippage_r"]["n"] == 0


def test_a_stop_that_the_broker_executed_is_no_fill_of_the_order_that_opened() -> None:
    stopped = deal(2, 1, -1, "0.20", id="a", entry="out", price=Decimal("1.099"), of_position=True)
    found = measured(intent("a"), sent("a"), filled("a", 1, "1.1"), stopped)["all"]
    assert found["slippage_points"]["value"] == pytest.approx(0.0)


def test_an_empty_journal_has_no_values_and_no_crash() -> None:
    found = execution_quality([])
    assert found["all"]["orders"] == 0
    assert found["all"]["rejected"] == {"value": None, "low": None, "high": None, "n": 0}
    assert [len(row) for row in quality_rows(found)] == [len(QUALITY_COLUMNS)]
