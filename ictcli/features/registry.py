"""Every feature by name, and the named sets that models are trained on."""

import difflib
from dataclasses import dataclass

from ictcli.errors import UsageError
from ictcli.features.core import returns
from ictcli.features.feature import Column, Feature

WARMUP = 300
"""Bars dropped from the start of every series: what is left of a seed is below 1e-9 by then (ML.md M24)."""

_ENTRIES = (returns.FEATURE,)

FEATURES: dict[str, Feature] = {feature.name: feature for feature in _ENTRIES}


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Features that belong together, in the order of their columns.

    Attributes:
        name: what ``train --features`` calls it.
        summary: one line for people.
        features: in order.
    """

    name: str
    summary: str
    features: tuple[Feature, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of all features, in order."""
        return tuple(column for feature in self.features for column in feature.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def warmup(self) -> int:
        """Bars at the start of a series that are never used."""
        return max(WARMUP, *(feature.warmup for feature in self.features))


_CORE = ("returns",)

SETS: dict[str, FeatureSet] = {
    "core26": FeatureSet(
        "core26", "the 26 features of prices, volume and time", tuple(FEATURES[name] for name in _CORE)
    ),
}


def find_set(name: str) -> FeatureSet:
    """The set called ``name``.

    Raises:
        UsageError: there is none.
    """
    found = SETS.get(name)
    if found is None:
        near = difflib.get_close_matches(name, list(SETS), n=1)
        suggestion = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"unknown feature set {name!r}", hint=f"{suggestion}Known: {', '.join(SETS)}.")
    return found
