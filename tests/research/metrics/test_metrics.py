"""Metrics on trades that can be summed by hand; what is undefined is None."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ictcli.engine.trades import TRADES
from ictcli.research.metrics.days import daily_results
from ictcli.research.metrics.definitions import METRICS
from ictcli.research.metrics.measure import measure, measure_trades, metric_document
from ictcli.research.metrics.values import Resampling, Sample, Trials

HOW = Resampling(resamples=200, seed=1, confidence=0.95)


def sample(
    *nets: str,
    multiples: list[float | None] | None = None,
    days: list[int] | None = None,
    all_days: int = 10,
) -> Sample:
    """Trades with these net results, 10.00 risk, no commission, one unit of cost, two bars each."""
    rows = [
        {
            "net": Decimal(net),
            "costs": Decimal("1.00"),
            "commission": Decimal("0.00"),
            "risk": Decimal("10.00"),
            "r_multiple": multiples[i] if multiples else float(net) / 10,
            "mae_r": 0.5,
            "mfe_r": 1.5,
            "entry": Decimal("100"),
            "stop": Decimal("99"),
            "target": Decimal("103"),
            "ambiguous": float(net) < 0,
            "bars_held": 2,
        }
        for i, net in enumerate(nets)
    ]
    table = pa.Table.from_pylist(rows, schema=TRADES)
    when = np.array(days if days else range(len(nets)), np.int64)
    return Sample(table, when, np.arange(all_days, dtype=np.int64), bars=100, opening=1000.0)


def test_numbers_come_out_as_summed_by_hand() -> None:
    metrics = measure(sample("20.00", "-10.00", "30.00", "0.00"), HOW)
    assert list(metrics) == list(METRICS)
    assert metrics["trades"].value == 4
    assert metrics["net_profit"].value == 40
    assert metrics["net_expectancy_r"].value == 1.0
    assert metrics["win_rate"].value == 0.5  # a result of zero is no win
    assert metrics["profit_factor"].value == 5.0
    # 1000, 1020, 1010, 1040: the third trade's open loss of 5 starts at 1010, 15 below the peak
    assert metrics["max_drawdown"].value == pytest.approx(15 / 1020)
    assert metrics["exposure"].value == 0.08
    assert metrics["cost_share"].value == pytest.approx(4 / (21 + 9 + 31 + 1))


def test_what_traders_ask_for_comes_out_as_summed_by_hand() -> None:
    metrics = measure(sample("20.00", "-10.00", "-15.00", "30.00", "0.00", "-5.00"), HOW)
    expected = {
        "gross_profit": 50,
        "gross_loss": 30,
        "total_costs": 6,
        "result_before_costs": 26,
        "net_expectancy": 20 / 6,
        "average_win": 25,
        "average_loss": 10,
        "payoff_ratio": 2.5,
        "median_r": -0.25,
        "mean_mae_r": 0.5,
        "mean_mfe_r": 1.5,
        "longest_losing_streak": 2,
        # 1020 falls to 995 by trades 2 and 3; the next trade's open loss of 5 takes it to 990
        "max_drawdown_money": 30,
        "recovery_factor": 20 / 30,
        "drawdown_trades": 2,
        "drawdown_days": 5,
        # 1025 is the peak from trade 4 on; days 6 to 9 have no trade and stay at 1020
        "time_under_water": 0.7,
        "trades_per_day": 0.6,
        "ambiguous_share": 0.5,
        # three losses of 1, 1.5 and 0.5 R would have been gains of 3 R
        "ambiguity_gap_r": (4 + 4.5 + 3.5) / 6,
    }
    for name, value in expected.items():
        assert metrics[name].value == pytest.approx(value), name


def test_growth_is_compound_and_takes_a_year_at_least() -> None:
    two_years = measure(sample("210.00", "-10.00", days=[1, 9], all_days=731), HOW)
    span = 731 / 365.25
    growth = 1.2 ** (1 / span) - 1
    assert two_years["annual_growth"].value == pytest.approx(growth)
    assert two_years["mar"].value == pytest.approx(growth / (10 / 1210))
    short = measure(sample("210.00", "-10.00", days=[1, 9], all_days=364), HOW)
    assert (short["annual_growth"].value, short["mar"].value) == (None, None)
    assert "year" in short["mar"].why
    ruined = measure(sample("-1000.00", "-10.00", days=[1, 9], all_days=731), HOW)
    assert ruined["annual_growth"].value is None


def test_intervals_hold_the_value_and_say_how_many() -> None:
    nets = [f"{net:.2f}" for net in np.random.default_rng(1).normal(1, 5, 120)]
    known = replace(sample(*nets, days=[3 * i for i in range(120)], all_days=400), trials=Trials(5.0, 0.01))
    metrics = measure(known, HOW)
    for name, definition in METRICS.items():
        metric = metrics[name]
        if definition.interval == "none":
            assert (metric.low, metric.high) == (None, None)
        else:
            assert metric.low is not None
            assert metric.high is not None
            assert metric.low <= metric.high
        assert metric.value is not None
        assert metric.n > 0


def test_without_trades_nothing_is_a_silent_zero() -> None:
    metrics = measure(sample(), HOW)
    assert (metrics["trades"].value, metrics["net_profit"].value, metrics["exposure"].value) == (0, 0, 0)
    for name in (
        "net_expectancy_r",
        "win_rate",
        "profit_factor",
        "max_drawdown",
        "sharpe_daily",
        "cost_share",
        *("average_win", "payoff_ratio", "median_r", "longest_losing_streak", "max_drawdown_money"),
        *("drawdown_days", "time_under_water", "recovery_factor", "mar", "sortino_daily", "psr", "min_trl"),
        *("ambiguous_share", "ambiguity_gap_r"),
    ):
        assert metrics[name].value is None
        assert metrics[name].why


def test_one_trade_has_values_but_no_resampled_intervals() -> None:
    metrics = measure(sample("5.00"), HOW)
    assert metrics["net_expectancy_r"].value == 0.5
    assert metrics["net_expectancy_r"].low is None
    assert metrics["profit_factor"].value is None  # no loss to divide by
    assert metrics["win_rate"].low is not None


def test_trades_without_a_multiple_are_left_out_of_the_expectancy() -> None:
    metrics = measure(sample("5.00", "5.00", multiples=[None, 2.0]), HOW)
    assert (metrics["net_expectancy_r"].value, metrics["net_expectancy_r"].n) == (2.0, 1)


def test_idle_days_count_as_zero() -> None:
    days, net = np.array([3, 3, 7], np.int64), np.array([1.0, 2.0, 4.0])
    assert daily_results(days, net, np.array([1, 3, 5, 7], np.int64)).tolist() == [0, 3, 0, 4]


def test_the_same_seed_gives_the_same_metrics() -> None:
    case = sample(*("5.00", "-3.00", "2.00", "-1.00", "4.00") * 6, all_days=30)
    assert measure(case, HOW) == measure(case, HOW)
    assert measure(case, HOW) != measure(case, Resampling(200, 2, 0.95))


def test_documents_hold_money_as_text_and_counts_as_integers() -> None:
    document = metric_document(measure(sample("5.00", "-3.00"), HOW))
    assert document["net_profit"]["value"] == "2.00"
    assert document["trades"] == {"value": 2, "low": None, "high": None, "n": 2}
    assert document["longest_losing_streak"]["value"] == 1


def test_documents_say_why_a_number_is_missing() -> None:
    document = metric_document(measure(sample("5.00", "3.00"), HOW))
    assert document["profit_factor"]["value"] is None
    assert document["profit_factor"]["why"] == "no losing trade"
    assert "why" not in document["net_profit"]


def test_a_selection_of_trades_has_what_needs_no_account() -> None:
    case = sample("20.00", "-10.00", "30.00")
    part, whole = measure_trades(case.trades, HOW), measure(case, HOW)
    assert list(part) == [name for name in METRICS if METRICS[name].scope == "trades"]
    assert all(part[name] == whole[name] for name in part)
    assert "max_drawdown" not in part
