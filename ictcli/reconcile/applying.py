"""What follows from findings by itself: the broker's deals and values, as events that make up for the wrong.

Only kinds whose policy is automatic are corrected; what follows from others only where all of these are: a
value that hangs on what a person has to decide waits for that. Nothing that was written is rewritten: a
missed deal is reported, a deal that was taken back is voided, and a value that differs is corrected by name,
by which a correction that was made already is known again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ictcli.ledger.bodies import Corrected, Reported, SwapSeen, Voided
from ictcli.reconcile.exact import number, text
from ictcli.reconcile.findings import AUTOMATIC, Finding, Kind
from ictcli.reconcile.story import Story
from ictcli.trading.spool import Laid

COMMAND = "reconcile --apply"
_ORDER = (Reported, Voided, SwapSeen, Corrected)
"""Deals come before the values and the ends that may follow from them."""
_FEES = ("commission", "fee")
_UNKNOWN_HERE = "currency"
"""Of costs: the ledger keeps money in the account's currency only."""
_TOLD = ("deal", "order", "position", "symbol", "side", "entry", "reason", "ts", "magic")
_AMOUNTS = ("volume", "price", "profit", "commission", "swap", "fee")
_STATUSES = {"pending": "open"}
"""Words of the broker's that the ledger has another one for."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is to be written, and why.

    Attributes:
        bodies: deals first, in the order in which they were made; each event once.
        findings: names of those that the events answer.
    """

    bodies: tuple[Laid, ...] = ()
    findings: tuple[str, ...] = ()


def corrections(findings: Sequence[Finding], broker: Story, local: Story, now: int) -> Corrections:
    """Events that make the ledger what the broker says, as far as policies allow that by themselves.

    Args:
        findings: of these two stories.
        broker: the one side; whether it is cut at the watermark makes no difference.
        local: the ledger's, likewise.
        now: names this round of corrections, ns UTC.
    """
    sides = _Sides.of(broker, local, now)
    made: dict[tuple[Any, ...], Laid] = {}
    answered = []
    free = _by_themselves(findings)
    for one in findings:
        if one.known or one.name not in free:
            continue
        bodies = list(_RULES[one.kind](one, sides))
        for body in bodies:
            made.setdefault(_what(body), body)
        answered += [one.name] if bodies else []
    return Corrections(tuple(sorted(made.values(), key=_place)), tuple(answered))


def _by_themselves(findings: Sequence[Finding]) -> frozenset[str]:
    """Names of what is put right without a person, as is all that explains it, at every remove."""
    free = {one.name for one in findings} - {one.name for one in findings if not _automatic(one)}
    while held := {one.name for one in findings if one.name in free and not free.issuperset(one.caused_by)}:
        free -= held
    return frozenset(free)


def _automatic(one: Finding) -> bool:
    return one.policy in AUTOMATIC and one.kind in _RULES and one.field != _UNKNOWN_HERE


@dataclass(frozen=True, slots=True)
class _Sides:
    """Rows of both stories by what they are found by."""

    now: int
    theirs: Mapping[int, Row]
    ours: Mapping[int, Row]
    of_position: Mapping[int, tuple[int, ...]]
    orders: Mapping[int, Row]
    their_orders: Mapping[int, Row]
    positions: Mapping[int, Row]
    their_positions: Mapping[int, Row]

    @staticmethod
    def of(broker: Story, local: Story, now: int) -> "_Sides":
        """Both stories."""
        ours, theirs = _by(local.fills, "deal"), _by(broker.fills, "deal")
        together: dict[int, list[int]] = {}
        for deal, row in ours.items():
            if deal in theirs:
                together.setdefault(row["position"], []).append(deal)
        return _Sides(
            now, theirs, ours, {key: tuple(deals) for key, deals in together.items()},
            _by(local.orders, "order"), _by(broker.orders, "order"),
            _by(local.positions, "position"), _by(broker.positions, "position"),
        )  # fmt: skip

    def value(self, deal: int, what: str) -> Iterator[Laid]:
        """The correction of one number of a deal that both sides have."""
        ours, theirs = self.ours.get(deal), self.theirs.get(deal)
        if ours is None or theirs is None or ours[what] == theirs[what]:
            return
        yield self.named(ours, what, text(ours[what]), text(theirs[what]))

    def flag(self, deal: int, what: str) -> Iterator[Laid]:
        """The correction of a deal that came late, or went beyond its order, and is not marked so."""
        ours = self.ours.get(deal)
        if ours is not None and not ours[what]:
            yield self.named(ours, what, "false", "true")

    def named(self, row: Row, what: str, ours: str, theirs: str) -> Corrected:
        """A correction of a deal of the ledger's."""
        key = f"{self.now}.deal.{row['deal']}.{what}"
        return Corrected(
            key=key, what=what, ours=ours, theirs=theirs, command=COMMAND, deal=row["deal"], id=row["intent"]
        )


def _by(table: pl.DataFrame, key: str) -> dict[int, Row]:
    """Rows by their number; of several with one, the first."""
    found: dict[int, Row] = {}
    for row in table.iter_rows(named=True):
        if row[key]:
            found.setdefault(row[key], row)
    return found


def _subject(one: Finding) -> int:
    """The ticket or identifier in the key of a finding, 0 where it has none."""
    subject = one.key.partition(":")[2]
    return int(subject) if subject.isdecimal() else 0


def _deal(one: Finding, sides: _Sides) -> Iterator[Laid]:
    """A deal that the ledger has not, or has without saying what was wrong with it."""
    ticket = _subject(one)
    row = sides.theirs.get(ticket)
    if ticket in sides.ours:
        if one.kind is not Kind.MISSING_FILL_LOCAL:
            yield from sides.flag(ticket, "late" if one.kind is Kind.LATE_FILL else "over")
    elif row is not None and not row["voided"]:
        yield _reported(row)


def _reported(row: Row) -> Reported:
    given: dict[str, Any] = {name: row[name] for name in _TOLD}
    given |= {name: number(row[name]) for name in _AMOUNTS}
    return Reported(key=f"deal.{row['deal']}", **given)


def _price(one: Finding, sides: _Sides) -> Iterator[Laid]:
    return sides.value(_subject(one), "price")


def _fee(one: Finding, sides: _Sides) -> Iterator[Laid]:
    if one.field in _FEES:
        yield from sides.value(_subject(one), one.field)


def _swap(one: Finding, sides: _Sides) -> Iterator[Laid]:
    """Swap of the deals of a position, and of what is open of it."""
    position = _subject(one)
    for deal in sides.of_position.get(position, ()):
        yield from sides.value(deal, "swap")
    ours, theirs = sides.positions.get(position), sides.their_positions.get(position)
    if ours is not None and theirs is not None and ours["swap"] != theirs["swap"]:
        yield SwapSeen(position=position, swap=number(theirs["swap"]), ts=sides.now)


def _profit(one: Finding, sides: _Sides) -> Iterator[Laid]:
    for deal in sides.of_position.get(_subject(one), ()):
        yield from sides.value(deal, "profit")


def _bust(one: Finding, sides: _Sides) -> Iterator[Laid]:
    row = sides.ours.get(_subject(one))
    if row is not None and not row["voided"]:
        yield Voided(deal=row["deal"], reason=COMMAND)


def _status(one: Finding, sides: _Sides) -> Iterator[Laid]:
    ticket = _subject(one)
    ours, theirs = sides.orders.get(ticket), sides.their_orders.get(ticket)
    if ours is None or theirs is None:
        return
    says = str(_STATUSES.get(theirs["status"], theirs["status"]))
    if says != ours["status"]:
        key = f"{sides.now}.order.{ticket}.status"
        yield Corrected(
            key=key, what="status", ours=ours["status"], theirs=says, command=COMMAND, id=ours["intent"]
        )


_RULES: dict[Kind, Callable[[Finding, _Sides], Iterator[Laid]]] = {
    Kind.MISSING_FILL_LOCAL: _deal,
    Kind.LATE_FILL: _deal,
    Kind.OVERFILL: _deal,
    Kind.FILL_PRICE_DIFF: _price,
    Kind.FEE_DIFF: _fee,
    Kind.SWAP_DIFF: _swap,
    Kind.REALISED_PNL_DIFF: _profit,
    Kind.BUST: _bust,
    Kind.ORDER_STATUS_DIFF: _status,
}


def _what(body: Laid) -> tuple[Any, ...]:
    """What an event is about: several findings may lead to it."""
    if isinstance(body, Corrected):
        return ("corrected", body.key)
    if isinstance(body, SwapSeen):
        return ("swap", body.position)
    return (type(body).__name__, getattr(body, "deal", 0))


def _place(body: Laid) -> tuple[int, int, int, str]:
    rank = _ORDER.index(type(body)) if type(body) in _ORDER else len(_ORDER)
    status = isinstance(body, Corrected) and body.what == "status"
    made = body.ts if isinstance(body, Reported) else 0
    return (rank + status, made, getattr(body, "deal", 0), getattr(body, "key", ""))
