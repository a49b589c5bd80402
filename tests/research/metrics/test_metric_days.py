"""Sharpe's family on days that can be worked out by hand; conventions named."""

import math
import statistics
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ictcli.engine.trades import TRADES
from ictcli.research.metrics.days import daily_returns, day_metrics, growth_per_year, years
from ictcli.research.metrics.values import Resampling, Sample, Trials
from ictcli.stats.sharpe import track_record
from ictcli.stats.sharpe_2026 import dsr_2026, psr_2026

HOW = Resampling(300, 1, 0.95)


def sample(daily: list[int]) -> Sample:
    """One trade on each day that is not idle, on a balance of 1000."""
    days = [day for day, net in enumerate(daily) if net]
    rows = [
        {"net": Decimal(daily[day]), "bars_held": 3, "closed_at": datetime(2024, 1, 1, tzinfo=UTC)}
        for day in days
    ]
    table = pa.Table.from_pylist(rows, TRADES)
    return Sample(table, np.array(days, np.int64), np.arange(len(daily), dtype=np.int64), 100, 1000.0)


def test_sharpe_and_sortino_count_idle_days() -> None:
    daily = [10, 0, -5, 0, 20, 0, -10, 0]
    found = day_metrics(sample(daily), HOW)
    returns = [net / 1000 for net in daily]
    sharpe = statistics.mean(returns) / statistics.stdev(returns) * math.sqrt(252)
    downside = math.sqrt(sum(min(one, 0) ** 2 for one in returns) / 8)
    assert found["sharpe_daily"].value == pytest.approx(sharpe)
    assert found["sortino_daily"].value == pytest.approx(statistics.mean(returns) / downside * math.sqrt(252))
    assert found["sharpe_daily"].n == found["sortino_daily"].n == found["psr"].n == 8


def test_the_interval_of_sortino_holds_its_value() -> None:
    daily = np.random.default_rng(1).integers(-20, 24, 200).tolist()
    metric = day_metrics(sample(daily), HOW)["sortino_daily"]
    assert metric.low is not None
    assert metric.high is not None
    assert metric.value is not None
    assert metric.low < metric.value < metric.high


def test_without_a_losing_day_there_is_no_sortino() -> None:
    metric = day_metrics(sample([1, 2, 0, 3]), HOW)["sortino_daily"]
    assert (metric.value, metric.why) == (None, "no losing day")


def test_proofs_are_those_of_the_daily_record() -> None:
    daily = [10, -4, 6, -2, 9, 1, -3, 4, 5, -1] * 3
    case = sample(daily)
    record = track_record(np.array(daily) / 1000)
    found = day_metrics(case, HOW)
    assert found["psr"].value == psr_2026(record)
    assert found["dsr"].value is None
    assert found["dsr"].why == "trials not known: see PSR"
    known = day_metrics(replace(case, trials=Trials(20.0, 0.05)), HOW)
    assert known["dsr"].value == dsr_2026(record, 20.0, 0.05)
    assert known["dsr"].value is not None
    assert known["dsr"].value < (found["psr"].value or 0)


@pytest.mark.parametrize("daily", [[10, 12], [10, -4, 6] * 9 + [1, 2], [10, -4] + [0] * 200])
def test_few_days_or_few_trades_prove_nothing(daily: list[int]) -> None:
    found = day_metrics(replace(sample(daily), trials=Trials(20.0, 0.05)), HOW)
    for name in ("psr", "dsr", "min_trl"):
        assert (found[name].value, found[name].why) == (None, "too few trades or days, 30 of each at least")
    assert found["sharpe_daily"].value is not None
    for name in ("sharpe_daily", "sortino_daily"):
        assert (found[name].low, found[name].high) == (None, None)


def test_a_loss_is_never_proven_a_gain_by_waiting() -> None:
    found = day_metrics(sample([-10, 4, -6, 2, -9, 1] * 5), HOW)
    assert found["min_trl"].value is None
    assert found["min_trl"].why == "the Sharpe ratio is not above 0"
    assert found["psr"].value is not None
    assert found["psr"].value < 0.5


def test_days_that_do_not_vary_prove_nothing() -> None:
    found = day_metrics(sample([5] * 30), HOW)
    for name in ("sharpe_daily", "psr", "min_trl"):
        assert (found[name].value, found[name].why) == (None, "the daily results do not vary")


def test_growth_compounds_over_calendar_years() -> None:
    assert years(np.array([0, 1, 730])) == pytest.approx(731 / 365.25)
    assert years(np.zeros(0, np.int64)) == 0.0
    assert growth_per_year(np.array([440.0]), 1000.0, 2.0)[0] == pytest.approx(0.2)
    assert np.isnan(growth_per_year(np.array([440.0]), 1000.0, 0.9)).all()
    assert np.isnan(growth_per_year(np.array([-1000.0, -1200.0]), 1000.0, 2.0)).all()


def test_days_count_over_the_running_balance_where_sizes_follow_it() -> None:
    case = sample([500, 0, -750, 75])
    assert daily_returns(case).tolist() == pytest.approx([0.5, 0, -0.75, 0.075])
    assert daily_returns(replace(case, compound=True)).tolist() == pytest.approx([0.5, 0, -0.5, 0.1])
    gone = replace(sample([-1000, 0, 50]), compound=True)
    assert daily_returns(gone).tolist() == [-1.0, 0.0, 0.0]
