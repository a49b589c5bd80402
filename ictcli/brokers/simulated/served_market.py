"""A market that passes by itself: bars and the ticks inside them reach a trade server when they are due."""

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.turns import Turn, turn_of, turns_of
from ictcli.market.bars import Bars

_INSIDE, _CLOSE, _OPEN = 0, 1, 2
"""What comes first of several things at one instant."""


class _Event(NamedTuple):
    """Something that happens to a series, in the order of instant, kind and series."""

    ts: int
    kind: int
    series: int
    turn: Turn


class ServedMarket:
    """Drives a trade server to an instant.

    Args:
        server: the server; nobody else may drive it.
        bars: of its series.
        fine: shorter bars or ticks that make them up, or None; where there are none, a bar has only an open
            and, at its end, its inside.
    """

    def __init__(self, server: TradeServer, bars: Sequence[Bars], fine: Sequence[Bars | None]) -> None:
        self._server = server
        series = server.scene.world.series
        runs = [
            _events(s, own, pieces, int(series[s]["typical_spread"]))
            for s, (own, pieces) in enumerate(zip(bars, fine, strict=True))
        ]
        self._coming = heapq.merge(*runs, key=lambda event: event[:3])
        self._next: _Event | None = next(self._coming, None)

    def advance(self, now: int) -> None:
        """Let everything happen that is due by an instant, ns UTC."""
        closed = 0
        while self._next is not None and self._next.ts <= now:
            event = self._next
            if closed and (event.kind, event.ts) != (_CLOSE, closed):
                self._server.learn(closed)
                closed = 0
            self._server.pass_time(event.ts)
            self._happen(event)
            closed = event.ts if event.kind == _CLOSE else closed
            self._next = next(self._coming, None)
        self._server.pass_time(now)
        self._server.learn(now)

    def _happen(self, event: _Event) -> None:
        quote, ends = event.turn
        if event.kind == _OPEN:
            self._server.open_phase(event.series, quote)
        elif event.kind == _INSIDE:
            self._server.inside_phase(event.series, quote, ends)
        else:
            self._server.close_bar(event.series, quote, ends)


def _events(s: int, bars: Bars, fine: Bars | None, typical: int) -> Iterator[_Event]:
    for row in range(len(bars)):
        for turn in turns_of(bars, fine, row, row, typical):
            yield _Event(turn.quote.ts, _OPEN, s, turn)
            yield _Event(turn.ends, _INSIDE, s, turn)
        whole = turn_of(bars, row, row, typical)
        yield _Event(whole.ends, _CLOSE, s, whole)
