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
from ictcli.trading.feeds import Feeds
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
        typical: spread in points of every series of the server where a bar has none.
        feeds: which series make the server's market, and which of the trader's hear of it.
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
        feeds: Feeds,
        keep: Callable[[], None] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._server, self._trader, self._clock = server, trader, clock
        self._names, self._typical, self._feeds = tuple(names), tuple(typical), feeds
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
            for s, row in due:
                self._market(s, bars[s], fine[s], row, first[s] + row)
            self._server.learn(now)
            self._clock.move(now)
            self._look()
            closed = [Closed(s, bars[s].slice(row, row + 1)) for s, row in due]
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
                k = self._feeds.of(s)
                if k is None:
                    continue
                number, finer = first[s] + row, fine[s] if fine is not None else None
                self._progress.begin(k, number)
                for turn in turns_of(bars[s], finer, row, number, self._typical[k]):
                    self._progress.step(k, partial(self._server.announce, k, turn.quote))
                    self._progress.step(k, partial(self._server.open_phase, k, turn.quote))
                    self._progress.step(k, partial(self._server.inside_phase, k, turn.quote, turn.ends))
                whole = turn_of(bars[s], row, number, self._typical[k])
                self._progress.end(k, partial(self._server.close_bar, k, whole.quote, whole.ends))
            self._server.learn(now)
            self._clock.move(now)

    def _market(self, s: int, bars: Bars, fine: Bars | None, row: int, number: int) -> None:
        """A bar goes by at the server, if its series makes the market there."""
        k = self._feeds.of(s)
        if k is None:
            return
        self._progress.begin(k, number)
        for turn in turns_of(bars, fine, row, number, self._typical[k]):
            self._piece(k, self._feeds.listeners[s], turn)
        whole = turn_of(bars, row, number, self._typical[k])
        self._progress.end(k, partial(self._server.close_bar, k, whole.quote, whole.ends))

    def _piece(self, k: int, listeners: Sequence[int], turn: Turn) -> None:
        """One bar, or a piece of one; what the trader asks for at its announced open is done at it."""
        quote, step = turn.quote, self._progress.step
        if step(k, partial(self._server.announce, k, quote)):
            self._clock.move(quote.ts)
            self._look()
            for s in listeners:
                self._trader.opened(s, quote.ts)
        if step(k, partial(self._server.open_phase, k, quote)):
            self._look()
        if not step(k, partial(self._server.inside_phase, k, quote, turn.ends)):
            return
        self._look()
        for s in listeners:
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
