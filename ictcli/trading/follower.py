"""Which stored bars a paper trader has not seen yet."""

from dataclasses import dataclass

from ictcli.market.bars import Bars
from ictcli.market.calendars import calendar
from ictcli.research.backtest import Workshop
from ictcli.research.series import Series, load_finer, load_series
from ictcli.store.selection import Selection
from ictcli.store.serving import serve_bars
from ictcli.trading.account import Account
from ictcli.trading.feeds import feeds_of
from ictcli.trading.paper_terminal import PaperTerminal
from ictcli.trading.playback import Playback
from ictcli.trading.request import TradeRequest
from ictcli.trading.session_floor import SessionFloor


@dataclass(frozen=True, slots=True)
class Batch:
    """Bars of every series that come next, finer data of them, and the number of the first of each."""

    bars: list[Bars]
    fine: list[Bars | None]
    first: list[int]


class Follower:
    """The stored series behind a session.

    Args:
        laid: what is traded.
        shop: the store.
    """

    def __init__(self, laid: SessionFloor, shop: Workshop) -> None:
        self._floor, self._series, self._shop = laid.floor, laid.floor.series, shop
        self._content = [""] * len(self._series)

    def fresh(self, account: Account) -> Batch | None:
        """Bars that the account has not taken; None where there are none."""
        found = [self._read(s, one, account) for s, one in enumerate(self._series)]
        if not any(len(bars) for bars in found):
            return None
        first = [int(account.desk.world.states[s]["bar"]) for s in range(len(found))]
        return Batch(
            found, [self._finer(one, bars) for one, bars in zip(self._series, found, strict=True)], first
        )

    def show_missed(self, play: Playback, terminal: PaperTerminal, account: Account) -> None:
        """Show the terminal the bars that the account has taken and the terminal did not write down.

        Nothing of the account's happened on them: whatever does is written down at once.
        """
        bars: list[Bars] = []
        fine: list[Bars | None] = []
        first: list[int] = []
        feeds, _ = feeds_of(self._floor)
        for s, one in enumerate(self._series):
            taken, number = int(account.desk.world.states[s]["bar"]), feeds.of(s)
            shown = taken if number is None else terminal.bars_shown(number)
            own = self._stored(one, int(one.bars.ts[0]))
            bars.append(own.slice(shown, max(shown, taken)))
            fine.append(self._finer(one, bars[-1]))
            first.append(shown)
        play.load_history(bars, first, fine)

    def _read(self, s: int, one: Series, account: Account) -> Bars:
        manifest = self._shop.store.manifest(one.stored)
        content = manifest.content_hash() if manifest else ""
        taken = int(account.desk.world.states[s]["bar"])
        if content == self._content[s]:
            return one.bars.slice(0, 0)
        self._content[s] = content
        own = self._stored(one, int(one.bars.ts[0]))
        return own.slice(min(taken, len(own)), len(own))

    def _stored(self, one: Series, start: int) -> Bars:
        hours = calendar(one.spec.calendar)
        bars = serve_bars(self._shop.store, one.stored, one.key.timeframe, hours, start=start)
        return bars.rescaled(one.bars.digits)

    def _finer(self, one: Series, bars: Bars) -> Bars | None:
        if not self._shop.config.backtest.resolve or not len(bars):
            return None
        return load_finer(self._shop.store, one, int(bars.ts[0]), int(bars.ts_close[-1]))[0]


def history_start(request: TradeRequest, shop: Workshop) -> int | None:
    """First instant of the bars that a new session is warmed up with; None for everything stored."""
    config = shop.config
    firsts = []
    for timeframe in request.timeframes:
        selection = Selection(timeframe, request.source, None, None, config.primary)
        for symbol in request.symbols:
            bars = load_series(shop.store, shop.book, symbol, selection).bars
            firsts.append(int(bars.ts[max(0, len(bars) - config.trade.warm_up)]))
    return min(firsts, default=None)
