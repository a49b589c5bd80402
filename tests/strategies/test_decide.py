"""The driver: what it runs, what it refuses, and how it goes on."""

from dataclasses import replace

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.detector import Feed
from ictcli.detectors.plan import NO_NODE, Settings
from ictcli.errors import ConfigError, DataError, UsageError
from ictcli.market.bars import Bars, make_bars
from ictcli.strategies.baselines.buy_hold import STRATEGY as BUY_HOLD
from ictcli.strategies.baselines.buy_hold import BuyHoldParams
from ictcli.strategies.baselines.sma_cross import STRATEGY as SMA_CROSS
from ictcli.strategies.baselines.sma_cross import SmaCrossParams
from ictcli.strategies.decide import Decider, Decisions, decide
from ictcli.strategies.decisions import NOTE
from ictcli.strategies.ict.fvg_retest import STRATEGY as FVG_RETEST
from ictcli.strategies.ict.fvg_retest import FvgRetestParams
from ictcli.strategies.prices import Columns
from ictcli.strategies.protocol import Strategy
from ictcli.strategies.wiring import wire
from tests.strategies.drawing import bars_of

M1 = Settings(NS_PER_MINUTE)
PARAMS = FvgRetestParams()


def test_only_the_layers_that_are_heard_run() -> None:
    wiring = wire(FVG_RETEST, PARAMS, M1)
    assert [node.title for node in wiring.plan.nodes] == ["swing.internal", "structure.internal", "fvg"]
    assert wiring.feeds == (1, 2)
    assert wiring.plan.nodes[1].feeds == (0,)


def test_a_strategys_detector_parameters_win_over_the_users_and_leave_the_others() -> None:
    user = {"fvg": {"max_active": 7, "max_age": 9}, "swing.internal": {"left": 9}}
    wiring = wire(FVG_RETEST, FvgRetestParams(left=3, atr_length=20), replace(M1, overrides=user))
    texts = {node.title: node.text for node in wiring.plan.nodes}
    assert "max_active=128" in texts["fvg"]
    assert "max_age=9" in texts["fvg"]
    assert "left=3" in texts["swing.internal"]
    assert wiring.plan.settings.atr_length == 20


def test_general_parameters_of_a_strategy_win_over_the_users_for_one_layer() -> None:
    general = replace(FVG_RETEST, detectors=lambda _params: {"swing": {"left": 4}})
    wiring = wire(general, PARAMS, replace(M1, overrides={"swing.internal": {"left": 9}}))
    assert "left=4" in wiring.plan.nodes[0].text


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        (replace(FVG_RETEST, feeds=(Feed("fvgg"),)), ConfigError, "'fvgg', which does not exist"),
        (replace(FVG_RETEST, feeds=(Feed("structure"),)), ConfigError, "'structure', which does not exist"),
        (replace(FVG_RETEST, detectors=lambda _p: {"fvgg": {}}), ConfigError, "'fvgg', which does not exist"),
        (replace(FVG_RETEST, detectors=lambda _p: {"fvg": {"x": 1}}), ConfigError, "unknown field `x`"),
        (replace(FVG_RETEST, refuses=lambda _p, _ns: "needs M5 bars"), UsageError, "needs M5 bars"),
        (replace(FVG_RETEST, feeds=(Feed("smt", "internal"),)), (UsageError, ConfigError), "smt"),
    ],
)
def test_what_cannot_run_is_refused_by_name(changed: Strategy, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        wire(changed, PARAMS, M1)


def test_an_optional_feed_that_cannot_run_is_left_out() -> None:
    daily = Settings(24 * 60 * NS_PER_MINUTE)
    with pytest.raises(UsageError, match="listens to silver_bullet"):
        wire(replace(FVG_RETEST, feeds=(Feed("silver_bullet"),)), PARAMS, daily)
    wiring = wire(replace(FVG_RETEST, feeds=(Feed("silver_bullet", optional=True),)), PARAMS, daily)
    assert wiring.feeds == (NO_NODE,)
    assert wiring.plan.nodes == ()


def test_unsound_bars_are_refused_with_their_row() -> None:
    with pytest.raises(DataError, match="row 1"):
        decide(FVG_RETEST, PARAMS, bars_of([(1, 2, 0, 1), (5, 4, 3, 4)]), M1)
    twice = bars_of([(1, 2, 0, 1), (1, 2, 0, 1)])
    with pytest.raises(DataError, match="row 1: bar time"):
        decide(BUY_HOLD, BuyHoldParams(), replace(twice, ts=np.zeros(2, np.int64)), M1)


def test_notes_can_be_left_out(real_bars: Bars) -> None:
    everything = decide(FVG_RETEST, PARAMS, real_bars, M1)
    asked = decide(FVG_RETEST, PARAMS, real_bars, M1, notes=False)
    assert (everything["kind"] == NOTE).sum() > 1000
    assert asked.tobytes() == everything[everything["kind"] != NOTE].tobytes()


def test_long_series_decide_as_their_pieces_do() -> None:
    n, rng = 140_000, np.random.default_rng(7)
    closes = 110_000 + rng.integers(-40, 41, n).cumsum()
    ts = np.arange(n, dtype=np.int64) * NS_PER_MINUTE
    prices = (closes, closes + 5, closes - 5, closes)
    bars = make_bars(5, ts, ts + NS_PER_MINUTE, prices, spread=np.zeros(n, np.int32))
    params = SmaCrossParams(fast=3, slow=5)
    whole = Decider(SMA_CROSS, params, M1)
    first, again = whole.advance(bars), whole.advance(bars.slice(0, 0))
    assert len(first) > 10_000
    assert len(again) == 0
    pieces = Decider(SMA_CROSS, params, M1)
    parts = [pieces.advance(bars.slice(at, at + 35_000)) for at in range(0, n, 35_000)]
    assert np.concatenate(parts).tobytes() == first.tobytes()
    assert whole.save() == pieces.save()


def test_a_checkpoint_of_something_else_is_refused() -> None:
    saved = Decider(FVG_RETEST, PARAMS, M1).save()
    others = [
        (BUY_HOLD, BuyHoldParams(), M1),
        (FVG_RETEST, FvgRetestParams(max_bars=5), M1),
        (replace(FVG_RETEST, version=9), PARAMS, M1),
        (FVG_RETEST, PARAMS, replace(M1, overrides={"fvg": {"max_age": 3}})),
    ]
    for strategy, params, settings in others:
        with pytest.raises(ValueError, match=f"not a checkpoint of {strategy.name}"):
            Decider(strategy, params, settings, saved)
    with pytest.raises(ValueError, match="not a checkpoint"):
        Decider(FVG_RETEST, PARAMS, M1, saved[:-1])


def test_the_fused_call_decides_as_batch_does_and_can_change_places_with_it(real_bars: Bars) -> None:
    bars = real_bars.slice(0, 1200)
    whole = decide(FVG_RETEST, PARAMS, bars, M1)
    decider = Decider(FVG_RETEST, PARAMS, M1)
    parts = [decider.advance(bars.slice(0, 500))]
    parts += [decider.push(bars, at) for at in range(500, 800)]
    decider = Decider(FVG_RETEST, PARAMS, M1, decider.save())
    parts += [decider.push(bars, at) for at in range(800, 1000)]
    parts.append(decider.advance(bars.slice(1000, 1200)))
    assert b"".join(part.tobytes() for part in parts) == whole.tobytes()


def _write_too_much(_states: object, decisions: Decisions, bars: Columns, _first: int) -> tuple[int, int]:
    return len(bars[0]), len(decisions) + 1


def test_a_step_that_decides_more_often_than_it_may_on_a_bar_is_refused() -> None:
    loud = replace(BUY_HOLD, name="loud", run=_write_too_much)
    with pytest.raises(ConfigError, match="loud decides more than 512 times on a bar"):
        decide(loud, BuyHoldParams(), bars_of([(9, 9, 9, 9)] * 3), M1)
