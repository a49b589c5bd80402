"""Tables of a run's parts: comparable, and no wider than the screen."""

from datetime import timedelta
from typing import Any

import pyarrow as pa

from ictcli.reports.breakdown import breakdowns
from ictcli.reports.layout import WIDTH
from ictcli.reports.part_tables import part_tables
from tests.reports.conftest import START


def test_every_part_is_a_line_with_its_intervals(trades: pa.Table, document: dict[str, Any]) -> None:
    tables = part_tables(breakdowns(trades, document), 0.95)
    assert [lines[0].split("  ")[0] for lines in tables] == [
        *("Symbol", "Side", "Session", "Day", "Hour (NY)", "Exit"),
    ]
    assert len({lines[1] for lines in tables}) == 1
    eurusd = tables[0][2].split()
    assert eurusd[:4] == ["EURUSD", "3", "69.50", "0.463"]
    assert eurusd[-1] == "2.38"
    assert "33.3 %" in tables[0][2]


def test_strategies_and_set_ups_are_shown_where_there_are_several(
    trades: pa.Table, document: dict[str, Any]
) -> None:
    bare = trades.drop_columns([name for name in ("strategy", "setup") if name in trades.column_names])
    alike = bare.append_column("strategy", pa.array(["a"] * 5))
    several = alike.append_column("setup", pa.array(["x" * 90, "y", "y", "", "y"]))
    tables = part_tables(breakdowns(several, document), 0.95)
    titles = [lines[0].split("  ")[0] for lines in tables]
    assert "Strategy" not in titles
    lines = tables[titles.index("Set-up")]
    assert [line.split()[1] for line in lines[2:]] == ["3", "1"]  # one trade has no set-up
    assert "…" in lines[3]
    assert max(len(line) for table in tables for line in table) <= WIDTH


def test_set_ups_that_repeat_the_strategies_are_left_out(trades: pa.Table, document: dict[str, Any]) -> None:
    bare = trades.drop_columns([name for name in ("strategy", "setup") if name in trades.column_names])
    names = pa.array(["a", "b", "a", "b", "b"])
    repeated = bare.append_column("strategy", names).append_column("setup", names)
    titles = [lines[0].split("  ")[0] for lines in part_tables(breakdowns(repeated, document), 0.95)]
    assert "Strategy" in titles
    assert "Set-up" not in titles


def test_exits_have_no_profit_factor(trades: pa.Table, document: dict[str, Any]) -> None:
    stop = part_tables(breakdowns(trades, document), 0.95)[-1][2]
    assert stop.startswith("stop")
    assert stop.split()[-1] != "0.00"


def test_a_run_without_trades_lists_its_symbols_only(trades: pa.Table, document: dict[str, Any]) -> None:
    (table,) = part_tables(breakdowns(trades.slice(0, 0), document), 0.95)
    assert [line.split() for line in table[2:]] == [
        ["EURUSD", "0", "0.00", "-", "-", "-", "-", "-"],
        ["XAUUSD", "0", "0.00", "-", "-", "-", "-", "-"],
    ]


def test_days_and_hours_are_those_of_the_opening(trades: pa.Table, document: dict[str, Any]) -> None:
    parts = breakdowns(trades, document)
    names = [f"{START + timedelta(days=i):%a}" for i in range(5)]
    assert {row["weekday"] for row in parts["weekday"]} == set(names)
    assert [row["hour"] for row in parts["hour"]] == ["04"]  # 09:00 UTC in January
