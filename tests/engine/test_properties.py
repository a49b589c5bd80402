"""What holds for every run of bars and signals."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.fills import TRADE, finish, initial_state, run
from ictcli.engine.money import terms
from ictcli.engine.refusals import ExitReason, Refusal
from ictcli.engine.simulate import Account, Simulation, check_signals, kernel_params, simulate
from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec
from ictcli.strategies.signals import Signals
from tests.engine import samples
from tests.engine.reference import Reference

Case = tuple[Bars, Signals, SymbolSpec, Account]


def walk(seed: int, n: int, spread_known: float = 0.8) -> Bars:
    """A random walk around 100000 points with gaps, spikes and bars without known spread."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-40, 41, n) + rng.choice([0, 0, 0, 150, -150], n)
    close = 100_000 + np.cumsum(steps)
    opens = np.concatenate([[100_000], close[:-1]]) + rng.choice([0, 0, 0, 80, -80], n)
    high = np.maximum(opens, close) + rng.integers(0, 60, n)
    low = np.minimum(opens, close) - rng.integers(0, 60, n)
    spreads = np.where(rng.random(n) < spread_known, rng.integers(0, 30, n), -1)
    rows = [tuple(int(v) for v in row) for row in zip(opens, high, low, close, strict=True)]
    return samples.bars(rows, spreads.tolist())


def orders(bars: Bars, seed: int, every: int) -> Signals:
    """Random signals, some on the wrong side of the close."""
    rng = np.random.default_rng(seed + 1)
    at = np.flatnonzero(rng.random(len(bars)) < 1 / every)
    side = rng.choice([-1, 1], len(at))
    stop = bars.close[at] - side * rng.integers(-5, 150, len(at))
    target = np.where(rng.random(len(at)) < 0.1, 0, bars.close[at] + side * rng.integers(-5, 300, len(at)))
    rows = zip(at, side, stop, target, rng.integers(0, 12, len(at)), strict=True)
    return samples.signals(*[tuple(int(v) for v in row) for row in rows])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    seed = draw(st.integers(0, 2**31))
    bars = walk(seed, draw(st.integers(1, 120)))
    spec = samples.spec(commission=Decimal(draw(st.sampled_from(["0", "3.50", "0.33"]))))
    slippage, compound = draw(st.integers(0, 5)), draw(st.booleans())
    on = samples.on_account(draw(st.sampled_from(["10000", "500"])), slippage=slippage, compound=compound)
    if draw(st.booleans()):
        spec = samples.spec("USDJPY", commission=Decimal(draw(st.sampled_from(["0", "350"]))))
        bars = replace(bars, digits=3)
    return bars, orders(bars, seed, draw(st.integers(1, 6))), spec, on


def plain(result: Simulation) -> list[tuple[Any, ...]]:
    """Trades as tuples that the reference engine can be compared with."""
    names = (
        "signal",
        "opened",
        "closed",
        "entry",
        "exit",
        "steps",
        "gross",
        "commission",
        "spread",
        "slippage",
    )
    return [
        (*(int(t[name]) for name in names), ExitReason(t["reason"]).label, bool(t["ambiguous"]))
        for t in result.trades
    ]


@given(cases())
def test_kernel_agrees_with_the_slow_reference(case: Case) -> None:
    result = simulate(*case)
    reference = Reference(*case)
    reference.run()
    expected = [
        (
            t.signal,
            t.opened,
            t.closed,
            t.entry,
            t.exit,
            t.steps,
            t.gross,
            t.commission,
            t.spread,
            t.slippage,
            t.reason,
            t.ambiguous,
        )
        for t in reference.trades
    ]
    assert plain(result) == expected
    assert result.balance == reference.balance
    assert np.flatnonzero(result.codes == Refusal.NONE).tolist() == reference.taken


@given(cases())
def test_fills_lie_within_the_bars_bid_and_ask(case: Case) -> None:
    bars, signals, spec, on = case
    result = simulate(bars, signals, spec, replace(on, slippage=0))
    spread = np.where(bars.spread >= 0, bars.spread, spec.spread)
    for trade in result.trades:
        i, k = trade["opened"], trade["closed"]
        assert trade["entry"] == bars.open[i] + (spread[i] if trade["side"] > 0 else 0)
        offset = 0 if trade["side"] > 0 else spread[k]
        assert bars.low[k] + offset <= trade["exit"] <= bars.high[k] + offset


@given(cases())
def test_nothing_fills_before_it_is_known_and_positions_never_overlap(case: Case) -> None:
    result = simulate(*case)
    trades = result.trades
    assert np.all(trades["opened"] == case[1].bar[trades["signal"]] + 1)
    assert np.all(trades["closed"] >= trades["opened"])
    assert np.all(trades["opened"][1:] > trades["closed"][:-1])


@given(cases())
def test_cash_is_conserved(case: Case) -> None:
    result = simulate(*case)
    net = result.trades["gross"] - result.trades["commission"]
    assert result.balance == case[3].balance + int(net.sum())
    assert result.trades["balance"].tolist() == (case[3].balance + np.cumsum(net)).tolist()


@given(cases())
def test_every_signal_is_filled_once_or_refused_with_a_code(case: Case) -> None:
    result = simulate(*case)
    filled = np.flatnonzero(result.codes == Refusal.NONE)
    assert filled.tolist() == result.trades["signal"].tolist()
    assert all(Refusal(code) for code in result.codes[result.codes != 0])


@given(cases())
def test_an_ungapped_stop_costs_no_more_than_the_risk(case: Case) -> None:
    bars, signals, spec, on = case
    on = replace(on, compound=False)
    for trade in simulate(bars, signals, spec, on).trades:
        at_stop = trade["exit"] == trade["stop"] - trade["side"] * on.slippage
        if trade["reason"] == ExitReason.STOP and at_stop:
            # Profit and two commissions are rounded to whole units, half a unit each at most.
            assert trade["commission"] - trade["gross"] <= on.balance * on.risk_ppm // 10**6 + 1.5


@given(cases())
def test_finer_points_change_prices_and_nothing_else(case: Case) -> None:
    bars, signals, spec, on = case
    fine = replace(signals, stop=signals.stop * 10, target=signals.target * 10)
    coarse_result = simulate(bars, signals, spec, on)
    fine_result = simulate(bars.rescaled(bars.digits + 1), fine, spec, replace(on, slippage=on.slippage * 10))
    for name in ("signal", "opened", "closed", "steps", "gross", "commission", "reason", "balance"):
        assert coarse_result.trades[name].tolist() == fine_result.trades[name].tolist()
    for name in ("entry", "exit", "stop", "target", "spread", "adverse", "favourable"):
        assert (coarse_result.trades[name] * 10).tolist() == fine_result.trades[name].tolist()
    assert coarse_result.codes.tolist() == fine_result.codes.tolist()


@given(cases(), st.data())
def test_a_run_split_in_two_with_its_state_saved_equals_one_run(case: Case, data: st.DataObject) -> None:
    bars, signals, spec, on = case
    whole = simulate(*case)
    cut = data.draw(st.integers(0, len(bars)))
    params = kernel_params(spec, terms(spec, bars.digits, on.currency, on.same_as), on, bars.digits)
    codes = check_signals(bars, signals)
    wide = (signals.bar, signals.side, signals.stop, signals.target, signals.max_bars)
    at, side, stop, target, max_bars = (np.asarray(column, np.int64) for column in wide)
    columns = (at, side, stop, target, max_bars)
    state, rows = initial_state(params), []
    for part in (bars.slice(0, cut), bars.slice(cut, len(bars))):
        state = np.frombuffer(bytearray(state.tobytes()), dtype=state.dtype)
        trades = np.zeros(len(signals) + 1, TRADE)
        given_bars = (part.open, part.high, part.low, part.close, part.spread)
        count = run(params[0], state[0], given_bars, columns, codes, trades)
        rows += trades[:count].tolist()
    last = np.zeros(1, TRADE)
    if finish(params[0], state[0], int(bars.close[-1]), int(bars.spread[-1]), last[0]):
        rows += last.tolist()
    assert rows == whole.trades.tolist()
    assert state["balance"][0] == whole.balance


@given(cases())
def test_buying_one_side_is_selling_the_other(case: Case) -> None:
    """Prices mirrored about a level, spread 0: the same trades with the sides swapped."""
    bars, signals, spec, on = case
    if spec.quote != on.currency:
        return
    zero = np.zeros(len(bars), np.int32)
    level = 300_000
    mirror = replace(
        bars,
        open=level - bars.open,
        high=level - bars.low,
        low=level - bars.high,
        close=level - bars.close,
        spread=zero,
    )
    swapped = replace(
        signals,
        side=-signals.side,
        stop=level - signals.stop,
        target=np.where(signals.target > 0, level - signals.target, 0),
    )
    here = simulate(replace(bars, spread=zero), signals, spec, on)
    there = simulate(mirror, swapped, spec, on)
    for name in ("signal", "opened", "closed", "steps", "gross", "commission", "reason", "ambiguous"):
        assert here.trades[name].tolist() == there.trades[name].tolist()
    assert here.codes.tolist() == there.codes.tolist()
