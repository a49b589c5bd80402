"""Metrics as text: those that decide first, undefined ones with their reason."""

from typing import Any

import pytest

from ictcli.reports.layout import WIDTH
from ictcli.reports.metric_tables import bounds, metrics_lines, other_metrics
from ictcli.research.metrics.definitions import FAMILIES, HEADLINE, METRICS
from tests.reports.conftest import metric


def test_metrics_stand_in_their_own_order_with_intervals(document: dict[str, Any]) -> None:
    lines = metrics_lines(document)
    assert [line.split("  ")[0] for line in lines[2:7]] == [
        *("trades", "net profit", "expectancy", "win rate", "profit factor"),
    ]
    assert any("0.379 R" in line and "-0.500 R to 1.200 R" in line for line in lines)
    assert lines[6].split()[2:] == ["-", "-", "5"]  # undefined, not zero


def test_an_undefined_metric_tells_why(document: dict[str, Any]) -> None:
    document["metrics"]["profit_factor"] |= {"why": "no losing trade"}
    (line,) = [line for line in metrics_lines(document) if line.startswith("profit factor")]
    assert line.split(maxsplit=3)[2:] == ["-", "no losing trade  5"]


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [
        (1.0, 0.5, 2.0, "0.50 to 2.00"),
        (1.0, 0.5, None, "0.50 to -"),
        (1.0, None, None, "-"),
        (None, None, None, "-"),
    ],
)
def test_bounds_that_do_not_exist_are_not_zero(
    value: float | None, low: float | None, high: float | None, shown: str
) -> None:
    assert bounds(metric(value, low, high), "ratio") == shown


def test_unusual_metrics_are_explained_under_their_table(document: dict[str, Any]) -> None:
    document["metrics"] |= {
        "sharpe_daily": metric(1.0),
        "cost_share": metric(0.2),
        "max_drawdown": metric(1.25),
    }
    text = "\n".join(metrics_lines(document))
    assert "125.0 %" in text
    assert "idle days included, times the root of 252" in " ".join(text.split())
    for name in ("net_expectancy_r", "max_drawdown", "sharpe_daily", "cost_share"):
        assert f"  {METRICS[name].label} " in text


def test_all_other_metrics_stand_in_the_table_of_their_family(document: dict[str, Any]) -> None:
    document["metrics"] = {name: metric(-1234567.891, -2345678.9, -1234.5) for name in METRICS}
    tables = other_metrics(document)
    assert [lines[0].split("  ")[0] for lines in tables] == list(FAMILIES.values())
    assert sum(len(lines) - 2 for lines in tables) == len(METRICS) - len(HEADLINE)
    assert len({lines[1] for lines in tables}) == 1  # the same columns
    assert max(len(line) for lines in tables for line in lines) <= WIDTH


def test_a_run_of_an_older_version_has_fewer_tables(document: dict[str, Any]) -> None:
    assert other_metrics(document) == []


def test_the_metrics_that_decide_are_metrics() -> None:
    assert set(HEADLINE) <= set(METRICS)
    assert len(set(HEADLINE)) == len(HEADLINE)
    assert len({definition.label for definition in METRICS.values()}) == len(METRICS)
