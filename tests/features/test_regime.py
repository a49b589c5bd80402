"""The regime on bars whose volatility and direction are known, and against a plain reference."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.features.facts import FACTS
from ictcli.features.regime import FEATURE as REGIME
from ictcli.features.regime import LEAST, REGIME_NAMES, WINDOW
from tests.features.ict.listening import bars_of, listen, wandering

WARM = LEAST + 20


def path(steps: list[int]) -> list[float]:
    close = 100_000 + np.cumsum([0, *steps])
    rows = [(c, c, c, c) for c in close.tolist()]
    return listen(REGIME, bars_of(rows)).column("regime")


@pytest.mark.jit_off
def test_wide_moves_trend_wildly_and_narrow_swings_range_calmly() -> None:
    assert REGIME_NAMES[int(path([3, -3] * 80 + [50] * 25)[-1])] == "wild trend"
    assert REGIME_NAMES[int(path([50, -50] * 70 + [1, -1] * 15)[-1])] == "calm range"


@pytest.mark.jit_off
def test_the_way_and_the_width_are_told_apart() -> None:
    assert REGIME_NAMES[int(path([50, -50] * 70 + [1] * 30)[-1])] == "calm trend"
    assert REGIME_NAMES[int(path([1, -1] * 70 + [50, -50] * 5)[-1])] == "wild range"


@pytest.mark.jit_off
def test_nothing_is_wild_before_there_is_something_to_rank_among() -> None:
    told = path([1, -1] * 40 + [500, -500] * 30)
    assert set(told[:WARM]) == {0.0, 1.0}
    assert told[WARM] == 2.0


def of_facts(volatility: NDArray[np.float64], closes: NDArray[np.float64]) -> float:
    """The last regime of bars whose volatility and closes are given."""
    facts = np.zeros(len(closes), FACTS)
    facts["bar"] = np.arange(len(closes))
    facts["rv_short"] = volatility
    facts["close"] = closes
    rows = np.full((len(closes), 1), np.nan)
    REGIME.run(REGIME.init_state(REGIME.params(), 1), rows, 0, facts)
    return float(rows[-1, 0])


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("smaller", "equal", "expected"),
    [(0, 100, 2.0), (40, 15, 0.0), (40, 20, 2.0), (50, 0, 2.0), (49, 1, 0.0)],
)
def test_ties_count_one_half_and_half_is_wild(smaller: int, equal: int, expected: float) -> None:
    before = [1.0] * smaller + [2.0] * equal + [3.0] * (LEAST - smaller - equal)
    volatility = np.array([0.0] * 20 + before + [2.0])
    assert of_facts(volatility, np.ones(len(volatility))) == expected


@pytest.mark.jit_off
@pytest.mark.parametrize(("up", "expected"), [(12, 0.0), (13, 1.0), (7, 1.0), (8, 0.0)])
def test_three_tenths_of_the_way_is_a_trend(up: int, expected: float) -> None:
    closes = np.cumsum([0.0, *[1.0] * up, *[-1.0] * (20 - up)])
    assert of_facts(np.zeros(21), closes) == expected


def reference(close: NDArray[np.float64], at: int) -> float:
    """The definition, literally."""
    returns = np.concatenate(([0.0], np.log(close[1:] / close[:-1])))
    volatility = {bar: float(np.sqrt(np.mean(returns[bar - 19 : bar + 1] ** 2))) for bar in range(20, at + 1)}
    past = np.array([volatility[bar] for bar in range(max(20, at - WINDOW), at)])
    rank = 0.0
    if len(past) >= LEAST:
        rank = float((past < volatility[at]).mean() + (past == volatility[at]).mean() / 2)
    way = np.abs(np.diff(close[at - 20 : at + 1])).sum()
    efficient = way > 0 and abs(close[at] - close[at - 20]) >= 0.3 * way
    return 2.0 * (rank >= 0.5) + float(efficient)


def test_the_regime_is_that_of_the_definition() -> None:
    bars = wandering(1300, 4)
    told = listen(REGIME, bars).column("regime")
    close = bars.close.astype(float)
    places = range(25, 1300, 17)
    assert [told[at] for at in places] == [reference(close, at) for at in places]
    assert set(told) == {0.0, 1.0, 2.0, 3.0}


def test_the_regime_forgets_where_the_series_starts() -> None:
    bars = wandering(1300, 6)
    whole = listen(REGIME, bars).column("regime")
    late = listen(REGIME, bars.slice(300, 1300)).column("regime")
    assert late[REGIME.warmup :] == whole[300 + REGIME.warmup :]
