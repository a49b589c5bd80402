"""Exact bounds: against published values, against coverage worked out by hand, against each other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.stats.exact import clopper_pearson, quantile_bounds


def test_bounds_of_a_share_are_those_of_the_tables() -> None:
    found = clopper_pearson(5, 10, 0.975)
    assert found.low == pytest.approx(0.1871, abs=1e-4)
    assert found.high == pytest.approx(0.8129, abs=1e-4)
    other = clopper_pearson(1, 20, 0.975)
    assert other.low == pytest.approx(0.00127, abs=1e-5)
    assert other.high == pytest.approx(0.24873, abs=1e-5)


def test_without_a_hit_it_is_the_rule_of_three() -> None:
    assert clopper_pearson(0, 3000, 0.95).high == pytest.approx(1 - 0.05 ** (1 / 3000), rel=1e-9)
    assert clopper_pearson(0, 3000, 0.95).low == 0.0
    assert clopper_pearson(3000, 3000, 0.95).high == 1.0


@given(st.integers(1, 400), st.data())
def test_at_its_own_upper_bound_so_few_hits_have_the_remaining_chance(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n - 1))
    high = clopper_pearson(hits, n, 0.95).high
    assert high is not None
    chance = sum(math.comb(n, k) * high**k * (1 - high) ** (n - k) for k in range(hits + 1))
    assert chance == pytest.approx(0.05, abs=1e-6)


def test_many_trials_stay_exact() -> None:
    high = clopper_pearson(1000, 1_000_000, 0.95).high
    assert high == pytest.approx(0.001 + 1.645 * math.sqrt(0.001 / 1_000_000), rel=2e-3)


@pytest.mark.parametrize(("p", "least"), [(0.95, 59), (0.99, 299), (0.5, 5)])
def test_the_upper_bound_of_a_quantile_needs_so_many_values(p: float, least: int) -> None:
    assert quantile_bounds(least, p, 0.95)[1] == least - 1
    assert quantile_bounds(least - 1, p, 0.95)[1] is None
    assert quantile_bounds(least, 1 - p, 0.95)[0] == 0
    assert quantile_bounds(least - 1, 1 - p, 0.95)[0] is None


def test_no_values_bound_nothing() -> None:
    assert quantile_bounds(0, 0.5, 0.95) == (None, None)
    assert clopper_pearson(0, 0, 0.95).high is None


def test_more_hits_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        clopper_pearson(3, 2, 0.95)
