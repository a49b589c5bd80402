"""What stands between a decision and the wire: from the decision to the terminal's `order_send`.

    python benchmarks/trade_wire.py [FOLDER] [--orders 3000]

The whole path in one process: the bar and the decision recorded, a fresh quote, the send gate, the intent
and its request durable in the ledger, the adapter's own checks, the simulated terminal entered. Resting
orders are placed and withdrawn, so the account stays as it was. A bare write and fdatasync of the same disk
takes its turn after every order. Exits 1 when a limit is missed.
"""

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.mt5.calls import Surroundings
from ictcli.brokers.simulated.surface import SimulatedTerminal
from ictcli.clock import NS_PER_MINUTE
from ictcli.config.trading import BrokerConfig, TradeConfig
from ictcli.engine.world import Quote
from ictcli.ledger.address import find_place
from ictcli.ledger.bodies import AnyBody, BarTaken, Decided, Intent, Start
from ictcli.ledger.journal import Journal, open_journal
from ictcli.terminals.times import ServerClock
from ictcli.trading.dispatch import Dispatcher
from ictcli.trading.identity import intent_id
from ictcli.trading.latch import Latch
from ictcli.trading.manager import OrderManager
from ictcli.trading.messages import Begin, Quoted, Seen, Submit
from ictcli.trading.orderbook import OrderBook

sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.adapter import BARS, MONDAY, market

MOST_P99 = 5.0
"""Milliseconds."""
MOST_SYNCS = 3
"""Commits before the request, each one fdatasync of the disk."""
SYMBOL = "EURUSD"
PAGE = b"x" * 4096
START = Start(
    run="r", epoch=0, mode="paper", account=7, server="Simulated", currency="USD", version="1", config="c",
    strategies=("fvg_retest@1:0000",),
)  # fmt: skip
LIMITS = TradeConfig(orders_per_minute=1_000_000, quote_age="520w", bar_age="520w")


class Watched:
    """A terminal that notes when its `order_send` was entered, and what work the thread had done by then.

    Args:
        terminal: who answers.
    """

    def __init__(self, terminal: Any) -> None:
        self._terminal = terminal
        self.entered = self.worked = 0.0

    def order_send(self, request: Mapping[str, Any]) -> Any:
        """Note the time, and pass it on."""
        self.entered, self.worked = time.perf_counter(), time.thread_time()
        return self._terminal.order_send(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._terminal, name)


class Counted:
    """A ledger that counts its commits.

    Args:
        journal: the ledger.
    """

    def __init__(self, journal: Journal) -> None:
        self.read, self.commits, self._journal = journal.read, 0, journal

    @property
    def last(self) -> int:
        """The last sequence number."""
        return self._journal.last

    def append(self, bodies: Sequence[AnyBody], now: int) -> int:
        """Write events durably."""
        self.commits += 1
        return self._journal.append(bodies, now)


class Way:
    """Everything between a decision and the terminal.

    Args:
        folder: of the ledger and of the emergency stop.
        journal: the ledger.
    """

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._server = market()
        self._now = self._server.now
        self.terminal, self.log = Watched(SimulatedTerminal(self._server)), Counted(journal)
        self.broker = Mt5Broker(
            self.terminal,
            BrokerConfig(login=7),
            Surroundings(self.now, time.sleep, time.perf_counter, Random(1)),
            ServerClock("ny+7"),
        )
        self.broker.connect()
        self.manager = OrderManager(LIMITS, OrderBook())
        self.desk = Dispatcher(
            self.manager, self.log, self.broker, self.now, Latch(folder / "control"), lambda _: None
        )
        self.desk.handle(Begin(START))
        assert self.manager.book.mode == "active", self.manager.book.mode_reason

    def now(self) -> int:
        """The instant: it goes on with every order, so that no two of a minute are alike."""
        return self._now

    def order(self, number: int) -> tuple[float, float, int]:
        """Milliseconds from a decision to the terminal, of them worked, and commits on the way."""
        self._now += NS_PER_MINUTE
        self._server.announce(0, Quote(BARS - 1, self._now, 110_000, 110_005, 109_995, 110_000, 8, -1))
        bar, decision, intent = records(number, self._now)
        committed, worked, begun = self.log.commits, time.thread_time(), time.perf_counter()
        self.desk.precede([bar, decision])
        self.desk.handle(Quoted(SYMBOL, self.broker.quote(SYMBOL)))
        self.desk.handle(Submit(intent))
        took = (self.terminal.entered - begun) * 1000
        work = (self.terminal.worked - worked) * 1000
        commits = self.log.commits - committed - 1
        assert self.manager.book.orders[intent.id].status == "open"
        self.desk.handle(Submit(withdrawal(intent, self._now)))
        self.desk.handle(Seen(self.broker.evidence(self.manager.since(self._now))))
        assert not self.manager.book.working
        return took, work, commits


def records(number: int, now: int) -> tuple[BarTaken, Decided, Intent]:
    """A bar, the decision on it, and the intent that follows."""
    bar = BarTaken(
        symbol=SYMBOL, timeframe="M15", digits=5, ts=now - 15 * NS_PER_MINUTE, ts_close=now, open=110_000,
        high=110_020, low=109_980, close=110_010, spread=8, tick_volume=812,
    )  # fmt: skip
    decision = Decided(
        symbol=SYMBOL, strategy="fvg_retest", bar=now, what="enter", reason="a gap was met again",
        setup=number, facts={"stage": "entry", "side": 1, "price": 105_000, "stop": 104_000, "target": 0},
    )  # fmt: skip
    intent = Intent(
        id=intent_id(7, "fvg_retest", SYMBOL, now, number, "place"), action="place", strategy="fvg_retest",
        symbol=SYMBOL, bar=now, leg=number, side=1, order="limit", volume=Decimal("0.1"),
        price=Decimal("1.05000"), stop=Decimal("1.04000"), expected=Decimal("1.05000"),
        local={"series": 0, "number": number, "reason": 0}, why=f"set-up {number}", config="c" * 64,
    )  # fmt: skip
    return bar, decision, intent


def withdrawal(intent: Intent, now: int) -> Intent:
    """The intent that takes an order off the book."""
    name = intent_id(7, intent.strategy, SYMBOL, now, intent.leg, "cancel")
    return Intent(
        id=name, action="cancel", strategy=intent.strategy, symbol=SYMBOL, bar=now, leg=intent.leg,
        target_id=intent.id, reduces=True,
    )  # fmt: skip


def measure(folder: Path, orders: int) -> tuple[list[float], list[float], list[float], int]:
    """Sorted milliseconds of orders, their work and bare writes; most commits in front of an order."""
    (folder / "secret.key").write_text("5c" * 32)
    file = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    ours: list[float] = []
    work: list[float] = []
    bare: list[float] = []
    most = 0
    with open_journal(find_place(folder, {}), now=MONDAY) as journal:
        way = Way(folder, journal)
        for number in range(1, orders + 101):
            if number == 100:
                gc.freeze()  # as a session does when it is ready
            took, own, commits = way.order(number)
            begun = time.perf_counter()
            os.write(file, PAGE)
            os.fdatasync(file)
            if number > 100:
                ours.append(took)
                work.append(own)
                bare.append((time.perf_counter() - begun) * 1000)
                most = max(most, commits)
    os.close(file)
    gc.unfreeze()
    return sorted(ours), sorted(work), sorted(bare), most


def main() -> int:
    """Print the figures; 1 when one misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="on the disk to measure; default: a temporary one"
    )
    parser.add_argument("--orders", type=int, default=3000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        ours, work, bare, commits = measure(Path(name), given.orders)
    middle, most = len(ours) // 2, len(ours) * 99 // 100
    limit = max(MOST_P99, MOST_SYNCS * bare[most])
    print(f"{len(ours)} orders, load {os.getloadavg()[0]:.1f}")
    for what, times in (
        ("decision to order_send", ours),
        ("of it work of the processor", work),
        ("bare write + fdatasync", bare),
    ):
        print(f"{what:28s} p50 {times[middle]:7.3f} ms   p99 {times[most]:7.3f} ms")
    ratios = ours[middle] / bare[middle], ours[most] / bare[most]
    print(f"ratio to the bare write      p50 {ratios[0]:7.2f}      p99 {ratios[1]:7.2f}")
    print(f"bar of p99: {limit:.1f} ms, the most of {MOST_P99:.0f} ms and {MOST_SYNCS} of the disk's own p99")
    print(f"commits in front of it       {commits}   (bar: {MOST_SYNCS})")
    good = ours[most] <= limit and work[most] < MOST_P99 and commits <= MOST_SYNCS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
