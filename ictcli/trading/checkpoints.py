"""Everything a trader remembers, as one file: a restart goes on from it and the journal behind it."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np

from ictcli.clock import NS_PER_DAY
from ictcli.engine.portfolio import Books
from ictcli.engine.records import DEAL, EQUITY, ORDER, ORDER_EVENT, TRADE
from ictcli.errors import DataError
from ictcli.ledger.bodies import Checkpoint
from ictcli.store.atomic import write_file
from ictcli.strategies.decisions import DECISION
from ictcli.trading.account import Account
from ictcli.trading.bookings import Links
from ictcli.trading.trader import Trader
from ictcli.trading.wishes import Wish

_KEPT = 3
"""Checkpoints kept on disk; the journal names the last one."""
_DAYS = 8
"""UTC days whose first checkpoint is kept besides: what was decided since can be decided once more."""
_KINDS = (("trades", TRADE), ("deals", DEAL), ("events", ORDER_EVENT), ("marks", EQUITY))


class AccountState(msgspec.Struct, frozen=True):
    """An ``Account`` as plain values and bytes of its records."""

    desk: bytes
    minds: list[bytes]
    rows: list[int]
    protected: dict[int, tuple[int, int]]
    closing: list[int]
    again: dict[int, int]
    dropped: dict[int, tuple[int, bytes]]
    books: dict[str, bytes]
    asked: list[bytes]
    owners: list[bytes]


class TraderState(msgspec.Struct, frozen=True):
    """A trader after the journal's event ``seq`` and the bars up to ``at`` (ns UTC).

    Attributes:
        seq: last event of the journal that it knows of.
        at: close of the last bar taken.
        start: first instant of its rolls, ns UTC: they are counted from there.
        identity: what it trades and how; another trader's state is refused.
        wishes: by intent; only of versions before ``links``.
        intents: (series, number, intent) of orders.
        positions: (identifier, series, number); of versions before ``links`` all there ever were, else those
            that are open.
        account: its books.
        money: what its sizes and permissions followed from.
        links: all wishes and all positions, compressed.
    """

    seq: int
    at: int
    start: int
    identity: str
    wishes: dict[str, Wish]
    intents: list[tuple[int, int, str]]
    positions: list[tuple[int, int, int]]
    account: AccountState
    money: str = ""
    links: tuple[bytes, bytes] | None = None


def state_of(trader: Trader, seq: int, at: int, start: int, identity: str, money: str = "") -> TraderState:
    """The trader as it stands."""
    links = trader.bookings.links
    return TraderState(
        seq,
        at,
        start,
        identity,
        {},
        [(series, number, name) for (series, number), name in links.intents.items()],
        [(identifier, *key) for key, identifier in links.identifiers.items()],
        _account_state(trader.account),
        money,
        (links.wishes.save(), links.positions.save()),
    )


def _account_state(account: Account) -> AccountState:
    together = account.written.together() if account.written.books else None
    books = {name: getattr(together, name).tobytes() for name, _ in _KINDS} if together else {}
    return AccountState(
        account.desk.save(),
        [seat.mind.save() for seat in account.seats],
        list(account.rows),
        dict(account.protected),
        sorted(account.under_way),
        dict(account.asked_again),
        {number: (series, record.tobytes()) for number, (series, record) in account.dropped.items()},
        books,
        [b"".join(part.tobytes() for part in own) for own in account.written.asked],
        [b"".join(part.tobytes() for part in own) for own in account.written.owners],
    )


def restore(trader: Trader, state: TraderState) -> None:
    """Put a trader that was just made where it was.

    Raises:
        DataError: the state belongs to other strategies or series.
    """
    try:
        _restore_account(trader.account, state.account)
    except ValueError as error:
        raise DataError(
            f"the trader's checkpoint does not fit: {error}",
            hint="Start with the strategies, symbols and parameters it was made with.",
        ) from error
    trader.bookings.links = _links(state)


def _links(state: TraderState) -> Links:
    links = Links()
    links.intents = {(series, number): name for series, number, name in state.intents}
    links.identifiers = {(series, number): identifier for identifier, series, number in state.positions}
    if state.links is not None:
        links.wishes.load(state.links[0])
        links.positions.load(state.links[1])
        return links
    for name, wish in state.wishes.items():
        links.wishes[name] = wish
    for identifier, series, number in state.positions:
        links.positions[identifier] = (series, number)
    return links


def _restore_account(account: Account, state: AccountState) -> None:
    if len(state.minds) != len(account.seats) or len(state.rows) != len(account.rows):
        raise ValueError("it has other strategies or series")
    account.desk.load(state.desk)
    for seat, saved in zip(account.seats, state.minds, strict=True):
        seat.mind.load(saved)
    account.rows[:] = state.rows
    account.protected = dict(state.protected)
    account.under_way = set(state.closing)
    account.asked_again = dict(state.again)
    account.dropped = {
        number: (series, np.frombuffer(bytearray(record), ORDER)[0])
        for number, (series, record) in state.dropped.items()
    }
    if state.books:
        parts = (np.frombuffer(bytearray(state.books[name]), kind) for name, kind in _KINDS)
        account.written.books = [Books(*parts)]
    account.written.asked = [[np.frombuffer(bytearray(own), DECISION)] if own else [] for own in state.asked]
    account.written.owners = [
        [np.frombuffer(bytearray(own), np.int64)] if own else [] for own in state.owners
    ]


def write_checkpoint(folder: Path, state: TraderState) -> Checkpoint:
    """Write a checkpoint durably; the event that makes it the one to start from.

    Raises:
        DataError: the disk does not take it; the one before it still counts.
    """
    content = msgspec.msgpack.encode(state)
    digest = hashlib.sha256(content).hexdigest()
    name = f"{state.at}-{state.seq}.checkpoint"
    write_file(folder / name, content, private=True)
    for old in _dispensable(sorted(folder.glob("*.checkpoint"), key=_order)):
        old.unlink(missing_ok=True)
    return Checkpoint(file=name, sha256=digest, at=state.at)


def _dispensable(files: list[Path]) -> list[Path]:
    """Checkpoints that nobody will ask for, of all of them in their order."""
    first: dict[int, Path] = {}
    for path in files:
        first.setdefault(_order(path)[0] // NS_PER_DAY, path)
    days = [first[day] for day in sorted(first)[-_DAYS:]]
    return [path for path in files[:-_KEPT] if path not in days]


def _order(path: Path) -> tuple[int, int]:
    at, _, seq = path.stem.partition("-")
    return int(at), int(seq)


def read_checkpoint(folder: Path, body: Checkpoint) -> TraderState:
    """The checkpoint that an event names.

    Raises:
        DataError: it is missing or damaged.
    """
    path = folder / body.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"checkpoint {body.file} cannot be read: {error.strerror}", hint=_HINT) from error
    if hashlib.sha256(content).hexdigest() != body.sha256:
        raise DataError(f"checkpoint {body.file} is damaged", hint=_HINT)
    return msgspec.msgpack.decode(content, type=TraderState)


_HINT = "An older one and the journal behind it serve as well: the trader goes back to them by itself."
