"""Features of the bar alone.

Written by scripts/fuse_features.py from the registry; not to be edited. A call of a compiled function from
Python costs more than most steps.
"""

from typing import Any

import numpy as np

from ictcli.detectors.base import context
from ictcli.features import facts as facts_step
from ictcli.features import regime
from ictcli.features.clock import kill_zone, minute, weekday
from ictcli.features.core import (
    amihud,
    atr_share,
    bollinger,
    bulk_volume,
    candle,
    corwin_schultz,
    efficiency,
    gap,
    hour_of_week,
    macd,
    obv,
    range_distance,
    returns,
    roll,
    rsi,
    volatility,
    volume_z,
)
from ictcli.kernels import kernel

STATE = np.dtype(
    [
        ("context", context.CONTEXT),
        ("facts", facts_step.STATE),
        ("places", np.int64, 21),
        ("returns", returns.STATE),
        ("rsi", rsi.STATE),
        ("macd", macd.STATE),
        ("bollinger", bollinger.STATE),
        ("atr_share", atr_share.STATE),
        ("candle", candle.STATE),
        ("gap", gap.STATE),
        ("range_distance", range_distance.STATE),
        ("efficiency", efficiency.STATE),
        ("volatility", volatility.STATE),
        ("volume_z", volume_z.STATE),
        ("obv", obv.STATE),
        ("bulk_volume", bulk_volume.STATE),
        ("corwin_schultz", corwin_schultz.STATE),
        ("amihud", amihud.STATE),
        ("roll", roll.STATE),
        ("hour_of_week", hour_of_week.STATE),
        ("time_minute", minute.STATE),
        ("time_weekday", weekday.STATE),
        ("time_kill_zone", kill_zone.STATE),
        ("regime", regime.STATE),
    ]
)
"""Their states and those of the bar. ``places`` tells the first column of each in the row, -1 for none."""


@kernel
def steps_0(states: Any, row: Any, facts: Any) -> None:
    """Features 0 to 4."""
    places = states["places"]
    if places[0] >= 0:
        returns.step(states["returns"], row, places[0], facts)
    if places[1] >= 0:
        rsi.step(states["rsi"], row, places[1], facts)
    if places[2] >= 0:
        macd.step(states["macd"], row, places[2], facts)
    if places[3] >= 0:
        bollinger.step(states["bollinger"], row, places[3], facts)
    if places[4] >= 0:
        atr_share.step(states["atr_share"], row, places[4], facts)


@kernel
def steps_1(states: Any, row: Any, facts: Any) -> None:
    """Features 5 to 9."""
    places = states["places"]
    if places[5] >= 0:
        candle.step(states["candle"], row, places[5], facts)
    if places[6] >= 0:
        gap.step(states["gap"], row, places[6], facts)
    if places[7] >= 0:
        range_distance.step(states["range_distance"], row, places[7], facts)
    if places[8] >= 0:
        efficiency.step(states["efficiency"], row, places[8], facts)
    if places[9] >= 0:
        volatility.step(states["volatility"], row, places[9], facts)


@kernel
def steps_2(states: Any, row: Any, facts: Any) -> None:
    """Features 10 to 14."""
    places = states["places"]
    if places[10] >= 0:
        volume_z.step(states["volume_z"], row, places[10], facts)
    if places[11] >= 0:
        obv.step(states["obv"], row, places[11], facts)
    if places[12] >= 0:
        bulk_volume.step(states["bulk_volume"], row, places[12], facts)
    if places[13] >= 0:
        corwin_schultz.step(states["corwin_schultz"], row, places[13], facts)
    if places[14] >= 0:
        amihud.step(states["amihud"], row, places[14], facts)


@kernel
def steps_3(states: Any, row: Any, facts: Any) -> None:
    """Features 15 to 19."""
    places = states["places"]
    if places[15] >= 0:
        roll.step(states["roll"], row, places[15], facts)
    if places[16] >= 0:
        hour_of_week.step(states["hour_of_week"], row, places[16], facts)
    if places[17] >= 0:
        minute.step(states["time_minute"], row, places[17], facts)
    if places[18] >= 0:
        weekday.step(states["time_weekday"], row, places[18], facts)
    if places[19] >= 0:
        kill_zone.step(states["time_kill_zone"], row, places[19], facts)


@kernel
def steps_4(states: Any, row: Any, facts: Any) -> None:
    """Features 20 to 20."""
    places = states["places"]
    if places[20] >= 0:
        regime.step(states["regime"], row, places[20], facts)


@kernel
def step(
    memory: Any,
    described: Any,
    facts: Any,
    row: Any,
    at: int,
    ts: Any,
    ts_close: Any,
    opens: Any,
    highs: Any,
    lows: Any,
    closes: Any,
    spreads: Any,
    ticks: Any,
    real: Any,
) -> None:
    """Describe one closed bar and give it to all wanted features.

    Args:
        memory: an array of one ``STATE`` record.
        described: an array of one ``BAR`` record, for those that come after.
        facts: an array of one ``FACTS`` record, likewise.
        row: where the columns are written.
        at: which bar of the columns of a series, those that follow.
        ts: opens of the bars.
        ts_close: first instants after them.
        opens: prices in points.
        highs: prices in points.
        lows: prices in points.
        closes: prices in points.
        spreads: in points.
        ticks: price changes in the bars.
        real: traded volumes.
    """
    states = memory[0]
    bar = described[0]
    own = facts[0]
    prices = opens[at], highs[at], lows[at], closes[at]
    context.step(states["context"], bar, ts[at], ts_close[at], *prices, spreads[at])
    facts_step.step(states["facts"], own, bar, ticks[at], real[at])
    steps_0(states, row, own)
    steps_1(states, row, own)
    steps_2(states, row, own)
    steps_3(states, row, own)
    steps_4(states, row, own)
