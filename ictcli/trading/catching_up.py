"""A trader brought from its checkpoint to the end of its journal: the same bars and deals, sending nothing.

Deciding is deterministic, so the bars give the wishes they gave before; those whose intents are in the
journal are linked to them, and what was wanted but never written down is given back to the caller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ictcli.ledger.bodies import BarTaken, Intent, SwapSeen
from ictcli.ledger.log import Entry
from ictcli.market.bars import Bars, make_bars
from ictcli.trading.account import Closed
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.trader import Hear, Trader
from ictcli.trading.wishes import Wish


@dataclass(slots=True)
class CaughtUp:
    """Where a trader stands after its journal.

    Attributes:
        seq: last event of the journal.
        at: close of the last bar taken, ns UTC; 0 for none.
        unsent: wishes that no intent tells of: of the journal's last bars, and of its deals.
    """

    seq: int
    at: int
    unsent: list[Wish] = field(default_factory=list)


def bar_of(taken: BarTaken) -> Bars:
    """A recorded bar as arrays of one."""

    def column(value: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([value], np.int64)

    ohlc = (column(taken.open), column(taken.high), column(taken.low), column(taken.close))
    return make_bars(
        taken.digits, column(taken.ts), column(taken.ts_close), ohlc,
        tick_volume=column(taken.tick_volume), spread=np.array([taken.spread], np.int32),
    )  # fmt: skip


def catch_up(
    trader: Trader,
    entries: Iterable[Entry],
    after: int,
    at: int,
    timeframes: Sequence[str],
    hear: Hear | None = None,
) -> CaughtUp:
    """Give a trader everything behind its checkpoint.

    Args:
        trader: as it was at event ``after``.
        entries: the whole journal, from its beginning.
        after: last event that it knows of.
        at: close of the last bar that it knows of, ns UTC.
        timeframes: of every series, by which recorded bars are told apart.
        hear: is told what is decided once more.
    """
    series = {(units.symbol, timeframes[s]): s for s, units in enumerate(trader.account.units)}
    book, state = OrderBook(), CaughtUp(after, at)
    waiting: list[BarTaken] = []
    with trader.holding() as held:
        for entry in entries:
            notices = book.apply(entry.body, entry.ts)
            if entry.seq <= after:
                continue
            body = entry.body
            if isinstance(body, BarTaken) and (not waiting or waiting[0].ts_close == body.ts_close):
                waiting.append(body)
                continue
            _take_bars(trader, waiting, series, state, hear)
            if isinstance(body, BarTaken):
                waiting = [body]
            elif isinstance(body, Intent):
                _take_intent(trader, body, state)
            elif isinstance(body, SwapSeen):
                trader.bookings.swap_seen(body.position, body.swap)
            for notice in notices:
                trader.bookings.told(notice)
            state.unsent += held
            held.clear()
            state.seq = entry.seq
        _take_bars(trader, waiting, series, state, hear)
    return state


def _take_bars(
    trader: Trader,
    waiting: list[BarTaken],
    series: dict[tuple[str, str], int],
    state: CaughtUp,
    hear: Hear | None,
) -> None:
    """Decide once more on the bars of one instant; their intents follow in the journal, if written.

    What was wanted before and is not written by now was given up.
    """
    if not waiting:
        return
    closed = [
        Closed(series[one.symbol, one.timeframe], bar_of(one))
        for one in waiting
        if (one.symbol, one.timeframe) in series
    ]
    if closed:
        for wish in state.unsent:
            trader.drop(wish)
        state.at = waiting[0].ts_close
        state.unsent = trader.replay(state.at, closed, late=waiting[0].late, hear=hear)
    waiting.clear()


def _take_intent(trader: Trader, intent: Intent, state: CaughtUp) -> None:
    """Link an intent of the journal to what wanted it; one that no bar wanted came of a price within one."""
    state.unsent = [one for one in state.unsent if not trader.is_of(one, intent)]
    trader.adopt(intent)
