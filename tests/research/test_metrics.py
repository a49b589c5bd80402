"""Metrics on trades that can be summed by hand; what is undefined is None."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ictcli.engine.trades import TRADES
from ictcli.research.metrics import METRICS, Resampling, Sample, daily_results, measure, metric_document

HOW = Resampling(resamples=200, seed=1, confidence=0.95)


def sample(*nets: str, multiples: list[float | None] | None = None, days: list[int] | None = None) -> Sample:
    """Trades with these net results, 10.00 risk, no commission, one unit of cost, two bars each."""
    rows = [
        {
            "net": Decimal(net),
            "costs": Decimal("1.00"),
            "commission": Decimal("0.00"),
            "risk": Decimal("10.00"),
            "r_multiple": multiples[i] if multiples else float(net) / 10,
            "mae_r": 0.5,
            "bars_held": 2,
        }
        for i, net in enumerate(nets)
    ]
    table = pa.Table.from_pylist(rows, schema=TRADES)
    all_days = np.arange(10, dtype=np.int64)
    when = np.array(days if days else range(len(nets)), np.int64)
    return Sample(table, when, all_days, bars=100, opening=1000.0)


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


def test_intervals_hold_the_value_and_say_how_many() -> None:
    nets = [f"{net:.2f}" for net in np.random.default_rng(1).normal(1, 5, 60)]
    metrics = measure(sample(*nets, days=[i % 10 for i in range(60)]), HOW)
    for name, definition in METRICS.items():
        metric = metrics[name]
        if definition.interval == "none":
            assert (metric.low, metric.high) == (None, None)
        else:
            assert metric.low is not None
            assert metric.high is not None
            assert metric.low <= metric.high
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
    ):
        assert metrics[name].value is None


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
    case = sample("5.00", "-3.00", "2.00", "-1.00", "4.00")
    assert measure(case, HOW) == measure(case, HOW)
    assert measure(case, HOW) != measure(case, Resampling(200, 2, 0.95))


def test_documents_hold_money_as_text_and_counts_as_integers() -> None:
    document = metric_document(measure(sample("5.00", "-3.00"), HOW))
    assert document["net_profit"]["value"] == "2.00"
    assert document["trades"] == {"value": 2, "low": None, "high": None, "n": 2}
