"""Conformance cards about what a broker says."""

from ictcli.brokers.conformance_card import Bench, Card, CardFailed, equal, expect
from ictcli.brokers.requests import MOST_COMMENT
from ictcli.clock import NS_PER_MINUTE
from ictcli.errors import DataError


def _account(bench: Bench) -> None:
    account = bench.broker.connect()
    equal(account.login, bench.login, "the account")
    equal(bench.look().account, bench.broker.account(), "the account of the evidence")
    expect(bool(account.currency and account.server), "the account has no currency or server")


def _instrument(bench: Bench) -> None:
    one = bench.instrument
    expect(one.tick_size > 0 and one.contract_size > 0, "tick size or contract size is not above 0")
    expect(0 < one.volume_min <= one.volume_max, "volumes are not in order")
    expect(one.volume_step > 0, "the volume step is not above 0")
    expect(one.tick_size.scaleb(one.digits) % 1 == 0, "the tick size has more digits than the price")
    expect(one.tradable, "the symbol cannot be traded")


def _quote(bench: Bench) -> None:
    quote, one = bench.broker.quote(bench.symbol), bench.instrument
    expect(0 < quote.bid <= quote.ask, f"bid {quote.bid} and ask {quote.ask} are not in order")
    for price in (quote.bid, quote.ask):
        expect(price % one.tick_size == 0, f"{price} is off the grid of {one.tick_size}")
    expect(
        quote.ts <= bench.market.now + 2 * NS_PER_MINUTE,
        "the quote lies in the future: the clock rule of the server is wrong",
    )


def _bars(bench: Bench) -> None:
    bench.market.go_on()
    frame, now = bench.market.timeframe, bench.market.now
    start = now - 200 * frame.ns
    bars = bench.broker.bars(bench.symbol, frame, start, now + frame.ns)
    expect(len(bars) > 0, "there are no bars")
    expect(bool((bars.ts[1:] >= bars.ts_close[:-1]).all()), "bars overlap or are out of order")
    expect(bool((bars.ts >= start).all()), "a bar opens before what was asked for")
    expect(int(bars.ts_close[-1]) <= now, "a bar that is still forming was given")
    low_is_least = (bars.low <= bars.open) & (bars.low <= bars.close)
    high_is_most = (bars.high >= bars.open) & (bars.high >= bars.close)
    expect(bool((low_is_least & high_is_most).all()), "prices of a bar are not in order")
    again = bench.broker.bars(bench.symbol, frame, start, now + frame.ns)
    equal(again.close[: len(bars)].tolist(), bars.close.tolist(), "the same bars asked for again")


def _quiet(bench: Bench) -> None:
    seen = bench.look()
    expect(seen.begun <= seen.ended, "the pass ended before it began")
    mine = [order.ticket for order in seen.open_orders if order.magic in bench.mine]
    equal(mine, [], "own open orders of an account that does nothing")


def _cash(bench: Bench) -> None:
    seen = bench.broker.evidence(0)
    expect(seen.complete and seen.account is not None, "the whole history could not be read")
    flows = sum(deal.profit + deal.commission + deal.swap + deal.fee for deal in seen.deals)
    moved = sum(one.amount for one in seen.cash if one.kind != "credit")
    expect(bool(seen.cash), "no deposit is among the movements of cash")
    if seen.account is not None:
        equal(flows + moved, seen.account.balance, "the sum of all cash flows")


def _unknown(bench: Bench) -> None:
    try:
        bench.broker.instrument("NO" * (MOST_COMMENT // 2))
    except DataError:
        return
    raise CardFailed("a symbol that does not exist was found")


def _health(bench: Bench) -> None:
    bench.broker.quote(bench.symbol)
    bench.market.go_on()
    health = bench.broker.health()
    expect(health.connected and health.trade_allowed, f"it is not healthy: {health.detail}")
    expect(health.latency >= 0, "a call took less than no time")
    if health.clock_confirmed:
        expect(health.clock_offset is not None, "a clock was confirmed without a quote")


READING = (
    Card(1, "Connecting ends at the configured account.", "login, and the account of the evidence", _account),
    Card(2, "An instrument has a usable grid.", "sizes, volumes and steps above 0 and in order", _instrument),
    Card(3, "A quote is on the grid and not of the future.", "bid <= ask, ticks, converted time", _quote),
    Card(4, "Bars are closed, in order, and never change.", "200 bars asked for twice", _bars),
    Card(5, "A pass over a quiet account is complete.", "no own order, begun before ended", _quiet),
    Card(6, "Every cash flow is told, exactly once.", "deals and cash since ever sum to the balance", _cash),
    Card(7, "A symbol that does not exist is an error.", "DataError for a made-up name", _unknown),
    Card(8, "A healthy connection says so.", "connected, allowed, clock only confirmed on a quote", _health),
)
