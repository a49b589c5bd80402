"""Cases for strategies: adversarial bars, small parameters, detectors that see much in few bars."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings, title
from ictcli.detectors.registry import DETECTORS
from ictcli.errors import UsageError
from ictcli.market.bars import Bars
from ictcli.strategies.decide import Decider
from ictcli.strategies.decisions import DECISION
from ictcli.strategies.known import STRATEGIES
from ictcli.strategies.protocol import Strategy
from tests.detectors.adversarial import MOST_BARS, SMALL, STARTS, codes, ohlc_bars, prices

OWN: dict[str, st.SearchStrategy[Any]] = {
    "atr_length": st.integers(2, 4),
    "hold": st.sampled_from(["bottom", "middle", "top"]),
    "reward_risk": st.sampled_from([0.5, 2.0]),
    "max_bars": st.integers(0, 4),
    "windows": st.sampled_from(["", "19:00-21:00,02:00-05:00", "20:10-20:20"]),
    "stop_percent": st.sampled_from([0.0, 1.0]),
    "target_percent": st.sampled_from([0.0, 2.0]),
    "fast": st.integers(1, 3),
    "slow": st.integers(4, 6),
    "probability": st.sampled_from([0.1, 0.5, 1.0]),
    "seed": st.integers(0, 3),
    "stop_atr": st.sampled_from([0.5, 2.0]),
    "target_atr": st.sampled_from([0.0, 1.0]),
    "sides": st.sampled_from(["both", "long", "short"]),
    "flat_at": st.sampled_from(["", "16:00", "20:30"]),
    "require_discount": st.booleans(),
    "steps": st.integers(0, 2),
}
"""Small values of parameters that no detector has, or that mean something else to a strategy."""
_PAUSES = np.array([1, 1, 1, 1, 1, 1, 1, 2, 60], np.int64)


@dataclass(frozen=True)
class Case:
    """Bars and what runs over them."""

    strategy: Strategy
    params: Any
    settings: Settings
    bars: Bars

    def start(self, saved: bytes | None = None) -> Decider:
        return Decider(self.strategy, self.params, self.settings, saved, fused=False)

    def decide(self, bars: Bars | None = None) -> NDArray[np.void]:
        return self.start().advance(self.bars if bars is None else bars)


def small_params(draw: st.DrawFn, strategy: Strategy) -> Any:
    """Small values for all parameters; one without is an error here."""
    names = sorted(field.name for field in msgspec.structs.fields(strategy.params))
    values = {name: draw(OWN[name] if name in OWN else SMALL[name]) for name in names}
    return msgspec.convert(values, strategy.params)


def small_detectors(draw: st.DrawFn, names: set[str]) -> Mapping[str, Mapping[str, Any]]:
    """Small values for all parameters of some detectors."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in sorted(names):
        fields = (field.name for field in msgspec.structs.fields(DETECTORS[name].params))
        values = {field: draw(SMALL[field]) for field in fields}
        found |= {title(name, layer): values for layer in DETECTORS[name].layers}
    return found


def heard(strategy: Strategy) -> set[str]:
    """The detectors that a strategy listens to, and those they listen to."""
    found: set[str] = set()
    pending = [feed.detector for feed in strategy.feeds]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += [feed.detector for feed in DETECTORS[name].feeds]
    return found


def drawn(draw: st.DrawFn, length: int) -> Bars:
    """Few bars of which every number is drawn: ties, gaps, pauses, zero ranges."""
    size = draw(st.integers(0, MOST_BARS))
    steps = _PAUSES[codes(draw, size)[:, 0] % len(_PAUSES)]
    ts = draw(st.sampled_from(STARTS)) + np.cumsum(steps) * length
    return ohlc_bars(ts, length, prices(draw, size))


def rough(draw: st.DrawFn, length: int) -> Bars:
    """More bars of which only a seed is drawn."""
    return rough_bars(draw(st.integers(0, 2**32 - 1)), length, int(draw(st.sampled_from(STARTS))))


def rough_bars(seed: int, length: int, start: int) -> Bars:
    """A walk in swings and bursts that reaches whole set-ups."""
    dice = np.random.default_rng(seed)
    size = 240
    drift = np.repeat(dice.integers(-3, 4, size // 8), 8)
    body = drift + dice.integers(-5, 6, size) * dice.choice([1, 1, 1, 3], size)
    closes = 1000 + np.cumsum(body)
    opens = closes - body
    above, below = dice.integers(0, 4, size), dice.integers(0, 4, size)
    rows = (opens, np.maximum(opens, closes) + above, np.minimum(opens, closes) - below, closes)
    return ohlc_bars(start + np.arange(size) * length, length, np.column_stack(rows).astype(np.int64))


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    strategy = STRATEGIES[name]
    length = draw(st.sampled_from([1, 5, 15])) * NS_PER_MINUTE
    bars = drawn(draw, length) if draw(st.booleans()) else rough(draw, length)
    settings = Settings(length, overrides=small_detectors(draw, heard(strategy)), atr_length=2)
    case = Case(strategy, small_params(draw, strategy), settings, bars)
    try:
        case.start()
    except UsageError:  # windows that do not fit the bars
        return Case(strategy, strategy.params(), Settings(NS_PER_MINUTE, atr_length=2), bars)
    return case


def negated(decisions: NDArray[np.void]) -> NDArray[np.void]:
    """Decisions with all sides and prices negated."""
    found = decisions.copy()
    for column in ("side", "price", "limit", "stop", "target", "void_at", "partial_at"):
        found[column] = -found[column]
    return found


def scaled(decisions: NDArray[np.void], factor: int) -> NDArray[np.void]:
    """Decisions with all prices and distances multiplied."""
    found = decisions.copy()
    for column in ("price", "limit", "stop", "target", "void_at", "partial_at"):
        found[column] *= factor
    for column in ("even_at", "even_plus", "trail", "trail_from"):
        found[column] *= factor
    return found


def rows_of(decisions: NDArray[np.void]) -> list[str]:
    """Decisions as texts, in an order of their own, for comparisons that may reorder a bar.

    Numbers of set-ups and zones are left out: where both sides arise on one bar they depend on which is
    looked at first.
    """
    names = [name for name in DECISION.names or () if name not in ("setup", "zone", "group")]
    return sorted(repr(row.tolist()) for row in decisions[names])
