"""Decisions and orders of a journal, as the answer to "why" reads them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ictcli.errors import UsageError
from ictcli.ledger import bodies
from ictcli.ledger.log import Entry
from ictcli.research.why import why
from ictcli.trading.closed_trades import closed_trades
from ictcli.trading.trade_rows import trades_table
from ictcli.trading.why_tables import why_tables
from tests.ledger.stories import NOW, intent, start

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
