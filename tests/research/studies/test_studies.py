"""Other costs, other paths, random entries: what they hold fixed and what they must find."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.engine.refusals import OrderEvent
from ictcli.errors import DataError, UsageError
from ictcli.research.backtest import Found, Workshop, trade
from ictcli.research.studies.costs import MULTIPLIERS, at_costs
from ictcli.research.studies.monte_carlo import monte_carlo
from ictcli.research.studies.nulls import draw, hour_of_week, null_document, patterns_of
from ictcli.research.studies.request import Studies, check_studies, studied_backtest
from ictcli.strategies.decisions import MARKET, NO_PRICE
from ictcli.telemetry import silent
from tests.research.searching import PARAMS
from tests.research.test_backtest import NOW, request


def found_in(shop: Workshop, *symbols: str) -> Found:
    return trade(request(*(symbols or ("EURUSD",)), params=PARAMS), shop, silent)


def studied(shop: Workshop, studies: Studies) -> dict[str, Any]:
    asked = request("EURUSD", params=PARAMS)
    return studied_backtest(asked, shop, studies, now=NOW, provenance={}, progress=silent).document


def test_at_whole_costs_the_run_is_the_run(shop: Workshop) -> None:
    found = found_in(shop, "EURUSD", "XAUUSD")
    again = at_costs(found.floor, found.choices, found.config, found.played.lines, 1.0)
    assert again.trades.equals(found.played.trades)


def test_higher_costs_leave_less_of_each_trade(shop: Workshop) -> None:
    document = studied(shop, Studies(costs=True))["costs"]
    values = [case["net_expectancy_r"]["value"] for case in document["cases"]]
    assert [case["multiplier"] for case in document["cases"]] == list(MULTIPLIERS)
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 3


def test_spread_commission_and_slippage_are_all_multiplied(shop: Workshop) -> None:
    found = found_in(shop)
    half, double = (
        at_costs(found.floor, found.choices, found.config, found.played.lines, m).trades for m in (0.5, 2)
    )
    assert set(half.column("spread_points").to_pylist()) == {2}
    assert set(double.column("spread_points").to_pylist()) == {6}
    per_lot = []
    for trades in (half, double):
        paid, lots = (trades.column(name).to_pylist() for name in ("commission", "volume"))
        per_lot.append([float(one / lot) for one, lot in zip(paid, lots, strict=True)])
    assert np.mean(per_lot[1]) == pytest.approx(4 * np.mean(per_lot[0]), rel=0.01)


def test_paths_are_seeded_and_keep_the_order_free_result(shop: Workshop) -> None:
    sample = found_in(shop).sample
    one, same, other = (monte_carlo(sample, 200, seed, 0.95) for seed in (1, 1, 2))
    assert one == same
    assert one["kinds"]["bootstrap"] != other["kinds"]["bootstrap"]
    order = one["kinds"]["order"]["final"]
    net = float(sum(sample.trades.column("net").to_pylist()))
    assert order["p5"] == order["p50"] == order["p95"]
    assert float(order["p50"]) == pytest.approx(sample.opening + net, abs=0.02)
    assert one["kinds"]["bootstrap"]["ruin"]["value"] == 0.0


def test_added_results_are_drawn_as_money(shop: Workshop) -> None:
    sample = replace(found_in(shop).sample, compound=False)
    assert monte_carlo(sample, 50, 1, 0.95)["growth"] == "added"


def test_paths_of_one_trade_are_refused(shop: Workshop) -> None:
    sample = found_in(shop).sample
    with pytest.raises(DataError, match="no other paths of 1 trades"):
        monte_carlo(replace(sample, trades=sample.trades.slice(0, 1)), 50, 1, 0.95)


def test_random_entries_keep_hour_side_and_distances(shop: Workshop) -> None:
    found = found_in(shop)
    bars = found.floor.series[0].bars
    span = (int(bars.ts[0]), int(bars.ts_close[-1]))
    (pattern,) = patterns_of(found.floor, found.played, found.config, span)
    ranges = np.where(np.arange(len(bars)) < 20, 0.0, 50.0)
    made = draw(pattern, bars, ranges, np.random.default_rng(1))
    usable = pattern.filled
    assert len(made) == len(usable) > 50
    assert (np.diff(made["bar"]) >= 0).all()
    assert sorted(hour_of_week(bars.ts[made["bar"]])) == sorted(hour_of_week(bars.ts[usable["bar"]]))
    assert sorted(made["side"]) == sorted(usable["side"])
    assert set(made["order"]) == {MARKET}
    away = [sorted(np.abs(one["stop"] - bars.close[one["bar"]]).tolist()) for one in (usable, made)]
    assert np.abs(np.array(away[0]) - np.array(away[1])).max() <= 1
    below = made["side"] * (bars.close[made["bar"]] - made["stop"])
    assert (below > 0).all()
    assert (made["side"] * (made["target"] - bars.close[made["bar"]]) > 0)[made["target"] != NO_PRICE].all()


def test_filled_orders_are_what_random_entries_are_modelled_on(shop: Workshop) -> None:
    found = found_in(shop, "EURUSD", "XAUUSD")
    bars = found.floor.series[0].bars
    patterns = patterns_of(found.floor, found.played, found.config, (int(bars.ts[0]), int(bars.ts_close[-1])))
    events = found.played.books.events
    filled = int((events["event"] == OrderEvent.FILLED).sum())
    assert sum(len(one.filled) for one in patterns) == filled == len(found.played.trades)


def test_the_p_value_counts_the_runs_that_did_as_well() -> None:
    runs = [(number, value, 10) for number, value in enumerate([-0.2, 0.1, 0.3, 0.0])]
    document = null_document(0.1, runs, 0.95)
    assert (document["as_good"], document["p"]) == (2, 3 / 5)
    assert document["low"] < 0.5 < document["high"]
    assert null_document(9.0, runs, 0.95)["p"] == 1 / 5


@pytest.mark.parametrize(("expectancy", "value"), [(None, 0.1), (0.1, None)])
def test_without_stops_there_is_nothing_to_compare(expectancy: float | None, value: float | None) -> None:
    with pytest.raises(DataError, match="trades without stops"):
        null_document(expectancy, [(0, value, 3)], 0.95)


def test_random_entries_on_a_walk_without_edge_do_as_well_as_any(shop: Workshop) -> None:
    document = studied(shop, Studies(null=60))["null"]
    assert document["runs"] == 60
    assert 0.01 < document["p"] < 0.99
    assert document["random_p5"] < document["random_p50"] < document["random_p95"]


def test_a_study_is_part_of_the_content_hash(shop: Workshop) -> None:
    plain, other = studied(shop, Studies()), studied(shop, Studies(costs=True))
    assert plain["content_hash"] != other["content_hash"]
    assert plain["asked"] == {}
    assert other["asked"] == {"costs": True}


@pytest.mark.parametrize("studies", [Studies(null=10**6), Studies(monte_carlo=10**7), Studies(jobs=10**4)])
def test_numbers_beyond_reason_are_refused(studies: Studies) -> None:
    with pytest.raises(UsageError):
        check_studies(studies)
