"""Floats on one side, exact decimals on the other."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.mt5.numbers import as_float, cut, exact, normal_volume, on_grid, optional

HUNDREDTHS = st.integers(1, 100_000).map(lambda n: Decimal(n) / 100)


@given(st.integers(-(10**12), 10**12), st.integers(0, 5))
def test_a_decimal_survives_the_way_to_a_float_and_back(units: int, digits: int) -> None:
    value = Decimal(units).scaleb(-digits)
    assert exact(as_float(value)) == value


def test_the_noise_of_floats_is_no_part_of_a_number() -> None:
    assert exact(0.1 + 0.2) == Decimal("0.3")
    assert str(exact(1.10000)) == "1.1"
    assert str(exact(-0.000000001)) == "0"
    assert str(exact(100.0)) == "100"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not a number"):
        exact(value)


def test_zero_means_none_where_metatrader_has_no_other_word() -> None:
    assert optional(0.0) is None
    assert optional(1.5) == Decimal("1.5")
    assert as_float(None) == 0.0


def test_prices_go_to_the_nearest_tick() -> None:
    assert on_grid(Decimal("4500.13"), Decimal("0.25")) == Decimal("4500.25")
    assert on_grid(Decimal("1.10004"), Decimal("0.00001")) == Decimal("1.10004")


def test_steps_of_volume_are_counted_from_the_least() -> None:
    lots = normal_volume(Decimal("0.38"), Decimal("0.15"), Decimal(10), Decimal("0.1"))
    assert lots == Decimal("0.35")


def test_volume_is_capped_by_the_most_and_by_the_limit() -> None:
    least, most, step = Decimal("0.01"), Decimal(5), Decimal("0.01")
    assert normal_volume(Decimal(7), least, most, step) == Decimal(5)
    assert normal_volume(Decimal(7), least, most, step, Decimal("2.5")) == Decimal("2.5")
    assert normal_volume(Decimal("0.009"), least, most, step) == 0


@given(HUNDREDTHS, HUNDREDTHS, HUNDREDTHS, HUNDREDTHS)
def test_a_normal_volume_is_on_the_grid_and_never_more_than_wanted(
    wanted: Decimal, least: Decimal, more: Decimal, step: Decimal
) -> None:
    most = least + more
    volume = normal_volume(wanted, least, most, step)
    if wanted < least:
        assert volume == 0
    else:
        assert least <= volume <= min(wanted, most)
        assert (volume - least) % step == 0
        assert volume + step > min(wanted, most)
        assert normal_volume(volume, least, most, step) == volume


@given(st.text(max_size=40))
def test_a_comment_is_cut_to_its_units_between_characters(text: str) -> None:
    kept = cut(text, 29)
    assert text.startswith(kept)
    assert len(kept.encode("utf-16-le", "surrogatepass")) <= 58
    if kept != text:
        rest = text[len(kept)]
        assert len((kept + rest).encode("utf-16-le", "surrogatepass")) > 58
