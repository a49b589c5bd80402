"""Studies of a run as text."""

from typing import Any

import pytest

from ictcli.reports.layout import WIDTH
from ictcli.reports.study_tables import study_tables
from tests.reports.conftest import metric


def case(multiplier: float, net: str) -> dict[str, Any]:
    return {
        "multiplier": multiplier,
        "trades": metric(1234),
        "net_profit": metric(net),
        "net_expectancy_r": metric(0.1234, -0.5, 0.25),
        "profit_factor": metric(None),
        "win_rate": metric(0.4),
        "total_costs": metric("10.00"),
    }


def kind(final: str) -> dict[str, Any]:
    share = {"value": 0.015, "low": 0.01, "high": 0.02}
    return {
        "final": {"p5": final, "p50": final, "p95": final},
        "max_drawdown": {"p5": 0.1, "p50": 0.25, "p95": 1.5},
        "losing_streak_p95": 12,
        "loss": share,
        "ruin": share,
        "drawdown_beyond": [{"limit": 0.1, **share}],
    }


def trial(number: int, **values: str) -> dict[str, Any]:
    told = {"trades": 120, "net_expectancy_r": 0.2, "profit_factor": None, "net_profit": 1234.5}
    return {"trial": number, "values": values, "max_drawdown": 0.1, "sharpe_daily": 1.5, **told}


@pytest.fixture
def studied(document: dict[str, Any]) -> dict[str, Any]:
    return document | {
        "search": {
            "trials": 1200,
            "effective_trials": 37.25,
            "average_correlation": 0.9,
            "metric": "sharpe_daily",
            "best": trial(7, max_bars="48"),
            "dsr": 0.613,
            "pbo": None,
            "pbo_blocks": None,
            "loss_probability": None,
            "spa_p": 0.0456,
            "top": [trial(7, max_bars="48"), trial(9, max_bars="x" * 90)],
            "neighbours": [],
        },
        "costs": {"cases": [case(0.5, "123456789.12"), case(2.0, "-99.50")], "break_even": 1.875},
        "monte_carlo": {
            "paths": 2000,
            "trades": 50,
            "opening": "10000.00",
            "ruin_below": "5000.00",
            "growth": "added",
            "kinds": {name: kind("123456789.12") for name in ("bootstrap", "order", "costs")},
        },
        "null": {
            "runs": 199,
            "expectancy_r": 0.12,
            "random_mean": -0.1,
            "random_p5": -0.3,
            "random_p50": -0.1,
            "random_p95": 0.1,
            "random_trades": 40.0,
            "as_good": 9,
            "p": 0.05,
            "low": 0.02,
            "high": 0.08,
        },
    }


def test_each_study_is_told_and_fits_the_screen(studied: dict[str, Any]) -> None:
    search, costs, paths, null = study_tables(studied)
    assert search[2].split() == [
        *("7:", "max_bars=48", "120", "0.200", "R", "-", "1,234.50", "10.0", "%", "1.50"),
    ]
    assert "…" in search[3]
    assert " ".join(search[4:]) == (
        "1,200 trials, 37.2 effective trials; trial 7 is best by sharpe_daily. Of the best: deflated"
        " Sharpe ratio 61.3 %, probability of overfitting -, superiority p = 0.046."
    )
    assert costs[2].split()[:4] == ["0.5", "times", "1,234", "123,456,789.12"]
    assert "-0.500 R to 0.250 R" in costs[3]
    assert costs[-1] == "Nothing is left at 1.88 times the costs."
    assert [line.split("  ")[0] for line in paths[2:5]] == ["drawn again", "other order", "other costs"]
    assert paths[2].split()[-4:] == ["1.5", "%", "1.5", "%"]
    assert paths[-1] == "2,000 paths of each kind; ruin is a balance below 5000.00."
    assert " ".join(null).startswith(
        "Random entries: 9 of 199 runs did as well as 0.120 R (p = 0.050, interval 0.020 to 0.080)"
    )
    assert max(len(line) for lines in (search, costs, paths, null) for line in lines) <= WIDTH


def test_a_run_without_studies_has_no_tables(document: dict[str, Any]) -> None:
    assert study_tables(document) == []


def test_a_run_without_costs_breaks_even_nowhere(studied: dict[str, Any]) -> None:
    studied["costs"]["break_even"] = None
    assert not any("Nothing is left" in line for line in study_tables(studied)[1])


@pytest.mark.parametrize(("trials", "warned"), [(9, True), (10, False)])
def test_overfitting_of_few_trials_is_called_meaningless(
    studied: dict[str, Any], trials: int, *, warned: bool
) -> None:
    search = studied["search"] | {"trials": trials, "pbo": 0.25}
    said = " ".join(study_tables(studied | {"search": search})[0])
    assert "probability of overfitting 25.0 %" in said
    assert ("meaningless with fewer than 10 trials" in said) is warned


def test_drawdowns_and_profit_factors_are_called_the_same_everywhere(studied: dict[str, Any]) -> None:
    text = "\n".join("\n".join(lines) for lines in study_tables(studied))
    assert "Falls" not in text
    assert text.count("Drawdown") == 2


def test_earlier_attempts_are_named(document: dict[str, Any]) -> None:
    earlier = {
        "runs": ["a", "b", "c", "d"],
        "trials": 13,
        "effective_trials": 2.44,
        "average_correlation": 0.88,
        "unreadable": ["e"],
    }
    (lines,) = study_tables(document | {"earlier": earlier})
    assert " ".join(lines) == (
        "Earlier attempts: 13 trials with this one, 2.4 effective trials, from 4 kept runs (a, b, c and 1"
        " more); the deflated Sharpe ratio counts them. Not counted, for they cannot be read: e (1)."
    )
