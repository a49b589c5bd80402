"""The books of an account, from which either side's story is told: positions and balance follow from deals.

Position 900 (EURUSD, 0.2 long) was opened by order 500 with deals 11 and 12; 901 was opened by order 501 and
closed by 502; order 503 rests, 504 was withdrawn, and 1,000 were paid in.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.reconcile.case import Rule
from ictcli.reconcile.exact import units
from ictcli.reconcile.findings import Finding
from ictcli.reconcile.matching import Verdict, reconcile
from ictcli.reconcile.rules.known import RULES
from ictcli.reconcile.story import CASH, FILLS, INSTRUMENTS, ORDERS, POSITIONS, Facts, Story, Window, table
from ictcli.reconcile.tolerances import Tolerances

T0 = 1_780_000_000_000_000_000
HOUR = 60 * NS_PER_MINUTE
WINDOW = Window(T0 - HOUR, T0 + HOUR)
LATER = WINDOW.until + NS_PER_SECOND
TOLERANCES = Tolerances()
Row = dict[str, Any]


def n(value: str) -> int:
    """Units of a number."""
    return units(Decimal(value))


TICK, STEP, CENT = n("0.00001"), n("0.01"), n("0.01")


def fill(deal: int, **given: Any) -> Row:
    """A deal that enters position 900, unless told otherwise."""
    return {
        "deal": deal, "order": 500, "position": 900, "magic": 70, "intent": "enter", "symbol": "EURUSD",
        "side": 1, "entry": "in", "volume": n("0.1"), "price": n("1.1"), "profit": 0,
        "commission": n("-0.35"), "swap": 0, "fee": 0, "reason": "expert", "ts": T0 + deal * NS_PER_SECOND,
    } | given  # fmt: skip


def order(ticket: int, **given: Any) -> Row:
    """A market order that was filled, unless told otherwise."""
    return {
        "order": ticket, "intent": f"i{ticket}", "action": "place", "magic": ticket - 430, "symbol": "EURUSD",
        "side": 1, "kind": "market", "status": "filled", "volume": n("0.2"), "filled": n("0.2"),
        "reason": "expert", "placed": T0, "touched": T0 + NS_PER_SECOND,
    } | given  # fmt: skip


def cash(deal: int, amount: str, **given: Any) -> Row:
    """A movement of money without an order."""
    return {"key": f"cash.{deal}", "deal": deal, "kind": "balance", "amount": n(amount), "ts": T0} | given


@dataclass
class Books:
    """What one side has written down; its story follows from it."""

    fills: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    cash: list[Row] = field(default_factory=list)
    held: dict[int, Row] = field(default_factory=dict)
    facts: Row = field(default_factory=dict)
    contracts: dict[str, Row] = field(default_factory=dict)
    foreign: set[tuple[str, int]] = field(default_factory=set)
    window: Window = WINDOW

    def copy(self) -> "Books":
        """The same books, to be changed."""
        return deepcopy(self)

    def drop(self, deal: int) -> None:
        """Forget a deal."""
        self.fills = [one for one in self.fills if one["deal"] != deal]

    def of(self, rows: str, key: str, value: Any) -> Row:
        """One row, to be changed."""
        return next(one for one in getattr(self, rows) if one[key] == value)

    def ledger(self) -> Story:
        """As the ledger tells it: nobody's profit, and what an operator takes is on no broker's books."""
        own = [one for one in self.cash if not one.get("operator")]
        return self._story(Facts(**{**_FACTS, "balance": self._balance(own)} | self.facts), floating=None)

    def broker(self) -> Story:
        """As the broker tells it: no intents, and the equity with 5 of profit for each position."""
        plain = self.copy()
        for one in plain.fills + plain.orders:
            one["intent"] = ""
        balance = plain._balance(plain.cash)
        floating = sum(
            n("5") + plain.held.get(one["position"], {}).get("swap", 0) for one in plain.positions()
        )
        facts = {**_FACTS, "balance": balance, "equity": balance + floating} | self.facts
        return plain._story(Facts(**facts), floating=n("5"))

    def positions(self) -> list[Row]:
        """Open positions, as the deals make them."""
        found: dict[int, Row] = {}
        for one in sorted(self.fills, key=lambda row: (row["ts"], row["deal"])):
            if not one.get("voided"):
                _book(found.setdefault(one["position"], _position(one)), one)
        return [one | self.held.get(one["position"], {}) for one in found.values() if one["volume"]]

    def _balance(self, movements: Sequence[Row]) -> int:
        booked = [one for one in self.fills if not one.get("voided")]
        deals = sum(one[name] for one in booked for name in ("profit", "commission", "swap", "fee"))
        return int(deals + sum(one["amount"] for one in movements))

    def _story(self, facts: Facts, floating: int | None) -> Story:
        contracts = {name: _CONTRACT | {"symbol": name} for name in ("EURUSD", "GBPUSD")}
        changed = [one | self.contracts.get(name, {}) for name, one in contracts.items()]
        return Story(
            facts, self.window, fills=table(FILLS, self.fills), orders=table(ORDERS, self.orders),
            positions=table(POSITIONS, [one | {"profit": floating} for one in self.positions()]),
            cash=table(CASH, self.cash), instruments=table(INSTRUMENTS, changed),
            foreign=frozenset(self.foreign),
        )  # fmt: skip


_FACTS: Mapping[str, Any] = {"account": "Broker-Demo/7", "currency": "EUR"}
_CONTRACT: Row = {"digits": 5, "tick": TICK, "step": STEP, "contract": n("100000")}


def _position(opening: Row) -> Row:
    return {
        "position": opening["position"], "ticket": opening["position"], "magic": opening["magic"],
        "symbol": opening["symbol"], "volume": 0, "price": 0, "opened": opening["ts"], "touched": 0,
    }  # fmt: skip


def _book(position: Row, deal: Row) -> None:
    before, moved = position["volume"], deal["side"] * deal["volume"]
    after = before + moved
    if before * moved > 0:
        position["price"] = (abs(before) * position["price"] + deal["volume"] * deal["price"]) // abs(after)
    elif before * after <= 0 and after:
        position["price"] = deal["price"]
    position["volume"], position["touched"] = after, max(position["touched"], deal["ts"])


def account() -> Books:
    """The account that the module describes."""
    closing = {"order": 502, "magic": 72, "intent": "i502", "side": -1, "entry": "out"}
    return Books(
        fills=[
            fill(11, intent="i500"),
            fill(12, intent="i500"),
            fill(13, order=501, position=901, magic=71, intent="i501", volume=n("0.2")),
            fill(14, position=901, volume=n("0.2"), profit=n("13.50"), swap=n("-0.82"), **closing),
        ],
        orders=[
            order(500),
            order(501),
            order(502, action="close", side=-1, position=901),
            order(503, kind="limit", status="open", filled=0, price=n("1.05")),
            order(504, kind="limit", status="cancelled", filled=0, price=n("1.06")),
        ],
        cash=[cash(5, "1000")],
        held={900: {"stop": n("1.09"), "target": n("1.12"), "swap": n("-1.50")}},
    )


def verdict(
    local: Books | Story,
    broker: Books | Story,
    rules: Sequence[Rule] = RULES,
    tolerances: Tolerances = TOLERANCES,
) -> Verdict:
    """What comes of two books."""
    ours = local.ledger() if isinstance(local, Books) else local
    theirs = broker.broker() if isinstance(broker, Books) else broker
    return reconcile(ours, theirs, tolerances, rules)


def roots(local: Books | Story, broker: Books | Story, **given: Any) -> list[str]:
    """Names of what counts."""
    return [one.name for one in verdict(local, broker, **given).roots]


def told(local: Books | Story, broker: Books | Story) -> dict[str, Finding]:
    """Everything that is found, by name."""
    return {one.name: one for one in verdict(local, broker).findings}


def changed(change: Callable[[Books], object], books: Books | None = None) -> Books:
    """Books in which something is otherwise."""
    copy = (books or account()).copy()
    change(copy)
    return copy


def incomplete(books: Books) -> Story:
    """A broker's story that is not complete."""
    story = books.broker()
    return replace(story, window=replace(story.window, complete=False, why="the history was cut off"))
