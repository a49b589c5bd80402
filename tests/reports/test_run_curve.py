"""The account through a run: falls are the metric's, and thinning loses no extreme."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import from_datetime
from ictcli.engine.trades import TRADES
from ictcli.market.bars import Int64
from ictcli.reports.run_curve import Curve, curve_of, needles, thinned
from ictcli.research.metrics.drawdowns import drawdown_metrics, trade_walks
from ictcli.research.metrics.values import Equity, Resampling, Sample
from ictcli.stats.sequences import Floats

NONE = np.zeros(0, np.int64)
BEGUN = datetime(2024, 3, 12, 8, tzinfo=UTC)
NS_PER_HOUR = 3_600_000_000_000


def marks() -> Equity:
    ts = np.arange(1, 6, dtype=np.int64) * 10**9
    return Equity(ts, np.array([100.0, 120, 120, 90, 110]), np.array([90.0, 120, 60, 90, 110]))


def test_the_deepest_fall_counts_open_losses_from_the_highest_balance(trades: pa.Table) -> None:
    curve = curve_of(trades.slice(0, 0), marks(), 100.0)
    assert curve.balance[0] == 100.0
    assert curve.drawdown.max() == pytest.approx((120 - 60) / 120)
    assert curve.drawdown[-2:].tolist() == pytest.approx([(120 - 90) / 120, (120 - 110) / 120])


def test_the_deepest_fall_is_the_metric_that_the_run_keeps(trades: pa.Table) -> None:
    curve = curve_of(trades, None, 10_000.0)
    sample = Sample(trades, NONE, NONE, 0, 10_000.0)
    how = Resampling(20, 1, 0.95)
    kept = drawdown_metrics(sample, trade_walks(sample, how), how)["max_drawdown"]
    assert curve.drawdown.max() == pytest.approx(kept.value)


def test_an_account_without_a_mark_has_an_empty_curve(trades: pa.Table) -> None:
    assert len(curve_of(trades.slice(0, 0), None, 100.0)) == 0


def columns_of(numbers: Floats) -> tuple[Int64, Floats, Floats, Floats, Floats, Int64]:
    """Columns of a curve whose values tell from which numbers they are."""
    at = np.arange(len(numbers))
    return at, numbers, numbers[::-1].copy(), np.abs(numbers) / 2, np.abs(numbers), at


def two_winners(at: list[int]) -> pa.Table:
    """A trade that made 50 after 20 below its entry, and a second one, closed at hours 2 and 6."""
    rows = [
        {
            "net": Decimal("50.00"), "risk": Decimal("100.00"), "commission": Decimal("4.00"), "mae_r": 0.2,
            "opened_at": BEGUN + timedelta(hours=hour - 2), "closed_at": BEGUN + timedelta(hours=hour),
            "mae_at": BEGUN + timedelta(hours=worst), "exits": 1,
        }
        for hour, worst in zip((2, 6), at, strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, TRADES)


def hours(curve_ts: Int64) -> list[float]:
    return [float(one) / NS_PER_HOUR for one in curve_ts - from_datetime(BEGUN)]


def test_the_worst_moment_of_a_trade_stands_where_it_was_and_not_at_its_close() -> None:
    ts = np.array([from_datetime(BEGUN) + hour * NS_PER_HOUR for hour in (2, 6, 9)], np.int64)
    marks = Equity(ts, np.array([1050.0, 1100, 1100]), np.array([1050.0, 1100, 1100]))
    curve = curve_of(two_winners([1, 5]), marks, 1000.0, from_datetime(BEGUN))
    assert curve.fall.tolist() == [0.0, 0.0, 0.0, 0.0]
    at, held, depth = needles(curve)
    assert held.tolist() == [0.0, 0.0]
    assert hours(at) == [1, 5]
    # 20 and half of the commission: that of the exit was not paid yet
    assert depth.tolist() == pytest.approx([22 / 1000, 22 / 1050])


def test_of_an_account_without_open_results_nothing_but_its_balance_falls() -> None:
    trades = two_winners([1, 5])
    unknown = trades.set_column(trades.schema.get_field_index("mae_r"), "mae_r", pa.nulls(2, pa.float64()))
    curve = curve_of(unknown, None, 1000.0, from_datetime(BEGUN))
    assert curve.balance.tolist() == [1000.0, 1050.0, 1100.0]
    assert curve.drawdown.tolist() == [0.0, 0.0, 0.0]
    assert len(needles(curve)[0]) == 0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(1, 12))
def test_thinning_keeps_ends_and_extremes_in_their_order(values: list[float], buckets: int) -> None:
    numbers = np.array(values)
    size = len(numbers)
    curve = Curve(*columns_of(numbers), size)
    kept = thinned(curve, buckets)
    assert len(kept) <= 8 * buckets
    assert (kept.ts[0], kept.ts[-1], kept.marks) == (0, size - 1, size)
    assert (np.diff(kept.ts) > 0).all()
    for name in ("balance", "equity", "drawdown"):
        whole, part = getattr(curve, name), getattr(kept, name)
        assert (part.min(), part.max()) == (whole.min(), whole.max())
        assert (part == whole[kept.ts]).all()
