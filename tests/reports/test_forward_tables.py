"""Neighbours and folds as people see them, at the widest numbers that occur."""

from typing import Any

import pytest

from ictcli.reports.forward_tables import forward_tables
from ictcli.reports.layout import WIDTH

METRICS: dict[str, Any] = {
    "trades": 12345.0,
    "net_expectancy_r": -0.123,
    "profit_factor": None,
    "net_profit": -1234567.89,
    "max_drawdown": 0.2345,
    "sharpe_daily": -12.34,
    "win_rate": 0.5,
}


@pytest.fixture
def walked() -> dict[str, Any]:
    fold = {
        "fold": 1,
        "train": ["2024-01-01T00:00:00Z", "2024-07-01T00:00:00Z"],
        "test": ["2024-07-01T00:00:00Z", "2024-09-01T00:00:00Z"],
        "trial": 3,
        "values": {"hold": "top"},
        "in_sample": METRICS,
        "out_of_sample": {**METRICS, "sharpe_daily": None},
        "test_return": -0.01,
    }
    return {
        "walk_forward": {
            "plan": "train=6M,test=2M",
            "metric": "sharpe_daily",
            "trials": 100_000,
            "span": ["2024-07-01T00:00:00Z", "2024-11-01T00:00:00Z"],
            "days_left_over": 3,
            "folds": [fold, {**fold, "fold": 2}],
            "in_sample_expectancy_r": 0.2,
            "out_of_sample_expectancy_r": -0.1,
            "folds_with_gain": 0,
            "chosen": {"hold": {"bottom": 0, "top": 2}},
        }
    }


def test_folds_show_in_sample_beside_out_of_sample(walked: dict[str, Any]) -> None:
    folds, chosen, words = forward_tables(walked)
    assert folds[0].startswith("Walk-forward train=6M,test=2M: 2 folds, 100,000 trials each")
    assert "-12.34 > -" in folds[3]
    assert "-0.123 R > -0.123 R" in folds[3]
    assert chosen[2].split() == ["hold", "top", "(2", "x)"]
    assert "0.200 R, out of sample -0.100 R, -0.300 R; 0 of 2 folds" in " ".join(words)


def test_everything_fits_the_screen(walked: dict[str, Any]) -> None:
    for lines in forward_tables(walked):
        assert max(map(len, lines)) <= WIDTH


def test_without_a_search_nothing_was_chosen(walked: dict[str, Any]) -> None:
    walked["walk_forward"]["chosen"] = {}
    assert len(forward_tables(walked)) == 2


def test_neighbours_show_the_changed_value_and_the_metric_they_are_compared_by() -> None:
    one = {"name": "hold", "value": "middle", "trial": 4, **METRICS}
    search = {"metric": "win_rate", "neighbours": [one]}
    (lines,) = forward_tables({"search": search})
    assert lines[1].split()[:3] == ["Changed", "win", "rate"]
    assert lines[3].split()[:3] == ["hold=middle", "50.0", "%"]
    assert max(map(len, lines)) <= WIDTH


def test_a_lonely_trial_says_so() -> None:
    assert forward_tables({"search": {"metric": "win_rate", "neighbours": []}}) == [
        ["Neighbours of the best trial: none was tried."]
    ]


def test_a_plain_run_has_no_such_tables() -> None:
    assert forward_tables({}) == []
