"""Which rejections stand among many tests: the published example and the rules for ties and gaps."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, bonferroni

PUBLISHED = (
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
    0.7590, 1.0,
)  # fmt: skip
"""Benjamini and Hochberg 1995, section 4.1."""

P_VALUES = st.lists(st.floats(0, 1), max_size=30)


def test_the_published_example() -> None:
    assert benjamini_hochberg(PUBLISHED).rejected == (True,) * 4 + (False,) * 11
    assert bonferroni(PUBLISHED).rejections == 3
    assert benjamini_yekutieli(PUBLISHED).rejections == 3


def test_adjusted_values_by_hand() -> None:
    assert benjamini_hochberg([0.04, 0.01, 0.03]).adjusted == pytest.approx((0.04, 0.03, 0.04))
    assert bonferroni([0.04, 0.01, 0.5]).adjusted == pytest.approx((0.12, 0.03, 1.0))
    assert benjamini_yekutieli([0.01, 0.02]).adjusted == pytest.approx((0.03, 0.03))
    assert benjamini_yekutieli([0.9, 0.9]).adjusted == (1.0, 1.0)


def test_a_larger_value_can_carry_smaller_ones() -> None:
    # Only the third meets its own bound of .05; the two below it fall with it.
    assert benjamini_hochberg([0.05, 0.04, 0.045]).rejected == (True, True, True)


def test_equality_rejects_in_spite_of_rounding() -> None:
    for m in range(1, 60):
        for k in range(1, m + 1):
            assert benjamini_hochberg([k * 0.05 / m] * k + [1.0] * (m - k)).rejections == k
        assert bonferroni([0.05 / m] + [1.0] * (m - 1)).rejections == 1


def test_a_missing_value_counts_as_one_and_stays() -> None:
    missing = benjamini_hochberg([0.03, None, math.nan])
    assert missing == benjamini_hochberg([0.03, 1.0, 1.0])
    assert missing.rejections == 0
    assert benjamini_hochberg([0.03]).rejections == 1


def test_no_tests_reject_nothing() -> None:
    for method in (benjamini_hochberg, benjamini_yekutieli, bonferroni):
        assert method([]).rejected == ()


@pytest.mark.parametrize("p", [-0.1, 1.1, math.inf])
def test_a_number_that_is_no_p_value_is_refused(p: float) -> None:
    with pytest.raises(DataError, match="no p-value"):
        benjamini_hochberg([0.5, p])


@given(P_VALUES, st.floats(0.001, 0.5))
def test_stricter_methods_reject_less(p_values: list[float], level: float) -> None:
    lenient = benjamini_hochberg(p_values, level)
    for strict in (bonferroni(p_values, level), benjamini_yekutieli(p_values, level)):
        assert all(wide for wide, narrow in zip(lenient.rejected, strict.rejected, strict=True) if narrow)


@given(P_VALUES, st.floats(0.001, 0.5), st.randoms(use_true_random=False))
def test_order_does_not_matter(p_values: list[float], level: float, shuffle: random.Random) -> None:
    order = sorted(range(len(p_values)), key=lambda _: shuffle.random())
    straight, mixed = (
        benjamini_hochberg(p_values, level),
        benjamini_hochberg([p_values[i] for i in order], level),
    )
    assert [straight.rejected[i] for i in order] == list(mixed.rejected)


@given(P_VALUES, st.floats(0.01, 0.5))
def test_the_rejected_are_the_largest_k_of_the_definition(p_values: list[float], level: float) -> None:
    m = len(p_values)
    ordered = sorted(p_values)
    k = max((i for i in range(1, m + 1) if ordered[i - 1] <= i * level / m * (1 + 1e-12)), default=0)
    bound = ordered[k - 1] if k else -1.0
    assert benjamini_hochberg(p_values, level).rejected == tuple(p <= bound for p in p_values)
