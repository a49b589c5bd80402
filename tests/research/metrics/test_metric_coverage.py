"""Intervals hold the true value as often as they say, on trades whose distribution is known."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pytest

from ictcli.engine.trades import MONEY, TRADES
from ictcli.research.metrics.measure import measure
from ictcli.research.metrics.values import Resampling, Sample

RISK, EDGE = 100.0, 0.1
"""Each trade makes 0.1 R on average, with a deviation of 1 R; one trade a day."""


def truth() -> dict[str, float]:
    """The metrics of infinitely many such trades."""
    normal = NormalDist()
    density, above = normal.pdf(EDGE), normal.cdf(EDGE)
    gain = EDGE * above + density
    squares = (1 + EDGE**2) * (1 - above) - EDGE * density
    factor = gain / (gain - EDGE)
    return {
        "net_expectancy_r": EDGE,
        "net_expectancy": EDGE * RISK,
        "win_rate": above,
        "profit_factor": factor,
        "average_win": gain / above * RISK,
        "average_loss": (gain - EDGE) / (1 - above) * RISK,
        "payoff_ratio": factor * (1 - above) / above,
        "median_r": EDGE,
        "r_p5": EDGE + normal.inv_cdf(0.05),
        "r_p95": EDGE + normal.inv_cdf(0.95),
        "sharpe_daily": EDGE * math.sqrt(252),
        "sortino_daily": EDGE / math.sqrt(squares) * math.sqrt(252),
    }


def sample(generator: np.random.Generator, n: int) -> Sample:
    net = np.round(generator.normal(EDGE, 1.0, n) * RISK, 2)
    known = {
        "net": pa.array([Decimal(f"{value:.2f}") for value in net], MONEY),
        "r_multiple": pa.array(net / RISK),
        "closed_at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * n, TRADES.field("closed_at").type),
        "costs": pa.array([Decimal("1.00")] * n, MONEY),
        "ambiguous": pa.array([False] * n),
    }
    columns = [known.get(field.name, pa.nulls(n, field.type)) for field in TRADES]
    days = np.arange(n, dtype=np.int64)
    return Sample(pa.Table.from_arrays(columns, schema=TRADES), days, days, n, 1e6)


def shares_covered(samples: int, n: int, how: Resampling) -> dict[str, float]:
    """How often the interval of each metric holds its true value."""
    generator, expected = np.random.default_rng(42), truth()
    hits = dict.fromkeys(expected, 0)
    for _ in range(samples):
        metrics = measure(sample(generator, n), how)
        for name, value in expected.items():
            low, high = metrics[name].low, metrics[name].high
            assert low is not None
            assert high is not None
            hits[name] += low <= value <= high
    return {name: count / samples for name, count in hits.items()}


def test_intervals_cover_about_as_often_as_they_say() -> None:
    for name, share in shares_covered(60, 200, Resampling(200, 1, 0.9)).items():
        assert share >= 0.75, name


@pytest.mark.proof
def test_intervals_cover_as_often_as_they_say(proof_facts: dict[str, object]) -> None:
    shares = shares_covered(2000, 400, Resampling(1000, 1, 0.95))
    proof_facts |= shares
    for name, share in shares.items():
        assert 0.92 <= share <= 0.98, name
