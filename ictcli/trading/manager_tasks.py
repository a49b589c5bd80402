"""Requests that make no order: cancel, protect, amend, those of our own included.

They may be repeated without harm, as long as no two of them for one order or position are under way: the
gate sees to that. So an unknown outcome is asked again as soon as the broker's records show the old state.
"""

from decimal import Decimal

from ictcli.brokers.reports import Evidence, OrderReport, PositionReport
from ictcli.ledger.bodies import Done, Ended, Intent, Rejected, Unresolved
from ictcli.trading.identity import intent_id, parts_of
from ictcli.trading.manager_orders import MOST_ATTEMPTS, Sender, pause
from ictcli.trading.manager_scribe import Scribe
from ictcli.trading.messages import Told
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.orderbook_records import PositionState, TaskState
from ictcli.trading.status import TaskStatus

MOST_CANCELS = 20
"""Attempts to withdraw one order."""
MOST_REPAIRS = 8
"""Attempts to give a position the stop it should have; then only a person can."""

LEGS = 100
"""Requests of our own for one order at one instant."""


class Tasks:
    """Carries requests without an order to their end.

    Args:
        book: the state.
        sender: sends what the gate lets pass.
    """

    def __init__(self, book: OrderBook, sender: Sender) -> None:
        self._book = book
        self._sender = sender
        self._repairs: dict[tuple[int, Decimal | None], tuple[int, int]] = {}
        """(position, wanted stop) = attempts so far and when the next may be."""
        self._unprotected: dict[int, None] = {}
        self._withdrawn: dict[str, tuple[int, int]] = {}

    def told(self, scribe: Scribe, task: TaskState, event: Told) -> None:
        """Take the answer to a cancel, protect or amend."""
        if event.attempt != task.attempt or not task.unresolved:
            return
        outcome = event.outcome
        code, message = outcome.code, outcome.message
        if outcome.kind in {"done", "placed", "partial", "noop"}:
            scribe.write(Done(id=task.id, code=code, message=message))
        elif outcome.kind == "unknown":
            scribe.write(Unresolved(id=task.id, attempt=task.attempt, code=code, message=message))
        else:
            again = outcome.kind == "retryable" and task.attempt < self._most(task)
            scribe.write(Rejected(id=task.id, attempt=task.attempt, code=code, message=message, again=again))
            if again:
                self._sender.due[task.id] = scribe.now + pause(task.attempt - 1)
            else:
                scribe.write(Ended(id=task.id, status="rejected", code=code, message=message))

    def _most(self, task: TaskState) -> int:
        return MOST_ATTEMPTS if task.intent.action == "amend" else MOST_CANCELS

    def wait_on(self, now: int) -> None:
        """Let withdrawals that were refused before this start wait as they would have without it."""
        for task in self._book.pending_tasks():
            if task.status is TaskStatus.INTENT and task.refused:
                self._sender.due[task.id] = min(now, task.refused) + pause(task.attempt - 1)

    def see(self, scribe: Scribe, evidence: Evidence) -> None:
        """Take what a pass says about requests whose outcome is unknown."""
        if not evidence.complete:
            return
        orders = {one.ticket: one for one in evidence.open_orders}
        positions = {one.identifier: one for one in evidence.positions}
        for task in list(self._book.pending_tasks()):
            if task.status is not TaskStatus.UNKNOWN or evidence.begun < task.unknown_since:
                continue
            carried_out = self._carried_out(task, orders, positions)
            if carried_out:
                scribe.write(Done(id=task.id, message="as the broker's records show"))
            elif task.attempt >= self._most(task):
                scribe.write(Ended(id=task.id, status="rejected", message="no effect after many attempts"))
                scribe.alert("critical", "task_failed", f"{task.intent.action} {task.id} has no effect")
            elif carried_out is None:
                scribe.write(Ended(id=task.id, status="rejected", message="what it was for is gone"))
            else:
                body = Rejected(
                    id=task.id, attempt=task.attempt, code=0, message="records show no effect", again=True
                )
                scribe.write(body)
                self._sender.due[task.id] = scribe.now + pause(task.attempt - 1)

    def _carried_out(
        self, task: TaskState, orders: dict[int, OrderReport], positions: dict[int, PositionReport]
    ) -> bool | None:
        """Whether the records show its effect; None where what it was for is gone."""
        intent = task.intent
        if intent.action == "protect":
            position = positions.get(intent.position or 0)
            if position is None:
                return None
            return (position.stop, position.target) == (intent.stop, intent.target)
        target = self._book.orders[intent.target_id]
        report = orders.get(target.ticket)
        if intent.action == "cancel":
            return report is None
        if report is None:
            return None
        wanted = (intent.price, intent.limit, intent.stop, intent.target)
        return (report.price, report.limit, report.stop, report.target) == wanted

    def follow_up(self, scribe: Scribe) -> None:
        """Send what has become possible or due."""
        for task in list(self._book.pending_tasks()):
            waits = task.intent.action == "cancel" and task.status is TaskStatus.INTENT
            if waits and task.id not in self._sender.due:
                target = self._book.orders[task.intent.target_id]
                if target.over or (target.resting and target.ticket):
                    self._sender.ask_cancel(scribe, task)
        for name, at in list(self._sender.due.items()):
            if at <= scribe.now:
                self._repeat(scribe, name)
        if self._book.latched is not None:
            self._withdraw_all(scribe)

    def _repeat(self, scribe: Scribe, name: str) -> None:
        state = self._book.orders.get(name) or self._book.tasks.get(name)
        if state is None or state.status not in {"intent"}:
            self._sender.due.pop(name, None)
            return
        self._sender.again(scribe, state)

    def _withdraw_all(self, scribe: Scribe) -> None:
        """Under the emergency stop no order of ours may rest."""
        for order in list(self._book.working_orders()):
            tries, at = self._withdrawn.get(order.id, (0, 0))
            if not order.resting or order.cancel_asked or order.intent.order == "market" or at > scribe.now:
                continue
            if order.intent.action == "place" and tries < MOST_CANCELS:
                self._withdrawn[order.id] = (tries + 1, scribe.now + pause(tries))
                self._sender.submit(scribe, self._own(scribe, order.intent, tries, "cancel"))

    def protect(self, scribe: Scribe, evidence: Evidence) -> None:
        """See that every position of ours has its stop at the broker."""
        if not evidence.complete:
            return
        there = {one.identifier: one for one in evidence.positions}
        for position in list(self._book.positions.values()):
            report = there.get(position.identifier)
            if report is None or report.stop == position.wanted_stop or self._being_changed(position):
                continue
            if position.wanted_stop is not None:
                self._repair(scribe, position, report)
        self._tell_of_unprotected(scribe, there)

    def _tell_of_unprotected(self, scribe: Scribe, there: dict[int, PositionReport]) -> None:
        for position in self._book.positions.values():
            report = there.get(position.identifier)
            bare = report is not None and report.stop is None and position.wanted_stop is None
            if bare and position.identifier not in self._unprotected:
                self._unprotected[position.identifier] = None
                text = (
                    f"position {position.identifier} of {position.symbol} has no stop, and none was asked for"
                )
                scribe.alert("warning", "no_stop", text)
        for identifier in [one for one in self._unprotected if one not in self._book.positions]:
            del self._unprotected[identifier]
        for key in [key for key in self._repairs if key[0] not in self._book.positions]:
            del self._repairs[key]
        for name in [name for name in self._withdrawn if name not in self._book.working]:
            del self._withdrawn[name]

    def _being_changed(self, position: PositionState) -> bool:
        return any(one.intent.position == position.identifier for one in self._book.pending_tasks())

    def _repair(self, scribe: Scribe, position: PositionState, report: PositionReport) -> None:
        key = (position.identifier, position.wanted_stop)
        tries, at = self._repairs.get(key, (0, 0))
        if at > scribe.now or tries > MOST_REPAIRS:
            return
        self._repairs[key] = (tries + 1, scribe.now + pause(tries))
        where = f"position {position.identifier} of {position.symbol}"
        if tries == 0:
            text = f"{where} has the stop {report.stop} at the broker, not {position.wanted_stop}"
            scribe.alert("critical" if report.stop is None else "warning", "stop_differs", text)
        if tries == MOST_REPAIRS:
            scribe.alert("critical", "stop_missing", f"{where} cannot be given its stop")
            return
        owner = self._book.orders[position.owner].intent
        intent = self._own(scribe, owner, tries, "protect", position)
        self._sender.submit(scribe, intent)

    def _own(
        self,
        scribe: Scribe,
        cause: Intent,
        tries: int,
        action: str,
        position: PositionState | None = None,
    ) -> Intent:
        """A request of the order manager itself, for a strategy's order or position.

        Its leg is made of the order's number, which no leg of a strategy comes near.
        """
        account = self._book.start.account if self._book.start else 0
        leg = parts_of(cause.magic)[1] * LEGS + tries
        name = intent_id(account, cause.strategy, cause.symbol, scribe.now, leg, action)
        if position is None:
            return Intent(
                id=name, action="cancel", strategy=cause.strategy, symbol=cause.symbol, bar=scribe.now,
                leg=leg, target_id=cause.id, reduces=True, why="the emergency stop is on",
            )  # fmt: skip
        return Intent(
            id=name, action="protect", strategy=cause.strategy, symbol=cause.symbol, bar=scribe.now, leg=leg,
            position=position.identifier, stop=position.wanted_stop, target=position.wanted_target,
            reduces=True, why="the broker does not hold the stop that was asked for",
        )  # fmt: skip
