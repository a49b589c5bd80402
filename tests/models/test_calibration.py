"""Calibration maps: the published forms, one number as many, files that come back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.models.calibration import IDENTITY, Calibration

SIGMOID = Calibration(kind="sigmoid", numbers=(0.7, -0.1))
BETA = Calibration(kind="beta", numbers=(0.8, 1.3, 0.2))
ISOTONIC = Calibration(kind="isotonic", numbers=(0.2, 0.4, 0.8, 0.1, 0.5, 0.5))
MAPS = (IDENTITY, SIGMOID, BETA, ISOTONIC)


@pytest.mark.jit_off
@pytest.mark.parametrize("calibration", MAPS, ids=lambda one: one.kind)
def test_one_number_is_bit_equal_to_a_table(calibration: Calibration) -> None:
    p = np.append(np.random.default_rng(3).random(60), [0.0, 1.0, 0.2, 0.4, 0.8, 1e-9, math.nan])
    table = calibration.apply(p)
    single = np.array([calibration.one(one) for one in p.tolist()])
    assert table.tobytes() == single.tobytes()
    assert math.isnan(table[-1])


@pytest.mark.jit_off
def test_beta_with_unit_coefficients_is_the_identity_and_so_is_the_unit_sigmoid() -> None:
    p = np.linspace(0.01, 0.99, 33)
    assert Calibration(kind="beta", numbers=(1.0, 1.0, 0.0)).apply(p) == pytest.approx(p, abs=1e-12)
    assert Calibration(kind="sigmoid", numbers=(1.0, 0.0)).apply(p) == pytest.approx(p, abs=1e-12)
    assert IDENTITY.apply(p).tobytes() == p.tobytes()


def test_sigmoid_acts_on_the_log_odds() -> None:
    logit = math.log(0.3 / 0.7)
    assert SIGMOID.one(0.3) == pytest.approx(1 / (1 + math.exp(-(0.7 * logit - 0.1))), abs=1e-15)


def test_beta_is_the_published_form() -> None:
    logit = 0.8 * math.log(0.3) - 1.3 * math.log(0.7) + 0.2
    assert BETA.one(0.3) == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-15)


def test_isotonic_joins_its_knots_and_stays_flat_beyond_them() -> None:
    assert ISOTONIC.apply(np.array([0.0, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0])) == pytest.approx(
        [0.1, 0.1, 0.3, 0.5, 0.5, 0.5, 0.5], abs=1e-15
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_no_map_turns_the_order_of_probabilities_round(first: float, second: float) -> None:
    low, high = sorted((first, second))
    for calibration in MAPS:
        assert calibration.one(low) <= calibration.one(high) + 1e-15
        assert 0 <= calibration.one(low) <= 1


@pytest.mark.parametrize("calibration", MAPS, ids=lambda one: one.kind)
def test_a_file_gives_the_same_bits_back(calibration: Calibration) -> None:
    again = Calibration.decode(calibration.encode())
    p = np.random.default_rng(4).random(50)
    assert again == calibration
    assert again.apply(p).tobytes() == calibration.apply(p).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b'{"kind":"spline","numbers":[]}',
        b'{"kind":"sigmoid","numbers":[1.0]}',
        b'{"kind":"identity","numbers":[1.0]}',
        b'{"kind":"isotonic","numbers":[0.5,0.4,0.1,0.2]}',
        b'{"kind":"isotonic","numbers":[0.4,0.5,0.2,0.1]}',
        b'{"kind":"isotonic","numbers":[]}',
        b'{"kind":"beta","numbers":[1.0,1.0,0.0],"more":1}',
    ],
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"calibration\.json"):
        Calibration.decode(data)


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Calibration(kind="sigmoid", numbers=(math.nan, 0.0))
