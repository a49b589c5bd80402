"""``trade --replay``: stored bars once more, through everything that trades, at any speed."""

import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from ictcli.brokers.broker import Broker
from ictcli.clock import NS_PER_SECOND, now_ns
from ictcli.config.loading import fingerprint
from ictcli.config.trading import TradeConfig
from ictcli.ledger.address import Place, replay_place
from ictcli.ledger.journal import open_journal
from ictcli.research.backtest import Found, Request, Workshop, keep, sample_of
from ictcli.research.playing import Line, Played, played_of
from ictcli.trading.account import Account
from ictcli.trading.control import control_folder
from ictcli.trading.dry import DryBroker
from ictcli.trading.engagement import Engagement, Terms
from ictcli.trading.feeds import feeds_of
from ictcli.trading.fees import fees_due
from ictcli.trading.latch import Latch
from ictcli.trading.lock import LOGIN
from ictcli.trading.playback import Playback, VirtualClock
from ictcli.trading.request import Outside, Speed, Traded, TradeRequest
from ictcli.trading.session_floor import SessionFloor, lay_floor, start_of
from ictcli.trading.simulated_world import simulated_world
from ictcli.trading.summary import summarize
from ictcli.trading.wishes import Header

_TURN = 50
"""Instants between two words of progress."""
_OVER = "the bars are over"
"""How a replay ends that is kept as a run."""


def replay(request: TradeRequest, shop: Workshop, outside: Outside) -> Traded:
    """Trade stored bars as if they happened now; the run is kept as a backtest is.

    Raises:
        DataError, ConfigError, UsageError: see ``session_floor.lay_floor``.
        LedgerUnwritable: the disk refuses.
    """
    laid = lay_floor(request, shop, outside, request.start)
    account, floor = laid.assembled.account, laid.floor
    clock = VirtualClock(laid.assembled.start)
    with ExitStack() as stack:
        place = fresh_place(shop.store.state_dir)
        journal = stack.enter_context(open_journal(place, now=clock.now(), durable=False))
        feeds, market = feeds_of(floor)
        world = simulated_world(market, shop.config, clock.now, clock.sleep, seed=request.seed)
        broker: Broker = world.broker
        if request.dry_run:
            broker = DryBroker(broker, outside.show)
        terms = Terms(
            _patient(shop.config.trade, dry=request.dry_run),
            Header(LOGIN, account.names, fingerprint(shop.config)),
            laid.timeframes,
            laid.identity,
            laid.assembled.start,
            place.anchors.parent / "checkpoints",
        )
        latch = Latch(control_folder(shop.store.state_dir))
        one = Engagement(account, broker, journal, latch, clock.now, terms, outside.tell)
        outside.engage()
        report = broker.connect()
        one.begin(start_of(request, laid, shop, LOGIN, report.server, outside))
        outside.ready("replaying")
        play = Playback(world.server, one.trader, clock, laid.timeframes, world.typical, feeds)
        ended = _play(one, play, laid, outside, request.speed)
        fees = fees_due(journal.read(), dict(shop.config.trade.fees), report.currency)
        one.dispatcher.record(fees)
        one.end(ended)
        report = broker.account()
        whole = ended == _OVER and not request.dry_run and len(request.timeframes) == 1
        kept = _kept(request, laid, shop, one, outside) if whole else ""
        return summarize(one, request.mode, report, ended, run=kept)


def _play(one: Engagement, play: Playback, laid: SessionFloor, outside: Outside, speed: Speed) -> str:
    """Play all bars; why it ended."""
    bars = [series.bars for series in laid.floor.series]
    total = sum(len(own) for own in bars)
    state: dict[str, Any] = {"last": 0, "turn": 0, "why": ""}

    def over(now: int) -> bool:
        if speed != "max" and state["last"]:
            time.sleep(max(0.0, (now - state["last"]) / NS_PER_SECOND / float(speed)))
        state["last"], state["turn"] = now, state["turn"] + 1
        one.at = now
        if state["turn"] % _TURN == 0 or speed != "max":
            outside.progress("replaying", one.trader.counts.bars, total)
            outside.alive(f"{one.trader.counts.bars} bars")
            state["why"] = outside.ending()
        one.checkpoint()
        return bool(state["why"])

    play.play(bars, laid.floor.fine, [0] * len(bars), over)
    return state["why"] or _OVER


def fresh_place(state_dir: Path) -> Place:
    """An empty ledger for a replay; that of the one before is removed.

    Raises:
        DataError: the workspace has no secret key.
    """
    place = replay_place(state_dir)
    folder = place.anchors.parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return place


def _patient(settings: TradeConfig, *, dry: bool) -> TradeConfig:
    """Ages and rates are of real time, which a replay has not; a dry run refuses every order."""
    return TradeConfig(
        orders_per_minute=10_000, quote_age="520w", bar_age="520w", deviation=settings.deviation,
        most_volume=settings.most_volume, most_rejects=1_000 if dry else settings.most_rejects,
        checkpoint_bars=settings.checkpoint_bars, fees=settings.fees, unresolved=settings.unresolved,
    )  # fmt: skip


def _kept(
    request: TradeRequest, laid: SessionFloor, shop: Workshop, one: Engagement, outside: Outside
) -> str:
    """Keep what was traded as a run; its name, empty where nothing closed."""
    account = one.trader.account
    last = max(int(series.bars.ts_close[-1]) for series in laid.floor.series)
    account.keep(account.desk.finish(last))
    played = played_by(account, laid, shop)
    found = Found(
        laid.floor, [""] * laid.floor.traded, laid.choices, shop.config, played,
        sample_of(laid.floor, played, shop.config), asked={"traded": request.mode},
    )  # fmt: skip
    asked = Request(
        request.symbols, request.strategies, request.params, request.timeframes[0], request.source,
        request.start, request.end, request.seed, None, request.model,
    )  # fmt: skip
    return keep(found, asked, shop, now=now_ns(), provenance=outside.provenance).run


def played_by(account: Account, laid: SessionFloor, shop: Workshop) -> Played:
    """The tables of a trader's account."""
    asked = account.written.decisions()
    lines = []
    for s in range(laid.floor.traded):
        first, last = asked.spans[s]
        own, owners = asked.decisions[first:last], asked.owners[first:last]
        lines += [Line(c, s, own[np.flatnonzero(owners == c)]) for c in range(len(laid.choices))]
    books = account.written.together()
    return played_of(account.desk, laid.floor, laid.choices, shop.config, tuple(lines), asked, books)
