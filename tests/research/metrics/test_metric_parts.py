"""Parts of a run's trades: clocks, order, and trades of older runs that say less."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ictcli.clock import from_datetime
from ictcli.engine.trades import TRADES
from ictcli.research.metrics.parts import (
    DIMENSIONS,
    hour_of,
    labels,
    month_of,
    ordered,
    part_table,
    selection,
    session_of,
    weekday_of,
)


def instants(*texts: str) -> Any:
    return np.array([from_datetime(datetime.fromisoformat(text)) for text in texts], np.int64)


@pytest.mark.parametrize(
    ("instant", "session"),
    [
        ("2024-01-10T00:00:00+00:00", "asia"),  # 19:00 New York
        ("2024-01-09T23:59:59+00:00", "off"),
        ("2024-01-10T06:59:59+00:00", "asia"),
        ("2024-01-10T07:00:00+00:00", "london"),  # 02:00
        ("2024-01-10T12:00:00+00:00", "new_york"),  # 07:00
        ("2024-01-10T21:00:00+00:00", "off"),  # 16:00
        ("2024-07-10T06:00:00+00:00", "london"),  # summer time: an hour earlier in UTC
        ("2024-07-10T11:00:00+00:00", "new_york"),
        ("2024-07-10T20:00:00+00:00", "off"),
        ("2024-07-09T23:00:00+00:00", "asia"),
    ],
)
def test_sessions_follow_the_new_york_clock(instant: str, session: str) -> None:
    assert session_of(instants(instant)).tolist() == [session]


def test_a_sunday_evening_belongs_to_monday() -> None:
    sunday = instants("2024-01-07T23:30:00+00:00", "2024-01-12T21:59:00+00:00")
    assert weekday_of(sunday).tolist() == ["Mon", "Fri"]
    assert hour_of(sunday).tolist() == ["18", "16"]


def test_months_are_those_of_utc() -> None:
    assert month_of(instants("2024-01-31T23:59:00+00:00", "2024-02-01T00:00:00+00:00")).tolist() == [
        "2024-01",
        "2024-02",
    ]


@pytest.fixture
def trades() -> pa.Table:
    opened = datetime(2024, 1, 10, 8, tzinfo=UTC)
    common = {"opened_at": opened, "closed_at": opened}
    rows = [
        {"symbol": "XAUUSD", "side": "long", "exit_reason": "stop", **common},
        {"symbol": "EURUSD", "side": "short", "exit_reason": "stop", **common},
        {"symbol": "EURUSD", "side": "long", "exit_reason": "target", **common},
    ]
    return pa.Table.from_pylist(rows, TRADES)


def test_every_dimension_labels_every_trade(trades: pa.Table) -> None:
    for dimension in DIMENSIONS:
        assert len(labels(trades, dimension)) == 3
        assert len(labels(trades.slice(0, 0), dimension)) == 0


def test_a_kept_label_wins_over_a_computed_one(trades: pa.Table) -> None:
    bare = trades.drop_columns([name for name in ("session",) if name in trades.column_names])
    assert labels(bare, "session").tolist() == ["london"] * 3
    kept = bare.append_column("session", pa.array(["asia", None, ""]))
    assert labels(kept, "session").tolist() == ["asia", "london", "london"]


def test_the_page_explains_every_key_of_where() -> None:
    table = part_table()
    assert all(f"| `{dimension}` |" in table for dimension in DIMENSIONS)


def test_labels_come_in_their_own_order(trades: pa.Table) -> None:
    assert ordered(labels(trades, "symbol"), "symbol") == ["EURUSD", "XAUUSD"]
    assert ordered(labels(trades, "exit"), "exit") == ["stop", "target"]
    days = np.array(["Fri", "Mon", "Fri"], dtype=object)
    assert ordered(days, "weekday") == ["Mon", "Fri"]
    assert ordered(days[:0], "setup") == []


def test_a_selection_needs_all_its_labels(trades: pa.Table) -> None:
    assert selection(trades, [("symbol", "EURUSD")]).tolist() == [False, True, True]
    assert selection(trades, [("symbol", "EURUSD"), ("side", "long")]).tolist() == [False, False, True]
    assert selection(trades, [("symbol", "NOSUCH")]).tolist() == [False] * 3
    assert selection(trades, []).all()
