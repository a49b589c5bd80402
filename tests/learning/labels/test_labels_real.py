"""Labels of real gold: what must hold of any market, gaps and weekends included."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.peer.market_files import read_market_file
from ictcli.learning.labels.costs import trade_costs
from ictcli.learning.labels.fixed_horizon import fixed_horizon
from ictcli.learning.labels.triple_barrier import TripleBarrier, triple_barrier, volatility
from ictcli.market.bars import Bars
from ictcli.market.symbols import load_symbols

RULE = TripleBarrier(target=8.0, stop=8.0, horizon=48)


@pytest.fixture(scope="module")
def gold(real_data: Path) -> Bars:
    return read_market_file(real_data / "bars" / "XAUUSD_M15_ftmo.parquet").slice(0, 30_000)


def test_gold_goes_about_as_often_up_as_down_and_costs_are_a_few_points(gold: Bars) -> None:
    costs = trade_costs(gold, load_symbols(None).require("XAUUSD"))
    starts = np.arange(100, len(gold))
    found = triple_barrier(gold, starts, volatility(gold, 100)[starts], RULE, costs)
    events = found.events
    assert 0.45 < events.label.mean() < 0.6
    assert 1e-5 < events.cost.mean() < 1e-3
    assert found.dropped["horizon beyond the last bar"] == 48
    assert len(events) + sum(found.dropped.values()) == len(starts)
    assert 0.0 < events.ambiguous.mean() < 0.01


def test_what_one_side_gains_the_other_loses_but_for_costs_and_doubt(gold: Bars) -> None:
    costs = trade_costs(gold, load_symbols(None).require("XAUUSD"))
    starts = np.arange(100, len(gold))
    events = triple_barrier(gold, starts, volatility(gold, 100)[starts], RULE, costs).events
    sure = ~events.ambiguous
    both = events.long_net + events.short_net + 2 * events.cost
    assert both[sure] == pytest.approx(0.0, abs=1e-12)
    assert np.all(both[~sure] < 0)
    assert np.all((events.long_net + events.cost > 0) == (events.label == 1))


def test_independent_labels_are_as_many_as_horizons_fit_into_the_bars(gold: Bars) -> None:
    costs = np.zeros(len(gold))
    events = fixed_horizon(gold, np.arange(len(gold)), 20, costs).events
    assert events.weight.sum() == pytest.approx(len(gold) / 20, rel=0.02)
