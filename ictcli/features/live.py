"""Live driving: one compiled call gives a bar to every feature of a set.

The same steps over the same states as in batch, so the row is the same, bit for bit; only the call is
cheaper. Features that listen to detectors have a second call, after the one of the detectors
(ictcli.detectors.live).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ictcli.detectors import live as detectors
from ictcli.detectors.base.context import BAR, CONTEXT
from ictcli.detectors.drive import Memory
from ictcli.detectors.plan import Plan
from ictcli.features.facts import FACTS
from ictcli.features.facts import STATE as FACTS_STATE
from ictcli.features.feature import Feature
from ictcli.features.fused import fed, plain
from ictcli.features.registry import FEATURES
from ictcli.market.bars import Bars

NOWHERE = -1
_CALLS = (plain.STATE, fed.STATE)
_NAMES = tuple(frozenset(FEATURES) & frozenset(call.names or ()) for call in _CALLS)


class LiveRow:
    """A set of features under way.

    Args:
        features: what ``fits`` accepts.
        plan: the detectors that they listen to.
        memory: where the detectors stand; it is copied.
        facts: where the facts stand, likewise.
        states: where the features stand, likewise.
    """

    def __init__(
        self,
        features: Sequence[Feature],
        plan: Plan,
        memory: Memory,
        facts: NDArray[np.void],
        states: Sequence[NDArray[np.void]],
    ) -> None:
        self._features = tuple(features)
        self._plain, self._fed = (np.zeros(1, call) for call in _CALLS)
        self._plain[0]["context"] = memory.context[0]
        self._plain[0]["facts"] = facts[0]
        self._plain["places"] = self._fed["places"] = NOWHERE
        place = 0
        for feature, state in zip(features, states, strict=True):
            own = self._memory(feature)
            names = [name for name in own.dtype.names or () if name in FEATURES]
            own[0][feature.name] = state[0]
            own[0]["places"][names.index(feature.name)] = place
            place += feature.width
        self._detectors = detectors.Live(plan, memory) if plan.nodes else None
        self._bar = np.zeros(1, BAR)
        self._facts = np.zeros(1, FACTS)
        self._row = np.zeros(place)

    @classmethod
    def fits(cls, features: Sequence[Feature], plan: Plan) -> bool:
        """Whether every feature, and every detector of the plan, is in the compiled calls as registered."""
        known = all(FEATURES.get(one.name) is one and one.name in _NAMES[bool(one.feeds)] for one in features)
        once = len({one.name for one in features}) == len(features)
        return known and once and detectors.Live.fits(plan)

    def push(self, bars: Bars, at: int) -> NDArray[np.float64]:
        """Take bar ``at`` of a series; its row, until the next push."""
        prices = bars.open, bars.high, bars.low, bars.close
        others = bars.spread, bars.tick_volume, bars.real_volume
        given = self._plain, self._bar, self._facts, self._row
        plain.step(*given, at, bars.ts, bars.ts_close, *prices, *others)
        if self._detectors is not None:
            self._detectors.push(self._bar)
            fed.step(self._fed, self._facts, self._row, *self._detectors.written)
        return self._row

    def memory(self) -> Memory:
        """Where the detectors stand, a copy."""
        context = np.frombuffer(bytearray(self._plain[0]["context"].tobytes()), CONTEXT)
        return Memory(context, self._detectors.states() if self._detectors is not None else ())

    def facts(self) -> NDArray[np.void]:
        """Where the facts stand, a copy."""
        return np.frombuffer(bytearray(self._plain[0]["facts"].tobytes()), FACTS_STATE)

    def states(self) -> list[NDArray[np.void]]:
        """Where the features stand, copies."""
        return [one.restore(self._memory(one)[0][one.name].tobytes()) for one in self._features]

    def _memory(self, feature: Feature) -> NDArray[np.void]:
        return self._fed if feature.feeds else self._plain
