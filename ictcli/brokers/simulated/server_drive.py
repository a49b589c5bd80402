"""The server's time: bars go by, the engine's kernels fill, and what they wrote is booked."""

from collections.abc import Sequence

import numpy as np

from ictcli.brokers.simulated.market import NONE, SymbolMarket
from ictcli.brokers.simulated.phases import match_inside, match_open, roll_over
from ictcli.brokers.simulated.records import Line
from ictcli.brokers.simulated.server_book import Book
from ictcli.brokers.simulated.server_history import NO_BLOCKS, Blocks
from ictcli.brokers.simulated.server_records import ServedSymbol, ServerOptions
from ictcli.brokers.simulated.server_requests import cancel_rests, close_parts, deliver, refuse_unfillable
from ictcli.brokers.simulated.server_saving import Known, load_scene, save_scene
from ictcli.brokers.simulated.server_scene import Scene
from ictcli.engine.records import DEAL, EQUITY, ORDER_EVENT, TRADE
from ictcli.engine.world import RESERVED, Output, Quote, World
from ictcli.market.calendars import calendar

NS_PER_MS = 1_000_000
_ROOM = 1024
"""Records of one kind that one phase may write: every order and position of a series several times."""


class DrivenAccount:
    """An account of the engine's own that bars are driven through.

    Whoever drives it keeps the order of ``engine.run``: ``pass_time`` before the bars that close at an
    instant, then each of them, in the order of the series, through ``open_phase``, ``inside_phase`` and
    ``close_bar``, then ``learn``. A bar that finer data make up goes through both phases piece by piece.

    Args:
        world: an engine's account that has not traded, such as ``research.accounts.open_desk`` makes; the
            server's own from now on.
        symbols: of its series, each once; those that only convert, too.
        options: how the server behaves.
        start: instant of the account's opening, ns UTC.

    Attributes:
        line: the line to the terminal.
        scene: everything that requests are judged by.

    Raises:
        ValueError: symbols do not match the series of the account, or come twice.
    """

    def __init__(
        self, world: World, symbols: Sequence[ServedSymbol], options: ServerOptions, start: int
    ) -> None:
        names = [one.spec.name for one in symbols]
        if len(names) != len(world.series) or len(set(names)) < len(names):
            raise ValueError(f"an account of {len(world.series)} series cannot be served as {names}")
        self.line = Line()
        markets = [
            SymbolMarket(one.timeframe, one.digits, calendar(one.spec.calendar), options.kept_bars)
            for one in symbols
        ]
        self.scene = Scene(
            world=world,
            symbols=tuple(symbols),
            markets=tuple(markets),
            options=options,
            book=Book(world, tuple(symbols)),
            output=_output(),
            now=start,
            parts=[[] for _ in symbols],
        )
        self._known: list[Known] = []
        self.scene.book.cash(start, int(world.account[0]["balance"]), "deposit")

    @property
    def changes(self) -> int:
        """Grows whenever orders, deals or positions change: whoever polls may wait for that."""
        return self.scene.changes

    @property
    def now(self) -> int:
        """Instant of the last thing that happened, ns UTC; never falls."""
        return self.scene.now

    def pass_time(self, now: int) -> None:
        """Let the rolls before an instant happen, and bars that were over before it become known.

        Args:
            now: ns UTC; bars that close then come next.
        """
        scene, world = self.scene, self.scene.world
        account = world.account[0]
        while account["roll"] < len(world.rolls) and world.rolls[account["roll"], 0] < now:
            instant = int(world.rolls[account["roll"], 0])
            self._learn(instant)
            roll_over(world)
            scene.now = max(scene.now, instant)
            scene.changes += int(account["open_positions"] > 0)
        self._learn(now - 1)

    def announce(self, s: int, quote: Quote) -> None:
        """Quote the open of a bar, or of a piece of one, before anything is matched at it.

        A backtest knows an open before it fills at it: what a trader asks for now is done at this open. A
        market gives no such turn; without it ``open_phase`` quotes and matches at once.
        """
        scene, market = self.scene, self.scene.markets[s]
        if scene.under_way:
            deliver(scene, quote.ts)
        scene.now = max(scene.now, quote.ts)
        market.opens(quote)
        market.heard = scene.now
        market.announced = quote.ts

    def open_phase(self, s: int, quote: Quote) -> None:
        """Let the open of a bar, or of a piece of one, happen.

        Args:
            s: number of the series.
            quote: the bar or piece; only its open is known to anybody but the engine's slippage.
        """
        scene, world = self.scene, self.scene.world
        if scene.markets[s].announced != quote.ts:
            self.announce(s, quote)
        scene.markets[s].announced = NONE
        if world.states[s]["orders"] == 0 and world.states[s]["positions"] == 0:
            return
        if scene.parts[s]:
            close_parts(scene, s, quote)
            scene.changes += 1
        refuse_unfillable(scene, s, quote)
        match_open(world, scene.output, s, quote)
        self._take()
        cancel_rests(scene, s)

    def inside_phase(self, s: int, quote: Quote, ends: int) -> None:
        """Let the inside of a bar, or of a piece of one, happen.

        Args:
            s: number of the series.
            quote: the bar or piece whose open phase was the last one.
            ends: first instant after it, ns UTC.
        """
        scene, world = self.scene, self.scene.world
        if scene.under_way:
            deliver(scene, ends - NS_PER_MS)
        scene.now = max(scene.now, ends - NS_PER_MS)
        market = scene.markets[s]
        market.moves(quote, ends)
        market.heard = scene.now
        if world.states[s]["orders"] > 0 or world.states[s]["positions"] > 0:
            match_inside(world, scene.output, s, quote)
            self._take()

    def close_bar(self, s: int, quote: Quote, ends: int) -> None:
        """Take note of a whole bar that is over at ``ends``; ``learn`` makes it known."""
        self.scene.markets[s].closes(quote, ends)
        self._known.append((ends, s, quote))

    def learn(self, now: int) -> None:
        """Let the bars that are over by an instant decide what the account is worth."""
        account = self.scene.world.account[0]
        if account["balance"] <= 0:
            account["ruined"] = 1
        self._learn(now)
        self.scene.now = max(self.scene.now, now)

    def end_of_data(self) -> None:
        """No bar follows: what is asked for now is done at the last prices, as a backtest ends."""
        self.scene.ended = True

    def save(self, *, whole: bool = True) -> bytes:
        """A checkpoint: account, orders, deals, quotes and all.

        Args:
            whole: False leaves out the blocks of history, which never change (``History.blocks``).
        """
        return save_scene(self.scene, self.line, self._known, whole=whole)

    def load(self, saved: bytes, blocks: Blocks = NO_BLOCKS) -> None:
        """Go on from a checkpoint of a server that was set up in the same way.

        Args:
            saved: the checkpoint.
            blocks: of history that it leaves out.

        Raises:
            ValueError: the bytes are not such a checkpoint.
        """
        self.line, self._known = load_scene(self.scene, saved, blocks)

    def _learn(self, instant: int) -> None:
        later = []
        for ends, s, quote in self._known:
            if ends > instant:
                later.append((ends, s, quote))
                continue
            state = self.scene.world.states[s]
            state["close"], state["spread"] = quote.close, quote.spread
            state["bar"] += 1
        self._known = later

    def _take(self) -> None:
        scene = self.scene
        scene.changes += int(scene.book.take(scene.output, scene.now))


def _output() -> Output:
    trades, deals, events, marks = (np.empty(_ROOM, kind) for kind in (TRADE, DEAL, ORDER_EVENT, EQUITY))
    return Output(trades, deals, events, marks, np.zeros(RESERVED + 1, np.int64))
