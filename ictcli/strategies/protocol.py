"""What a strategy is to the rest of the program: a step from bars and detector records to decisions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.detector import Feed

Overrides = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Strategy:
    """A set-up by name.

    Attributes:
        name: what ``backtest --strategy`` and ``[strategies.NAME]`` in the config call it.
        version: raised when its decisions change for the same bars.
        summary: one line for people.
        params: frozen record of its parameters; every field has a default, units stand in its docstring.
        state: dtype of its state record; the bytes of a state are a checkpoint.
        init_state: ``(params, bar_ns)`` to the state before the first bar.
        step: takes one bar: ``step(state, decisions, count, bar[, feed, first, last]...) -> count``.
        run: loops over the step: ``run(states, decisions, bars, first[, feed]...) -> (next, count)``;
            with ``sees`` "prices", ``bars`` are ``prices.Columns`` and their first index is
            ``states[0]["bar"]``.
        sees: "bars" gets ``BAR`` records with context and feeds; "prices" gets ``Prices`` and no feeds.
        feeds: detectors it listens to, in the order in which its step takes their records.
        detectors: parameters of those detectors that follow from its own.
        reasons: text of the numbers in ``DECISION["reason"]``; 0 is "".
        refuses: ``(params, bar_ns)`` to why it cannot work on bars of this length; empty when it can.
    """

    name: str
    version: int
    summary: str
    params: type[msgspec.Struct]
    state: np.dtype[np.void]
    init_state: Callable[[Any, int], NDArray[np.void]]
    step: Callable[..., int]
    run: Callable[..., tuple[int, int]]
    sees: Literal["bars", "prices"] = "bars"
    feeds: tuple[Feed, ...] = ()
    detectors: Callable[[Any], Overrides] | None = None
    reasons: tuple[str, ...] = ("",)
    refuses: Callable[[Any, int], str] | None = None
