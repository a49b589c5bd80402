"""``trade --paper`` without a broker: bars as they reach the store, filled by a simulated terminal.

The terminal's state lies beside the ledger and is written before anybody hears of a change, so the ledger
never knows of a deal that the terminal has forgotten. With ``fetch`` in cron and ``trade --once`` behind it
no process need stay up.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace

from ictcli.brokers.broker import Broker
from ictcli.clock import NS_PER_SECOND, now_ns, parse_duration
from ictcli.config.loading import fingerprint
from ictcli.errors import LedgerUnwritable
from ictcli.ledger.address import paper_place
from ictcli.ledger.bodies import Checkpoint, Start
from ictcli.ledger.journal import Journal, open_journal
from ictcli.research.backtest import Workshop
from ictcli.trading.checkpoints import TraderState
from ictcli.trading.control import control_folder, spool_folder
from ictcli.trading.dry import DryBroker, settings_of
from ictcli.trading.duties import Duties, Surroundings
from ictcli.trading.ending import doze
from ictcli.trading.engagement import Engagement, Terms, last_state, money_of
from ictcli.trading.feeds import feeds_of
from ictcli.trading.follower import Batch, Follower, history_start
from ictcli.trading.latch import Latch
from ictcli.trading.lock import LOGIN, only_trader
from ictcli.trading.lock import Trader as Holder
from ictcli.trading.metrics import MetricHistory
from ictcli.trading.paper_state import check_terminal
from ictcli.trading.paper_terminal import PaperTerminal, inherit
from ictcli.trading.playback import Playback, VirtualClock
from ictcli.trading.request import Outside, Traded, TradeRequest
from ictcli.trading.session_floor import SessionFloor, lay_floor, start_of
from ictcli.trading.spool import spool_of
from ictcli.trading.summary import summarize
from ictcli.trading.throw_away import Ground, throw_away
from ictcli.trading.unfinished import ask_again
from ictcli.trading.wishes import Header

FOLDER = "paper"
"""Folder of the state directory that holds terminal, checkpoints and ledger."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper trader under way."""

    one: Engagement
    play: Playback
    terminal: PaperTerminal
    follower: Follower
    duties: Duties


def trade_paper(request: TradeRequest, shop: Workshop, outside: Outside) -> Traded:
    """Trade on paper until somebody says so; with ``once``, until no bar is left.

    Raises:
        Busy: another process trades on paper here.
        DataError, ConfigError, UsageError: see ``session_floor.lay_floor``.
        PolicyRefused: positions of another set-up are open.
        LedgerUnwritable: the disk refuses.
    """
    state = shop.store.state_dir
    holder = Holder(LOGIN, "", "paper", os.getpid(), now_ns())
    with ExitStack() as stack:
        stack.enter_context(only_trader(control_folder(state), holder))
        ground = Ground(
            paper_place(state), state / FOLDER, spool_of(spool_folder(state), LOGIN), shop.store.data_dir
        )
        if request.dry_run:
            ground = stack.enter_context(throw_away(ground))
        durable = not request.dry_run
        journal = stack.enter_context(open_journal(ground.place, now=now_ns(), durable=durable))
        paper = _engage(request, shop, outside, journal, ground)
        try:
            ended = _follow(paper, request, shop, outside)
            paper.duties.end()
            paper.one.end(ended)
        except LedgerUnwritable:
            paper.one.rescue()
            raise
        paper.terminal.keep()
        return summarize(paper.one, request.mode, paper.terminal.world.broker.account(), ended)


def _engage(
    request: TradeRequest, shop: Workshop, outside: Outside, journal: Journal, ground: Ground
) -> Paper:
    """Put the session together, where it was or anew."""
    state, folder = shop.store.state_dir, ground.folder
    outside.progress("reading the ledger", 0, None)
    found = last_state(journal, folder / "checkpoints")
    request = replace(request, end=None)
    laid = lay_floor(request, shop, outside, found[1].start if found else history_start(request, shop))
    if found and found[1].identity != laid.identity:
        found = None
        laid = lay_floor(request, shop, outside, history_start(request, shop))
    floor = laid.floor
    clock = VirtualClock(laid.assembled.start)
    feeds, market = feeds_of(floor)
    terminal = PaperTerminal(folder, market, shop.config, clock.now, request.seed)
    names = laid.assembled.account.names
    terms = Terms(
        settings_of(request, shop.config.trade), Header(LOGIN, names, fingerprint(shop.config)),
        laid.timeframes, laid.identity, laid.assembled.start, folder / "checkpoints", money_of(shop.config),
    )  # fmt: skip
    broker: Broker = terminal.world.broker
    if request.dry_run:
        broker = DryBroker(broker, outside.show)
    latch = Latch(control_folder(state))
    account = laid.assembled.account
    one = Engagement(account, broker, journal, latch, clock.now, terms, outside.tell, real=now_ns)
    play = Playback(
        terminal.world.server, one.trader, clock, laid.timeframes, terminal.world.typical, feeds,
        terminal.keep, terminal.progress,
    )  # fmt: skip
    follower = Follower(laid, shop)
    report = _begin(one, play, terminal, follower, found, laid, request, shop, outside)
    around = Surroundings(
        control_folder(state), ground.spool, latch, dict(shop.config.trade.fees),
        report, MetricHistory(ground.data, LOGIN), outside.tell, pictured=outside.pictured,
    )  # fmt: skip
    return Paper(one, play, terminal, follower, Duties(one, around, LOGIN))


def _begin(
    one: Engagement, play: Playback, terminal: PaperTerminal, follower: Follower,
    found: tuple[Checkpoint, TraderState] | None, laid: SessionFloor, request: TradeRequest, shop: Workshop,
    outside: Outside,
) -> str:  # fmt: skip
    """Bring account and terminal to the same bar; the account's currency."""
    one.measures.listener = outside.recorded
    one.refuse_strangers(known=found is not None)
    if one.book.epoch:
        check_terminal(
            terminal.path.parent, (max(one.book.by_ticket, default=0), max(one.book.deals, default=0))
        )
    start = start_of(request, laid, shop, LOGIN, "simulated", outside)
    if found is None:
        return _begin_anew(one, play, terminal, laid, start, outside)
    outside.progress("catching up", 0, None)
    terminal.load()
    play.go_on()
    broker = terminal.world.broker
    report = broker.connect()
    caught = one.catch_up(found[0])
    follower.show_missed(play, terminal, one.trader.account)
    outside.engage()
    one.begin(start, ask_again(one.book, broker, shop.config.trade))
    one.submit(caught.unsent, fresh=True)
    return report.currency


def _begin_anew(
    one: Engagement,
    play: Playback,
    terminal: PaperTerminal,
    laid: SessionFloor,
    start: Start,
    outside: Outside,
) -> str:
    """Show account and terminal the bars before the first one that is traded; the account's currency."""
    bars = [series.bars for series in laid.floor.series]
    outside.progress("warming up", 0, None)
    account, book = one.trader.account, one.book
    if book.opened is not None:
        balance = account.units[0].minor(book.cash)
        inherit(terminal.server, balance, max([*book.deals, *book.by_ticket, book.opened.deal]))
        account.desk.begin_with(balance)
    account.learn(bars)
    play.load_history(bars, [0] * len(bars))
    one.at = max(int(own.ts_close[-1]) for own in bars)
    outside.engage()
    terminal.keep()
    report = terminal.world.broker.connect()
    one.begin(start)
    one.checkpoint(always=True)
    return report.currency


def _follow(paper: Paper, request: TradeRequest, shop: Workshop, outside: Outside) -> str:
    """Play what reaches the store until somebody says so; why it ended."""
    pause = parse_duration(shop.config.trade.poll) / NS_PER_SECOND
    latch = Latch(control_folder(shop.store.state_dir))
    outside.ready("following the store")
    while True:
        why = outside.ending()
        if why:
            return why
        before = latch.reason()
        paper.duties.turn(now_ns())
        batch = paper.follower.fresh(paper.one.trader.account)
        if batch is not None:
            why = _play(paper, batch, outside)
            if why:
                return why
        elif request.once:
            return "nothing is left"
        else:
            outside.alive(_status(paper))
            _rest(pause, latch, before, outside)


def _status(paper: Paper) -> str:
    return f"{paper.one.trader.counts.bars} bars, {len(paper.one.book.positions)} positions"


def _rest(pause: float, latch: Latch, before: str | None, outside: Outside) -> None:
    """Wait for bars; an emergency stop that is new, or being told to end, is seen to at once."""
    doze(pause, lambda: bool(outside.ending()) or latch.reason() != before)


def _play(paper: Paper, batch: Batch, outside: Outside) -> str:
    """Play one batch of bars; why trading is to end, empty to go on."""
    why = ""

    def over(now: int) -> bool:
        nonlocal why
        paper.one.at = now
        paper.one.trader.flush()
        paper.one.checkpoint()
        paper.duties.turn(now_ns())
        outside.alive(_status(paper))
        why = outside.ending()
        return bool(why)

    paper.play.play(batch.bars, batch.fine, batch.first, over)
    paper.terminal.keep()
    return why
