"""What a feature is to the rest of the program."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.detector import Feed

FADED = 300
"""Bars after which less than 1e-9 of the seed of a 14-bar Wilder or a 26-bar exponential average is left."""

Memory = Literal["window", "fading", "events"]


@dataclass(frozen=True, slots=True)
class Column:
    """One number per bar.

    Attributes:
        name: unique among all features.
        formula: how it is made, one line.
        fallback: what it is where the formula has no value.
        scale_free: whether prices of ten times the size give the same number.
    """

    name: str
    formula: str
    fallback: str = ""
    scale_free: bool = True


@dataclass(frozen=True, slots=True)
class Feature:
    """One idea and the columns it gives.

    A step writes every column on every bar, and always a finite number: before its warm-up is over it
    writes the fallback.

    Attributes:
        name: unique; what the docs and ``--features`` call it.
        version: raised when its columns change for the same bars; part of every cache key and model card.
        summary: one line for people.
        columns: what it writes, in this order.
        warmup: bars after which what ``memory`` says of the start of the series holds.
        params: frozen record of its parameters; every field has a default.
        state: dtype of its state record; the bytes of a state are a checkpoint.
        init_state: ``(params, bar_ns)`` to the state before the first bar, an array of one record.
        step: takes one bar: ``step(state, row, at, facts[, feed, first, last]...) -> None`` writes
            ``row[at], row[at + 1]...`` from a ``FACTS`` record and the records of its feeds at this bar.
        run: loops over the step: ``run(states, rows, at, facts[, feed]...) -> None`` with ``rows`` of
            shape (bars, columns of the set), ``facts`` as many and the records of its feeds at these bars.
        feeds: detectors it listens to, in the order in which its step takes their records.
        fades: whether the start of the series fades away, as from a recursive average, instead of leaving
            a window.
    """

    name: str
    version: int
    summary: str
    columns: tuple[Column, ...]
    warmup: int
    params: type[msgspec.Struct]
    state: np.dtype[np.void]
    init_state: Callable[[Any, int], NDArray[np.void]]
    step: Callable[..., None]
    run: Callable[..., None]
    feeds: tuple[Feed, ...] = ()
    fades: bool = False

    @property
    def width(self) -> int:
        """How many columns it gives."""
        return len(self.columns)

    @property
    def memory(self) -> Memory:
        """How it depends on where the series starts, once ``warmup`` bars are over.

        ``window``: not at all, to the last bit. ``fading``: by less than 1e-9 of what it started from.
        ``events``: as long as an event of its detectors lives, which nothing bounds.
        """
        if self.feeds:
            return "events"
        return "fading" if self.fades else "window"

    def restore(self, saved: bytes) -> NDArray[np.void]:
        """The state whose ``tobytes()`` is ``saved``, under the one dtype object that calls fast.

        Raises:
            ValueError: the bytes are not a state of this feature.
        """
        if len(saved) != self.state.itemsize:
            raise ValueError(f"not a {self.name} state: {len(saved)} bytes, expected {self.state.itemsize}")
        return np.frombuffer(bytearray(saved), self.state)


class NoParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feature whose definition leaves nothing to choose."""
