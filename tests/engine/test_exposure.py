"""What is at risk, by hand: positions, orders, groups, and how much of it is one bet."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.exposure import correlated_heat, group_risk, heat, net_risk, series_risk
from ictcli.engine.groups import exposure_groups
from tests.engine.ledger import SAME_AS, Ledger, ask, spec

THREE = ("EURUSD", "GBPUSD", "AUDUSD")


def books(desk: Ledger) -> tuple[object, object, object, object]:
    return desk.series, desk.states, desk.positions, desk.orders


@pytest.mark.jit_off
def test_a_position_risks_the_way_from_its_entry_to_its_stop_and_the_cost_of_leaving() -> None:
    desk = Ledger(changes={"commission": Decimal("3.50"), "fee": Decimal("0.50")})
    desk.open(0, 1, 100, 110_000, 109_900)  # 100.00 at the stop, 3.50 and 0.50 to leave
    assert series_risk(*books(desk), 0) == 104_00
    desk.series["slippage"] = 5
    assert series_risk(*books(desk), 0) == 109_00


def test_a_stop_in_profit_leaves_no_risk() -> None:
    desk = Ledger()
    position = desk.open(0, 1, 100, 110_000, 110_000)
    assert series_risk(*books(desk), 0) == 0
    position["stop"] = 110_500
    assert series_risk(*books(desk), 0) == 0


@pytest.mark.jit_off
def test_a_position_without_a_stop_risks_its_whole_value() -> None:
    desk = Ledger()
    desk.open(0, -1, 1, 110_000)
    assert series_risk(*books(desk), 0) == 1_100_00
    in_euro = Ledger(currency="EUR")
    in_euro.open(0, 1, 3, 110_000)
    assert series_risk(*books(in_euro), 0) == 3_000_00  # a step is 1,000 EUR at every price


def test_orders_count_with_what_is_not_yet_filled() -> None:
    desk = Ledger()
    order = desk.rest(0, 100, 110_000, ask(1, 109_900))
    assert heat(*books(desk)) == 100_00
    order["filled"] = 60
    assert heat(*books(desk)) == 40_00
    order["asked"]["reduce_only"] = 1
    assert heat(*books(desk)) == 0


def test_heat_adds_up_and_net_risk_sets_off() -> None:
    desk = Ledger(THREE)
    desk.open(0, 1, 100, 110_000, 109_900)
    desk.open(0, -1, 50, 110_000, 110_100)
    desk.open(1, -1, 100, 130_000, 130_200)
    assert heat(*books(desk)) == 350_00
    assert [net_risk(*books(desk), s) for s in range(3)] == [50_00, -200_00, 0]


@pytest.mark.jit_off
def test_currencies_and_classes_are_groups_with_a_side() -> None:
    specs = [spec(name) for name in ("EURUSD", "USDJPY", "BTCUSDT")]
    groups = exposure_groups(specs, SAME_AS)
    assert groups.names == ("class fx", "EUR", "USD", "JPY", "class crypto", "BTC")
    assert groups.number.tolist() == [[0, 1, 2, -1], [0, 2, 3, -1], [4, 5, 2, -1]]
    assert groups.side.tolist() == [[1, 1, -1, 0], [1, 1, -1, 0], [1, 1, -1, 0]]
    desk = Ledger(("EURUSD", "USDJPY", "BTCUSDT"))
    desk.quote(1, 150_000)
    desk.open(0, 1, 100, 110_000, 109_900)  # short 100.00 USD
    desk.open(1, 1, 100, 150_000, 149_850)  # long 100.00 at the stop's own price: 15,000 JPY
    assert group_risk(*books(desk), 1) == 100_00
    assert group_risk(*books(desk), 2) == -100_00 + round(Decimal(1_500_000) / Decimal("149.85"))
    assert group_risk(*books(desk), 0) == 100_00 + 100_10


def correlated(rho: float) -> list[list[float]]:
    """Three columns of daily returns with the same correlation between each two."""
    patterns = np.array([[1.0, -1.0] * 16, [1.0, 1.0, -1.0, -1.0] * 8, ([1.0] * 4 + [-1.0] * 4) * 4])
    matrix = np.full((3, 3), rho) + (1 - rho) * np.eye(3)
    return [[float(value) / 100 for value in row] for row in np.linalg.cholesky(matrix) @ patterns]


@pytest.mark.jit_off
@pytest.mark.parametrize(("rho", "percent"), [(0.8, 2.7928), (0.0, 1.7321), (0.999999, 3.0)])
def test_three_bets_of_one_percent_weighed_by_their_correlation(rho: float, percent: float) -> None:
    desk = Ledger(THREE)
    for s, column in enumerate(correlated(rho)):
        desk.remember(s, column)
    desk.open(0, 1, 100, 110_000, 109_900)
    desk.open(1, 1, 100, 130_000, 129_900)
    felt = correlated_heat(desk.account[0], *books(desk), 2, 100_00, 1_000_000)
    assert felt * 100 == pytest.approx(percent, abs=5e-5)


def test_opposite_bets_on_the_same_thing_hardly_count() -> None:
    desk = Ledger(THREE)
    for s, column in enumerate(correlated(0.8)):
        desk.remember(s, column)
    desk.open(0, 1, 100, 110_000, 109_900)
    felt = correlated_heat(desk.account[0], *books(desk), 1, -100_00, 1_000_000)
    assert felt == pytest.approx(math.sqrt(2 - 1.6) / 100)


def test_unknown_correlation_is_the_worst_one() -> None:
    desk = Ledger(THREE)
    desk.open(0, 1, 100, 110_000, 109_900)
    for added in (100_00, -100_00):
        felt = correlated_heat(desk.account[0], *books(desk), 1, added, 1_000_000)
        assert felt == pytest.approx(0.02)


@given(st.lists(st.integers(-300_00, 300_00), min_size=3, max_size=3))
def test_correlated_heat_never_exceeds_the_sum(risks: list[int]) -> None:
    desk = Ledger(THREE)
    for s, column in enumerate(correlated(0.4)):
        desk.remember(s, column)
    for s in (0, 1):
        if risks[s] != 0:
            side = 1 if risks[s] > 0 else -1
            desk.open(s, side, 1, 110_000, 110_000 - risks[s])
    felt = correlated_heat(desk.account[0], *books(desk), 2, risks[2], 1_000_000)
    total = heat(*books(desk)) + abs(risks[2])
    assert total / 1_000_000 >= felt - 1e-12
    assert felt >= 0
