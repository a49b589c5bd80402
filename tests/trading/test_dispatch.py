"""The shell: strict order, durable before sent, one last look, and nothing after a journal that failed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ictcli.brokers.reports import Outcome
from ictcli.brokers.requests import Cancel, Close, Place, Request
from ictcli.errors import LedgerUnwritable
from ictcli.ledger.bodies import BarTaken, Denied, Filled, Intent, Sent, Withheld
from ictcli.trading.crashpoints import POINTS
from ictcli.trading.invariants import journal_faults
from ictcli.trading.messages import Alert, FillNotice, Latch, Passed, Quoted, Submit
from ictcli.trading.orderbook import Notice
from tests.trading.order_model import D, Desk, FileLog, MemoryLog, ModelBroker, desk, intent, refold, state

BAR = BarTaken(
    symbol="EURUSD", timeframe="M15", digits=5, ts=1, ts_close=2, open=1, high=1, low=1, close=1, spread=1,
    tick_volume=1,
)  # fmt: skip


class Watching(ModelBroker):
    """Notes what was durable when a request left."""

    journal: MemoryLog
    durable: list[int]

    def send(self, request: Request, hold: Callable[[], str | None] = lambda: None) -> Outcome:
        self.durable.append(sum(isinstance(body, Sent) for body in self.journal.bodies()))
        return super().send(request, hold)


def test_each_request_leaves_behind_its_own_durable_record() -> None:
    broker, log = Watching(), MemoryLog()
    broker.journal, broker.durable = log, []
    trader = desk(broker, log)
    for bar in range(1, 4):
        trader.submit(intent(bar=bar, volume=D(bar) / 10))
    assert broker.durable == [1, 2, 3]


def test_one_transaction_stands_between_a_decision_and_the_wire() -> None:
    broker, log = Watching(), MemoryLog()
    broker.journal, broker.durable = log, []
    trader = desk(broker, log)
    before = len(log.batches)
    written: list[int] = []

    def hold() -> None:
        written.append(len(log.batches))

    trader.latch.reason = hold  # type: ignore[method-assign]
    trader.submit(intent())
    assert written == [before + 1]


def test_the_last_look_at_the_emergency_stop_keeps_the_request_and_says_so() -> None:
    trader = desk()
    trader.latch.why = "panic"
    order = trader.submit(intent())
    assert trader.broker.asked == []
    assert trader.status(order) == "denied"
    kinds = [type(body) for body in trader.log.bodies()]
    assert kinds[-4:] == [Intent, Sent, Withheld, Denied]


def test_a_stop_that_asks_for_flat_positions_lets_closes_leave_and_nothing_else() -> None:
    trader = desk()
    trader.submit(intent())
    (position,) = trader.book.positions
    trader.latch.why = "panic"
    trader.do(Latch(on=True, reason="panic", by="test"))
    closing: dict[str, Any] = {"side": -1, "volume": D("0.10"), "position": position}
    assert trader.status(trader.submit(intent("close", bar=2, **closing))) == "denied"
    trader.latch.flatten = True
    trader.do(Latch(on=True, reason="panic", by="test", flatten=True))
    trader.submit(intent("close", bar=3, **closing))
    trader.submit(intent(bar=4))
    assert [type(request) for _, request in trader.broker.asked] == [Place, Close]
    assert journal_faults(trader.book, list(trader.log.read())) == []


def test_a_cancel_passes_the_emergency_stop_and_it_withdraws_what_rests() -> None:
    trader = desk()
    first = trader.submit(intent(order="limit", price=D("1.09")))
    second = trader.submit(intent(bar=2, order="limit", price=D("1.08")))
    trader.latch.why = "panic"
    trader.do(Latch(on=True, reason="panic", by="test"))
    assert [type(request) for _, request in trader.broker.asked] == [Place, Place, Cancel, Cancel]
    assert (trader.status(first), trader.status(second)) == ("cancelled", "cancelled")


def test_a_journal_that_takes_no_record_stops_everything() -> None:
    trader = desk()
    trader.do(Quoted("EURUSD", trader.broker.quote("EURUSD")))
    trader.log.full = True
    with pytest.raises(LedgerUnwritable):
        trader.do(Submit(intent()))
    trader.log.full = False
    for event in (Submit(intent(bar=2)), Passed()):
        with pytest.raises(LedgerUnwritable, match="failed before"):
            trader.do(event)
    with pytest.raises(LedgerUnwritable, match="failed before"):
        trader.shell.record([BAR])
    assert trader.broker.asked == []


def test_what_the_decision_side_records_is_in_the_fold_and_is_told() -> None:
    trader = desk()
    fill = Filled(
        deal=1, order=2, position=3, symbol="EURUSD", side=1, entry="in", volume=D(1), price=D(1),
        profit=D(5), commission=D(0), swap=D(0), fee=D(0), reason="client", ts=1,
    )  # fmt: skip
    trader.shell.record([BAR, fill])
    trader.shell.record([])
    assert trader.log.bodies()[-2:] == [BAR, fill]
    assert trader.book.cash == trader.broker.balance + 5
    assert [notice.deal.ticket for notice in trader.told if isinstance(notice, FillNotice)] == [1]
    assert state(trader.book) == state(refold(trader.log))


class Answering(Desk):
    """A decision side that submits from within what it is told."""

    def _hear(self, word: Notice | Alert) -> None:
        super()._hear(word)
        if isinstance(word, FillNotice) and len(self.told) < 10:
            (position,) = self.book.positions
            self.do(Submit(intent("protect", bar=9, position=position, stop=D("1.08"), reduces=True)))
            self.shell.record([BAR])


def test_inputs_from_within_a_telling_are_taken_in_order() -> None:
    trader = Answering(ModelBroker(), MemoryLog())
    trader.begin()
    trader.submit(intent())
    (position,) = trader.broker.positions.values()
    assert position.stop == D("1.08")
    assert state(trader.book) == state(refold(trader.log))
    assert trader.log.bodies().count(BAR) == 1


def test_an_unreachable_broker_is_looked_at_again_later() -> None:
    trader = desk()
    trader.broker.reachable = False
    trader.submit(intent())
    assert trader.shell.wake_at is not None
    assert not [one for one in trader.told if isinstance(one, FillNotice)]
    trader.broker.reachable = True
    trader.wait(3)
    assert [one for one in trader.told if isinstance(one, FillNotice)]
    assert trader.shell.wake_at is None


PROGRAM = """
import sys
from pathlib import Path
from tests.trading.order_model import Desk, FileLog, ModelBroker, intent
from ictcli.trading.crashpoints import CrashPoints

trader = Desk(ModelBroker(), FileLog(Path(sys.argv[1])), crashpoint=CrashPoints())
trader.begin()
trader.submit(intent())
print("done")
"""


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_a_named_point_leaves_a_journal_that_a_start_understands(
    point: str, tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        env={**os.environ, "ICTCLI_CRASH": f"{point}:1", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout == ""
    trader = desk(ModelBroker(), FileLog(path))
    assert trader.book.epoch in {1, 2}
    assert all(order.status in {"unknown", "filled", "open"} for order in trader.book.orders.values())
    assert trader.broker.asked == []


def test_what_precedes_an_intent_is_in_its_transaction_and_in_front_of_it() -> None:
    trader = desk()
    before = len(trader.log.batches)
    trader.shell.precede([BAR])
    assert len(trader.log.batches) == before
    trader.submit(intent())
    assert trader.log.batches[before] == 3
    kinds = [type(body) for body in trader.log.bodies()]
    at = kinds.index(BarTaken)
    assert kinds[at : at + 3] == [BarTaken, Intent, Sent]


def test_what_preceded_nothing_is_written_when_that_is_asked_for() -> None:
    trader = desk()
    before = len(trader.log.batches)
    trader.shell.precede([BAR])
    trader.shell.record([])
    trader.shell.record([])
    assert trader.log.batches[before:] == [1]
