"""Crossing averages, against a slow reading."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.errors import UsageError
from ictcli.market.bars import Bars
from ictcli.strategies.baselines.sma_cross import STRATEGY, SmaCrossParams
from ictcli.strategies.decide import Decider, decide
from ictcli.strategies.decisions import CLOSE, ENTER
from tests.strategies.drawing import bars_of, decided, prices_of

M1 = Settings(NS_PER_MINUTE)


def flat(*closes: int) -> list[tuple[int, int, int, int]]:
    return [(close, close, close, close) for close in closes]


@pytest.mark.jit_off
def test_it_buys_the_cross_upward_and_closes_the_cross_downward() -> None:
    """Averages of 1 and 2: below at bar 1, above at bar 2, equal at bar 3, below at bar 4.

    Stop: 1 % of 120 are 1.2 points, rounded up to 2; target: 2 % are 2.4, rounded up to 3.
    """
    found = decided(STRATEGY, SmaCrossParams(fast=1, slow=2), bars_of(flat(110, 100, 120, 120, 90)))
    assert [(own["kind"], own["bar"], own["setup"]) for own in found] == [(ENTER, 2, 1), (CLOSE, 4, 1)]
    assert prices_of(found[0]) == (1, 0, 118, 123)


def test_without_stop_and_target_none_is_asked_for() -> None:
    params = SmaCrossParams(fast=1, slow=2, stop_percent=0.0, target_percent=0.0)
    assert prices_of(decided(STRATEGY, params, bars_of(flat(110, 100, 120)))[0]) == (1, 0, 0, 0)


def test_the_first_side_is_no_cross_and_equality_is_no_side() -> None:
    params = SmaCrossParams(fast=1, slow=2)
    assert decided(STRATEGY, params, bars_of(flat(100, 110, 120))) == []
    crosses = decided(STRATEGY, params, bars_of(flat(110, 100, 100, 110)))
    assert [own["bar"] for own in crosses] == [3]
    assert decided(STRATEGY, params, bars_of(flat(100, 110, 110, 120))) == []


def test_a_fast_average_that_is_not_faster_is_refused() -> None:
    with pytest.raises(UsageError, match="strategy sma_cross needs fast below slow"):
        decide(STRATEGY, SmaCrossParams(fast=5, slow=5), bars_of([]), M1)


def slow_reading(closes: list[int], fast: int, slow: int) -> list[tuple[int, int]]:
    found, before = [], 0
    for at in range(slow - 1, len(closes)):
        lead = Fraction(sum(closes[at + 1 - fast : at + 1]), fast) - Fraction(
            sum(closes[at + 1 - slow : at + 1]), slow
        )
        side = (lead > 0) - (lead < 0)
        if side > 0 > before:
            found.append((ENTER, at))
        elif side < 0 < before and any(kind == ENTER for kind, _ in found):
            found.append((CLOSE, at))
        before = side or before
    return found


@given(
    closes=st.lists(st.integers(90, 110), max_size=80),
    fast=st.integers(1, 5),
    more=st.integers(1, 10),
)
def test_it_agrees_with_a_slow_reading(closes: list[int], fast: int, more: int) -> None:
    params = SmaCrossParams(fast=fast, slow=fast + more)
    found = decide(STRATEGY, params, bars_of(flat(*closes)), M1)
    assert found[["kind", "bar"]].tolist() == slow_reading(closes, fast, fast + more)


def test_averages_longer_than_a_batch_or_the_ring_are_exact(real_bars: Bars) -> None:
    params = SmaCrossParams(fast=300, slow=1024)
    closes = real_bars.close[:6000].tolist()
    decider = Decider(STRATEGY, params, M1)
    found = np.concatenate(
        [decider.advance(real_bars.slice(first, first + 1500)) for first in range(0, 6000, 1500)]
    )
    sums = np.cumsum(np.array([0, *closes], np.int64))
    lead = np.sign((sums[1024:] - sums[724:-300]) * 1024 - (sums[1024:] - sums[:-1024]) * 300)
    sides = lead[lead != 0]
    assert (lead != 0).all()
    ups = np.flatnonzero((sides[1:] > 0) & (sides[:-1] < 0)) + 1024
    assert len(ups) > 2
    assert found["bar"][found["kind"] == ENTER].tolist() == ups.tolist()
