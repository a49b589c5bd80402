"""Finished trades of a journal with the columns of a run's trades."""

from decimal import Decimal
from typing import Any

import pytest

from ictcli.ledger import bodies
from ictcli.ledger.log import Entry
from ictcli.trading.closed_trades import closed_trades
from ictcli.trading.trade_rows import exit_reason, setup_of, trades_table
from tests.ledger.stories import NOW, filled, intent, start, trade

D = Decimal
NOWHERE = ("s/1", "M15")


def row(told: list[bodies.AnyBody], worth: Decimal | None) -> dict[str, Any]:
    entries = [Entry(seq, NOW, body) for seq, body in enumerate([start(), *told], 1)]
    intents = {one.body.id: one.body for one in entries if isinstance(one.body, bodies.Intent)}
    table = trades_table(closed_trades(entries), intents, lambda _symbol: worth, NOWHERE)
    (found,) = table.to_pylist()
    return dict(found)


TRADE = [body for batch in trade(1) for body in batch]


@pytest.mark.parametrize("worth", [D(100_000), None])
def test_a_trade_is_worth_what_its_deals_booked(worth: Decimal | None) -> None:
    """0.10 lots from 1.10000 with the stop at 1.09 risk 100; the result tells the same where it must."""
    found = row(TRADE, worth)
    assert (found["gross"], found["commission"], found["swap"], found["net"]) == (
        D("25.00"), D("0.70"), D("-1.17"), D("23.13")
    )  # fmt: skip
    assert found["risk"] == D("100.00")
    assert found["r_multiple"] == pytest.approx(0.2313)
    assert (found["entry"], found["exit"], found["volume"]) == (D("1.1"), D("1.1025"), D("0.1"))
    assert (found["side"], found["source"], found["position"], found["closing_deal"]) == (
        "long",
        "s/1",
        1001,
        4,
    )
    assert (found["costs"], found["ambiguous"], found["mae_r"]) == (None, None, None)


def test_risk_is_unknown_without_a_stop_or_a_move_that_tells() -> None:
    bare = [intent("in1", stop=None), *TRADE[1:]]
    assert row(bare, D(100_000))["risk"] is None
    still = [*TRADE[:-1], filled(4, "out1", position=1001, side=-1, entry="out", profit=D(0))]
    assert row(still, None)["r_multiple"] is None
    assert row(still, D(100_000))["risk"] == D("100.00")


def test_amounts_finer_than_a_cent_stay_exact() -> None:
    fine = [*TRADE[:-1], filled(4, "out1", position=1001, side=-1, entry="out", profit=D("0.12345678"))]
    assert row(fine, None)["gross"] == D("0.12345678")


def test_a_close_that_was_asked_for_says_why_and_a_level_says_which() -> None:
    closing = intent("c", action="close", side=-1, local={"reason": 3}, why="set-up 12")
    assert exit_reason(filled(1, "c", reason="expert"), {"c": closing}) == "time"
    assert exit_reason(filled(1, "a", reason="stop"), {"a": intent("a")}) == "stop"
    assert exit_reason(filled(1, "", reason="client"), {}) == "client"
    assert (setup_of(closing), setup_of(intent("a"))) == (12, None)
