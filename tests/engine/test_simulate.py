"""The batch driver: what it refuses, and what it does with nothing to do."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.engine.refusals import EXPLANATIONS, Refusal
from ictcli.engine.simulate import check_signals, simulate
from ictcli.errors import DataError
from tests.engine import samples

QUIET = (100_000, 100_020, 99_990, 100_000)


@pytest.mark.parametrize("count", [0, 1])
def test_no_bars_and_one_bar_give_no_trades(count: int) -> None:
    bars = samples.bars([QUIET] * count, [10] * count)
    result = simulate(bars, samples.signals((0, 1, 99_900, 100_100, 0)), samples.spec(), samples.on_account())
    assert len(result.trades) == 0
    assert result.balance == 1_000_000
    assert [Refusal(code) for code in result.codes] == [
        Refusal.NO_NEXT_BAR if count else Refusal.INVALID_SIGNAL
    ]


def test_no_signals_give_no_trades() -> None:
    result = simulate(
        samples.bars([QUIET] * 3, [10] * 3), samples.signals(), samples.spec(), samples.on_account()
    )
    assert len(result.trades) == len(result.codes) == 0


@pytest.mark.parametrize("field", ["stop", "target", "side", "bar", "max_bars"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_a_number_that_is_none_is_refused(field: str, value: float) -> None:
    values = {"bar": 0.0, "side": 1.0, "stop": 99_900.0, "target": 100_100.0, field: value}
    columns: dict[str, Any] = {name: np.array([number]) for name, number in values.items()}
    bad = replace(samples.signals((0, 1, 99_900, 100_100, 0)), **columns)
    bars = samples.bars([QUIET] * 3, [10] * 3)
    result = simulate(bars, bad, samples.spec(), samples.on_account())
    assert [Refusal(code) for code in result.codes] == [Refusal.INVALID_SIGNAL]


@pytest.mark.parametrize(("stop", "target"), [(10**17, 99_000), (100_100, -1), (99_000, 10**17)])
def test_a_price_out_of_this_world_is_refused(stop: int, target: int) -> None:
    bars = samples.bars([QUIET] * 3, [10] * 3)
    side = -1 if stop > 100_000 else 1
    result = simulate(bars, samples.signals((0, side, stop, target, 0)), samples.spec(), samples.on_account())
    assert [Refusal(code) for code in result.codes] == [Refusal.INVALID_SIGNAL]


@pytest.mark.parametrize("bar", [-1, 3, 99])
def test_a_signal_outside_the_bars_is_refused(bar: int) -> None:
    bars = samples.bars([QUIET] * 3, [10] * 3)
    codes = check_signals(bars, samples.signals((bar, 1, 99_900, 100_100, 0)))
    assert codes.tolist() == [Refusal.INVALID_SIGNAL]


def test_signals_out_of_order_are_refused_as_a_whole() -> None:
    bars = samples.bars([QUIET] * 5, [10] * 5)
    late_first = samples.signals((3, 1, 99_900, 100_100, 0), (1, 1, 99_900, 100_100, 0))
    with pytest.raises(DataError, match="not in time order"):
        simulate(bars, late_first, samples.spec(), samples.on_account())


def test_coarser_data_takes_the_typical_spread_rounded_up() -> None:
    bars = samples.bars([(1_000, 1_002, 999, 1_000), (1_000, 1_100, 999, 1_000)], [-1, -1], digits=3)
    orders = samples.signals((0, 1, 990, 1_050, 0))
    result = simulate(bars, orders, samples.spec(), samples.on_account())
    assert result.trades["entry"].tolist() == [1_001]  # 8 points of 0.00001 are less than one of 0.001


def test_every_refusal_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Refusal)
