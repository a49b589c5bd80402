"""The loop on the real clock: a broker's bars and quotes in, requests out, until somebody says so.

Whatever fails to be read is read again next turn; whatever may have been sent is resolved by evidence; a
ledger that cannot be written ends the loop, and the stops that lie at the broker hold.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from ictcli.brokers.broker import Broker
from ictcli.brokers.mt5.breaker import BreakerRule
from ictcli.brokers.mt5.calls import Retry
from ictcli.brokers.opening import find_broker, open_broker
from ictcli.brokers.reports import AccountReport
from ictcli.clock import NS_PER_SECOND, parse_duration
from ictcli.config.loading import fingerprint
from ictcli.config.trading import BrokerConfig
from ictcli.errors import LedgerUnwritable, SourceUnavailable
from ictcli.ledger.address import find_place
from ictcli.ledger.journal import Journal, open_journal
from ictcli.market.bars import Bars
from ictcli.research.backtest import Workshop
from ictcli.trading.account import Closed
from ictcli.trading.bar_feed import BarFeed
from ictcli.trading.connection import Connection
from ictcli.trading.control import control_folder, spool_folder
from ictcli.trading.dry import DryBroker, settings_of
from ictcli.trading.duties import Duties, Surroundings
from ictcli.trading.engagement import Engagement, Terms, last_state, money_of
from ictcli.trading.latch import Latch
from ictcli.trading.live_floor import lay_live_floor
from ictcli.trading.lock import Trader as Holder
from ictcli.trading.lock import only_trader
from ictcli.trading.metrics import MetricHistory
from ictcli.trading.permission import (
    missing_at_broker,
    missing_in_session,
    refuse_other_account,
    refuse_real,
    require,
)
from ictcli.trading.request import Outside, Traded, TradeRequest
from ictcli.trading.session_floor import SessionFloor, start_of
from ictcli.trading.spool import spool_of
from ictcli.trading.summary import summarize
from ictcli.trading.throw_away import Ground, throw_away
from ictcli.trading.wishes import Header, Wish

_TURN = 0.2
"""Seconds between two turns."""
READS = Retry(attempts=2)
"""A read that is not answered is made again next turn: one must not hold the loop up for long."""
BREAKER = BreakerRule(longest=2 * NS_PER_SECOND)
"""Nor may a pause outlast the terminal's return by much: nothing is traded meanwhile."""
_NOT_WHOLE = "the terminal does not show all of its records, as without its trade server"
_STALE, _SELDOM = 60 * NS_PER_SECOND, 5 * NS_PER_SECOND
"""A price that has not changed for so long is asked for only every so often."""


@dataclass(slots=True)
class Live:
    """A live session under way.

    Attributes:
        one: account, order manager, journal.
        broker: is asked.
        feed: its closed bars.
        duties: of every turn.
        laid: what is traded.
        poll, bar_age: ns.
        line: the connection.
        unsent: what was wanted before the account's last end and never written down.
        now: the instant, ns UTC.
        looked: when the broker's records were read last, ns UTC.
        asked: for each series, when its price was asked for last, ns UTC.
        proved: when a price was last asked for to confirm a clock that was set, ns UTC.
        opened: for each series, the instant behind which its forming bar was seen to open.
    """

    one: Engagement
    broker: Broker
    feed: BarFeed
    duties: Duties
    laid: SessionFloor
    poll: int
    bar_age: int
    line: Connection
    unsent: list[Wish]
    now: Callable[[], int]
    looked: int = 0
    proved: int = 0
    opened: dict[int, int] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)


def trade_live(request: TradeRequest, shop: Workshop, outside: Outside) -> Traded:
    """Trade at a broker's terminal, on a demo account or, with ``live``, with real money.

    Raises:
        PolicyRefused: live trading lacks something, or paper trading meets real money.
        SourceUnavailable: the broker cannot be reached at the start.
        Busy: another process trades the account.
        LedgerUnwritable: the disk refuses.
    """
    config = shop.config
    table = find_broker(request.broker, config.brokers)
    with ExitStack() as stack:
        control = control_folder(shop.store.state_dir)
        if table.login:  # before the terminal is asked: it would only say that it is busy
            stack.enter_context(only_trader(control, _holder(request, table.login, outside)))
        broker = outside.broker or _open(request, table, outside)
        stack.callback(broker.close)
        report = broker.connect()
        refuse_real(request, report)
        if request.mode == "live" and not request.dry_run:
            for symbol in request.symbols:
                broker.quote(symbol)
            require(missing_at_broker(request, report, broker.health()))
        if request.dry_run:
            broker = DryBroker(broker, outside.show)
        if not table.login:
            stack.enter_context(only_trader(control, _holder(request, report.login, outside)))
        state = shop.store.state_dir
        ground = Ground(
            find_place(state, outside.environ), state / f"live-{report.login}",
            spool_of(spool_folder(state), report.login), shop.store.data_dir,
        )  # fmt: skip
        if request.dry_run:
            ground = stack.enter_context(throw_away(ground))
        durable = not request.dry_run
        begun = outside.now()
        journal = stack.enter_context(open_journal(ground.place, now=begun, durable=durable))
        refuse_other_account(journal.account, report)
        live = _engage(request, shop, outside, broker, report, journal, ground)
        try:
            ended = _loop(live, request, outside)
            live.duties.end()
            live.one.end(ended)
        except LedgerUnwritable:
            live.one.rescue()
            raise
        return summarize(live.one, request.mode, _account(broker), ended)


def _open(request: TradeRequest, table: BrokerConfig, outside: Outside) -> Broker:
    return open_broker(request.broker, table, outside.environ, seed=request.seed, retry=READS, rule=BREAKER)


def _holder(request: TradeRequest, login: int, outside: Outside) -> Holder:
    return Holder(login, request.broker, request.mode, os.getpid(), outside.now())


def _engage(
    request: TradeRequest, shop: Workshop, outside: Outside, broker: Broker, report: AccountReport,
    journal: Journal, ground: Ground,
) -> Live:  # fmt: skip
    """Put the session together, go on where the journal ends, and resolve what is open."""
    state, settings = shop.store.state_dir, settings_of(request, shop.config.trade)
    folder, now = ground.folder, outside.now
    outside.progress("reading the ledger", 0, None)
    found = last_state(journal, folder)
    since = found[1].start if found else None
    laid = lay_live_floor(request, shop, outside, broker, now(), since)
    if found and found[1].identity != laid.identity:
        found = None
        laid = lay_live_floor(request, shop, outside, broker, now(), None)
    if request.mode == "live" and not request.dry_run:
        require(missing_in_session(laid.marks, request.graduated))
    account = laid.assembled.account
    terms = Terms(
        settings, Header(report.login, account.names, fingerprint(shop.config)), laid.timeframes,
        laid.identity, laid.assembled.start, folder, money_of(shop.config),
    )  # fmt: skip
    latch = Latch(control_folder(state))
    names = dict(find_broker(request.broker, shop.config.brokers).symbols)
    one = Engagement(account, broker, journal, latch, now, terms, outside.tell, names, now)
    one.measures.listener = outside.recorded
    one.refuse_strangers(known=found is not None)
    outside.progress("catching up" if found else "warming up", 0, None)
    if found is None:
        account.desk.begin_with(account.units[0].minor(report.balance))
        account.learn([series.bars for series in laid.floor.series])
        one.at = max(int(series.bars.ts_close[-1]) for series in laid.floor.series)
    caught = one.catch_up(found[0] if found else None)
    outside.engage()
    one.begin(start_of(request, laid, shop, report.login, report.server, outside))
    if found is None:
        one.checkpoint(always=True)
    line = Connection(one, broker, outside.tell)
    line.check_clock(now())
    around = Surroundings(
        control_folder(state), ground.spool, latch, dict(settings.fees),
        report.currency, MetricHistory(ground.data, report.login), outside.tell,
        request.broker, outside.pictured, outside.elapsed,
    )  # fmt: skip
    symbols = [units.symbol for units in account.units]
    last = [_last_taken(series.bars, one.at) for series in laid.floor.series]
    feed = BarFeed(broker, symbols, laid.timeframes, last)
    duties = Duties(one, around, report.login)
    poll, age = parse_duration(settings.poll), parse_duration(settings.bar_age)
    return Live(one, broker, feed, duties, laid, poll, age, line, caught.unsent, now)


def _last_taken(bars: Bars, at: int) -> int:
    """Close of the last bar that was over at an instant; of longer bars, none may have been just then."""
    before = int(bars.ts_close.searchsorted(at, side="right"))
    return int(bars.ts_close[before - 1]) if before else at


def _loop(live: Live, request: TradeRequest, outside: Outside) -> str:
    """Turn after turn until somebody says so; why it ended.

    Raises:
        LedgerUnwritable: nothing can be written any more.
    """
    outside.ready("trading")
    while True:
        why = outside.ending()
        if why:
            return why
        took = _turn(live)
        if request.once and not took and not live.one.book.unresolved():
            return "nothing is left"
        outside.alive(f"{live.one.trader.counts.bars} bars, {len(live.one.book.positions)} positions")
        outside.sleep(_TURN)


def _turn(live: Live) -> bool:
    """One turn; whether bars were taken."""
    now = live.now()
    live.duties.turn(now)
    clock = live.duties.clock
    try:
        if clock.by:
            live.line.clock_set(clock.by, now)
        _watch_prices(live, now)
        if not 0 <= now - live.looked < live.poll:
            _look(live, now)
        _send_unsent(live, now)
        took = _is_clock_right(live, now) and _take_bars(live)
    except SourceUnavailable as error:
        live.line.failed(error, now)
        return False
    live.one.trader.flush()
    return took


def _is_clock_right(live: Live, now: int) -> bool:
    """Whether no bar is over only by a clock that was set and that no price has confirmed yet."""
    clock = live.duties.clock
    if not clock.unproven:
        return True
    if not 0 <= now - live.proved < live.poll:
        live.proved = now
        for s in range(live.laid.floor.traded):
            if clock.confirm(now, live.one.trader.quote(s).ts):
                return True
    return False


def _look(live: Live, now: int) -> None:
    """Read the broker's records: only when all of them were read is the line well."""
    live.looked = now
    if live.one.trader.look().complete:
        live.line.well(now)
    else:
        live.line.failed(SourceUnavailable(_NOT_WHOLE), now)


def _send_unsent(live: Live, now: int) -> None:
    """Send what a predecessor decided and never wrote down, once the broker's records were compared."""
    if not live.unsent or live.one.book.recovering:
        return
    unsent, live.unsent = live.unsent, []
    live.one.submit(unsent, fresh=now - live.one.at <= live.bar_age)


def _watch_prices(live: Live, now: int) -> None:
    """Look at the price of everything that has orders or positions."""
    trader = live.one.trader
    for s in range(live.laid.floor.traded):
        if trader.account.desk.is_idle(s):
            continue
        last = trader.bookings.quoted().get(trader.account.units[s].symbol, now)
        if now - last > _STALE and 0 <= now - live.asked.get(s, 0) < _SELDOM:
            continue
        live.asked[s] = now
        quote = trader.quote(s)
        units = trader.account.units[s]
        bid, spread = units.points(quote.bid), units.points(quote.ask - quote.bid)
        opens = live.feed.opens(s)
        if quote.ts >= opens and live.opened.get(s) != opens:
            trader.opened(s, quote.ts)
            live.opened[s] = opens
        trader.traded(s, now, bid, bid, spread)


def _take_bars(live: Live) -> bool:
    """Take every bar that has closed; whether there were any."""
    instants = live.feed.closed(live.now())
    for closed_at, closed in instants:
        live.one.trader.look()
        _give_up(live)
        _decide(live, closed_at, closed)
        live.feed.taken(closed_at, closed)
        live.one.at = closed_at
        live.one.checkpoint()
    return bool(instants)


def _give_up(live: Live) -> None:
    """Before newer bars are decided on: what is left of older ones may only reduce."""
    for wish in live.unsent:
        if wish.action == "place":
            live.one.trader.drop(wish)
    live.unsent = [wish for wish in live.unsent if wish.action != "place"]


def _decide(live: Live, closed_at: int, closed: list[Closed]) -> None:
    trader, names = live.one.trader, live.laid.timeframes
    for one in closed:
        bar = one.bar
        if one.series < live.laid.floor.traded:
            spread = max(0, int(bar.spread[0]))
            trader.traded(one.series, int(bar.ts[0]), int(bar.high[0]), int(bar.low[0]), spread)
    if live.now() - closed_at > live.bar_age:
        trader.late(closed_at, closed, names)
    else:
        trader.closed(closed_at, closed, names)


def _account(broker: Broker) -> AccountReport | None:
    try:
        return broker.account()
    except SourceUnavailable:
        return None
