"""Two stories of one account as an outcome: compared, put right where that is asked for, compared again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl
from msgspec import structs

from ictcli.ledger.address import Place
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.opening import reading
from ictcli.reconcile.doubt import in_doubt
from ictcli.reconcile.exact import number
from ictcli.reconcile.findings import Finding
from ictcli.reconcile.from_ledger import only_projections
from ictcli.reconcile.matching import Verdict, reconcile
from ictcli.reconcile.outcome import Outcome
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances
from ictcli.reconcile.watermark import cut

Answers = dict[str, str]
"""Name of a finding that was answered = how."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared.

    Attributes:
        local: reads the ledger as it is now.
        broker: the other side.
        ledger, against: names of both for people.
        tolerances: how far values may be apart.
        pauses: seconds before further looks at a ledger that is being written, while something differs: its
            trader may not have come to it yet.
    """

    local: Callable[[], Story]
    broker: Story
    ledger: str
    against: str
    tolerances: Tolerances
    pauses: tuple[float, ...] = ()


def compare(sides: Sides, put_right: Callable[[Verdict, Story], Answers] | None = None) -> Outcome:
    """Compare, and where something was put right, look once more.

    What the second look does not find any more is told as known to the ledger.

    Args:
        sides: both.
        put_right: carries out what policies allow by themselves; returns what it answered once that is in
            the ledger, or waits for its trader.
    """
    local, verdict = _settled(sides)
    answers = put_right(verdict, local) if put_right is not None else {}
    if answers:
        local = sides.local()
        verdict = _after(verdict, _verdict(sides, local), answers)
    return _outcome(sides, local, verdict, answers)


def _settled(sides: Sides) -> tuple[Story, Verdict]:
    """The ledger and what differs, once its trader had time to come to it."""
    for pause in (0.0, *sides.pauses):
        time.sleep(pause)
        local = sides.local()
        verdict = _verdict(sides, local)
        if not verdict.roots:
            break
    return local, verdict


def _verdict(sides: Sides, local: Story) -> Verdict:
    verdict = reconcile(local, sides.broker, sides.tolerances)
    return verdict if only_projections(local.facts.faults) else in_doubt(verdict)


def _after(first: Verdict, second: Verdict, answers: Answers) -> Verdict:
    """The second look with what was found and is gone."""
    left = {one.name for one in second.findings}
    gone = [_known(one, answers) for one in first.findings if one.name not in left]
    return Verdict(second.result, (*second.findings, *gone))


def _known(one: Finding, answers: Answers) -> Finding:
    if one.caused_by:
        return one
    told = "" if one.name in answers else "; gone with what was put right"
    return structs.replace(one, known=True, note=(one.note + told).removeprefix("; "))


def _outcome(sides: Sides, local: Story, verdict: Verdict, answers: Answers) -> Outcome:
    broker = sides.broker
    ours, theirs = cut(local, broker.window, broker), cut(broker, broker.window)
    window = replace(broker.window, since=max(broker.window.since, local.window.since))
    return Outcome(
        mode="ledger", ledger=sides.ledger, against=sides.against, account=local.facts.account,
        currency=local.facts.currency, window=window, verdict=verdict,
        stated=money(theirs.facts.balance, local.facts.minor),
        computed=money(ours.facts.balance, local.facts.minor), applied=answers,
        clock_offset=broker.facts.clock_offset, instruments=broker.instruments,
        compared=_counts(ours, theirs, window.since),
    )  # fmt: skip


def _counts(ours: Story, theirs: Story, since: int) -> dict[str, int]:
    """How many deals, orders and movements from an instant on, and open positions, either side tells of."""
    return {
        "deals": _either((ours.fills, theirs.fills), "deal", "ts", since),
        "orders": _either((ours.orders, theirs.orders), "order", "touched", since),
        "positions": _either((ours.positions, theirs.positions), "position", "touched", 0),
        "movements": _either((ours.cash, theirs.cash), "deal", "ts", since),
    }


def _either(tables: Sequence[pl.DataFrame], number: str, at: str, since: int) -> int:
    """Different numbers in either table; rows without one, which have 0 there, count each."""
    both = pl.concat([rows.filter(pl.col(at) >= since).select(number) for rows in tables])[number]
    return both.filter(both != 0).n_unique() + int((both == 0).sum())


def money(amount: int | None, minor: int) -> Decimal | None:
    """An amount of units of 10⁻⁸ with all digits of its currency; finer ones stay."""
    return None if amount is None else filled_up(number(amount), minor)


def filled_up(value: Decimal, minor: int) -> Decimal:
    """An amount with all digits of its currency; finer ones stay."""
    shown = value.quantize(Decimal(1).scaleb(-minor))
    return shown if shown == value else value


def counted(place: Place) -> tuple[int, int]:
    """How many events a ledger has, and how many anchors they were held against."""
    with reading(place.address) as stored:
        events = stored.head()[0]
    return events, len(read_anchors(place.anchors, place.key).holding)
