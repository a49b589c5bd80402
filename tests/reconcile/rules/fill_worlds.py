"""A small account that both sides tell alike, and ways to make them differ.

Order 500 (intent ``enter``, 0.2 EURUSD) was filled by deals 11 and 12 and opened position 900; order 501
(``leave``) closed it with deal 13. Order 510 (``given_up``) was cancelled unfilled.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.reconcile.case import Case, Difference, Rule
from ictcli.reconcile.exact import units
from ictcli.reconcile.rules.fills import FILL_RULES
from ictcli.reconcile.story import FILLS, INSTRUMENTS, ORDERS, Facts, Story, Window, table
from ictcli.reconcile.tolerances import Tolerances

T0 = 1_780_000_000_000_000_000
WINDOW = Window(T0 - 60 * NS_PER_MINUTE, T0 + 60 * NS_PER_MINUTE)
TOLERANCES = Tolerances()


def n(value: str) -> int:
    """Units of a number."""
    return units(Decimal(value))


TICK, STEP, CENT = n("0.00001"), n("0.01"), n("0.01")


def fill(deal: int, **given: Any) -> dict[str, Any]:
    """A deal that enters, unless told otherwise."""
    return {
        "deal": deal, "order": 500, "position": 900, "magic": 70, "intent": "enter", "symbol": "EURUSD",
        "side": 1, "entry": "in", "volume": n("0.1"), "price": n("1.10432"), "profit": 0,
        "commission": n("-0.35"), "swap": 0, "fee": 0, "reason": "expert", "ts": T0 + deal * NS_PER_SECOND,
    } | given  # fmt: skip


FILLS_TOLD = (
    fill(11),
    fill(12, price=n("1.10433")),
    fill(
        13, order=501, magic=71, intent="leave", side=-1, entry="out", volume=n("0.2"), price=n("1.105"),
        profit=n("13.50"), commission=0, swap=n("-0.82"),
    ),
)  # fmt: skip
ORDERS_TOLD = (
    {"order": 500, "intent": "enter", "action": "place", "magic": 70, "side": 1, "volume": n("0.2"),
     "filled": n("0.2"), "status": "filled"},
    {"order": 501, "intent": "leave", "action": "close", "magic": 71, "side": -1, "volume": n("0.2"),
     "filled": n("0.2"), "status": "filled", "position": 900},
    {"order": 510, "intent": "given_up", "action": "place", "magic": 72, "side": 1, "volume": n("0.5"),
     "status": "cancelled"},
)  # fmt: skip


def both() -> tuple[Story, Story]:
    """The ledger's story and the broker's, which knows no intents."""
    fills = table(FILLS, FILLS_TOLD)
    end = {"symbol": "EURUSD", "kind": "market", "placed": T0, "touched": T0 + NS_PER_MINUTE}
    orders = table(ORDERS, [one | end for one in ORDERS_TOLD])
    instruments = table(
        INSTRUMENTS, [{"symbol": "EURUSD", "digits": 5, "tick": TICK, "step": STEP, "contract": n("100000")}]
    )
    facts = Facts("Broker-Demo/7", "EUR")
    ours = Story(facts, WINDOW, fills=fills, orders=orders, instruments=instruments)
    return ours, replace(
        ours,
        fills=fills.with_columns(intent=pl.lit("")),
        orders=orders.with_columns(intent=pl.lit(""), action=pl.lit(""), reason=pl.lit("expert")),
    )


def booked(story: Story, *rows: dict[str, Any]) -> Story:
    """A story with more deals."""
    return replace(story, fills=pl.concat([story.fills, table(FILLS, rows)]))


def told(story: Story, *rows: dict[str, Any]) -> Story:
    """A broker's story with more deals."""
    return booked(story, *({**one, "intent": ""} for one in rows))


def without(story: Story, *deals: int) -> Story:
    """A story without some deals."""
    return replace(story, fills=story.fills.filter(~pl.col("deal").is_in(deals)))


def changed(story: Story, deal: int, **columns: Any) -> Story:
    """A story with one deal told otherwise."""
    here = pl.col("deal") == deal
    new = [
        pl.when(here).then(pl.lit(value, dtype=FILLS[name])).otherwise(name).alias(name)
        for name, value in columns.items()
    ]
    return replace(story, fills=story.fills.with_columns(new))


def of_order(story: Story, intent: str, **columns: Any) -> Story:
    """A story with one order told otherwise."""
    here = pl.col("intent") == intent
    new = [
        pl.when(here).then(pl.lit(value, dtype=ORDERS[name])).otherwise(name).alias(name)
        for name, value in columns.items()
    ]
    return replace(story, orders=story.orders.with_columns(new))


def look(
    ours: Story,
    theirs: Story,
    *,
    tolerances: Tolerances = TOLERANCES,
    before: Sequence[Difference] = (),
    rules: Sequence[Rule] = FILL_RULES,
) -> list[Difference]:
    """What the rules of deals find."""
    case = Case(ours, theirs, tolerances)
    found = list(before)
    for rule in rules:
        found.extend(rule(case, tuple(found)))
    return found[len(before) :]


def names(found: Sequence[Difference]) -> list[str]:
    """Names of findings, in order."""
    return [one.finding.name for one in found]


def only(found: Sequence[Difference]) -> Difference:
    """The one that was found."""
    assert len(found) == 1, names(found)
    return found[0]
