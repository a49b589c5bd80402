"""The sweep: every registered strategy must be causal, resumable and symmetric on adversarial bars.

A strategy cannot be registered without being swept, and a parameter without a small value to sweep it
with. Where a property does not hold by nature, a table names the strategy with the reason.
"""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.market.bars import Bars
from ictcli.strategies.decisions import DECISION, ENTER, NO_PRICE
from ictcli.strategies.known import STRATEGIES
from tests.detectors.adversarial import STARTS, with_prices
from tests.strategies.drawing import ONE_EACH_SIDE
from tests.strategies.sweeping import Case, cases, negated, rough_bars, rows_of, scaled

ONE_SIDED = {
    "buy_hold": "only buys",
    "sma_cross": "only buys",
    "random_entry": "its coin does not see prices",
}
"""Strategies that negated bars do not mirror."""
PRICES = ("price", "limit", "stop", "target", "void_at")

sweep = pytest.mark.parametrize("name", list(STRATEGIES))


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_a_prefix_decides_exactly_what_the_full_run_decided_by_then(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    full = case.decide()
    for known in data.draw(st.lists(st.integers(0, len(case.bars)), max_size=6, unique=True)):
        prefix = case.decide(case.bars.slice(0, known))
        assert prefix.tobytes() == full[full["bar"] < known].tobytes()


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_one_bar_at_a_time_with_a_restart_equals_batch_bit_for_bit(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    first = data.draw(st.integers(0, len(case.bars)))
    assert stepped(case, first, 60).tobytes() == case.decide().tobytes()


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_a_run_split_in_two_at_saved_bytes_equals_one_run(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    cut = data.draw(st.integers(0, len(case.bars)))
    first = case.start()
    head = first.advance(case.bars.slice(0, cut))
    second = case.start(first.save())
    tail = second.advance(case.bars.slice(cut, len(case.bars)))
    assert head.tobytes() + tail.tobytes() == case.decide().tobytes()
    whole = case.start()
    whole.advance(case.bars)
    assert second.save() == whole.save()


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_negated_bars_give_the_negated_decisions(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    if name not in ONE_SIDED:
        mirrored = case.decide(with_prices(case.bars, np.negative, swap=True))
        assert rows_of(mirrored) == rows_of(negated(case.decide()))


@pytest.mark.no_cover
@sweep
@given(data=st.data(), power=st.integers(1, 12))
def test_multiplied_prices_give_the_same_decisions_at_multiplied_prices(
    name: str, data: st.DataObject, power: int
) -> None:
    """Parameters in points are multiplied too; prices may differ by the rounding to points."""
    factor = 2**power
    case = with_points(data.draw(cases(name)), 1)
    found = with_points(case, factor).decide(with_prices(case.bars, lambda column: column * factor))
    expected = scaled(case.decide(), factor)
    for column in DECISION.names or ():
        if column not in PRICES:
            assert found[column].tobytes() == expected[column].tobytes(), column
        assert (np.abs(found[column] - expected[column]) <= 4 * factor).all() or column not in PRICES, column


@pytest.mark.no_cover
@sweep
@given(data=st.data())
def test_a_decision_names_its_reason_and_stays_within_what_was_known(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    for own in case.decide():
        assert 0 < own["reason"] < len(case.strategy.reasons)
        assert 0 <= own["formed"] <= own["bar"] < len(case.bars)
        if own["kind"] == ENTER:
            assert abs(own["side"]) == 1
            assert own["expires"] > case.bars.ts_close[own["bar"]]


@pytest.mark.no_cover
@sweep
def test_a_real_window_is_decided_alike_in_every_way_of_driving(name: str, real_bars: Bars) -> None:
    strategy = STRATEGIES[name]
    case = Case(strategy, strategy.params(), Settings(NS_PER_MINUTE), real_bars.slice(0, 3000))
    full = case.decide()
    assert stepped(case, 1700, 400).tobytes() == full.tobytes()
    for known in (1, 2047, 2048, 2049, 2999):
        prefix = case.decide(case.bars.slice(0, known))
        assert prefix.tobytes() == full[full["bar"] < known].tobytes()
    entries = full[full["kind"] == ENTER]
    assert (entries["stop"] != NO_PRICE).all()


@pytest.mark.no_cover
@sweep
def test_the_rough_walks_of_the_sweep_make_every_strategy_trade(name: str) -> None:
    """Otherwise the sweep would compare nothing with nothing."""
    strategy = STRATEGIES[name]
    entered = 0
    for seed in range(60):
        bars = rough_bars(seed, 5 * NS_PER_MINUTE, int(STARTS[0]))
        values = {"windows": "", "hours": "any", "frame_adr": 0.0, "require_fvg": False, "min_size_atr": 0.0}
        known = {key: value for key, value in values.items() if key in strategy.params.__struct_fields__}
        params = msgspec.convert(known, strategy.params)
        settings = Settings(5 * NS_PER_MINUTE, overrides=ONE_EACH_SIDE, atr_length=3)
        decisions = Case(strategy, params, settings, bars).decide()
        entered += int((decisions["kind"] == ENTER).any())
    assert entered >= 5


def stepped(case: Case, first: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """The decisions of a case of which some bars come one at a time, with a restart from bytes among them."""
    bars, size = case.bars, len(case.bars)
    decider = case.start()
    found = [decider.advance(bars.slice(0, first))]
    last = min(first + count, size)
    for at in range(first, last):
        if at == (first + last) // 2:
            decider = case.start(decider.save())
        found.append(decider.push(bars, at))
    found.append(decider.advance(bars.slice(last, size)))
    joined = np.concatenate(found)
    assert joined.dtype == DECISION
    return joined


def with_points(case: Case, factor: int) -> Case:
    """A case whose parameters in points are multiplied; without buffers that are rounded to points."""
    values = {
        name: getattr(case.params, name) * factor
        for name in ("buffer", "frame")
        if name in case.params.__struct_fields__
    }
    if "buffer_atr" in case.params.__struct_fields__:
        values["buffer_atr"] = 0.0
    return replace(case, params=msgspec.structs.replace(case.params, **values))
