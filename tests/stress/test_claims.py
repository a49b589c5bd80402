"""What may be claimed of a sample: the bound decides, not the measured value alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.stats.growth import Slope
from ictcli.stats.intervals import Interval
from ictcli.stress.claims import cases_claim, growth_claim, quantile_claim, share_claim
from ictcli.stress.scenario import Bound, Claim, Verdict


def test_no_error_in_three_thousand_orders_shows_a_rate_below_a_thousandth() -> None:
    assert share_claim("errors", 0, 3000, "orders", 0.001).verdict is Verdict.PASS
    few = share_claim("errors", 0, 2900, "orders", 0.001)
    assert few.verdict is Verdict.INCONCLUSIVE
    assert few.value == 0.0
    assert few.bound.high == pytest.approx(3 / 2900, rel=0.01)


def test_more_errors_than_allowed_fail_however_small_the_sample() -> None:
    assert share_claim("errors", 1, 50, "orders", 0.001).verdict is Verdict.FAIL


def test_availability_is_held_against_its_lower_bound() -> None:
    assert share_claim("up", 3000, 3000, "asked", 0.999, direction=">=").verdict is Verdict.PASS
    assert share_claim("up", 2999, 3000, "asked", 0.999, direction=">=").verdict is Verdict.INCONCLUSIVE
    assert share_claim("up", 2990, 3000, "asked", 0.999, direction=">=").verdict is Verdict.FAIL


def test_a_95_percent_quantile_needs_59_recoveries() -> None:
    assert quantile_claim("r", [1.0] * 59, 0.95, "s", "recoveries", 30).verdict is Verdict.PASS
    few = quantile_claim("r", [1.0] * 58, 0.95, "s", "recoveries", 30)
    assert few.bound.high is None
    assert few.verdict is Verdict.INCONCLUSIVE


def test_one_slow_recovery_of_59_leaves_it_open_and_four_fail() -> None:
    one = [1.0] * 58 + [31.0]
    assert quantile_claim("r", one, 0.95, "s", "recoveries", 30).verdict is Verdict.INCONCLUSIVE
    four = [1.0] * 55 + [31.0] * 4
    assert quantile_claim("r", four, 0.95, "s", "recoveries", 30).verdict is Verdict.FAIL


def test_nothing_measured_shows_nothing() -> None:
    assert share_claim("errors", 0, 0, "orders", 0.001).verdict is Verdict.INCONCLUSIVE
    assert quantile_claim("r", [], 0.5, "s", "recoveries", 30).verdict is Verdict.INCONCLUSIVE
    assert cases_claim("cases", 0, 0).verdict is Verdict.INCONCLUSIVE
    bound = Bound("", 0.0, 0.0, 0.95)
    assert Claim("x", math.nan, "s", 5, "x", bound, 1.0, "<").verdict is Verdict.INCONCLUSIVE


def test_a_slope_fails_only_where_its_whole_interval_misses() -> None:
    def verdict(low: float, high: float) -> Verdict:
        found = Slope((low + high) / 2, Interval(low, high))
        return growth_claim("memory", found, 100, "bytes/bar", 1.0).verdict

    assert verdict(1.5, 2.5) is Verdict.FAIL
    assert verdict(0.3, 0.7) is Verdict.PASS
    assert verdict(0.5, 2.5) is Verdict.INCONCLUSIVE
    assert verdict(0.1, 1.5) is Verdict.INCONCLUSIVE


def test_one_measurement_bounds_nothing_unless_it_counts_cases() -> None:
    tried = Bound("the most that it ever held", 30.0, 30.0, 1.0)
    assert Claim("memory", 30.0, "MiB", 1, "process", tried, 50.0, "<").verdict is Verdict.INCONCLUSIVE
    assert Claim("memory", 60.0, "MiB", 1, "process", tried, 50.0, "<").verdict is Verdict.FAIL
    assert cases_claim("reconciliations that are not clean", 0, 1).verdict is Verdict.PASS


def test_a_claim_says_which_quantile_it_is() -> None:
    assert quantile_claim("r", [1.0] * 59, 0.95, "s", "recoveries", 30).quantile == 0.95
    assert cases_claim("cases", 0, 9).quantile is None


def test_one_wrong_case_fails() -> None:
    assert cases_claim("limits", 0, 12).verdict is Verdict.PASS
    assert cases_claim("limits", 1, 12).verdict is Verdict.FAIL


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300), st.floats(0.05, 0.95))
def test_bounds_of_a_quantile_lie_on_both_sides_of_it(values: list[float], p: float) -> None:
    claim = quantile_claim("q", values, p, "s", "values", 50)
    assert claim.value is not None
    assert claim.bound.low is None or claim.bound.low <= claim.value
    assert claim.bound.high is None or claim.bound.high >= claim.value
