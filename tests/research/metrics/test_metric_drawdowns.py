"""Drawdowns from trades alone, and from the marks of an account on which losses overlap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ictcli.clock import from_datetime
from ictcli.engine.trades import TRADES
from ictcli.research.metrics.account_path import account_steps
from ictcli.research.metrics.drawdowns import drawdown_metrics, trade_walks
from ictcli.research.metrics.values import Equity, Metric, Resampling, Sample

HOW = Resampling(200, 1, 0.95)
START = datetime(2024, 1, 1, 12, tzinfo=UTC)


def measured(case: Sample) -> dict[str, Metric]:
    return drawdown_metrics(case, trade_walks(case, HOW), HOW)


def sample(nets: list[str], mae: list[float], hours: list[int]) -> Sample:
    """Trades of 100.00 risk on a balance of 1000, closed so many hours after the start."""
    rows = [
        {
            "net": Decimal(net),
            "commission": Decimal("1.00"),
            "risk": Decimal("100.00"),
            "mae_r": worst,
            "closed_at": START + timedelta(hours=hour),
        }
        for net, worst, hour in zip(nets, mae, hours, strict=True)
    ]
    days = np.array([hour // 24 for hour in hours], np.int64)
    return Sample(pa.Table.from_pylist(rows, TRADES), days, np.arange(4, dtype=np.int64), 100, 1000.0)


def marks(*rows: tuple[int, float, float]) -> Equity:
    """Hours after the start, balance and equity."""
    hours, balance, equity = zip(*rows, strict=True)
    ts = [from_datetime(START + timedelta(hours=hour)) for hour in hours]
    return Equity(np.array(ts, np.int64), np.array(balance), np.array(equity))


def test_without_marks_each_trade_counts_its_own_worst_moment() -> None:
    found = measured(sample(["50.00", "20.00"], [0.2, 0.6], [1, 2]))
    # 1050, then 60 and the entry's half of the commission below it
    assert found["max_drawdown_money"].value == 60.5
    assert found["max_drawdown"].value == pytest.approx(60.5 / 1050)


def test_open_losses_of_several_series_count_together() -> None:
    case = sample(["50.00", "50.00"], [0.2, 0.2], [30, 31])
    alone = measured(case)
    assert alone["max_drawdown_money"].value == 20.5
    both_open = marks((10, 1000.0, 700.0), (30, 1050.0, 1040.0), (31, 1100.0, 1100.0))
    together = measured(replace(case, equity=both_open))
    assert together["max_drawdown_money"].value == 300.0
    assert together["max_drawdown"].value == pytest.approx(0.3)
    assert (together["max_drawdown"].low, together["max_drawdown"].high) == (None, None)


def test_a_worst_moment_between_two_marks_is_not_lost() -> None:
    case = sample(["50.00"], [0.9], [5])
    found = measured(replace(case, equity=marks((5, 1050.0, 1050.0), (12, 1050.0, 1050.0))))
    assert found["max_drawdown_money"].value == 90.5


def test_marks_lead_to_the_balance_of_the_trades() -> None:
    case = replace(
        sample(["50.00", "-20.00"], [0.1, 0.1], [1, 2]),
        equity=marks((1, 1050.0, 1045.0), (2, 1030.0, 1030.0)),
    )
    assert account_steps(case).path.gains.tolist() == [50.0, -20.0]


def test_marks_before_or_after_the_trades_do_no_harm() -> None:
    case = sample(["50.00"], [0.9], [5])
    found = measured(replace(case, equity=marks((1, 1000.0, 990.0))))
    assert found["max_drawdown_money"].value == 10.0


def test_a_run_that_only_rises_has_no_recovery_to_speak_of() -> None:
    case = sample(["50.00", "50.00"], [0.0, 0.0], [1, 2])
    free = case.trades.set_column(
        case.trades.schema.get_field_index("commission"),
        "commission",
        pa.array([Decimal(0), Decimal(0)], pa.decimal128(18, 2)),
    )
    found = measured(replace(case, trades=free))
    assert found["max_drawdown"].value == 0.0
    assert found["recovery_factor"].value is None
    assert found["recovery_factor"].why == "no drawdown"


def test_a_trade_without_a_known_excursion_counts_with_its_result() -> None:
    case = sample(["-50.00"], [float("nan")], [1])
    assert measured(case)["max_drawdown_money"].value == 50.0


def test_an_account_that_compounds_is_resampled_in_fractions() -> None:
    # each trade makes or loses a tenth of the balance; in money the last ones dwarf the first
    balance, nets = 1000.0, []
    for i in range(60):
        nets.append(round(balance * (-0.1 if i % 3 == 0 else 0.1), 2))
        balance += nets[-1]
    case = sample([f"{net:.2f}" for net in nets], [0.0] * 60, [i + 1 for i in range(60)])
    plain = measured(case)["max_drawdown"]
    compounding = measured(replace(case, compound=True))["max_drawdown"]
    assert plain.value == compounding.value
    assert compounding.low is not None
    assert plain.low is not None
    assert compounding.low <= 0.11 < plain.low
