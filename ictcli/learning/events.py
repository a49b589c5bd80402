"""Labelled events: what a model learns from, one per decision."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UPPER, LOWER, VERTICAL = 1, -1, 0
"""``outcome``: which barrier was touched first; labels without barriers are ``VERTICAL``."""


@dataclass(frozen=True, slots=True)
class Events:
    """Decisions whose outcome is known, as arrays of equal length n, in the order of their bars.

    A decision is taken at the close of bar ``start`` and entered at the open of bar ``start + 1``; its
    label lives on the bars ``start + 1 .. end``, both included (ML.md M7). Every array is of one series.

    Attributes:
        start: bar of the decision; also the row of the feature matrix that may be used for it.
        end: last bar that the label needs; ``end > start``.
        side: +1 or -1 where a rule has chosen the direction (meta-labels), 0 where the model must.
        label: 1 or 0; without a side 1 means up, with a side 1 means that the trade earned after costs.
        outcome: ``UPPER``, ``LOWER`` or ``VERTICAL``.
        long_net: return of a long trade after costs, as a fraction of the entry price.
        short_net: of a short trade; with a side, only the column of that side means anything, the other
            is 0.
        cost: what was taken off, as a fraction of the entry price; without a side the mean of both.
        risk: distance of the stop as a fraction of the entry price; 1.0 where there is none, so that a
            result over ``risk`` is in R.
        weight: average uniqueness, 0 to 1.
        ambiguous: whether one bar touched both barriers, so that the stop was taken.
    """

    start: Int64
    end: Int64
    side: Int64
    label: Int64
    outcome: Int64
    long_net: Floats
    short_net: Floats
    cost: Floats
    risk: Floats
    weight: Floats
    ambiguous: Flags

    def __len__(self) -> int:
        return len(self.start)

    def take(self, which: Int64 | Flags | slice) -> Self:
        """Some of the events, by position, flag or slice."""
        return replace(self, **{name: getattr(self, name)[which] for name in _FIELDS})

    @property
    def extra(self) -> Floats:
        """Inputs of a model that belong to the event and not to the bar: the side; shape (n, 0 or 1)."""
        if self.has_side:
            return self.side.astype(np.float64).reshape(-1, 1)
        return np.zeros((len(self), 0))

    @property
    def has_side(self) -> bool:
        """Whether a rule has chosen the direction."""
        return bool(len(self)) and bool(self.side.any())

    @property
    def has_stop(self) -> bool:
        """Whether every trade has a stop, so that results may be given in R."""
        return bool(len(self)) and bool((self.risk != 1.0).all())


_FIELDS = tuple(Events.__slots__)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Events and how they came about.

    Attributes:
        events: the resolved ones.
        rule: name and parameters of the labelling rule, as the model card keeps them.
        dropped: why candidates gave no event, reason = count; unresolved ones at the end among them.
    """

    events: Events
    rule: Mapping[str, Any]
    dropped: Mapping[str, int]
