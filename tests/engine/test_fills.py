"""Every fill rule on hand-computed scenarios, exact to the last digit."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from ictcli.engine.refusals import ExitReason, Refusal
from ictcli.engine.simulate import Simulation, simulate
from tests.engine import samples
from tests.engine.scenarios import SCENARIOS, Expected, Scenario

pytestmark = pytest.mark.jit_off


def play(scenario: Scenario) -> Simulation:
    settings: dict[str, Any] = dict(scenario.settings)
    spec = samples.spec(
        settings.get("symbol", "EURUSD"),
        **{name: Decimal(settings[name]) for name in settings if name.startswith(("volume", "commission"))},
    )
    digits = spec.digits
    on = samples.on_account(
        settings.get("balance", "10000.00"),
        currency=settings.get("currency", "USD"),
        slippage=settings.get("slippage", 0),
    )
    bars = samples.bars(scenario.bars, scenario.spreads or [10] * len(scenario.bars), digits)
    signal = (0, scenario.side, scenario.stop, scenario.target, scenario.max_bars)
    return simulate(bars, samples.signals(signal), spec, on)


def check(trade: np.void, expected: Expected) -> None:
    assert trade["entry"] == expected.entry
    assert trade["exit"] == expected.exit
    assert ExitReason(trade["reason"]).label == expected.reason
    assert trade["steps"] == expected.steps
    assert trade["gross"] == expected.gross
    assert trade["commission"] == expected.commission
    assert trade["closed"] == expected.closed
    assert bool(trade["ambiguous"]) == expected.ambiguous
    if expected.adverse is not None:
        assert trade["adverse"] == expected.adverse
    if expected.favourable is not None:
        assert trade["favourable"] == expected.favourable


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario_comes_out_as_computed_by_hand(scenario: Scenario) -> None:
    result = play(scenario)
    if isinstance(scenario.expected, str):
        assert len(result.trades) == 0
        assert [Refusal(code).label for code in result.codes] == [scenario.expected]
    else:
        assert [Refusal(code).label for code in result.codes] == ["none"]
        check(result.trades[0], scenario.expected)


def test_there_are_enough_scenarios_and_each_has_its_own_name() -> None:
    assert len(SCENARIOS) >= 25
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


def test_a_signal_while_in_a_position_is_skipped_and_the_next_one_taken() -> None:
    quiet = (100_000, 100_020, 99_990, 100_000)
    rows = [quiet, quiet, (100_000, 100_300, 99_990, 100_000), quiet, quiet]
    orders = [(k, 1, 99_900, 100_200, 0) for k in (0, 1, 2)]
    result = simulate(
        samples.bars(rows, [10] * 5), samples.signals(*orders), samples.spec(), samples.on_account()
    )
    # The first trade leaves on bar 2, where the second signal would have been filled.
    assert [Refusal(code).label for code in result.codes] == ["none", "in_position", "none"]
    assert result.trades["opened"].tolist() == [1, 3]


def test_of_two_signals_at_once_the_second_is_taken_when_the_first_is_refused() -> None:
    quiet = (100_000, 100_020, 99_990, 100_000)
    orders = [(0, 1, 100_500, 100_900, 0), (0, -1, 100_100, 99_900, 0)]
    result = simulate(
        samples.bars([quiet, quiet], [10, 10]), samples.signals(*orders), samples.spec(), samples.on_account()
    )
    assert [Refusal(code).label for code in result.codes] == ["stop_wrong_side", "none"]
    assert result.trades["side"].tolist() == [-1]


def test_the_next_size_comes_from_the_balance_only_when_compounding() -> None:
    win = (100_000, 100_210, 99_990, 100_000)
    rows = [(100_000, 100_020, 99_990, 100_000), win, win]
    orders = samples.signals((0, 1, 99_900, 100_200, 0), (1, 1, 99_900, 100_200, 0))
    sizes = []
    for compound in (True, False):
        on = samples.on_account("100000.00", compound=compound)
        sizes.append(
            simulate(samples.bars(rows, [10] * 3), orders, samples.spec(), on).trades["steps"].tolist()
        )
    # 50000 // 110 = 454; the win of 190 x 454 raises the risk to 50431, 50431 // 110 = 458.
    assert sizes == [[454, 458], [454, 454]]


def test_a_ruined_account_trades_no_more() -> None:
    crash = (50_000, 50_010, 49_990, 50_000)
    rows = [(100_000, 100_020, 99_999, 100_000)] * 2 + [crash] * 3
    orders = samples.signals((0, 1, 99_998, 100_200, 0), (3, 1, 49_900, 50_200, 0))
    result = simulate(samples.bars(rows, [0] * 5), orders, samples.spec(), samples.on_account("100.00"))
    assert result.balance < 0
    assert [Refusal(code).label for code in result.codes] == ["none", "balance_exhausted"]
