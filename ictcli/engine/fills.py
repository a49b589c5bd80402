"""The fill kernel: one position per series, decided one closed bar at a time.

State is one record; ``step`` is what a live loop calls per bar and ``run`` is a loop over it, so a
run can stop after any bar and go on later from the record's bytes. Prices are points, volumes are
steps, money is minor units. Every rule here is a line of ``engine.assumptions``.
"""

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.money import amount
from ictcli.engine.refusals import ExitReason, Refusal
from ictcli.engine.sizing import allowed_risk, volume_steps
from ictcli.kernels import kernel
from ictcli.market.bars import Int32, Int64

Record = np.void
"""One row of a structured array: what a kernel reads and writes by field name."""


def _integers(*names: str) -> np.dtype[np.void]:
    return np.dtype([(name, np.int64) for name in names])


PARAMS = _integers(
    "point_value", "commission", "denominator", "by_price",  # money.Terms
    "min_steps", "max_steps", "risk_ppm", "opening_balance", "compound",
    "slippage", "typical_spread",
)  # fmt: skip
STATE = _integers(
    "bar", "cursor", "balance",
    "side", "entry", "stop", "target", "last_bar", "signal", "opened", "steps",
    "commission", "risk", "spread", "lowest", "highest",
)  # fmt: skip
TRADE = _integers(
    "signal", "side", "opened", "closed", "entry", "stop", "target", "exit", "reason", "ambiguous",
    "steps", "gross", "commission", "risk", "spread", "slippage", "adverse", "favourable", "balance",
)  # fmt: skip

_STOP, _TARGET = int(ExitReason.STOP), int(ExitReason.TARGET)
_TIME, _END = int(ExitReason.TIME), int(ExitReason.END)
_IN_POSITION = int(Refusal.IN_POSITION)
_OPEN_BEYOND_STOP = int(Refusal.OPEN_BEYOND_STOP)
_OPEN_BEYOND_TARGET = int(Refusal.OPEN_BEYOND_TARGET)
_VOLUME_BELOW_MINIMUM = int(Refusal.VOLUME_BELOW_MINIMUM)
_BALANCE_EXHAUSTED = int(Refusal.BALANCE_EXHAUSTED)


def initial_state(params: NDArray[np.void]) -> NDArray[np.void]:
    """A flat account before the first bar, as an array of one ``STATE`` record."""
    state = np.zeros(1, STATE)
    state["balance"] = params["opening_balance"]
    return state


@kernel
def enter(
    params: Record, state: Record, price: int, spread: int, side: int, stop: int, target: int, last_bar: int
) -> int:
    """Buy at the ask or sell at the bid of a bar's open; returns the ``Refusal`` (0: position opened)."""
    slippage = params["slippage"]
    if side > 0:
        entry = price + spread + slippage
        distance = entry - stop + slippage
        beyond_stop = price <= stop
        beyond_target = target > 0 and entry >= target
    else:
        entry = price - slippage
        distance = stop - entry + slippage
        beyond_stop = price + spread >= stop
        beyond_target = entry <= target
    if beyond_stop:
        return _OPEN_BEYOND_STOP
    if beyond_target:
        return _OPEN_BEYOND_TARGET
    basis = state["balance"] if params["compound"] != 0 else params["opening_balance"]
    if basis <= 0 or state["balance"] <= 0:
        return _BALANCE_EXHAUSTED
    value, fee = params["point_value"], params["commission"]
    denominator, by_price = params["denominator"], params["by_price"]
    risk = allowed_risk(basis, params["risk_ppm"])
    steps = volume_steps(risk, distance, stop, value, fee, denominator, by_price)
    steps = min(steps, params["max_steps"])
    if steps < params["min_steps"]:
        return _VOLUME_BELOW_MINIMUM
    state["side"], state["entry"], state["stop"], state["target"] = side, entry, stop, target
    state["last_bar"], state["opened"], state["steps"] = last_bar, state["bar"], steps
    state["commission"] = amount(steps * fee, denominator, by_price, entry)
    state["risk"] = amount(abs(entry - stop) * steps * value, denominator, by_price, stop)
    state["spread"] = spread
    state["lowest"], state["highest"] = entry, entry
    return 0


@kernel
def close_position(
    params: Record, state: Record, price: int, slippage: int, spread: int, reason: int, trade: Record
) -> None:
    """Book the position's exit at ``price`` (before ``slippage`` points against it) into ``trade``."""
    side, entry, steps = state["side"], state["entry"], state["steps"]
    leave = price - side * slippage
    state["lowest"], state["highest"] = min(state["lowest"], leave), max(state["highest"], leave)
    denominator, by_price = params["denominator"], params["by_price"]
    gross = amount(side * (leave - entry) * steps * params["point_value"], denominator, by_price, leave)
    commission = state["commission"] + amount(steps * params["commission"], denominator, by_price, leave)
    state["balance"] += gross - commission
    trade["signal"], trade["side"], trade["steps"] = state["signal"], side, steps
    trade["opened"], trade["closed"] = state["opened"], state["bar"]
    trade["entry"], trade["stop"], trade["target"], trade["exit"] = (
        entry,
        state["stop"],
        state["target"],
        leave,
    )
    trade["reason"], trade["ambiguous"] = reason, 0
    trade["gross"], trade["commission"], trade["risk"] = gross, commission, state["risk"]
    trade["spread"] = state["spread"] if side > 0 else spread
    trade["slippage"] = params["slippage"] + slippage
    if side > 0:
        trade["adverse"], trade["favourable"] = entry - state["lowest"], state["highest"] - entry
    else:
        trade["adverse"], trade["favourable"] = state["highest"] - entry, entry - state["lowest"]
    trade["balance"] = state["balance"]
    state["side"] = 0


@kernel
def manage(
    params: Record, state: Record, opens: int, high: int, low: int, close: int, spread: int, trade: Record
) -> bool:
    """Let one bar act on the open position; True when it closed. Prices are bid; shorts leave at the ask.

    On the entry bar the open cannot lie beyond stop or target: ``enter`` would have refused.
    """
    side, stop, target = state["side"], state["stop"], state["target"]
    slippage = params["slippage"]
    offset = 0 if side > 0 else spread
    first, best, worst = opens + offset, high + offset, low + offset
    if side < 0:
        best, worst = worst, best
    has_target = target > 0
    if side * (first - stop) <= 0:
        close_position(params, state, first, slippage, spread, _STOP, trade)
        return True
    if has_target and side * (first - target) >= 0:
        close_position(params, state, first, 0, spread, _TARGET, trade)
        return True
    hit_target = has_target and side * (best - target) >= 0
    if side * (worst - stop) <= 0:
        close_position(params, state, stop, slippage, spread, _STOP, trade)
        trade["ambiguous"] = 1 if hit_target else 0
        return True
    state["lowest"], state["highest"] = min(state["lowest"], worst), max(state["highest"], worst)
    if hit_target:
        close_position(params, state, target, 0, spread, _TARGET, trade)
        return True
    state["lowest"], state["highest"] = min(state["lowest"], best), max(state["highest"], best)
    if state["last_bar"] >= 0 and state["bar"] >= state["last_bar"]:
        close_position(params, state, close + offset, slippage, spread, _TIME, trade)
        return True
    return False


@kernel
def step(
    params: Record,
    state: Record,
    bar: tuple[int, int, int, int, int],
    signals: tuple[Int64, Int64, Int64, Int64, Int64],
    codes: Int64,
    trade: Record,
) -> bool:
    """Take one closed bar: fill what was signalled before it, then manage; True when ``trade`` was written.

    Args:
        params: one ``PARAMS`` record.
        state: one ``STATE`` record.
        bar: open, high, low, close (bid points) and spread (points, negative: unknown).
        signals: bar (global index, not decreasing), side, stop, target, max_bars.
        codes: per signal its ``Refusal``; signals already refused are passed over, others are written.
        trade: the ``TRADE`` record to write.
    """
    at, side, stop, target, max_bars = signals
    opens, high, low, close, given = bar
    spread = given if given >= 0 else params["typical_spread"]
    cursor = state["cursor"]
    while cursor < len(at) and at[cursor] < state["bar"]:
        if codes[cursor] == 0 and state["side"] != 0:
            codes[cursor] = _IN_POSITION
        elif codes[cursor] == 0:
            last = state["bar"] + max_bars[cursor] - 1 if max_bars[cursor] > 0 else -1
            code = enter(params, state, opens, spread, side[cursor], stop[cursor], target[cursor], last)
            codes[cursor] = code
            if code == 0:
                state["signal"] = cursor
        cursor += 1
    state["cursor"] = cursor
    closed = state["side"] != 0 and manage(params, state, opens, high, low, close, spread, trade)
    state["bar"] += 1
    return closed


@kernel
def run(
    params: Record,
    state: Record,
    bars: tuple[Int64, Int64, Int64, Int64, Int32],
    signals: tuple[Int64, Int64, Int64, Int64, Int64],
    codes: Int64,
    trades: NDArray[np.void],
) -> int:
    """``step`` over the bars from ``state["bar"]`` on; returns how many ``trades`` rows were written.

    ``trades`` needs as many rows as there are signals, and one.
    """
    opens, highs, lows, closes, spreads = bars
    count = 0
    for i in range(len(opens)):
        bar = (int(opens[i]), int(highs[i]), int(lows[i]), int(closes[i]), int(spreads[i]))
        if step(params, state, bar, signals, codes, trades[count]):
            count += 1
    return count


@kernel
def finish(params: Record, state: Record, close: int, spread: int, trade: Record) -> bool:
    """Close what is open at the last bar's close; True when there was a position."""
    if state["side"] == 0:
        return False
    if spread < 0:
        spread = params["typical_spread"]
    state["bar"] -= 1
    price = close if state["side"] > 0 else close + spread
    close_position(params, state, price, params["slippage"], spread, _END, trade)
    state["bar"] += 1
    return True
