"""How well orders are executed: slippage, latencies, rejects, requotes, unknown outcomes, with intervals.

Slippage is the price of a fill against the price the order was decided for; above zero it cost money.
Latencies are between entries of the journal, so they hold our own overhead and the broker's time alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from ictcli.ledger.bodies import Acked, BarTaken, Corrected, Filled, Intent, Rejected, Sent, Unresolved
from ictcli.ledger.corrections import corrected
from ictcli.ledger.log import Entry
from ictcli.stats.bootstrap import bootstrap_mean
from ictcli.stats.intervals import FEWEST, NOWHERE, Interval, percentile_interval, wilson
from ictcli.store.packed import Packed

REQUOTES = frozenset({10004, 10020, 10021})
"""Codes that say: not at this price (MT5.md 3)."""
_QUANTILES = (0.5, 0.95, 0.99)
_MS = 1e6


@dataclass(slots=True)
class OrderQuality:
    """One intent that was sent: instants are of the journal, ns UTC; -1 where it did not happen."""

    intent: Intent
    decided: int
    sent: int = -1
    acked: int = -1
    filled: int = -1
    attempts: int = 0
    requotes: int = 0
    rejected: bool = False
    unknown: bool = False
    volume: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)

    @property
    def slippage(self) -> Decimal | None:
        """Mean fill price against the expected one, above zero worse; None without both."""
        if self.volume == 0 or self.intent.expected is None or not self.intent.side:
            return None
        return self.intent.side * (self.paid / self.volume - self.intent.expected)


@dataclass(slots=True)
class Executions:
    """The fold: entries go in; orders by intent, and decimals by symbol, come of it."""

    orders: Packed[str, OrderQuality] = field(default_factory=lambda: Packed(str, OrderQuality, _is_filled))
    digits: dict[str, int] = field(default_factory=dict)
    intents: Packed[str, tuple[Intent, int]] = field(default_factory=lambda: Packed(str, tuple[Intent, int]))
    deals: Packed[int, Filled] = field(default_factory=lambda: Packed(int, Filled))

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        body = entry.body
        if isinstance(body, BarTaken):
            self.digits[body.symbol] = body.digits
        elif isinstance(body, Intent):
            self.intents[body.id] = (body, entry.ts)
        elif isinstance(body, Sent):
            self._sent(body, entry.ts)
        elif isinstance(body, Acked | Rejected | Unresolved) and body.id in self.orders:
            _answered(self.orders[body.id], body, entry.ts)
        elif isinstance(body, Filled) and body.id in self.orders and not body.of_position:
            self.deals[body.deal] = body
            for kept in (self.orders, self.intents, self.deals):
                kept.tidy()
            _filled(self.orders[body.id], body, entry.ts)
        elif isinstance(body, Corrected) and body.deal in self.deals:
            self._correct(self.deals[body.deal], body)

    def _correct(self, deal: Filled, body: Corrected) -> None:
        """Take the broker's price of a deal."""
        right = corrected(deal, body)
        if right is not None:
            self.deals[deal.deal] = right
            self.orders[deal.id].paid += deal.volume * (right.price - deal.price)

    def _sent(self, body: Sent, ts: int) -> None:
        found = self.intents.get(body.id)
        if found is None:
            return
        intent, decided = found
        order = self.orders.setdefault(body.id, OrderQuality(intent, decided))
        order.attempts += 1
        if order.sent < 0:
            order.sent = ts

    def points(self, order: OrderQuality) -> float | None:
        """Slippage of an order in points of its symbol."""
        slipped, expected = order.slippage, order.intent.expected
        if slipped is None or expected is None:
            return None
        own = -int(expected.as_tuple().exponent)
        return float(slipped.scaleb(self.digits.get(order.intent.symbol, own)))


def _is_filled(order: OrderQuality) -> bool:
    return order.filled >= 0 or order.rejected


def _answered(order: OrderQuality, body: Acked | Rejected | Unresolved, ts: int) -> None:
    if isinstance(body, Acked):
        order.acked = ts if order.acked < 0 else order.acked
    elif isinstance(body, Unresolved):
        order.unknown = True
    else:
        order.requotes += body.code in REQUOTES
        order.rejected = not body.again


def _filled(order: OrderQuality, body: Filled, ts: int) -> None:
    order.filled = ts if order.filled < 0 else order.filled
    order.volume += body.volume
    order.paid += body.volume * body.price


def execution_quality(
    entries: Iterable[Entry], *, confidence: float = 0.95, resamples: int = 1000, seed: int = 1
) -> dict[str, Any]:
    """Statistics of all orders of a journal: over all, per symbol and per strategy.

    Args:
        entries: of the journal, in order.
        confidence: of the intervals.
        resamples: of the bootstrap behind intervals of means.
        seed: of it.

    Returns:
        ``all``, ``symbols`` and ``strategies``; each statistic ``{value, low, high, n}``.
    """
    fold = Executions()
    for entry in entries:
        fold.take(entry)
    measured = _Measure(fold, confidence, resamples, seed)
    orders = list(fold.orders.values())
    return {
        "all": measured.document(orders),
        "symbols": measured.grouped(orders, lambda order: order.intent.symbol),
        "strategies": measured.grouped(orders, lambda order: order.intent.strategy),
    }


@dataclass(frozen=True, slots=True)
class _Measure:
    fold: Executions
    confidence: float
    resamples: int
    seed: int

    def grouped(self, orders: Sequence[OrderQuality], key: Any) -> dict[str, Any]:
        groups: dict[str, list[OrderQuality]] = {}
        for order in orders:
            groups.setdefault(key(order), []).append(order)
        return {name: self.document(groups[name]) for name in sorted(groups)}

    def document(self, orders: Sequence[OrderQuality]) -> dict[str, Any]:
        """Every statistic of some orders."""
        points = [value for order in orders if (value := self.fold.points(order)) is not None]
        risks = [value for order in orders if (value := _in_risk(order)) is not None]
        return {
            "orders": len(orders),
            "placed": sum(order.intent.action == "place" for order in orders),
            "requests": sum(order.attempts for order in orders),
            "filled": sum(order.filled >= 0 for order in orders),
            "requotes": sum(order.requotes for order in orders),
            "rejected": self._share(sum(order.rejected for order in orders), len(orders)),
            "unknown": self._share(sum(order.unknown for order in orders), len(orders)),
            "slippage_points": self._mean(points),
            "slippage_r": self._mean(risks),
            "latency_ms": {
                "decided_sent": _spread([(one.sent - one.decided) / _MS for one in orders if one.sent >= 0]),
                "sent_acked": _spread([(one.acked - one.sent) / _MS for one in orders if one.acked >= 0]),
                "sent_filled": _spread([(one.filled - one.sent) / _MS for one in orders if one.filled >= 0]),
            },
        }

    def _share(self, count: int, n: int) -> dict[str, Any]:
        return _statistic(count / n if n else None, wilson(count, n, self.confidence), n)

    def _mean(self, values: Sequence[float]) -> dict[str, Any]:
        array = np.array(values)
        if len(values) < FEWEST:
            return _statistic(float(array.mean()) if values else None, NOWHERE, len(values))
        means = bootstrap_mean(array, self.resamples, self.seed)
        return _statistic(float(array.mean()), percentile_interval(means, self.confidence), len(values))


def _in_risk(order: OrderQuality) -> float | None:
    """Slippage as a multiple of the distance between expected price and stop."""
    slipped, intent = order.slippage, order.intent
    if slipped is None or intent.expected is None or intent.stop is None or intent.stop == intent.expected:
        return None
    return float(slipped / abs(intent.expected - intent.stop))


def _spread(values: Sequence[float]) -> dict[str, Any]:
    """Quantiles of latencies, milliseconds."""
    if not values:
        return {"n": 0, "p50": None, "p95": None, "p99": None}
    found = np.quantile(np.array(values), _QUANTILES, method="inverted_cdf")
    return {"n": len(values), **dict(zip(("p50", "p95", "p99"), map(float, found), strict=True))}


def _statistic(value: float | None, interval: Interval, n: int) -> dict[str, Any]:
    return {"value": value, "low": interval.low, "high": interval.high, "n": n}


def quality_rows(document: Mapping[str, Any]) -> list[list[Any]]:
    """Rows for a table: name, orders placed, all that was sent, what came of it, slippage, latency."""
    named = [("all", document["all"])]
    named += [(name, one) for part in ("symbols", "strategies") for name, one in document[part].items()]
    return [
        [
            name,
            one["placed"],
            one["orders"],
            one["filled"],
            _percent(one["rejected"]["value"]),
            _percent(one["unknown"]["value"]),
            one["requotes"],
            _rounded(one["slippage_points"]["value"]),
            _rounded(one["latency_ms"]["decided_sent"]["p95"]),
            _rounded(one["latency_ms"]["sent_filled"]["p95"]),
        ]
        for name, one in named
    ]


QUALITY_COLUMNS = [
    "orders of", "placed", "with closes and changes", "filled", "rejected", "unknown", "requotes",
    "slippage, points", "decided to sent p95, ms", "sent to filled p95, ms",
]  # fmt: skip


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.1%}"


def _rounded(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def sent_sentence(every: Mapping[str, Any]) -> str:
    """What was sent, in words that agree with the number of orders of the session's table."""
    others = every["orders"] - every["placed"]
    return f"{every['placed']:,} orders, {others:,} closes and changes, in {every['requests']:,} requests"
