"""Weeks of bars in minutes: does memory grow with them.

What allocators have given out is counted, not pages of the process: it is exact, so what stays behind with
every bar shows after a few thousand of them. History of orders stays on purpose. The load of orders trades
in one half of each day, so what stays with a bar can be told apart from what stays with an order.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median_low

from ictcli.clock import NS_PER_DAY, NS_PER_SECOND, monotonic
from ictcli.stats.growth import growth
from ictcli.stress.claims import growth_claim
from ictcli.stress.load import load, rehearse
from ictcli.stress.market import floor_of, in_its_currency, symbols_of
from ictcli.stress.resources import heap_in_use, own_memory, python_blocks
from ictcli.stress.scenario import Claim, Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.world import Stage, stage, without_limits
from ictcli.telemetry import Progress

_BARS = {"quick": 8_000, "full": 60_000}
_MOST = 900_000
"""Bars of a run that goes on for a ``duration``: two and a half years of minutes."""
_EVERY = 180
"""Bars from one sample to the next, at most; as many samples lie in half a day of longer bars."""
_SAMPLES = 4
"""In half a day."""
_WARMING = 0.4
"""Share of the samples at the beginning that are not counted: caches fill, and the last 256 orders stay."""
_PROBABILITY, _HOURS = 0.5, "00:00-12:00"
_LOOKS = 3
"""Bars in a row whose median is a sample: at a checkpoint detectors put their rooms down for a bar."""
_BYTES_OF_A_BLOCK = 64
"""A small object of Python: what turns the limit in bytes into one in blocks."""
_MIB = 2**20


@dataclass(slots=True)
class _Seen:
    bars: list[int] = field(default_factory=list)
    heap: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    _looks: list[tuple[int, int]] = field(default_factory=list)

    def look(self, bars: int, orders: int) -> bool:
        """Count once more; True when that completes a sample."""
        gc.collect()
        self._looks.append((heap_in_use() or 0, python_blocks()))
        if len(self._looks) < _LOOKS:
            return False
        heap, blocks = (median_low(values) for values in zip(*self._looks, strict=True))
        self._looks.clear()
        for values, value in (
            (self.bars, bars), (self.orders, orders), (self.heap, heap), (self.blocks, blocks),
            (self.pages, own_memory() or 0),
        ):  # fmt: skip
            values.append(value)
        return True


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """One symbol, the set-up's strategies, and a load of orders in one half of each day."""
    specs = symbols_of(1, setting.book)
    config = without_limits(in_its_currency(setting.config, specs[0]))
    wanted = _wanted(setting)
    rehearse(setting, specs, config, seed, progress)
    progress("making bars", 0, wanted)
    floor = floor_of(specs, setting.timeframes, config.trade.warm_up + wanted, seed)
    choices = [*setting.choices, load(_PROBABILITY, seed, _HOURS)]
    seen = _Seen()
    with (
        stage(
            setting.folder, floor, choices, config, seed=seed, warm_up=config.trade.warm_up, durable=False
        ) as own,
        _settled_objects(),
    ):
        _play(own, seen, setting, wanted, progress)
    return _claims(seen, setting)


def _wanted(setting: Setting) -> int:
    return _BARS[setting.profile] if setting.duration is None else _MOST


def _half_day(setting: Setting) -> int:
    """How many bars of the shortest timeframe it has."""
    return max(1, NS_PER_DAY // 2 // setting.timeframes[0].ns)


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
    counts, every = own.one.trader.counts, max(_LOOKS, min(_EVERY, _half_day(setting) // _SAMPLES))
    until = None if setting.duration is None else monotonic() + setting.duration / NS_PER_SECOND

    def over(_now: int) -> bool:
        if counts.bars % every < _LOOKS <= counts.bars and seen.look(counts.bars, counts.orders):
            progress("bars", counts.bars, wanted)
        return setting.stopping() or (until is not None and monotonic() > until)

    own.play(over)


def _claims(seen: _Seen, setting: Setting) -> list[Claim]:
    first = int(len(seen.bars) * _WARMING)
    bars, orders, limits = seen.bars[first:], seen.orders[first:], setting.limits
    span = f"{bars[-1] - bars[0]:,} bars, {orders[-1] - orders[0]:,} orders" if bars else "no bars"
    limit = limits.memory_bytes_per_bar
    turn = _half_day(setting)
    blocks, _ = growth(bars, orders, seen.blocks[first:], turn)
    found = [
        growth_claim(
            "Python blocks with each bar", blocks, len(bars), "blocks/bar", limit / _BYTES_OF_A_BLOCK,
            note=f"{span}; objects up to 512 bytes",
        )
    ]  # fmt: skip
    if not any(seen.heap):
        return found
    with_bars, with_orders = growth(bars, orders, seen.heap[first:], turn)
    held = f"; the process held {seen.pages[-1] / _MIB:,.0f} MiB at the end" if any(seen.pages) else ""
    return [
        growth_claim("memory with each bar", with_bars, len(bars), "bytes/bar", limit, note=f"{span}{held}"),
        growth_claim(
            "memory with each order", with_orders, len(bars), "bytes/order", limits.memory_bytes_per_order,
            note="compressed history of the order, its close and their deals, that of the simulated terminal "
            "included",
        ),
        *found,
    ]  # fmt: skip


def _told(setting: Setting) -> str:
    if setting.duration is not None:
        return "bars of one symbol for as long as asked: what stays with each, and with each order"
    bars = f"{_wanted(setting):,} bars of one symbol on {setting.timeframes[0].name}"
    return f"{bars}: what stays with each, and with each order"


SCENARIO = Scenario(
    "memory", "weeks of bars: what stays with each, and with each order", run,
    frozenset({"timeframe", "duration"}),
    traded=True, told=_told,
)  # fmt: skip
