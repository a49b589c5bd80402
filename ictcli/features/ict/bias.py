"""Bias of the higher timeframes (ICT.md §16, 42).

``htf_bias``: the sum of the biases (+1, 0, -1) of H1, H4 and D1, as ``htf_bias`` last confirmed them, over 3.
A timeframe that is not longer than the bars, or has no bias yet, counts as 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.base.events import CONFIRMED
from ictcli.detectors.base.feeds import records_until
from ictcli.detectors.detector import Feed
from ictcli.features.feature import Column, Feature, NoParams
from ictcli.features.ict.scale import OLD
from ictcli.kernels import hot_kernel, kernel

FRAMES = ("H1", "H4", "D1")

STATE = np.dtype([("bias", np.int64, len(FRAMES))])


def init_state(_params: NoParams, _bar_ns: int) -> NDArray[np.void]:
    """The state before the first bar, an array of one record."""
    return np.zeros(1, STATE)


@kernel
def hear(state: Any, which: int, biases: Any, first: int, last: int) -> None:
    """Take the bias that the current bar confirms."""
    for at in range(first, last):
        if biases[at]["record"] == CONFIRMED:
            state["bias"][which] = biases[at]["direction"]


@hot_kernel
def step(
    state: Any, row: Any, at: int, _facts: Any,
    hour: Any, h0: int, h1: int, four: Any, f0: int, f1: int, day: Any, d0: int, d1: int,
) -> None:  # fmt: skip
    """Write the mean bias after one closed bar."""
    if h0 < h1:
        hear(state, 0, hour, h0, h1)
    if f0 < f1:
        hear(state, 1, four, f0, f1)
    if d0 < d1:
        hear(state, 2, day, d0, d1)
    bias = state["bias"]
    row[at] = (bias[0] + bias[1] + bias[2]) / 3.0


@kernel
def run(states: Any, rows: Any, at: int, facts: Any, hour: Any, four: Any, day: Any) -> None:
    """Step over bars."""
    h0, f0, d0 = 0, 0, 0
    for i in range(len(facts)):
        bar = facts[i]["bar"]
        h1, f1, d1 = records_until(hour, h0, bar), records_until(four, f0, bar), records_until(day, d0, bar)
        step(states[0], rows[i], at, facts[i], hour, h0, h1, four, f0, f1, day, d0, d1)
        h0, f0, d0 = h1, f1, d1


FEATURE = Feature(
    name="ict_bias",
    version=1,
    summary="mean bias of the higher timeframes",
    columns=(Column("htf_bias", "mean of the biases of H1, H4 and D1", "0 for one that is missing"),),
    warmup=OLD,
    params=NoParams,
    state=STATE,
    init_state=init_state,
    step=step,
    run=run,
    feeds=tuple(Feed("htf_bias", frame, optional=True) for frame in FRAMES),
)
