"""The account over stretches of bars: the batch driver of the engine's kernels.

``Desk`` holds the account's records. A backtest gives it all bars at once, a live loop one at a time; its
``save`` is a checkpoint from which a run goes on as if it had never stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.records import (
    ACCOUNT,
    DEAL,
    EQUITY,
    MOST_ORDERS,
    MOST_POSITIONS,
    ORDER,
    ORDER_EVENT,
    POSITION,
    SERIES_STATE,
    TRADE,
)
from ictcli.engine.run import begin, end_stretch, finish, run
from ictcli.engine.world import DEALS, EVENTS, MARKS, RESERVED, TRADES, WORK, Market, Output, Tape, World
from ictcli.market.bars import Bars, Int64
from ictcli.strategies.decisions import DECISION, NOTE

Records = NDArray[np.void]

_BYTES = np.dtype((np.void, DECISION.itemsize))
_ROOM = 16_384
_MOST_ROOM = 2**18
_PER_SERIES, _PER_DECISION, _PER_PIECE = 512, 34, 96
"""Records of one kind that one instant may write: for a series, every order and position several times; for
a decision, itself and every order that it meets; for a piece of a bar, another part of every order."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What one strategy decided on one series.

    Attributes:
        series: number of the series.
        owner: number of the strategy.
        decisions: ``DECISION`` records in the order of their bars, notes included.
    """

    series: int
    owner: int
    decisions: Records


@dataclass(frozen=True, slots=True)
class Asked:
    """What the strategies of an account ask for on a stretch of bars; notes are left out.

    Attributes:
        decisions: by series and bar; on one bar the strategies take turns in their order.
        owners: number of the strategy behind each.
        spans: rows of each series: first, and after the last; n by 2.
    """

    decisions: Records
    owners: Int64
    spans: Int64


@dataclass(frozen=True, slots=True)
class Books:
    """What a stretch of bars wrote: ``TRADE``, ``DEAL``, ``ORDER_EVENT`` and ``EQUITY`` records."""

    trades: Records
    deals: Records
    events: Records
    marks: Records


class Desk:
    """An account under way.

    Args:
        rules: ``RULES`` array of one.
        series: ``SERIES`` array of n.
        rolls: instants and nights of the rolls, m by 2, int64.
        blackouts: news blackouts, k by 3, int64.
        start: first instant, nanoseconds UTC: rolls up to it are past.
    """

    def __init__(self, rules: Records, series: Records, rolls: Int64, blackouts: Int64, start: int) -> None:
        n = len(series)
        account = np.zeros(1, ACCOUNT)
        for name in ("balance", "peak", "equity", "day_opening"):
            account[name] = rules["opening"]
        account["roll"] = np.searchsorted(rolls[:, 0], start, side="right")
        self.world = World(
            rules=rules,
            account=account,
            series=series,
            states=np.zeros(n, SERIES_STATE),
            orders=np.zeros((n, MOST_ORDERS), ORDER),
            positions=np.zeros((n, MOST_POSITIONS), POSITION),
            rolls=np.ascontiguousarray(rolls),
            blackouts=np.ascontiguousarray(blackouts),
        )

    @property
    def balance(self) -> int:
        """Closed balance in minor units."""
        return int(self.world.account["balance"][0])

    def advance(self, bars: Sequence[Bars], asked: Asked, fine: Sequence[Bars | None] | None = None) -> Books:
        """Take the next bars of every series.

        Args:
            bars: of each series, after those taken so far; may be empty. Series are cut at one instant.
            asked: what the strategies decided at these bars.
            fine: for each series, shorter bars or ticks of the same span, or None.
        """
        world = self.world
        pieces = fine or [None] * len(bars)
        tape = _tape(bars, asked, pieces)
        output = room_for(self._most_at_once(bars, asked, pieces), _PER_DECISION * len(asked.decisions))
        begin(world, tape)
        done = run(world, tape, output)
        parts = [written(output) if done else _copied(output)]
        while not done:
            output.counts[:RESERVED] = 0
            done = run(world, tape, output)
            parts.append(_copied(output))
        end_stretch(world, tape)
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _most_at_once(self, bars: Sequence[Bars], asked: Asked, fine: Sequence[Bars | None]) -> int:
        """Records that one instant may write at most; an output that is too small would be overrun."""
        world, most = self.world, _PER_SERIES
        for s, own in enumerate(bars):
            first, last = asked.spans[s]
            at = np.maximum(asked.decisions["bar"][first:last], world.states["bar"][s])
            most += _PER_SERIES + _PER_DECISION * _longest_run(at)
            small = fine[s]
            if small is not None and len(own) and world.rules["fill_share"][0] > 0:
                edges = np.searchsorted(small.ts, np.append(own.ts, own.ts_close[-1]))
                most += _PER_PIECE * int(np.diff(edges).max())
        return most

    def finish(self, instant: int) -> Books:
        """Close what is open at the last closes and withdraw what rests."""
        output = room_for(_PER_SERIES * (1 + len(self.world.series)))
        finish(self.world, output, instant)
        return written(output)

    def save(self) -> bytes:
        """A checkpoint."""
        world = self.world
        return b"".join(one.tobytes() for one in (world.account, world.states, world.orders, world.positions))

    def load(self, saved: bytes) -> None:
        """Go on from a checkpoint of an account with the same rules and series.

        Raises:
            ValueError: the bytes are not such a checkpoint.
        """
        world = self.world
        arrays: list[Any] = [world.account, world.states, world.orders, world.positions]
        if len(saved) != sum(one.nbytes for one in arrays):
            raise ValueError(f"not a checkpoint of this account: {len(saved)} bytes")
        at = 0
        for one in arrays:
            one.reshape(-1)[:] = np.frombuffer(saved[at : at + one.nbytes], one.dtype)
            at += one.nbytes


def _tape(bars: Sequence[Bars], asked: Asked, fine: Sequence[Bars | None]) -> Tape:
    market, spans = market_of(bars)
    pieces = [one.slice(0, 0) if small is None else small for one, small in zip(bars, fine, strict=True)]
    work = np.zeros((len(bars), WORK), np.int64)
    return Tape(market, spans, *market_of(pieces), asked.decisions, asked.owners, asked.spans, work)


def market_of(bars: Sequence[Bars]) -> tuple[Market, Int64]:
    """Columns of all series, sharing memory where there is one, and the rows of each."""
    ends = np.cumsum([len(one) for one in bars])
    spans = np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1).astype(np.int64)
    names = ("ts", "ts_close", "open", "high", "low", "close", "spread", "tick_volume")
    parts = [[getattr(one, name) for one in bars] for name in names]
    return Market(*(part[0] if len(part) == 1 else np.concatenate(part) for part in parts)), spans


def ask(streams: Sequence[Stream], n: int) -> Asked:
    """What strategies ask of an account with ``n`` series."""
    parts, owners, spans = [], [], np.zeros((n, 2), np.int64)
    by_series: dict[int, list[tuple[int, Records]]] = {}
    for one in streams:
        if len(wanted := _wanted(one.decisions)):
            by_series.setdefault(one.series, []).append((one.owner, wanted))
    count = 0
    for s in range(n):
        own = by_series.get(s, ())
        if own:
            together = _concatenated([part for _, part in own], _BYTES)
            whose = _concatenated(
                [np.full(len(part), owner, np.int64) for owner, part in own], np.dtype(np.int64)
            )
            bars = together.view(DECISION)["bar"]
            if np.any(bars[1:] < bars[:-1]):
                order = np.argsort(bars, kind="stable")
                together, whose = together[order], whose[order]
            parts.append(together)
            owners.append(whose)
        spans[s] = count, count + sum(len(part) for _, part in own)
        count = int(spans[s, 1])
    decisions = _concatenated(parts, _BYTES).view(DECISION)
    return Asked(decisions, _concatenated(owners, np.dtype(np.int64)), spans)


def _wanted(decisions: Records) -> Records:
    """The decisions that ask for something, without their fields, which numpy copies one by one."""
    if not len(decisions):
        return decisions.view(_BYTES)
    asks = decisions["kind"] != NOTE
    every = np.ascontiguousarray(decisions).view(_BYTES)
    return every if asks.all() else every[asks]


def _concatenated(parts: Sequence[NDArray[Any]], kind: np.dtype[Any]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, kind), *parts])


def _longest_run(values: Int64) -> int:
    """How often a value of a sorted array occurs at most."""
    if not len(values):
        return 0
    starts = np.flatnonzero(values[1:] != values[:-1]) + 1
    return int(np.diff(np.concatenate([[0], starts, [len(values)]])).max())


def room_for(reserve: int, expected: int = 0) -> Output:
    """Room for about ``expected`` records of each kind, which the engine writes whole.

    Untouched room costs no memory.
    """
    size = min(_ROOM + expected, _MOST_ROOM) + 2 * reserve
    counts = np.zeros(RESERVED + 1, np.int64)
    counts[RESERVED] = reserve
    return Output(
        np.empty(size, TRADE),
        np.empty(size, DEAL),
        np.empty(size, ORDER_EVENT),
        np.empty(size, EQUITY),
        counts,
    )


def written(output: Output) -> Books:
    """What was written, where it stands."""
    counts = output.counts
    return Books(
        output.trades[: counts[TRADES]],
        output.deals[: counts[DEALS]],
        output.events[: counts[EVENTS]],
        output.marks[: counts[MARKS]],
    )


def _copied(output: Output) -> Books:
    """A copy of what was written, so that the room can be used again."""
    return _joined([written(output)])


def _joined(parts: Sequence[Books]) -> Books:
    return Books(
        joined([part.trades for part in parts]),
        joined([part.deals for part in parts]),
        joined([part.events for part in parts]),
        joined([part.marks for part in parts]),
    )


def joined(parts: Sequence[Records]) -> Records:
    """Records one after the other, copied as bytes: numpy copies them field by field."""
    return np.concatenate([part.view(np.uint8) for part in parts]).view(parts[0].dtype)
