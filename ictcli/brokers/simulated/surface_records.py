"""The trade server's exact records as the records of MetaTrader5: floats and the server's wall clock."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.brokers.simulated.records import (
    ServerAccount,
    ServerDeal,
    ServerOrder,
    ServerPosition,
    ServerTick,
)
from ictcli.brokers.simulated.surface_clock import WallClock
from ictcli.brokers.simulated.surface_numbers import Units, money
from ictcli.clock import NS_PER_SECOND
from ictcli.market.bars import UNKNOWN, VOLUME_SCALE, Bars
from ictcli.terminals.constants import AccountMarginMode, AccountStopoutMode, AccountTradeMode, TickFlag
from ictcli.terminals.structs import (
    RATES_DTYPE,
    TICKS_DTYPE,
    AccountInfo,
    BookInfo,
    Tick,
    TradeDeal,
    TradeOrder,
    TradePosition,
)

_NS_PER_MS = NS_PER_SECOND // 1000
_QUOTED = TickFlag.BID | TickFlag.ASK


def account_record(
    account: ServerAccount, *, trade_allowed: bool, expert_allowed: bool, fifo: bool
) -> AccountInfo:
    """The account as ``account_info`` shows it."""

    def amount(minor_units: int) -> float:
        return money(minor_units, account.digits)

    mode = AccountMarginMode.RETAIL_HEDGING if account.hedging else AccountMarginMode.RETAIL_NETTING
    free = account.equity - account.margin
    return AccountInfo(
        (
            account.login, int(AccountTradeMode.DEMO if account.demo else AccountTradeMode.REAL),
            account.leverage, 0, int(AccountStopoutMode.PERCENT), trade_allowed, expert_allowed, int(mode),
            account.digits, fifo, amount(account.balance), 0.0, amount(account.profit),
            amount(account.equity), amount(account.margin), amount(free),
            margin_level(account.equity, account.margin), account.stop_out_percent,
            account.stop_out_percent, 0.0, 0.0, 0.0, 0.0, 0.0,
            account.name, account.server, account.currency, account.company,
        )
    )  # fmt: skip


def margin_level(equity: int, margin: int) -> float:
    """Equity as a percentage of margin; 0 where no margin is used."""
    return 100 * equity / margin if margin else 0.0


def tick_record(tick: ServerTick, units: Units, clock: WallClock) -> Tick:
    """The last quote; all zero before the first one."""
    if not tick.bid:
        return Tick((0, 0.0, 0.0, 0.0, 0, 0, 0, 0.0))
    at = clock.milliseconds(tick.ts)
    bid, ask = units.price(tick.bid), units.price(tick.ask)
    return Tick((at // 1000, bid, ask, 0.0, tick.volume, at, int(_QUOTED), float(tick.volume)))


def book_records(tick: ServerTick, units: Units) -> tuple[BookInfo, ...]:
    """The depth of market that a quote is: its ask above its bid."""
    sides = ((1, tick.ask), (2, tick.bid)) if tick.bid else ()
    return tuple(
        BookInfo((side, units.price(price), tick.volume, float(tick.volume))) for side, price in sides
    )


def position_record(
    position: ServerPosition, tick: ServerTick, units: Units, clock: WallClock, money_digits: int
) -> TradePosition:
    """An open position, valued at the side at which it would be closed."""
    opened, updated = clock.milliseconds(position.opened), clock.milliseconds(position.updated)
    current = tick.bid if position.type == 0 else tick.ask
    return TradePosition(
        (
            position.ticket, opened // 1000, opened, updated // 1000, updated, position.type,
            position.magic, position.identifier or position.ticket, position.reason,
            units.lots(position.volume), units.price(position.price), units.price(position.stop),
            units.price(position.target),
            units.price(current), money(position.swap, money_digits), money(position.profit, money_digits),
            position.symbol, position.comment, "",
        )
    )  # fmt: skip


def order_record(order: ServerOrder, tick: ServerTick, units: Units, clock: WallClock) -> TradeOrder:
    """An order, open or done; ``price_current`` is the quote it would be filled at."""
    placed, done = clock.milliseconds(order.placed), clock.milliseconds(order.done)
    current = tick.ask if order.type % 2 == 0 else tick.bid
    return TradeOrder(
        (
            order.ticket, placed // 1000, placed, done // 1000, done, clock.seconds(order.expires),
            order.type, order.time_type, order.filling, order.state, order.magic, order.position,
            order.position_by, order.reason, units.lots(order.volume), units.lots(order.remaining),
            units.price(order.price), units.price(order.stop), units.price(order.target),
            units.price(current), units.price(order.limit), order.symbol, order.comment, "",
        )
    )  # fmt: skip


def deal_record(deal: ServerDeal, units: Units | None, clock: WallClock, money_digits: int) -> TradeDeal:
    """A deal; one that no symbol has (a balance deal) has no units, volume or price."""
    at = clock.milliseconds(deal.ts)
    volume, price = (units.lots(deal.volume), units.price(deal.price)) if units else (0.0, 0.0)
    commission, swap, profit, fee = (
        money(amount, money_digits) for amount in (deal.commission, deal.swap, deal.profit, deal.fee)
    )
    return TradeDeal(
        (
            deal.ticket, deal.order, at // 1000, at, deal.type, deal.entry, deal.magic, deal.position,
            deal.reason, volume, price, commission, swap, profit, fee, deal.symbol, deal.comment, "",
        )
    )  # fmt: skip


def rates_array(bars: Bars, clock: WallClock) -> NDArray[np.void]:
    """Bars as rows of ``copy_rates_*``; what is unknown is 0."""
    rows = np.zeros(len(bars), RATES_DTYPE)
    rows["time"] = clock.shown(bars.ts) // NS_PER_SECOND
    for name in ("open", "high", "low", "close"):
        rows[name] = getattr(bars, name) / 10**bars.digits
    rows["tick_volume"] = np.where(bars.tick_volume == UNKNOWN, 0, bars.tick_volume)
    rows["spread"] = np.where(bars.spread == UNKNOWN, 0, bars.spread)
    rows["real_volume"] = np.where(bars.real_volume == UNKNOWN, 0, bars.real_volume // 10**VOLUME_SCALE)
    return rows


def ticks_array(ticks: Sequence[ServerTick], units: Units, clock: WallClock) -> NDArray[np.void]:
    """Quotes as rows of ``copy_ticks_*``."""
    rows = np.zeros(len(ticks), TICKS_DTYPE)
    if not ticks:
        return rows
    ts, bid, ask, volume = _columns(ticks)
    shown = clock.shown(ts) // _NS_PER_MS
    rows["time"], rows["time_msc"] = shown // 1000, shown
    rows["bid"], rows["ask"] = bid / 10**units.digits, ask / 10**units.digits
    rows["volume"], rows["volume_real"] = volume, volume
    rows["flags"] = TickFlag.BID * _changed(bid) + TickFlag.ASK * _changed(ask)
    return rows


def _columns(ticks: Sequence[ServerTick]) -> Any:
    return np.array([(tick.ts, tick.bid, tick.ask, tick.volume) for tick in ticks], np.int64).T


def _changed(prices: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate(([1], (np.diff(prices) != 0).astype(np.int64)))
