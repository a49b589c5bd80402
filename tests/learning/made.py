"""Events made by hand for tests."""

from collections.abc import Sequence

import numpy as np

from ictcli.learning.events import VERTICAL, Events


def made_events(
    *,
    label: Sequence[int],
    long_net: Sequence[float] | None = None,
    short_net: Sequence[float] | None = None,
    side: Sequence[int] | None = None,
    start: Sequence[int] | None = None,
    life: int = 1,
    weight: Sequence[float] | None = None,
) -> Events:
    """Events one bar apart that live ``life`` bars; a short earns what a long loses, unless told."""
    n = len(label)
    begin = np.arange(n) if start is None else np.asarray(start)
    gain = np.where(np.asarray(label) == 1, 0.01, -0.01) if long_net is None else np.asarray(long_net)
    return Events(
        start=begin.astype(np.int64),
        end=(begin + life).astype(np.int64),
        side=np.zeros(n, np.int64) if side is None else np.asarray(side, np.int64),
        label=np.asarray(label, np.int64),
        outcome=np.full(n, VERTICAL, np.int64),
        long_net=gain.astype(np.float64),
        short_net=(-gain if short_net is None else np.asarray(short_net)).astype(np.float64),
        cost=np.zeros(n),
        risk=np.full(n, 0.01),
        weight=np.ones(n) if weight is None else np.asarray(weight, np.float64),
        ambiguous=np.zeros(n, np.bool_),
    )
