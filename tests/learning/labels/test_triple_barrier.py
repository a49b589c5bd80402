"""Triple-barrier labels: the worked examples, a plain second implementation, and what must not matter."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import UsageError
from ictcli.learning.events import LOWER, UPPER, VERTICAL, Events, Floats, Int64
from ictcli.learning.labels.triple_barrier import TripleBarrier, triple_barrier, volatility
from ictcli.market.bars import Bars
from tests.learning.labels.bars import bars_of, closes_only, same_but_weight, walk, walks

RULE = TripleBarrier(target=2.0, stop=2.0, horizon=3)


def one(bars: Bars, rule: TripleBarrier = RULE, side: int | None = None, cost: float = 0.0) -> Events:
    """The event of a decision at the first bar, with a volatility of 1 %."""
    sides = None if side is None else np.array([side])
    starts = np.zeros(1, np.int64)
    return triple_barrier(bars, starts, np.array([0.01]), rule, np.full(len(bars), cost), sides).events


def test_the_upper_barrier_first_is_up() -> None:
    event = one(closes_only(10_000, 10_000, 10_100, 10_210))
    assert (event.label.tolist(), event.outcome.tolist(), event.end.tolist()) == ([1], [UPPER], [3])
    assert (event.long_net[0], event.short_net[0]) == (0.02, -0.02)


def test_the_lower_barrier_first_is_down() -> None:
    event = one(closes_only(10_000, 9_900, 9_790, 10_000))
    assert (event.label.tolist(), event.outcome.tolist(), event.end.tolist()) == ([0], [LOWER], [2])


def test_at_the_horizon_the_sign_of_the_return_decides() -> None:
    up, down = one(closes_only(10_000, 10_100, 9_900, 10_001)), one(closes_only(10_000, 10_100, 9_900, 9_999))
    assert (up.label.tolist(), up.outcome.tolist(), up.end.tolist()) == ([1], [VERTICAL], [3])
    assert (down.label.tolist(), down.long_net[0], down.short_net[0]) == ([0], -0.0001, 0.0001)


def test_no_change_at_the_horizon_is_no_event_and_is_counted() -> None:
    bars = closes_only(10_000, 10_100, 9_900, 10_000)
    labelled = triple_barrier(bars, np.zeros(1, np.int64), np.array([0.01]), RULE, np.zeros(4))
    assert (len(labelled.events), labelled.dropped) == (0, {"unchanged at the horizon": 1})


def test_a_bar_that_touches_both_barriers_hits_the_stop() -> None:
    bars = bars_of([(10_000,) * 4, (10_000, 10_250, 9_750, 10_000), (10_000,) * 4, (10_000,) * 4])
    for side in (None, 1, -1):
        event = one(bars, side=side)
        assert (event.label.tolist(), event.ambiguous.tolist(), event.end.tolist()) == ([0], [True], [1])
    assert one(bars).outcome.tolist() == [LOWER]
    assert (one(bars).long_net[0], one(bars).short_net[0]) == (-0.02, -0.02)
    assert one(bars, side=-1).outcome.tolist() == [UPPER]


def test_an_open_beyond_a_barrier_ends_the_trade_there() -> None:
    still = (10_000,) * 4
    above, below = (10_300, 10_300, 9_000, 9_000), (9_600, 11_000, 9_600, 11_000)
    won = one(bars_of([still, still, above, still]))
    assert (won.label.tolist(), won.end.tolist(), won.ambiguous.tolist()) == ([1], [2], [False])
    assert (won.long_net[0], won.short_net[0]) == (pytest.approx(0.03), pytest.approx(-0.03))
    lost = one(bars_of([still, still, below, still]))
    assert (lost.label.tolist(), lost.long_net[0], lost.short_net[0]) == ([0], -0.04, 0.04)


def test_an_open_at_the_target_wins_even_if_the_bar_falls_to_the_stop() -> None:
    still = (10_000,) * 4
    for opened, won in ((10_200, [1]), (10_199, [0])):
        event = one(bars_of([still, still, (opened, 10_250, 9_700, 9_700), still]), side=1)
        assert (event.label.tolist(), event.ambiguous.tolist()) == (won, [not won[0]])


def test_the_cost_is_that_of_the_bar_of_the_entry() -> None:
    bars, costs = closes_only(10_000, 10_100, 10_050, 10_030), np.array([0.1, 0.001, 0.2, 0.3])
    for side in (None, np.array([1])):
        events = triple_barrier(bars, np.zeros(1, np.int64), np.array([0.01]), RULE, costs, side).events
        assert (events.cost.tolist(), events.long_net[0]) == ([0.001], pytest.approx(0.002))


def test_equality_touches_and_one_point_less_does_not() -> None:
    still = (10_000,) * 4
    touched = one(bars_of([still, (10_000, 10_200, 10_000, 10_000), still, (10_000, 10_000, 9_990, 9_990)]))
    missed = one(bars_of([still, (10_000, 10_199, 10_000, 10_000), still, (10_000, 10_000, 9_990, 9_990)]))
    assert (touched.outcome.tolist(), touched.end.tolist()) == ([UPPER], [1])
    assert (missed.outcome.tolist(), missed.end.tolist()) == ([VERTICAL], [3])


@pytest.mark.parametrize(("digits", "entry"), [(0, 7), (2, 123_457), (5, 110_003), (8, 6_543_210_987_654)])
def test_equality_touches_whatever_the_price(digits: int, entry: int) -> None:
    still = (entry,) * 4
    for share in (0.1, 0.3, 0.7):
        way = round(entry * share)
        bars = bars_of([still, (entry, entry + way, entry, entry), still], digits)
        rule = TripleBarrier(1.0, 1.0, 2)
        labelled = triple_barrier(bars, np.zeros(1, np.int64), np.array([way / entry]), rule, np.zeros(3))
        assert labelled.events.outcome.tolist() == [UPPER]


def test_a_horizon_beyond_the_last_bar_gives_no_event_even_after_a_touch() -> None:
    bars = closes_only(10_000, 10_300, 10_300)
    labelled = triple_barrier(bars, np.zeros(1, np.int64), np.array([0.01]), RULE, np.zeros(3))
    assert (len(labelled.events), labelled.dropped) == (0, {"horizon beyond the last bar": 1})


def test_without_a_volatility_there_is_no_event() -> None:
    bars = walk(1, 40)
    scale = np.array([np.nan, 0.0, -1.0, np.inf, 0.001])
    labelled = triple_barrier(bars, np.arange(5), scale, RULE, np.zeros(40))
    assert (labelled.events.start.tolist(), labelled.dropped) == ([4], {"volatility not known or 0": 4})


def test_with_a_side_the_label_is_what_remains_after_costs() -> None:
    bars = closes_only(10_000, 10_100, 10_050, 10_030)
    assert one(bars, side=1, cost=0.0029).label.tolist() == [1]
    assert one(bars, side=1, cost=0.003).label.tolist() == [0]
    short = one(bars, side=-1, cost=0.001)
    assert (short.label.tolist(), short.long_net[0]) == ([0], 0.0)
    assert short.short_net[0] == pytest.approx(-0.004)
    assert short.risk.tolist() == [0.02]


def test_barriers_of_the_short_trade_are_swapped_and_the_life_lasts_for_both_trades() -> None:
    bars = closes_only(10_000, 9_940, 9_880, 9_790)
    event = one(bars, TripleBarrier(target=2.0, stop=1.0, horizon=3))
    assert (event.outcome.tolist(), event.long_net[0], event.end.tolist()) == ([LOWER], -0.01, [3])
    assert event.short_net[0] == 0.02


def plain(bars: Bars, start: int, side: int, target: float, stop: float, horizon: int) -> tuple[int, float]:
    """The rule once more, in prices seen from the side of the trade: last bar, and return before costs."""
    entry = side * int(bars.open[start + 1])
    goal, floor = entry + abs(entry) * target, entry - abs(entry) * stop
    for bar in range(start + 1, start + horizon + 1):
        low, high = sorted((side * int(bars.low[bar]), side * int(bars.high[bar])))
        opened = side * int(bars.open[bar])
        for beyond, price in (
            (opened <= floor, opened),
            (opened >= goal, opened),
            (low <= floor, floor),
            (high >= goal, goal),
        ):
            if beyond:
                return bar, (price - entry) / abs(entry)
    return start + horizon, (side * int(bars.close[start + horizon]) - entry) / abs(entry)


@given(walks(), st.floats(0.3, 4.0), st.floats(0.3, 4.0), st.integers(1, 12))
def test_both_trades_are_those_of_a_plain_walk(bars: Bars, target: float, stop: float, horizon: int) -> None:
    starts = np.arange(len(bars))
    scale = np.full(len(bars), 0.0007)
    costs = np.full(len(bars), 0.00003)
    labelled = triple_barrier(bars, starts, scale, TripleBarrier(target, stop, horizon), costs)
    events = labelled.events
    assert len(events) + sum(labelled.dropped.values()) == len(bars)
    for at, start in enumerate(events.start.tolist()):
        long = plain(bars, start, 1, 0.0007 * target, 0.0007 * stop, horizon)
        short = plain(bars, start, -1, 0.0007 * target, 0.0007 * stop, horizon)
        assert events.end[at] == max(long[0], short[0])
        assert events.long_net[at] == pytest.approx(long[1] - 0.00003, abs=1e-12)
        assert events.short_net[at] == pytest.approx(short[1] - 0.00003, abs=1e-12)
        assert events.label[at] == (long[1] > 0)


@given(walks(), st.integers(1, 20))
def test_later_bars_change_no_event(bars: Bars, cut: int) -> None:
    early = labelled_by_own_volatility(bars.slice(0, len(bars) - cut))
    late = labelled_by_own_volatility(bars)
    same_but_weight(early, late.take(late.start < len(bars) - cut - 5))


@given(walks(), st.integers(1, 3))
def test_finer_points_change_no_event(bars: Bars, digits: int) -> None:
    coarse, fine = labelled_by_own_volatility(bars), labelled_by_own_volatility(bars.rescaled(3 + digits))
    for name in ("start", "end", "label", "outcome", "ambiguous"):
        assert getattr(coarse, name).tolist() == getattr(fine, name).tolist()
    assert fine.long_net == pytest.approx(coarse.long_net, abs=1e-12)


@given(walks(), st.floats(0.5, 3.0))
def test_a_mirrored_market_swaps_the_trades(bars: Bars, width: float) -> None:
    """Mirroring about the entry keeps every distance; with equal barriers up becomes down."""
    rule = TripleBarrier(width, width, 5)
    for start in range(0, len(bars) - 6, 7):
        entry = int(bars.open[start + 1])
        mirrored = replace(
            bars,
            open=2 * entry - bars.open,
            high=2 * entry - bars.low,
            low=2 * entry - bars.high,
            close=2 * entry - bars.close,
        )
        at, scale, costs = np.array([start]), np.array([0.0008]), np.zeros(len(bars))
        own, other = (triple_barrier(x, at, scale, rule, costs).events for x in (bars, mirrored))
        assert own.end.tolist() == other.end.tolist()
        assert own.long_net.tolist() == other.short_net.tolist()
        assert own.ambiguous.tolist() == other.ambiguous.tolist()
        if len(own) and not own.ambiguous[0]:
            assert own.label[0] + other.label[0] == 1


def labelled_by_own_volatility(bars: Bars) -> Events:
    starts: Int64 = np.arange(len(bars))
    scale: Floats = volatility(bars, 10)
    costs: Floats = np.full(len(bars), 0.00002)
    return triple_barrier(bars, starts, scale, TripleBarrier(1.5, 1.0, 5), costs).events


def test_volatility_is_the_root_mean_square_of_the_last_returns() -> None:
    bars = walk(3, 60)
    returns = np.diff(np.log(bars.close))
    found = volatility(bars, 20)
    assert np.isnan(found[:20]).all()
    assert found[20:] == pytest.approx([np.sqrt(np.mean(returns[at - 20 : at] ** 2)) for at in range(20, 60)])


def test_volatility_knows_neither_the_future_nor_the_beginning() -> None:
    bars = walk(4, 80)
    found = volatility(bars, 10)
    assert volatility(bars.slice(0, 50), 10)[10:].tolist() == found[10:50].tolist()
    assert volatility(bars.slice(30, 80), 10)[10:].tolist() == found[40:].tolist()


@pytest.mark.parametrize(("target", "stop", "horizon"), [(0, 1, 5), (1, 0, 5), (1, -1, 5), (1, 1, 0)])
def test_impossible_barriers_are_usage_errors(target: float, stop: float, horizon: int) -> None:
    with pytest.raises(UsageError, match="not possible"):
        TripleBarrier(target, stop, horizon)
    with pytest.raises(UsageError, match="not possible"):
        TripleBarrier(float("nan"), 1.0, 5)
    with pytest.raises(UsageError, match="not possible"):
        volatility(walk(1, 30), 0)


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    bars, scale, costs = walk(1, 30), np.full(2, 0.01), np.zeros(30)
    cases = [
        (np.array([3, 2]), scale, costs, None, "ascending"),
        (np.array([-1, 2]), scale, costs, None, "ascending"),
        (np.array([1, 30]), scale, costs, None, "ascending"),
        (np.array([1, 2]), scale[:1], costs, None, "1 scales for 2 starts"),
        (np.array([1, 2]), scale, costs[:5], None, "5 costs for 30 bars"),
        (np.array([1, 2]), scale, costs, np.array([1]), "1 sides for 2 starts"),
        (np.array([1, 2]), scale, costs, np.array([1, 0]), "neither"),
    ]
    for starts, scales, cost, side, why in cases:
        with pytest.raises(ValueError, match=why):
            triple_barrier(bars, starts, scales, RULE, cost, side)


def test_the_rule_is_kept_with_the_events() -> None:
    labelled = triple_barrier(walk(1, 30), np.arange(5), np.full(5, 0.001), RULE, np.zeros(30))
    assert labelled.rule == {"rule": "triple barrier", "target": 2.0, "stop": 2.0, "horizon": 3}
    assert 0 < labelled.events.weight.min() <= labelled.events.weight.max() <= 1


@pytest.mark.jit_off
def test_the_worked_examples_hold_without_the_compiler() -> None:
    assert one(closes_only(10_000, 10_000, 10_100, 10_210)).label.tolist() == [1]
    assert volatility(closes_only(10_000, 10_100, 10_000), 1)[1] == pytest.approx(np.log(1.01))
