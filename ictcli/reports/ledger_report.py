"""An account's ledger as one document: money, trades, what is open, how well orders were executed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.clock import iso
from ictcli.ledger.bodies import BarTaken
from ictcli.reports.breakdown import breakdowns, extremes
from ictcli.reports.ledger_marks import deal_marks
from ictcli.reports.period_days import Calendars, closing_days
from ictcli.research.metrics.measure import measure
from ictcli.research.metrics.resamples import resampled_sums
from ictcli.research.metrics.trades import decisive_metrics
from ictcli.research.metrics.values import Metric, Resampling, Sample, floats, resampled
from ictcli.trading.account_story import AccountStory
from ictcli.trading.orderbook_records import OrderState, PositionState, TaskState
from ictcli.trading.quality import execution_quality

_ZERO = Decimal(0)
UNKNOWN = frozenset(
    {
        "exposure",
        "total_costs",
        "result_before_costs",
        "cost_share",
        "mean_mae_r",
        "mean_mfe_r",
        "ambiguous_share",
        "ambiguity_gap_r",
    }
)
"""Metrics that want bars: spreads, excursions and time in the market are not in a journal."""
_FILLS = {
    "live": "the broker's; slippage and latency are measured",
    "paper": "simulated on real quotes (docs/fills.md); latencies are the simulation's",
    "replay": "simulated on stored bars (docs/fills.md); latencies are the simulation's",
    "dry": "none: nothing is sent",
}


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What the report says beside the journal: which ledger it is, and whether a stop is on now.

    Attributes:
        name: broker, paper or replay.
        address: of the database, without a password.
        halt: reason of the emergency stop that is on, None while none is.
        calendars: when symbols trade.
    """

    name: str
    address: str
    halt: str | None
    calendars: Calendars = field(default_factory=dict)


def ledger_document(
    story: AccountStory, trades: pa.Table, facts: LedgerFacts, how: Resampling
) -> dict[str, Any]:
    """The report.

    Args:
        story: of the journal.
        trades: ``trading.trade_rows.trades_table``.
        facts: beside it.
        how: resampling behind intervals, as a run's.
    """
    book, start = story.book, story.book.start
    series = [
        {"symbol": symbol, "digits": digits, "refusals": {}}
        for symbol, digits in sorted(story.digits.items())
    ]
    how_kept = {"resamples": how.resamples, "seed": how.seed, "confidence": how.confidence}
    best, worst = extremes(trades, story.digits)
    return {
        "ledger": facts.name,
        "address": facts.address,
        "events": len(story.entries),
        "account": f"{start.server}/{start.account}" if start else None,
        "mode": start.mode if start else None,
        "strategies": list(start.strategies) if start else [],
        "currency": start.currency if start else None,
        "bars": story.bars,
        "first_bar": _bar(story.first_bar),
        "last_bar": _bar(story.last_bar),
        "money": _money(story, trades),
        **how_kept,
        "trades": len(trades),
        "metrics": {name: asdict(metric) for name, metric in _metrics(story, trades, facts, how).items()},
        "state": {
            "halt": facts.halt,
            "allowed": book.mode,
            "allowed_why": book.mode_reason,
            "critical_alerts": story.critical,
            "last_sync": _sync(story),
        },
        "positions": [_position(one, story.digits.get(one.symbol, 0)) for one in book.positions.values()],
        "working": [_order(one) for one in book.working_orders() if not one.unresolved],
        "unresolved": [_order(one) for one in book.unresolved()],
        "refusals": [{"reason": reason, "signals": n} for reason, n in sorted(story.refusals.items())],
        **{f"by_{name}": rows for name, rows in breakdowns(trades, {"series": series, **how_kept}).items()},
        "best": best,
        "worst": worst,
        "fills": _FILLS.get(start.mode, "") if start else "",
        "quality": execution_quality(
            story.entries, confidence=how.confidence, resamples=how.resamples, seed=how.seed
        ),
    }


def _money(story: AccountStory, trades: pa.Table) -> dict[str, Any]:
    """Balances, and where the difference comes from: amounts as the account felt them."""
    book = story.book
    opening = book.opened.balance if book.opened else _ZERO
    other = sum(
        (one.amount for one in book.movements.values() if not one.operator and one.key != "opening"), _ZERO
    )
    profit = sum((deal.profit for ticket, deal in book.deals.items() if ticket not in book.voided), _ZERO)
    return {
        "opening": opening,
        "profit": profit,
        **{name: story.charged[name] for name in ("commission", "swap", "fee")},
        "other_movements": other,
        "balance": book.cash,
        "operator_fees": book.fees,
        "net_of_trades": pc.sum(trades.column("net")).as_py() or Decimal("0.00"),
    }


def _metrics(
    story: AccountStory, trades: pa.Table, facts: LedgerFacts, how: Resampling
) -> Mapping[str, Metric]:
    """What a run's report measures, as far as deals alone tell it; days are those on which bars closed."""
    opening = float(story.book.opened.balance) if story.book.opened else 0.0
    if opening > 0:
        sample = ledger_sample(story, trades, opening, facts.calendars)
        return {name: one for name, one in measure(sample, how).items() if name not in UNKNOWN}
    net = floats(trades, "net")
    (draws,) = resampled_sums([net], how)
    return {
        "trades": Metric(float(len(net)), None, None, len(net)),
        "net_profit": resampled(float(net.sum()), draws, len(net), how, ""),
        **decisive_metrics(trades, how),
    }


def ledger_sample(story: AccountStory, trades: pa.Table, opening: float, calendars: Calendars) -> Sample:
    """Finished trades and the trading days of an account; its open losses are not known.

    Args:
        story: of the journal.
        trades: ``trading.trade_rows.trades_table``.
        opening: balance, above 0.
        calendars: when symbols trade.
    """
    closed = trades.column("closed_at").cast(pa.int64()).to_numpy() * 1000
    days = closing_days(closed, trades.column("symbol").to_pylist(), calendars)
    bars = [one.body for one in story.entries if isinstance(one.body, BarTaken)]
    closes = np.array([bar.ts_close for bar in bars], np.int64)
    with_bars = np.unique(closing_days(closes, [bar.symbol for bar in bars], calendars))
    return Sample(trades, days, np.union1d(with_bars, days), story.bars, opening, deal_marks(story))


def _bar(bar: BarTaken | None) -> dict[str, Any] | None:
    if bar is None:
        return None
    return {"symbol": bar.symbol, "timeframe": bar.timeframe, "closed": iso(bar.ts_close)}


def _sync(story: AccountStory) -> dict[str, Any] | None:
    if story.synced is None:
        return None
    ts, body = story.synced
    return {"at": iso(ts), "balance": body.balance, "equity": body.equity, "difference": body.difference}


def _position(one: PositionState, digits: int) -> dict[str, Any]:
    levels = {"price": one.price, "stop": one.stop, "target": one.target}
    return {
        "position": one.identifier,
        "symbol": one.symbol,
        "volume": one.volume,
        **{name: _filled_up(level, digits) for name, level in levels.items()},
    }


def _filled_up(price: Decimal | None, digits: int) -> Decimal | None:
    """A price with all decimals of its symbol; finer ones stay."""
    if price is None or -int(price.as_tuple().exponent) >= digits:
        return price
    return price.quantize(Decimal(1).scaleb(-digits))


def _order(one: OrderState | TaskState) -> dict[str, Any]:
    intent = one.intent
    return {
        "id": intent.id, "strategy": intent.strategy, "symbol": intent.symbol, "action": intent.action,
        "kind": intent.order, "side": intent.side, "volume": intent.volume, "price": intent.price,
        "status": str(one.status.value), "decided": iso(intent.bar),
    }  # fmt: skip


def quality_lines_of(document: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """The statistics of execution with intervals, by name."""
    every = document["all"]
    return [
        ("slippage, points", every["slippage_points"]),
        ("slippage, R", every["slippage_r"]),
        ("rejected", every["rejected"]),
        ("unknown outcome", every["unknown"]),
    ]
