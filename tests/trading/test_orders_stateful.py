"""The order manager against the model broker under any sequence of acts: nothing lost, nothing doubled.

Requests and answers are lost, deals hidden for a while, the process ended and begun again. After every step
the book is the fold of the journal's text and all invariants of the journal hold; after a quiet period the
broker's records and ours are the same.
"""

from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ictcli.brokers.reports import Outcome
from ictcli.ledger.projections import Fold, total
from ictcli.ledger.rows import CashRow, MemoryRows, OrderRow, PositionRow
from ictcli.trading.invariants import broker_faults, journal_faults
from ictcli.trading.messages import Latch, Seen, Submit, Told
from ictcli.trading.orderbook import OrderBook
from tests.trading.order_model import SECOND, D, Desk, Fate, MemoryLog, ModelBroker, intent

FATES = st.sampled_from(
    [
        Fate(),
        Fate(answer="unknown"),
        Fate(executed=False),
        Fate(executed=False, answer="unknown"),
        Fate(executed=False, answer="retryable"),
        Fate(share=D("0.5")),
        Fate(placed=True),
    ]
)


class OrdersUnderFaults(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.broker, self.log, self.bar = ModelBroker(), MemoryLog(), 0
        self.desk = Desk(self.broker, self.log, orders_per_minute=10_000, most_rejects=1_000).begin()

    def next_bar(self) -> int:
        self.bar += 1
        self.broker.now += SECOND // 10
        return self.bar

    @rule(fates=st.lists(FATES, max_size=3), market=st.booleans())
    def place(self, fates: list[Fate], market: bool) -> None:
        self.broker.fates = fates
        kinds: dict[str, Any] = {} if market else {"order": "limit", "price": D("1.0950")}
        volume = Decimal(1 + self.bar % 5) / 50
        self.desk.submit(intent(bar=self.next_bar(), volume=volume, **kinds))

    @rule(fates=st.lists(FATES, max_size=3), half=st.booleans())
    def close(self, fates: list[Fate], half: bool) -> None:
        for identifier, position in list(self.desk.book.positions.items())[:1]:
            self.broker.fates = fates
            volume = position.volume / 2 if half else position.volume
            self.desk.submit(
                intent("close", bar=self.next_bar(), side=-1, volume=volume, position=identifier)
            )

    @rule(fates=st.lists(FATES, max_size=2), number=st.integers(0, 5))
    def cancel(self, fates: list[Fate], number: int) -> None:
        orders = list(self.desk.book.orders.values())
        if orders:
            self.broker.fates = fates
            target = orders[-1 - number % len(orders)]
            self.desk.submit(intent("cancel", bar=self.next_bar(), target_id=target.id, reduces=True))

    @rule(fates=st.lists(FATES, max_size=2), points=st.integers(1, 50))
    def protect(self, fates: list[Fate], points: int) -> None:
        for identifier in list(self.desk.book.positions)[:1]:
            self.broker.fates = fates
            stop = D("1.09000") + D(points).scaleb(-5)
            self.desk.submit(intent("protect", bar=self.next_bar(), position=identifier, stop=stop))

    @rule(part=st.booleans())
    def the_broker_fills_a_resting_order(self, part: bool) -> None:
        for number, order in list(self.broker.orders.items())[:1]:
            self.broker.fill(number, order.remaining / 2 if part else None)

    @rule()
    def a_stop_is_hit(self) -> None:
        for identifier in list(self.broker.positions)[:1]:
            self.broker.stop_hit(identifier)

    @rule()
    def the_last_deal_is_hidden_for_now(self) -> None:
        self.broker.hidden = set(list(self.broker.deals)[-1:])

    @rule()
    def everything_is_shown(self) -> None:
        self.broker.hidden = set()

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        self.desk.wait(seconds)

    @rule(reachable=st.booleans(), complete=st.booleans())
    def the_line_changes(self, reachable: bool, complete: bool) -> None:
        self.broker.reachable, self.broker.complete = reachable, complete

    @rule()
    def an_old_pass_arrives_once_more(self) -> None:
        if self.broker.reachable:
            seen = self.broker.evidence(0)
            self.desk.do(Seen(seen))
            self.desk.do(Seen(seen))

    @rule()
    def an_intent_is_decided_twice(self) -> None:
        asked = len(self.broker.asked)
        for order in list(self.desk.book.orders.values())[-1:]:
            self.desk.do(Submit(order.intent))
        assert len(self.broker.asked) == asked

    @rule(kind=st.sampled_from(["done", "rejected", "unknown", "retryable"]), old=st.booleans())
    def a_stale_answer_arrives(self, kind: Literal["done", "rejected", "unknown"], old: bool) -> None:
        for order in list(self.desk.book.orders.values())[-1:]:
            if order.over or order.resting:
                self.desk.do(Told(order.id, order.attempt - int(old), Outcome(kind, 0, "stale")))

    @rule(on=st.booleans())
    def the_emergency_stop_is_switched(self, on: bool) -> None:
        self.desk.latch.why = "stop" if on else None
        self.desk.do(Latch(on, "stop", "test"))

    @rule()
    def the_process_ends_and_begins_again(self) -> None:
        why = self.desk.latch.why
        self.desk = Desk(self.broker, self.log, orders_per_minute=10_000, most_rejects=1_000)
        self.desk.latch.why = why
        self.desk.begin()

    @invariant()
    def the_journal_is_in_order(self) -> None:
        assert journal_faults(self.desk.book, list(self.log.read())) == []

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        broker = self.broker
        broker.reachable = broker.complete = True
        broker.hidden, broker.fates = set(), []
        for _ in range(30):
            broker.now += 5 * SECOND
            self.desk.do(Seen(broker.evidence(0)))
            self.desk.wait(1)
        entries = list(self.log.read())
        assert journal_faults(self.desk.book, entries) == []
        assert broker_faults(self.desk.book, entries, broker.record()) == []
        assert not self.desk.book.unresolved()
        same_as_projected(self.desk.book, self.log)


def same_as_projected(book: OrderBook, log: MemoryLog) -> None:
    """The ledger's projections, written without a look at the order book, say the same."""
    rows = MemoryRows()
    fold = Fold(rows)
    for entry in log.read():
        fold.apply(entry)
    orders = {row.id: row for row in rows.all(OrderRow)}
    for order in book.orders.values():
        row = orders[order.id]
        assert (row.filled, row.status) == (order.filled, str(order.status)), order
    assert total(list(rows.all(CashRow))) == book.cash
    projected = {row.position: row.volume for row in rows.all(PositionRow) if row.volume}
    assert projected == {key: one.volume for key, one in book.positions.items()}


OrdersUnderFaults.TestCase.settings = hypothesis_settings(max_examples=40, stateful_step_count=25)
TestOrdersUnderFaults = OrdersUnderFaults.TestCase


@pytest.mark.proof
def test_many_long_sequences_lose_and_double_nothing(proof_facts: dict[str, object]) -> None:
    examples, steps = 2_000, 50
    run_state_machine_as_test(
        OrdersUnderFaults,
        settings=hypothesis_settings(max_examples=examples, stateful_step_count=steps, database=None),
    )
    proof_facts |= {"sequences": examples, "steps_at_most": steps, "violations": 0}
