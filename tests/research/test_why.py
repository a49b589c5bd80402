"""Why there was a trade, and why there was none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from ictcli.engine.order_log import ORDERS
from ictcli.engine.trades import TRADES
from ictcli.errors import UsageError
from ictcli.reports.why import outside, why_document, why_text
from ictcli.research.signal_log import SIGNALS
from ictcli.research.why import Why, why

START = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
WHERE = {"source": "sim", "symbol": "EURUSD", "timeframe": "M15", "strategy": "unicorn"}


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def table(schema: pa.Schema, *rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([{**WHERE, **row} for row in rows], schema=schema)


def decision(minutes: int, setup: int, kind: str, stage: str, reason: str) -> dict[str, Any]:
    return {"signal_at": at(minutes), "setup_number": setup, "kind": kind, "stage": stage, "reason": reason}


def event(minutes: int, setup: int, what: str, reason: str | None = None) -> dict[str, Any]:
    return {"known_at": at(minutes), "setup_number": setup, "event": what, "reason": reason}


SIGNAL_ROWS = (
    decision(0, 7, "note", "swept", "sell side taken"),
    decision(30, 7, "enter", "armed", "breaker and gap"),
    decision(200, 8, "note", "idle", "outside hours"),
)
ORDER_ROWS = (event(30, 7, "refused", "spread"),)


def ask(minutes: int, symbol: str = "EURUSD") -> Why:
    trades = TRADES.empty_table()
    return why(symbol, at(minutes), trades, table(ORDERS, *ORDER_ROWS), table(SIGNALS, *SIGNAL_ROWS))


def test_a_setup_under_way_is_told_from_its_first_record_to_the_refusal_of_its_order() -> None:
    answer = ask(15)
    (story,) = answer.stories
    assert (story.strategy, story.number) == ("unicorn", 7)
    assert [(step["who"], step["what"]) for step in story.steps] == [
        ("strategy", "swept"),
        ("strategy", "enter"),
        ("account", "refused"),
    ]
    text = why_text(answer, 5)
    assert "No position was open." in text
    assert "spread: the spread is too wide" in text


@pytest.mark.parametrize("minutes", [0, 30])
def test_the_first_and_the_last_instant_of_a_setup_belong_to_it(minutes: int) -> None:
    assert [story.number for story in ask(minutes).stories] == [7]


def test_where_nothing_was_under_way_the_nearest_records_are_named() -> None:
    answer = ask(31)
    assert answer.stories == ()
    assert answer.before is not None
    assert answer.after is not None
    assert (answer.before["what"], answer.after["reason"]) == ("refused", "outside hours")
    text = why_text(answer, 5)
    assert "No set-up was under way" in text
    assert "outside hours" in text


def test_the_position_open_at_the_moment_is_named() -> None:
    trade = {"side": "long", "opened_at": at(0), "closed_at": at(60), "exit_reason": "target"}
    numbers = {"entry": 1, "exit": 2, "volume": 1}
    trades = table(TRADES, trade | numbers)
    orders, signals = table(ORDERS, *ORDER_ROWS), table(SIGNALS, *SIGNAL_ROWS)
    assert len(why("EURUSD", at(59), trades, orders, signals).trades) == 1
    assert why("EURUSD", at(60), trades, orders, signals).trades == ()
    text = why_text(why("EURUSD", at(0), trades, orders, signals), 2)
    assert "unicorn long 1 lots" in text
    assert "at 1.00, closed" in " ".join(text.split())
    assert "at 2.00 by target" in " ".join(text.split())


def test_a_symbol_that_was_not_traded_is_refused() -> None:
    with pytest.raises(UsageError, match="no decisions of GBPUSD") as caught:
        ask(0, "GBPUSD")
    assert "EURUSD" in caught.value.hint


def test_json_has_instants_and_prices_as_text() -> None:
    document = why_document(ask(15))
    assert document["at"] == "2024-03-05T09:15Z"
    assert document["setups"][0]["steps"][0]["at"] == "2024-03-05T09:00Z"


def test_a_moment_that_was_never_traded_says_so() -> None:
    first, last = "2024-03-04T00:00:00Z", "2024-03-05T00:00:00Z"
    (doubt,) = outside(datetime(2024, 3, 6, tzinfo=UTC), first, last)
    assert "outside of the bars that were traded, 2024-03-04T00:00Z to 2024-03-05T00:00Z" in doubt
    assert outside(datetime(2024, 3, 5, tzinfo=UTC), first, last) == []
