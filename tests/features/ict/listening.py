"""One feature over hand-made bars, with the states of the detectors it listened to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.drive import NOTHING, Memory, advance, describe, first_context, start
from ictcli.detectors.plan import NO_NODE, Plan, Settings
from ictcli.features import facts as facts_step
from ictcli.features.facts import FACTS
from ictcli.features.feature import Feature
from ictcli.features.wiring import wire_features
from ictcli.market.bars import Bars, make_bars

SMALL_SWINGS = {"swing.internal": {"left": 1, "right": 1}, "swing.swing": {"left": 2, "right": 2}}
"""Swings that a handful of bars can make."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a feature wrote.

    Attributes:
        rows: shape (bars, columns).
        names: of the columns.
        state: of the feature after the last bar.
        plan: the detectors.
        memory: their states after the last bar.
        facts: one record per bar.
    """

    rows: NDArray[np.float64]
    names: tuple[str, ...]
    state: NDArray[np.void]
    plan: Plan
    memory: Memory
    facts: NDArray[np.void]

    def column(self, name: str) -> list[float]:
        """One column, a number per bar."""
        found: list[float] = self.rows[:, self.names.index(name)].tolist()
        return found

    def detector_state(self, title: str) -> Any:
        """The state of a detector that was listened to."""
        titles = [node.title for node in self.plan.nodes]
        return self.memory.states[titles.index(title)][0]


def bars_of(rows: Sequence[Sequence[int]], minutes: Sequence[int] | None = None, length: int = 1) -> Bars:
    """Bars from rows of open, high, low, close in points, opening at the given minutes since 1970."""
    prices = np.array(rows, np.int64).reshape(-1, 4)
    opens = np.arange(len(prices)) * length if minutes is None else np.array(minutes)
    ts = (opens * NS_PER_MINUTE).astype(np.int64)
    columns = tuple(np.ascontiguousarray(prices[:, at]) for at in range(4))
    ends = ts + length * NS_PER_MINUTE
    return make_bars(2, ts, ends, (columns[0], columns[1], columns[2], columns[3]))


def listen(
    feature: Feature, bars: Bars, overrides: Mapping[str, Mapping[str, Any]] | None = None, minutes: int = 1
) -> Heard:
    """Run a feature and its detectors over bars of so many minutes."""
    settings = Settings(minutes * NS_PER_MINUTE, overrides=overrides or {})
    wiring = wire_features([feature], settings)
    memory = start(wiring.plan)
    found = advance(wiring.plan, memory, bars)
    described = describe(first_context(settings), bars)
    facts = np.empty(len(bars), FACTS)
    facts_step.run(facts_step.init_state(), facts, described, bars.tick_volume, bars.real_volume)
    rows = np.full((len(bars), feature.width), np.nan)
    state = feature.init_state(feature.params(), settings.bar_ns)
    feeds = [found[at] if at != NO_NODE else NOTHING for at in wiring.feeds[0]]
    feature.run(state, rows, 0, facts, *feeds)
    names = tuple(column.name for column in feature.columns)
    return Heard(rows, names, state, wiring.plan, memory, facts)


def bar(
    low: int, high: int, close: int | None = None, opened: int | None = None
) -> tuple[int, int, int, int]:
    """One row; by default from the low to the high."""
    return (low if opened is None else opened, high, low, high if close is None else close)


def wandering(count: int, seed: int) -> Bars:
    """A random walk with quiet and wild stretches, one minute a bar."""
    draw = np.random.default_rng(seed)
    scale = np.where(np.arange(count) // 200 % 2 == 0, 8.0, 25.0)
    close = 100_000 + np.cumsum(np.rint(draw.normal(0, scale)).astype(np.int64))
    opened = np.concatenate(([100_000], close[:-1])) + draw.integers(-3, 4, count)
    high = np.maximum(opened, close) + draw.integers(0, 12, count)
    low = np.minimum(opened, close) - draw.integers(0, 12, count)
    return bars_of(np.column_stack((opened, high, low, close)).tolist())
