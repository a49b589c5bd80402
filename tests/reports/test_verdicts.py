"""Words that say no more than the numbers."""

from typing import Any

import pytest

from ictcli.reports.verdicts import edge_sentence


@pytest.mark.parametrize(
    ("trades", "low", "high", "beginning"),
    [
        (0, None, None, "No trades"),
        (1, None, None, "Too few trades to tell an edge or a loss: 1, 30 at least."),
        (50, -0.1, 0.3, "No edge shown: the 90 % interval of the expectancy includes zero."),
        (50, 0.0, 0.3, "No edge shown"),
        (50, 0.01, 0.3, "Edge shown on this data"),
        (5, 0.2, 0.9, "Too few trades to tell an edge or a loss: 5, 30 at least."),
        (29, 0.01, 0.3, "Too few trades to tell"),
        (2, -0.9, -0.2, "Too few trades to tell"),
        (30, 0.01, 0.3, "Edge shown on this data"),
        (50, -0.3, -0.1, "A loss is shown"),
        (50, -0.3, 0.0, "No edge shown"),
    ],
)
def test_an_edge_is_claimed_only_when_the_whole_interval_is_above_zero(
    trades: int, low: float | None, high: float | None, beginning: str
) -> None:
    metrics: dict[str, dict[str, Any]] = {
        "trades": {"value": trades},
        "net_expectancy_r": {"low": low, "high": high},
    }
    assert edge_sentence(metrics, 0.9).startswith(beginning)


@pytest.mark.parametrize(
    ("dsr", "said"),
    [
        (None, "(not corrected for repeated attempts)"),
        (0.613, "(deflated Sharpe ratio over all attempts: 61.3 %)"),
    ],
)
def test_an_edge_is_weighed_against_the_attempts_where_they_are_known(dsr: float | None, said: str) -> None:
    metrics: dict[str, dict[str, Any]] = {
        "trades": {"value": 50},
        "net_expectancy_r": {"low": 0.1, "high": 0.3},
        "dsr": {"value": dsr},
    }
    assert said in edge_sentence(metrics, 0.95)


def test_trades_without_a_stop_do_not_count_towards_a_verdict() -> None:
    metrics: dict[str, dict[str, Any]] = {
        "trades": {"value": 50},
        "net_expectancy_r": {"low": None, "high": None, "n": 4},
    }
    assert edge_sentence(metrics, 0.95).endswith("a loss: 4 of 50 have a stop, 30 at least.")
