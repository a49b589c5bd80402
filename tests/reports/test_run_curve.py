"""The account through a run: falls are the metric's, and thinning loses no extreme."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.reports.run_curve import Curve, curve_of, thinned
from ictcli.research.metrics.drawdowns import drawdown_metrics, trade_walks
from ictcli.research.metrics.values import Equity, Resampling, Sample

NONE = np.zeros(0, np.int64)


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


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(1, 12))
def test_thinning_keeps_ends_and_extremes_in_their_order(values: list[float], buckets: int) -> None:
    numbers = np.array(values)
    size = len(numbers)
    curve = Curve(np.arange(size), numbers, numbers[::-1].copy(), np.abs(numbers), size)
    kept = thinned(curve, buckets)
    assert len(kept) <= 8 * buckets
    assert (kept.ts[0], kept.ts[-1], kept.marks) == (0, size - 1, size)
    assert (np.diff(kept.ts) > 0).all()
    for name in ("balance", "equity", "drawdown"):
        whole, part = getattr(curve, name), getattr(kept, name)
        assert (part.min(), part.max()) == (whole.min(), whole.max())
        assert (part == whole[kept.ts]).all()
