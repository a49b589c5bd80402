"""Months of bars in minutes: does memory grow with them.

Python's own blocks are counted as well as bytes: they are exact, so a single object that stays behind with
every bar shows after a few thousand of them, long before it shows among the pages of a process.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ictcli.clock import NS_PER_SECOND, monotonic
from ictcli.stress.claims import slope_claim
from ictcli.stress.load import load, rehearse
from ictcli.stress.market import floor_of, in_its_currency, symbols_of
from ictcli.stress.resources import own_memory, python_blocks
from ictcli.stress.scenario import Claim, Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.world import Stage, stage, without_limits
from ictcli.telemetry import Progress

_BARS = {"quick": 12_000, "full": 200_000}
_MOST = 900_000
"""Bars of a run that goes on for a ``duration``: two and a half years of minutes."""
_SAMPLES = 60
"""Of a run without a duration, those of the warm-up included."""
_WARMING = 0.4
"""Share of the samples at the beginning that are not counted: caches fill, and the last 256 orders stay."""
_PROBABILITY = 0.1
_HISTORY = 1_200
"""Compressed bytes that stay of an order for good, its close and their deals; tests/trading/test_soak.py."""
_BYTES_OF_A_BLOCK = 64
"""A small object of Python: what turns the limit in bytes into one in blocks."""


@dataclass(slots=True)
class _Seen:
    bars: list[int] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)

    def note(self, bars: int, orders: int) -> None:
        gc.collect()
        self.bars.append(bars)
        self.orders.append(orders)
        self.blocks.append(python_blocks())
        self.memory.append(own_memory() or 0)


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """One symbol, the set-up's strategies, and an order of the load in ten bars."""
    specs = symbols_of(1, setting.book)
    config = without_limits(in_its_currency(setting.config, specs[0]))
    wanted = _BARS[setting.profile] if setting.duration is None else _MOST
    rehearse(setting, specs, config, seed, progress)
    progress("making bars", 0, wanted)
    floor = floor_of(specs, setting.timeframes, config.trade.warm_up + wanted, seed)
    choices = [*setting.choices, load(_PROBABILITY, seed)]
    seen = _Seen()
    with (
        stage(
            setting.folder, floor, choices, config, seed=seed, warm_up=config.trade.warm_up, durable=False
        ) as own,
        _settled_objects(),
    ):
        _play(own, seen, setting, wanted, progress)
    return _claims(seen, setting)


@contextmanager
def _settled_objects() -> Iterator[None]:
    """As ``trade`` does: what was made by now stays to the end, and is not looked through for garbage."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _play(own: Stage, seen: _Seen, setting: Setting, wanted: int, progress: Progress) -> None:
    counts, every = own.one.trader.counts, max(1, _BARS[setting.profile] // _SAMPLES)
    until = None if setting.duration is None else monotonic() + setting.duration / NS_PER_SECOND

    def over(_now: int) -> bool:
        if counts.bars % every == 0:
            seen.note(counts.bars, counts.orders)
            progress("bars", counts.bars, wanted)
        return setting.stopping() or (until is not None and monotonic() > until)

    own.play(over)


def _claims(seen: _Seen, setting: Setting) -> list[Claim]:
    first = int(len(seen.bars) * _WARMING)
    bars, limit = seen.bars[first:], setting.limits.memory_bytes_per_bar
    orders = seen.orders[first:]
    span = f"{bars[-1] - bars[0]:,} bars, {orders[-1] - orders[0]:,} orders" if bars else ""
    blocks = slope_claim(
        "Python blocks with each bar", bars, seen.blocks[first:], "blocks/bar",
        limit / _BYTES_OF_A_BLOCK, note=span,
    )  # fmt: skip
    if not any(seen.memory):
        return [blocks]
    own = [size - _HISTORY * count for size, count in zip(seen.memory[first:], orders, strict=True)]
    note = f"{span}; {_HISTORY:,} bytes of each are its compressed history and not counted"
    memory = slope_claim("memory with each bar", bars, own, "bytes/bar", limit, note=note)
    return [memory, blocks]


SCENARIO = Scenario("memory", "memory over months of bars: its slope by the bar", run)
