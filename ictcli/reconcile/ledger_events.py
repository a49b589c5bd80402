"""What only the events of a ledger tell: whose they are, the stops and swap last seen, what is not ours."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import bindparam, select

from ictcli.ledger.bodies import Foreign, Opened, Protected, Start, SwapSeen
from ictcli.ledger.chain import Event
from ictcli.ledger.database import Database
from ictcli.ledger.projections import account_of
from ictcli.ledger.schema import EVENTS
from ictcli.ledger.stored import entry_of
from ictcli.trading.identity import strategy_numbers

_KINDS = ("start", "opened", "protected", "swap", "foreign")
_PAGE = 20_000


@dataclass(slots=True)
class Seen:
    """What the events of one account say beyond its projections.

    Attributes:
        start: the last one; None: the ledger is of other accounts.
        opened: when its books were opened, ns UTC; what happened before is not in them.
        swaps: of positions, as last seen.
        tickets: what requests name positions by.
        touched: when stop or swap of a position last changed.
        foreign: what and ticket of everything that was flagged, also of what is gone.
        strategies: numbers of the strategies that ever started on the account.
    """

    start: Start | None = None
    opened: int = 0
    swaps: dict[int, Decimal] = field(default_factory=dict)
    tickets: dict[int, int] = field(default_factory=dict)
    touched: dict[int, int] = field(default_factory=dict)
    foreign: set[tuple[str, int]] = field(default_factory=set)
    strategies: set[int] = field(default_factory=set)


def read_seen(database: Database, account: str) -> Seen:
    """Fold the events of one account."""
    seen, ours = Seen(), False
    for event in _events(database):
        entry = entry_of(event)
        if isinstance(entry.body, Start):
            ours = account_of(entry.body) == account
        if ours:
            _take(seen, entry.ts, entry.body)
    return seen


def read_accounts(database: Database) -> tuple[str, ...]:
    """``server/login`` of every account in a ledger, the latest last."""
    found: dict[str, None] = {}
    for event in _events(database, ("start",)):
        body = entry_of(event).body
        if isinstance(body, Start):
            found.pop(account_of(body), None)
            found[account_of(body)] = None
    return tuple(found)


def _take(seen: Seen, ts: int, body: object) -> None:
    if isinstance(body, Start):
        seen.start = body
        seen.strategies |= strategy_numbers(body.strategies)
    elif isinstance(body, Opened):
        seen.opened = seen.opened or ts
    elif isinstance(body, Protected):
        seen.touched[body.position] = ts
        if body.ticket:
            seen.tickets[body.position] = body.ticket
    elif isinstance(body, SwapSeen):
        seen.swaps[body.position] = body.swap
        seen.touched[body.position] = max(seen.touched.get(body.position, 0), body.ts)
    elif isinstance(body, Foreign):
        seen.foreign.add((body.what, body.ticket))


def _events(database: Database, kinds: tuple[str, ...] = _KINDS) -> Iterator[Event]:
    chosen = select(EVENTS).where(EVENTS.c.kind.in_([bindparam(f"kind{n}") for n in range(len(kinds))]))
    statement = str(chosen.order_by(EVENTS.c.seq).compile(dialect=database.dialect))
    values = {f"kind{n}": kind for n, kind in enumerate(kinds)}
    for page in database.pages(statement, values, _PAGE):
        yield from (Event(*row) for row in page)
