"""A process that trades by the script: production ledger, shell, order manager and adapter over the bridge.

    python -m tests.trading.crash.trader_process FOLDER PORT SECONDS SEED [WORD ...]

Words: ``quiet`` wants nothing new; ``fast`` decides every 10 ms; ``full`` lets no file grow any more a second
after the start; ``jump=N`` sets the clock N seconds ahead a second after the start.

It ends by itself after so many seconds, or where ``ICTCLI_CRASH`` says. What it says of itself goes to
``report.json`` in its folder: seconds until the account was compared, the mode it then was in.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import cast

from ictcli.brokers.broker import Broker
from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.reports import Quote
from ictcli.clock import NS_PER_SECOND, monotonic, now_ns
from ictcli.config.trading import BrokerConfig, TradeConfig
from ictcli.errors import IctError, SourceUnavailable
from ictcli.ledger.address import find_place
from ictcli.ledger.bodies import AnyBody, Start
from ictcli.ledger.journal import Journal, open_journal
from ictcli.ledger.log import Entry
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.times import ServerClock
from ictcli.trading import messages
from ictcli.trading.control import control_folder
from ictcli.trading.dispatch import Dispatcher
from ictcli.trading.latch import Latch
from ictcli.trading.lock import Trader, only_trader
from ictcli.trading.manager import OrderManager
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.simulation.retold import Retold
from ictcli.trading.simulation.script import STRATEGY, Script
from ictcli.trading.simulation.surface import LOGIN

SYMBOL = "BTCUSD"
BAR, FAST_BAR = NS_PER_SECOND // 10, NS_PER_SECOND // 100
SETTINGS = TradeConfig(most_rejects=1000, orders_per_minute=10_000, poll="1s", quote_age="10m")
DEADLINE = 1.0


class Heard:
    """The journal, told again to the script as it grows."""

    def __init__(self, journal: Journal, retold: Retold) -> None:
        self._journal, self._retold = journal, retold
        for entry in journal.read():
            retold.hear(entry.body, entry.ts)

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        last = self._journal.append(bodies, now)
        for body in bodies:
            self._retold.hear(body, now)
        return last

    def read(self, after: int = 0) -> Iterator[Entry]:
        return self._journal.read(after)

    @property
    def last(self) -> int:
        return self._journal.last


class Life:
    """One life of the trader."""

    def __init__(self, folder: Path, port: int, seed: int, journal: Journal, words: Sequence[str]) -> None:
        self.folder, self.words, self.shift = folder, words, 0
        self.retold = Retold()
        self.log = Heard(journal, self.retold)
        self.book = OrderBook()
        self.book.apply_all(self.log.read())
        terminal = bridge_terminal("127.0.0.1", port, os.environ["ICTCLI_BRIDGE_TOKEN"], DEADLINE)
        world = Surroundings(self.now, time.sleep, monotonic, Random(seed))
        config = BrokerConfig(terminal="bridge", login=LOGIN, deadline="1s")
        self.broker = cast("Broker", Mt5Broker(terminal, config, world, ServerClock("ny+7")))
        self.latch = Latch(control_folder(folder))
        manager = OrderManager(SETTINGS, self.book)
        self.dispatcher = Dispatcher(manager, self.log, self.broker, self.now, self.latch, lambda _: None)
        bar = FAST_BAR if "fast" in words else BAR
        self.script = Script(seed, (SYMBOL,), 0, bar, Decimal(1))
        self.polled = self.decided = 0

    def now(self) -> int:
        return now_ns() + self.shift

    def spoil(self) -> None:
        """Do what the words ask for."""
        if "full" in self.words:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        jumps = [word.removeprefix("jump=") for word in self.words if word.startswith("jump=")]
        self.shift = int(jumps[0]) * NS_PER_SECOND if jumps else 0

    def live(self, seconds: float) -> None:
        started = monotonic()
        account = self.broker.connect()
        start = Start(
            run="crash", epoch=0, mode="live", account=LOGIN, server=account.server,
            currency=account.currency, version="", config="", strategies=(STRATEGY,),
        )  # fmt: skip
        self.dispatcher.handle(messages.Begin(start))
        reported = False
        while monotonic() - started < seconds:
            self.turn(quiet="quiet" in self.words)
            if monotonic() - started > 1.0:
                self.spoil()
            if not (reported or self.book.recovering):
                reported = True
                self.report(monotonic() - started)
            time.sleep(0.002)

    def report(self, seconds: float) -> None:
        facts = {"recovered": seconds, "mode": self.book.mode, "events": self.log.last, "pid": os.getpid()}
        target = self.folder / "report.json"
        target.with_suffix(".tmp").write_text(json.dumps(facts))
        target.with_suffix(".tmp").rename(target)

    def turn(self, *, quiet: bool) -> None:
        now, dispatcher = self.now(), self.dispatcher
        reason = self.latch.reason()
        if (reason is not None) != (self.book.latched is not None):
            dispatcher.handle(
                messages.Latch(on=reason is not None, reason=reason or "lifted", by="test", epoch=1)
            )
        if dispatcher.wake_at is not None and dispatcher.wake_at <= now:
            dispatcher.wake_at = None
            dispatcher.handle(messages.Passed())
        if not quiet and self.script.bar_at(now) != self.decided:
            self.decided = self.script.bar_at(now)
            self.decide()
        if now - self.polled > NS_PER_SECOND // 2:
            self.polled = now
            self.poll(now)

    def decide(self) -> None:
        quotes: dict[str, Quote] = {}
        try:
            quotes[SYMBOL] = self.broker.quote(SYMBOL)
        except SourceUnavailable:
            return
        self.dispatcher.handle(messages.Quoted(SYMBOL, quotes[SYMBOL]))
        for intent in list(self.script.wishes(self.decided, self.retold, quotes)):
            self.dispatcher.handle(messages.Submit(intent))

    def poll(self, now: int) -> None:
        try:
            evidence = self.broker.evidence(self.dispatcher.manager.since(now))
        except SourceUnavailable as error:
            self.dispatcher.handle(messages.LookFailed(error.message))
        else:
            self.dispatcher.handle(messages.Seen(evidence))


def main(folder: Path, port: int, seconds: float, seed: int, words: Sequence[str]) -> int:
    try:
        with ExitStack() as stack:
            trader = Trader(LOGIN, "bridge", "live", os.getpid(), now_ns())
            stack.enter_context(only_trader(control_folder(folder), trader))
            journal = stack.enter_context(open_journal(find_place(folder, {}), now=now_ns(), wait=1.0))
            Life(folder, port, seed, journal, words).live(seconds)
    except IctError as error:
        sys.stderr.write(f"{error.name}: {error.message}\n")
        return int(error.code)
    return 0


if __name__ == "__main__":
    given = sys.argv
    sys.exit(main(Path(given[1]), int(given[2]), float(given[3]), int(given[4]), given[5:]))
