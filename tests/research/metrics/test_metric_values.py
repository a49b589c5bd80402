"""What metrics are computed from, and how undefined numbers leave."""

import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ictcli.research.metrics.values import Metric, Resampling, charged, defined, floats, paid, resampled
from ictcli.stats.intervals import Interval

HOW = Resampling(100, 1, 0.9)


def money(*values: str | None) -> pa.Array:
    return pa.array([None if value is None else Decimal(value) for value in values], pa.decimal128(18, 2))


def test_a_swap_that_was_paid_costs_and_one_that_was_earned_does_not() -> None:
    table = pa.table(
        {
            "commission": money("3.00", "3.00", None),
            "fees": money("1.00", "1.00", None),
            "swap": money("-2.00", "5.00", None),
            "costs": money("10.00", "10.00", "4.00"),
        }
    )
    assert paid(table).tolist() == [6.0, -1.0, 0.0]
    assert charged(table).tolist() == [12.0, 5.0, 4.0]


def test_a_table_without_a_column_has_nothing_in_it() -> None:
    table = pa.table({"net": money("1.50", None)})
    assert floats(table, "swap").tolist() == [0.0, 0.0]
    assert floats(table, "net")[0] == 1.5
    assert math.isnan(floats(table, "net")[1])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_undefined_says_why_and_has_no_interval(value: float) -> None:
    assert defined(value, Interval(0.0, 1.0), 5, "no loss") == Metric(None, None, None, 5, "no loss")
    assert defined(value, Interval(0.0, 1.0), 0, "no loss") == Metric(None, None, None, 0, "no trades")


def test_few_observations_have_no_resampled_interval() -> None:
    draws = np.linspace(0.0, 1.0, 100)
    for few in (1, 2, 29):
        assert resampled(0.5, draws, few, HOW, "") == Metric(0.5, None, None, few)
    metric = resampled(0.5, draws, 30, HOW, "")
    assert (metric.low, metric.high) == pytest.approx((0.04, 0.94), abs=0.011)
