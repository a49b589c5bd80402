"""Every exemption from the sweep is needed: the detectors named there do break the rule."""

import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.registry import DETECTORS
from tests.detectors import invariants
from tests.detectors.adversarial import Case, Plans, lagging, walk
from tests.detectors.invariants import ROUNDED, TIMED, UNSHIFTED, check_scale, check_shift, check_time

QUARTER = 15 * NS_PER_MINUTE


def case_of(name: str, plan_for: Plans) -> Case:
    bars = walk(6000, 11)
    detector = DETECTORS[name]
    plan = plan_for(detector, {"left": 2, "right": 2}, QUARTER)
    return Case(detector, plan, bars, lagging(bars) if detector.pair else None)


def test_exemptions_name_registered_detectors_and_a_reason() -> None:
    for exempt in (invariants.UNSIGNED, ROUNDED, UNSHIFTED, TIMED, invariants.FLAT):
        assert set(exempt) <= set(DETECTORS)
        assert all(exempt.values())


@pytest.mark.parametrize("name", list(ROUNDED))
def test_rounding_shows_in_multiplied_prices(
    name: str, plan_for: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(ROUNDED, name)
    with pytest.raises(AssertionError):
        check_scale(case_of(name, plan_for), 2)


@pytest.mark.parametrize("name", list(UNSHIFTED))
def test_a_constant_added_to_prices_shows(
    name: str, plan_for: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(UNSHIFTED, name)
    with pytest.raises(AssertionError):
        check_shift(case_of(name, plan_for), 500_003)


@pytest.mark.parametrize("name", list(TIMED))
def test_five_hours_show_where_the_clock_is_read(name: str, plan_for: Plans) -> None:
    with pytest.raises(AssertionError):
        check_time(case_of(name, plan_for), 5 * NS_PER_HOUR)
