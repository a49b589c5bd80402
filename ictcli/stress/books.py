"""Whether a trader's ledger tells what its terminal did: read from the terminal's own record and books.

Nothing of the order manager takes part: the ledger is told anew by ``trading.simulation.retold``, the other
side is the file in which the simulated terminal keeps every request before it acts, and its history.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from ictcli.ledger.address import Place
from ictcli.ledger.log import Entry
from ictcli.ledger.opening import reading
from ictcli.ledger.stored import entry_of
from ictcli.reconcile.from_ledger import ledger_faults, ledger_story
from ictcli.reconcile.from_terminal import terminal_story
from ictcli.reconcile.matching import reconcile
from ictcli.reconcile.terminal_pull import Historian
from ictcli.reconcile.tolerances import Tolerances
from ictcli.terminals.constants import DealReason, DealType, Retcode, TradeAction
from ictcli.terminals.times import ServerClock
from ictcli.trading.simulation.retold import Retold, Story

_FAR = 86_400, 2_000_000_000
_ORDERS = {int(TradeAction.DEAL), int(TradeAction.PENDING)}
_UNDECIDED = {int(Retcode.TIMEOUT), int(Retcode.CONNECTION), int(Retcode.ERROR)}
Fate = Literal["executed", "refused", "lost"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request for an order as it reached the terminal.

    Attributes:
        magic: number of the order.
        protected: it brought a stop.
        executed: how often the server did it, whatever it answered.
        fate: refused: it said no for good or for now; lost: a planned fault kept it from being done.
    """

    magic: int
    protected: bool
    executed: int
    fate: Fate


@dataclass(frozen=True, slots=True)
class Books:
    """What ledger and terminal say of each other.

    Attributes:
        attempts: requests for orders that the ledger holds as sent.
        refused: of them, those that the venue refused.
        lost: of them, those that a planned fault kept from being done.
        wrong: what does not agree; each line is one order or one deal.
        fills: deals in both.
        entries: of the ledger, in order.
    """

    attempts: int
    refused: int
    lost: int
    wrong: tuple[str, ...]
    fills: int
    entries: tuple[Entry, ...]

    @property
    def judged(self) -> int:
        """Order attempts that the venue did not refuse."""
        return self.attempts - self.refused


def read_entries(place: Place) -> tuple[Entry, ...]:
    """All events of a ledger."""
    with reading(place.address) as stored:
        return tuple(entry_of(event) for event in stored.events(0))


def compare(place: Place, record: Path, terminal: Historian, *, settled: bool = True) -> Books:
    """Hold a ledger against the terminal's record and books.

    Args:
        place: of the ledger; its trader has ended.
        record: requests as the terminal keeps them.
        terminal: connected, without faults.
        settled: the trader had time to resolve what was unknown.
    """
    entries = read_entries(place)
    retold = Retold()
    for entry in entries:
        retold.hear(entry.body, entry.ts)
    arrivals = read_arrivals(record)
    by_magic: dict[int, list[Arrival]] = defaultdict(list)
    for one in arrivals:
        by_magic[one.magic].append(one)
    deals = _deals(terminal)
    wrong = [*retold.complaints, *_orders(retold, by_magic, deals, settled=settled)]
    wrong += _totals(retold, deals, terminal)
    sent = sum(story.sends for story in retold.stories.values() if story.intent.magic)
    fates = Counter(one.fate for one in arrivals)
    return Books(
        sent, fates["refused"], fates["lost"], tuple(wrong), len(retold.fills.keys() & deals.keys()), entries
    )


def read_arrivals(record: Path) -> list[Arrival]:
    """Requests for orders in the terminal's record, in order."""
    found: list[Arrival] = []
    asked: dict[int, dict[str, Any]] = {}
    for text in record.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if "arrived" in line:
            asked[line["arrived"]] = line["request"]
            continue
        request = asked[line["answered"]]
        if request["action"] in _ORDERS:
            done, told = int(line["executed"]), line["result"]
            found.append(Arrival(request["magic"], bool(request["stop"]), done, _fate(done, told)))
    return found


def _fate(executed: int, told: dict[str, Any] | None) -> Fate:
    if executed:
        return "executed"
    return "lost" if told is None or told["retcode"] in _UNDECIDED else "refused"


def _deals(terminal: Historian) -> dict[int, Any]:
    found = terminal.history_deals_get(*_FAR)
    return {one.ticket: one for one in found if one.type in (DealType.BUY, DealType.SELL)}


def _orders(
    retold: Retold, arrivals: dict[int, list[Arrival]], deals: dict[int, Any], *, settled: bool
) -> list[str]:
    """Orders that were doubled, lost, invented, left undecided, or that went without their stop."""
    volumes: dict[int, Decimal] = defaultdict(Decimal)
    for deal in deals.values():
        if deal.reason == DealReason.EXPERT and deal.magic:
            volumes[deal.magic] += Decimal(repr(deal.volume))
    found = [
        f"order {magic} arrived and the ledger knows of no sending"
        for magic in arrivals
        if magic not in retold.by_magic or not retold.stories[retold.by_magic[magic]].sends
    ]
    for magic, name in retold.by_magic.items():
        story = retold.stories[name]
        if story.undecided and not settled:
            continue
        if why := judge_order(story, arrivals.get(magic, []), volumes[magic]):
            found.append(f"order {magic} {why}")
    return found


def judge_order(story: Story, arrivals: Sequence[Arrival], volume: Decimal) -> str:
    """What is wrong with one order, empty for nothing."""
    intent = story.intent
    if sum(one.executed for one in arrivals) > 1 or volume > (intent.volume or 0):
        return "was executed more than once"
    if story.undecided:
        return f"is still {story.state}"
    if story.state == "open" and not volume and not any(one.executed for one in arrivals):
        return "is open, and the terminal has nothing of it"
    if story.filled != volume:
        return f"filled {story.filled}, at the terminal {volume}"
    if intent.stop is not None and any(not one.protected for one in arrivals):
        return "went without its stop"
    return ""


def _totals(retold: Retold, deals: dict[int, Any], terminal: Historian) -> list[str]:
    """Deals, positions and money that are on one side only."""
    found = [f"lost: deal {ticket}" for ticket in deals.keys() - retold.fills.keys()]
    found += [f"invented: deal {ticket}" for ticket in retold.fills.keys() - deals.keys()]
    held = terminal.positions_get()
    theirs = {one.identifier: Decimal(repr(one.volume)) for one in held}
    if retold.open_volumes() != theirs:
        found.append(f"positions {retold.open_volumes()}, at the terminal {theirs}")
    found += [f"position {one.identifier} has no stop" for one in held if one.magic and not one.sl]
    balance = Decimal(repr(terminal.account_info().balance))
    if retold.money() != balance:
        found.append(f"money {retold.money()}, at the terminal {balance}")
    return found


def reconciled(
    place: Place, terminal: Historian, rule: str, account: str, since: int,
    now: Callable[[], int], sleep: Callable[[float], None],
) -> str:  # fmt: skip
    """What ``reconcile`` says of ledger and terminal: clean, or what it found.

    Args:
        place: of the ledger.
        terminal: connected.
        rule: of its server's clock.
        account: ``server/login``.
        since: from when on, ns UTC.
        now: the instant, ns UTC.
        sleep: waits so many seconds.
    """
    broker = terminal_story(terminal, ServerClock(rule), since, now, 0, {}, sleep)
    ours = ledger_story(place, account, broker.window, faults=ledger_faults(place))
    verdict = reconcile(ours, broker, Tolerances())
    if verdict.result == "clean":
        return "clean"
    kinds = Counter(str(one.kind) for one in verdict.roots)
    return f"{verdict.result}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
