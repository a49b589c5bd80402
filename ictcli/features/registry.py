"""Every feature by name, and the named sets that models are trained on."""

import difflib
from dataclasses import dataclass

from ictcli.errors import UsageError
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
from ictcli.features.feature import FADED, Column, Feature
from ictcli.features.ict import (
    asia,
    bias,
    blocks,
    breaks,
    daily,
    dealing,
    displacements,
    gaps,
    inside,
    ipda,
    liquidity,
    opens,
    sweeps,
    trend,
)

WARMUP = FADED
"""Bars dropped from the start of every series: what is left of a seed is below 1e-9 by then (ML.md M24)."""

_CORE = (
    returns.FEATURE,
    rsi.FEATURE,
    macd.FEATURE,
    bollinger.FEATURE,
    atr_share.FEATURE,
    candle.FEATURE,
    gap.FEATURE,
    range_distance.FEATURE,
    efficiency.FEATURE,
    volatility.FEATURE,
    volume_z.FEATURE,
    obv.FEATURE,
    bulk_volume.FEATURE,
    corwin_schultz.FEATURE,
    amihud.FEATURE,
    roll.FEATURE,
    hour_of_week.FEATURE,
)

_ICT = (
    trend.FEATURE,
    breaks.FEATURE,
    dealing.FEATURE,
    gaps.FEATURE,
    blocks.FEATURE,
    inside.FEATURE,
    liquidity.FEATURE,
    sweeps.FEATURE,
    ipda.FEATURE,
    daily.FEATURE,
    opens.FEATURE,
    asia.FEATURE,
    displacements.FEATURE,
    bias.FEATURE,
)

_TIME = (minute.FEATURE, weekday.FEATURE, kill_zone.FEATURE)

FEATURES: dict[str, Feature] = {feature.name: feature for feature in (*_CORE, *_ICT, *_TIME, regime.FEATURE)}


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


SETS: dict[str, FeatureSet] = {
    "core26": FeatureSet("core26", "the 26 features of prices, volume and time", _CORE),
    "ict": FeatureSet("ict", "distances, ages and counts of ICT structures, gaps, blocks and levels", _ICT),
    "time": FeatureSet("time", "New York minute, day of the week and kill zones", _TIME),
    "all": FeatureSet("all", "core26, ict and time together", (*_CORE, *_ICT, *_TIME)),
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
