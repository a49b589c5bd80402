"""Requests under way when a paper trader ended: asked again where they provably never arrived.

A terminal in another process may still get such a request, so its outcome stays unknown until its records
tell. The terminal of a paper trader ends with it, and wrote down whatever it did before it answered.
"""

from ictcli.brokers.broker import Broker
from ictcli.brokers.reports import Evidence
from ictcli.clock import NS_PER_DAY
from ictcli.config.trading import TradeConfig
from ictcli.trading.manager_requests import request_of
from ictcli.trading.messages import Told
from ictcli.trading.orderbook import OrderBook
from ictcli.trading.orderbook_records import OrderState, TaskState
from ictcli.trading.status import Status, TaskStatus


def ask_again(book: OrderBook, broker: Broker, settings: TradeConfig) -> list[Told]:
    """Send what the terminal shows no trace of; the answers.

    Args:
        book: the journal, folded, before anybody begins.
        broker: over a terminal that nobody else talks to, brought to where the journal ends.
        settings: as requests were made with.

    Raises:
        SourceUnavailable: the terminal cannot be asked.
    """
    sent = [one.last_sent for one in book.unresolved()]
    if not sent:
        return []
    evidence = broker.evidence(max(0, min(sent) - NS_PER_DAY))
    known = {one.magic for one in (*evidence.open_orders, *evidence.done_orders)}
    known |= {one.magic for one in evidence.deals}
    waiting: list[OrderState | TaskState] = [
        one for one in book.working_orders() if one.status is Status.SENT and one.intent.magic not in known
    ]
    waiting += [
        one
        for one in book.pending_tasks()
        if one.status is TaskStatus.SENT and not _carried_out(book, one, evidence)
    ]
    answers = []
    for one in waiting:
        request = request_of(book, one.intent, one.intent.symbol, settings.deviation)
        answers.append(Told(one.id, one.attempt, broker.send(request)))
    return answers


def _carried_out(book: OrderBook, task: TaskState, evidence: Evidence) -> bool:
    """Whether the records show its effect, or what it was for is gone: recovery says which."""
    intent = task.intent
    if intent.action == "protect":
        held = [one for one in evidence.positions if one.identifier == intent.position]
        return not held or (held[0].stop, held[0].target) == (intent.stop, intent.target)
    ticket = book.orders[intent.target_id].ticket
    return all(one.ticket != ticket for one in evidence.open_orders)
