"""Staged rows in time order with the verdict on each: every block is judged among its neighbours."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import Int64
from ictcli.market.clocks import ClockReader, ClockRule
from ictcli.market.validation.check import Limits, Verdicts, check_bars, check_ticks
from ictcli.market.validation.prices import Prices
from ictcli.market.validation.rules import CODES
from ictcli.market.validation.stamps import CONTEXT, mixed_timeframe, sub_second
from ictcli.sources.staging import Staging

PRICES = ("open", "high", "low", "close")
QUOTES = ("bid", "ask")
VOLUMES = ("tick_volume", "real_volume")


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows in time order.

    Attributes:
        ts: UTC instants, nanoseconds, not decreasing.
        columns: all staged columns in the same order.
        verdicts: the rule each row breaks (``rules.CODES``); 0 for a good row.
    """

    ts: Int64
    columns: dict[str, NDArray[Any]]
    verdicts: Verdicts

    def __len__(self) -> int:
        return len(self.ts)

    def good(self) -> tuple[Int64, dict[str, NDArray[Any]]]:
        """Instants and columns of the good rows."""
        rows = self.verdicts == 0
        if rows.all():
            return self.ts, self.columns
        return self.ts[rows], {name: values[rows] for name, values in self.columns.items()}


def judged_blocks(
    staging: Staging, names: tuple[str, ...], rule: ClockRule, limits: Limits, *, newest_first: bool
) -> Iterator[Block]:
    """All staged rows, oldest first, converted to UTC and judged.

    Args:
        staging: the rows.
        names: its columns; ``bid`` among them says that the rows are ticks.
        rule: the clock of the stamps.
        limits: what to judge against.
        newest_first: the file runs backward in time.
    """
    reader = ClockReader(rule, limits.bar_ns)
    before: Block | None = None
    here: Block | None = None
    for columns in staging.blocks(names):
        after = _in_time_order(columns, reader, newest_first=newest_first)
        if here is not None:
            before = _judge(before, here, after, limits)
            yield before
        here = after
    if here is not None:
        yield _judge(before, here, None, limits)


def stamps_for_clock(staging: Staging, bar_ns: int, *, newest_first: bool) -> Iterator[Int64]:
    """The naive stamps that tell the clock, oldest first: without the rows of other timeframes."""
    before = np.zeros(0, np.int64)
    for columns in staging.blocks(("wall",)):
        wall: Int64 = columns["wall"][::-1] if newest_first else columns["wall"]
        if bar_ns:
            known = np.concatenate([before, wall])
            order = np.argsort(known, kind="stable")
            odd = np.empty(len(known), np.bool_)
            odd[order] = mixed_timeframe(known[order], bar_ns)
            before, wall = known[-CONTEXT:], wall[~(odd[len(before) :] | sub_second(wall))]
        yield wall


def _in_time_order(columns: dict[str, NDArray[Any]], reader: ClockReader, *, newest_first: bool) -> Block:
    if newest_first:
        columns = {name: values[::-1] for name, values in columns.items()}
    ts = reader.to_utc(columns["wall"])
    if np.any(ts[1:] < ts[:-1]):
        order = np.argsort(ts, kind="stable")
        ts, columns = ts[order], {name: values[order] for name, values in columns.items()}
    return Block(ts, columns, np.zeros(len(ts), np.int8))


def _judge(before: Block | None, here: Block, after: Block | None, limits: Limits) -> Block:
    """``here`` with its verdicts, judged together with the rows next to it."""
    left = _edge(before, -CONTEXT, None)
    right = _edge(after, 0, CONTEXT)
    parts = [part for part in (left, here, right) if part is not None]
    if "bid" in here.columns:
        bid, ask = (_joined(parts, name) for name in QUOTES)
        verdicts = check_ticks(bid, ask, limits)
    else:
        ts = np.concatenate([part.ts for part in parts])
        prices = Prices(*(_joined(parts, name) for name in PRICES))
        volume = next((name for name in VOLUMES if name in here.columns), None)
        known = None if volume is None else _joined(parts, volume)
        verdicts = check_bars(ts, _joined(parts, "wall"), prices, limits, known)
    start = 0 if left is None else len(left)
    own = verdicts[start : start + len(here)]
    if before is not None and "bid" not in here.columns:
        own[here.ts <= before.ts[-1]] = CODES["duplicate_conflict"]
    return Block(here.ts, here.columns, own)


def _edge(block: Block | None, start: int, stop: int | None) -> Block | None:
    if block is None:
        return None
    part = slice(start, stop)
    columns = {name: values[part] for name, values in block.columns.items()}
    return Block(block.ts[part], columns, block.verdicts[part])


def _joined(parts: list[Block], name: str) -> NDArray[Any]:
    return np.concatenate([part.columns[name] for part in parts])
