"""The bar as features see it, on bars whose facts are known."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.detectors.drive import describe, first_context
from ictcli.detectors.plan import Settings
from ictcli.features import facts
from ictcli.features.facts import FACTS
from ictcli.market.bars import Bars, make_bars
from tests.features.worlds import QUARTER, bars_from, wandering


def told(bars: Bars) -> NDArray[np.void]:
    """The facts of a series."""
    found = np.empty(len(bars), FACTS)
    described = describe(first_context(Settings(QUARTER)), bars)
    facts.run(facts.init_state(), found, described, bars.tick_volume, bars.real_volume)
    return found


@pytest.mark.jit_off
def test_the_average_true_range_begins_as_a_mean_of_14_and_includes_its_bar() -> None:
    rows = [(100, 101, 99, 100)] * 14 + [(100, 130, 100, 130)]
    found = told(bars_from(np.array(rows)))
    assert found["atr"][:13].tolist() == [0.0] * 13
    assert found["atr"][13:].tolist() == [2.0, (2.0 * 13 + 30.0) / 14]
    assert found["atr_before"][13:].tolist() == [0.0, 2.0]


@pytest.mark.jit_off
def test_a_jump_belongs_to_the_true_range_but_not_on_the_first_bar() -> None:
    rows = [(100, 102, 99, 101)] + [(200, 201, 200, 200)] + [(200, 200, 200, 200)] * 12
    assert told(bars_from(np.array(rows)))["atr"][13] == (3.0 + 100.0) / 14


@pytest.mark.jit_off
def test_realised_volatility_is_unknown_until_there_are_enough_returns() -> None:
    bars = wandering(130, 1)
    found = told(bars)
    returns = np.diff(np.log(bars.close.astype(float)))
    assert found["rv_short"][19] == 0.0
    assert found["rv_short"][20] == pytest.approx(np.sqrt(np.mean(returns[:20] ** 2)))
    assert found["rv_long"][99] == 0.0
    assert found["rv_long"][100] == pytest.approx(np.sqrt(np.mean(returns[:100] ** 2)))
    assert found["rv_long"][129] == pytest.approx(np.sqrt(np.mean(returns[29:] ** 2)))


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("ticks", "real", "volume"),
    [(7, 5 * 10**8, 7.0), (0, 5 * 10**8, 0.0), (-1, 25 * 10**7, 2.5), (-1, -1, 0.0)],
)
def test_volume_is_ticks_else_what_was_traded_else_nothing(ticks: int, real: int, volume: float) -> None:
    one = np.ones(1, np.int64)
    bars = make_bars(0, one, 2 * one, (one, one, one, one), tick_volume=ticks * one, real_volume=real * one)
    assert told(bars)["volume"].tolist() == [volume]


WEEKS: list[tuple[str, int]] = [
    ("2025-01-05T22:00", 0),  # winter: New York is five hours behind
    ("2025-07-06T21:00", 0),  # summer: four
    ("2025-01-05T21:45", 10065),
    ("2025-01-08T17:30", 2 * 1440 + 19 * 60 + 30),
    ("2025-03-09T06:59", 6 * 1440 + 8 * 60 + 59),  # the last minute before the clocks go forward
    ("2025-03-09T07:00", 6 * 1440 + 10 * 60),  # and the first after
    ("1969-12-28T22:00", 0),
]


@pytest.mark.jit_off
@pytest.mark.parametrize(("instant", "minutes"), WEEKS)
def test_the_week_begins_on_sunday_at_17_new_york(instant: str, minutes: int) -> None:
    ts: Any = np.datetime64(instant, "ns").astype(np.int64).reshape(1)
    one = np.ones(1, np.int64)
    bars = make_bars(0, ts, ts + QUARTER, (one, one, one, one))
    assert told(bars)["week_minute"].tolist() == [minutes]
