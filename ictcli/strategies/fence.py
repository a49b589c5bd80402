"""Bars behind which nothing true lies in memory."""

from dataclasses import replace
from typing import Any

import numpy as np

from ictcli.market.bars import Bars

_ABSURD = 10**9
_ROWS = 64
_COLUMNS = ("ts", "ts_close", "open", "high", "low", "close", "tick_volume", "real_volume", "spread")


def fenced(bars: Bars) -> Bars:
    """A copy of bars with absurd rows behind it in memory.

    Compiled code may read behind the end of an array without an error. Behind a slice lies the true future,
    so that a step that peeks there would decide as if it had been given all bars.
    """

    def behind(name: str) -> Any:
        column = getattr(bars, name)
        longer = np.full(len(column) + _ROWS, _ABSURD, column.dtype)
        longer[: len(column)] = column
        return longer[: len(column)]

    return replace(bars, **{name: behind(name) for name in _COLUMNS})
