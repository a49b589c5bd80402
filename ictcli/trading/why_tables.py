"""What a journal says of decisions and orders, as the tables behind ``report --why``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ictcli.engine.trades import INSTANT, PRICE
from ictcli.ledger import bodies
from ictcli.ledger.log import Entry
from ictcli.trading.trade_rows import setup_of

_SHARED = [
    ("symbol", pa.string()), ("timeframe", pa.string()), ("strategy", pa.string()),
    ("setup_number", pa.int64()),
    ("reason", pa.string()), ("price", PRICE),
]  # fmt: skip
_SIGNALS = pa.schema(
    [
        *_SHARED,
        ("signal_at", INSTANT),
        ("kind", pa.string()),
        ("stage", pa.string()),
        ("side", pa.string()),
        ("stop", PRICE),
        ("target", PRICE),
    ]
)
_ORDERS = pa.schema([*_SHARED, ("known_at", INSTANT), ("event", pa.string())])
_SIDES = {1: "long", -1: "short"}
_NAMED = (
    bodies.Denied | bodies.Sent | bodies.Withheld | bodies.Acked | bodies.Rejected | bodies.Unresolved
    | bodies.Adopted | bodies.Missing | bodies.Ended | bodies.CancelAsked | bodies.Done | bodies.Filled
    | bodies.Corrected
)  # fmt: skip


def why_tables(entries: Sequence[Entry], digits: Mapping[str, int]) -> tuple[pa.Table, pa.Table]:
    """Orders and decisions of a journal.

    Args:
        entries: all of it.
        digits: symbol = decimals of its prices.

    Returns:
        ``orders`` and ``signals`` with the columns that ``research.why.why`` reads.
    """
    decided = [one.body for one in entries if isinstance(one.body, bodies.Decided)]
    signals = [_signal(body, digits.get(body.symbol, 0)) for body in decided]
    return (
        pa.Table.from_pylist(list(_events(entries)), schema=_ORDERS),
        pa.Table.from_pylist(signals, schema=_SIGNALS),
    )


def _signal(body: bodies.Decided, digits: int) -> dict[str, Any]:
    def price(name: str) -> Decimal | None:
        points = body.facts.get(name)
        return Decimal(points).scaleb(-digits) if points else None

    setup = body.setup if body.setup >= 0 else None
    return {
        "symbol": body.symbol, "timeframe": body.timeframe, "strategy": body.strategy,
        "setup_number": setup, "reason": body.reason, "signal_at": body.bar // 1000, "kind": body.what,
        "stage": body.facts.get("stage"), "side": _SIDES.get(body.facts.get("side", 0)),
        "price": price("price"), "stop": price("stop"), "target": price("target"),
    }  # fmt: skip


def _events(entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    known = _Setups()
    for entry in entries:
        body = entry.body
        if isinstance(body, bodies.Intent):
            known.take(body)
            lots = [] if body.volume is None else [f"{body.volume.normalize():f} lots"]
            why = ", ".join([*lots, body.why] if body.why else lots)
            yield known.event(body, entry.ts, (body.action, why, body.price or body.expected))
        elif isinstance(body, _NAMED) and (intent := known.intents.get(body.id)) is not None:
            if isinstance(body, bodies.Filled):
                known.fill(body)
            yield known.event(intent, entry.ts, _told(body))


@dataclass(slots=True)
class _Setups:
    """Which set-up an intent belongs to: its own words say so, or the order or position that it is about."""

    intents: dict[str, bodies.Intent] = field(default_factory=dict)
    numbers: dict[str, int | None] = field(default_factory=dict)
    positions: dict[int, str] = field(default_factory=dict)

    def take(self, intent: bodies.Intent) -> None:
        """Take a new intent."""
        self.intents[intent.id] = intent
        about = intent.target_id or self.positions.get(intent.position or 0, "")
        own = setup_of(intent)
        self.numbers[intent.id] = self.numbers.get(about) if own is None else own

    def fill(self, deal: bodies.Filled) -> None:
        """Take a deal: the first of a position tells whose it is."""
        self.positions.setdefault(deal.position, deal.id)

    def event(self, intent: bodies.Intent, ts: int, told: tuple[str, str, Decimal | None]) -> dict[str, Any]:
        """A row of the order log."""
        what, reason, price = told
        return {
            "symbol": intent.symbol, "timeframe": intent.timeframe, "strategy": intent.strategy,
            "setup_number": self.numbers[intent.id], "reason": reason, "price": price,
            "known_at": ts // 1000, "event": what,
        }  # fmt: skip


def _told(body: Any) -> tuple[str, str, Decimal | None]:
    """What happened, why, and at which price."""
    if isinstance(body, bodies.Filled):
        what = "filled" if body.entry == "in" else "closed"
        return what, f"{body.volume.normalize():f} lots, {body.reason}", body.price
    if isinstance(body, bodies.Denied):
        return "denied", f"{body.code}: {body.detail}" if body.detail else body.code, None
    if isinstance(body, bodies.Ended):
        return body.status, body.message, None
    if isinstance(body, bodies.Corrected):
        return "corrected", f"{body.what} {body.ours} to {body.theirs}", None
    kind = str(body.__struct_config__.tag).replace("_", " ")
    return kind, getattr(body, "message", "").partition(":")[0], None
