"""Bars played to a simulated trade server and a trader, in the order in which a backtest takes them.

At every instant at which bars close: what was due before it; then every bar that closes, in the order of its
series: its open is quoted and the trader takes its turn, the open fills, then its inside does, and the trader
takes its turn again, piece by piece where finer data make it up; then the trader decides. A trader's turn
begins with a look at its broker wherever orders, deals or positions have changed.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.turns import Turn, instants, turn_of, turns_of
from ictcli.market.bars import Bars
from ictcli.trading.account import Closed
from ictcli.trading.progress import Progress
from ictcli.trading.trader import Trader

Due = tuple[int, list[tuple[int, int]]]


class VirtualClock:
    """The instant of a simulated world, ns UTC; never falls."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        """The instant, ns UTC."""
        return self._now

    def move(self, now: int) -> None:
        """Go on to an instant; one that has passed changes nothing."""
        self._now = max(self._now, now)

    def sleep(self, _seconds: float) -> None:
        """Return at once: simulated time needs no waiting."""


class Playback:
    """A simulated market that goes by.

    Args:
        server: fills, and quotes.
        trader: decides; its broker is the terminal of ``server``.
        clock: shows the instant of what is played.
        names: timeframe of every series.
        typical: spread in points of every series where a bar has none.
        traded: how many series, from the first, the trader trades; the others only convert.
        keep: called whenever bars have changed orders, deals or positions, before anybody hears of it.
        progress: how far the server's market has gone; None: it is at its beginning.
    """

    def __init__(
        self,
        server: TradeServer,
        trader: Trader,
        clock: VirtualClock,
        names: Sequence[str],
        typical: Sequence[int],
        traded: int,
        keep: Callable[[], None] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._server, self._trader, self._clock = server, trader, clock
        self._names, self._typical, self._traded = tuple(names), tuple(typical), traded
        self._seen = -1
        self._keep = keep
        self._progress = progress or Progress()

    def play(
        self,
        bars: Sequence[Bars],
        fine: Sequence[Bars | None],
        first: Sequence[int],
        over: Callable[[int], bool],
    ) -> int:
        """Play bars until they end, or until somebody says so; how many were played.

        Args:
            bars: of every series, those not yet played.
            fine: shorter bars or ticks of the same spans, or None.
            first: number of the first bar of each series.
            over: called with every instant that is over; True ends the play.
        """
        played = 0
        for now, due in self._instants(bars):
            self._server.pass_time(now)
            turns = [(s, row, turn_of(bars[s], row, first[s] + row, self._typical[s])) for s, row in due]
            for s, row, whole in turns:
                self._progress.begin(s, first[s] + row)
                for turn in turns_of(bars[s], fine[s], row, first[s] + row, self._typical[s]):
                    self._piece(s, turn)
                self._progress.end(s, partial(self._server.close_bar, s, whole.quote, whole.ends))
            self._server.learn(now)
            self._clock.move(now)
            self._look()
            closed = [Closed(s, bars[s].slice(row, row + 1)) for s, row, _ in turns]
            self._trader.closed(now, closed, self._names)
            played += len(due)
            if over(now):
                break
        return played

    def go_on(self) -> None:
        """Take the server's instant, after it was put back to where it had been."""
        self._clock.move(self._server.now)

    def load_history(
        self, bars: Sequence[Bars], first: Sequence[int], fine: Sequence[Bars | None] | None = None
    ) -> None:
        """Let the server show bars of which the trader hears nothing; arguments as for ``play``."""
        for now, due in self._instants(bars):
            self._server.pass_time(now)
            for s, row in due:
                number, finer = first[s] + row, fine[s] if fine is not None else None
                self._progress.begin(s, number)
                for turn in turns_of(bars[s], finer, row, number, self._typical[s]):
                    self._progress.step(s, partial(self._server.announce, s, turn.quote))
                    self._progress.step(s, partial(self._server.open_phase, s, turn.quote))
                    self._progress.step(s, partial(self._server.inside_phase, s, turn.quote, turn.ends))
                whole = turn_of(bars[s], row, number, self._typical[s])
                self._progress.end(s, partial(self._server.close_bar, s, whole.quote, whole.ends))
            self._server.learn(now)
            self._clock.move(now)

    def _piece(self, s: int, turn: Turn) -> None:
        """One bar, or a piece of one; what the trader asks for at its announced open is done at it."""
        quote, step = turn.quote, self._progress.step
        if step(s, partial(self._server.announce, s, quote)):
            self._clock.move(quote.ts)
            self._look()
            if s < self._traded:
                self._trader.opened(s, quote.ts)
        if step(s, partial(self._server.open_phase, s, quote)):
            self._look()
        if not step(s, partial(self._server.inside_phase, s, quote, turn.ends)):
            return
        self._look()
        if s < self._traded:
            self._trader.traded(s, quote.ts, quote.high, quote.low, quote.spread)

    def _look(self) -> None:
        """Let the trader read its broker's records if they have changed."""
        if self._server.changes != self._seen:
            if self._keep is not None:
                self._keep()
            self._trader.look()
            self._seen = self._server.changes

    @staticmethod
    def _instants(bars: Sequence[Bars]) -> Iterator[Due]:
        return instants(bars)
