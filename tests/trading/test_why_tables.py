"""Decisions and orders of a journal, as the answer to "why" reads them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ictcli.errors import UsageError
from ictcli.ledger import bodies
from ictcli.ledger.log import Entry
from ictcli.reports.why import why_text
from ictcli.research.why import why
from ictcli.trading.closed_trades import closed_trades
from ictcli.trading.trade_rows import trades_table
from ictcli.trading.why_tables import why_tables
from tests.ledger.stories import NOW, acked, filled, intent, sent, start

D = Decimal
AT = datetime.fromtimestamp(NOW / 1e9, UTC)


def test_a_set_up_is_told_from_its_decision_to_its_refusal() -> None:
    entered = bodies.Decided(
        symbol="EURUSD", strategy="fvg_retest", bar=NOW, what="enter", reason="touched", setup=4,
        facts={"stage": "armed", "side": 1, "price": 110_000, "stop": 109_000, "target": 0},
    )  # fmt: skip
    told: list[bodies.AnyBody] = [
        start(), entered, intent("a", why="set-up 4"), bodies.Denied(id="a", code="latched", detail="halt"),
        bodies.Denied(id="nobody", code="latched"),
    ]  # fmt: skip
    entries = [Entry(seq, NOW, body) for seq, body in enumerate(told, 1)]
    orders, signals = why_tables(entries, {"EURUSD": 5})
    trades = trades_table(closed_trades(entries), {}, lambda _symbol: None, ("", ""))
    (story,) = why("EURUSD", AT, trades, orders, signals).stories
    assert [(step["who"], step["what"], step["reason"]) for step in story.steps] == [
        ("strategy", "enter", "touched"),
        ("account", "place", "0.1 lots, set-up 4"),
        ("account", "denied", "latched: halt"),
    ]
    assert (story.steps[0]["price"], story.steps[0]["stop"], story.steps[0]["target"]) == (
        D("1.1"),
        D("1.09"),
        None,
    )
    with pytest.raises(UsageError, match="no decisions of XAUUSD"):
        why("XAUUSD", AT, trades, orders, signals)


def test_what_closes_a_position_belongs_to_the_set_up_that_opened_it() -> None:
    told: list[bodies.AnyBody] = [
        start(), intent("in", why="set-up 4"), sent("in"), acked("in"), filled(1, "in"),
        intent("amend", action="amend", target_id="in", why="even"),
        intent("out", action="close", side=-1, position=11, why="strategy"), sent("out"),
        filled(2, "out", entry="out", side=-1), intent("other", why="gap"),
    ]  # fmt: skip
    orders, _ = why_tables([Entry(seq, NOW, body) for seq, body in enumerate(told, 1)], {"EURUSD": 5})
    assert orders.column("setup_number").to_pylist() == [4] * 8 + [None]
    assert orders.column("event").to_pylist()[-2] == "closed"


def test_one_number_on_two_timeframes_is_two_set_ups() -> None:
    told: list[bodies.AnyBody] = [start()]
    for timeframe in ("M5", "M15"):
        told += [
            bodies.Decided(
                symbol="EURUSD", strategy="s", bar=NOW, what="enter", reason=timeframe, setup=4,
                timeframe=timeframe,
            ),
            intent(timeframe, strategy="s", why="set-up 4", timeframe=timeframe), sent(timeframe),
        ]  # fmt: skip
    entries = [Entry(seq, NOW, body) for seq, body in enumerate(told, 1)]
    answer = why("EURUSD", AT, trades_table([], {}, lambda _symbol: None, ("", "")), *why_tables(entries, {}))
    assert [(story.timeframe, len(story.steps)) for story in answer.stories] == [("M5", 3), ("M15", 3)]
    text = why_text(answer, 5)
    assert "\ns M5, set-up 4\n" in text
    assert "\ns M15, set-up 4\n" in text
