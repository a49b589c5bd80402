"""The steps of an account: a worst moment counts in the step in which it fell, with what was paid by then."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ictcli.clock import from_datetime
from ictcli.engine.trades import TRADES
from ictcli.research.metrics.account_path import Steps, account_steps
from ictcli.research.metrics.values import Equity, Sample

START = datetime(2024, 1, 1, 12, tzinfo=UTC)
NONE = np.zeros(0, np.int64)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def trade(opened: float, worst: float, closed: float, **more: Any) -> dict[str, Any]:
    """A trade that made 50.00 after standing 20.00 below its entry; it paid 2.00 on each side."""
    plain = {"net": Decimal("50.00"), "risk": Decimal("100.00"), "commission": Decimal("4.00"), "mae_r": 0.2}
    moments = {"opened_at": at(opened), "mae_at": at(worst), "closed_at": at(closed), "exits": 1}
    return {**plain, **moments, **more}


def steps(trades: list[dict[str, Any]], *marks: tuple[int, float]) -> Steps:
    """On a balance of 1000; marks are hours and balances at which nothing else is open."""
    ts = np.array([from_datetime(at(hour)) for hour, _ in marks], np.int64)
    balance = np.array([money for _, money in marks])
    return account_steps(
        Sample(pa.Table.from_pylist(trades, TRADES), NONE, NONE, 0, 1000.0, Equity(ts, balance, balance))
    )


def test_a_worst_moment_counts_in_its_own_step_and_not_at_the_close() -> None:
    # another trade lost 300 at 5, long after this one had stood worst
    found = steps([trade(1, 2, 9)], (4, 998.0), (5, 698.0), (9, 746.0))
    assert found.path.worst.tolist() == [-22.0, -300.0, 48.0]
    assert found.lowest_at.tolist() == [from_datetime(at(hour)) for hour in (2, 5, 5)]


def test_what_the_entry_cost_is_not_counted_twice() -> None:
    found = steps([trade(1, 6, 9)], (4, 998.0), (9, 1046.0))
    assert found.path.worst[1] == pytest.approx(-20.0)
    assert found.lowest_at[1] == from_datetime(at(6))


def test_of_a_trade_left_in_parts_only_what_marks_tell_counts() -> None:
    found = steps([trade(1, 6, 9, exits=2)], (4, 998.0), (9, 1046.0))
    assert found.path.worst.tolist() == [-2.0, 48.0]


def test_a_kept_trade_that_does_not_tell_when_counts_at_its_close() -> None:
    row = trade(1, 2, 9)
    del row["mae_at"]
    found = steps([row], (4, 998.0), (9, 1046.0))
    assert found.path.worst[1] == pytest.approx(-20.0)
    assert found.lowest_at[1] == from_datetime(at(9))
