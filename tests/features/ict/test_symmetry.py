"""Negated bars tell the opposite, and ten times the prices tell the same (ICT.md §1, §16)."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.detectors.plan import Settings
from ictcli.features.matrix import build
from ictcli.features.registry import SETS
from ictcli.market.bars import Bars
from tests.features.ict.listening import SMALL_SWINGS
from tests.features.worlds import QUARTER, wandering

ICT = SETS["ict"]
SETTINGS = Settings(QUARTER, overrides={**SMALL_SWINGS, "ipda.60": {"days": 25}})

SAME = frozenset(("bos_age", "choch_age", "retracement", "strong_dist", "weak_dist", "adr_used", "asia_size"))
PLACES = frozenset(("range_pos", "ipda20_pos", "ipda60_pos", "asia_pos"))
SIDES = (("bull", "bear"), ("bsl", "ssl"), ("pdh", "pdl"), ("high", "low"))
ROUNDED = frozenset(("in_ote",))
"""Edges of the entry zone are whole points."""


def other_side(name: str) -> str:
    """The column that tells the same of the other direction; the column itself for signed ones."""
    for one, other in SIDES:
        for this, that in ((one, other), (other, one)):
            if this in name.split("_"):
                return name.replace(this, that)
    return name


def mirrored(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the same features say of the negated bars."""
    columns = []
    for name in ICT.names:
        found = values[:, ICT.names.index(other_side(name))]
        if name in PLACES:
            found = 1.0 - found
        elif name not in SAME and other_side(name) == name:
            found = -found
        columns.append(found)
    return np.column_stack(columns)


def negated(bars: Bars) -> Bars:
    """The bars upside down."""
    return replace(bars, open=-bars.open, high=-bars.low, low=-bars.high, close=-bars.close)


def features(bars: Bars) -> NDArray[np.float64]:
    return build(ICT, bars, SETTINGS).values


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(3))
def test_negated_bars_tell_the_opposite(seed: int) -> None:
    bars = wandering(3000, seed)
    values, opposite = features(bars), features(negated(bars))
    expected = mirrored(values)
    for at, name in enumerate(ICT.names):
        assert opposite[:, at].tolist() == pytest.approx(expected[:, at].tolist(), abs=1e-9), name
    signed = [name for name in ICT.names if name not in SAME | PLACES and other_side(name) == name]
    assert len(signed) > 10
    silent = [name for name in ICT.names if len(set(values[:, ICT.names.index(name)].tolist())) < 2]
    assert silent == []


@pytest.mark.no_cover
def test_ten_times_the_prices_tell_the_same() -> None:
    bars = wandering(3000, 4)
    values, scaled = features(bars), features(bars.rescaled(3))
    for at, name in enumerate(ICT.names):
        if name not in ROUNDED:
            assert scaled[:, at].tolist() == pytest.approx(values[:, at].tolist(), abs=1e-9), name
