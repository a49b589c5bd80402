"""What a strategy has shown on paper and live, folded from the journals: trades, days, slippage, trouble.

On paper only what happened in real time counts, as the journal says of each bar (``BarTaken.timely``): bars
that were fetched or made up later and played through in minutes prove nothing. Against a strategy all counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile
from typing import Any

import msgspec

from ictcli.clock import NS_PER_DAY
from ictcli.ledger.bodies import Alerted, BarTaken, Intent, Opened, Reconciled, Start, Synced
from ictcli.ledger.log import Entry
from ictcli.store.packed import Packed
from ictcli.trading.closed_trades import ClosedTrade, ClosedTrades
from ictcli.trading.quality import Executions

PROVING, AT_STAKE = "paper", "live"
_TIMELY = 20_000
"""Bars taken as they closed that are remembered: what is decided on one is written right behind it."""
_HALTS = "halt"
"""Alerts of the emergency stop begin so: a person's stop is no fault of a strategy."""


class Evidence(msgspec.Struct, frozen=True):
    """What speaks for a strategy, and against it.

    Attributes:
        mark: strategy with version and parameters (``strategy_mark``).
        since: only what was written later counts, ns UTC.
        trades: finished on paper, which were decided on a bar that was taken as it closed.
        net: what these came to after all costs, account currency.
        days: UTC days on which it took bars as they closed, on paper.
        reconciled: clean reconciliations in a row, up to the last: one for each UTC day at most, and only
            where a bar was taken as it closed since the one before; findings, and any difference that the
            trader saw itself, break the row.
        orders: paper fills with an expected price, decided as the trades were.
        slippage: their mean, points, above zero worse.
        severe: critical alerts while it was on paper, or live.
        live_trades, live_orders, live_slippage: the same of what it did live.
        drawdown: of its live results from their peak, share of the balance at the peak.
    """

    mark: str
    since: int = 0
    trades: int = 0
    net: Decimal = Decimal(0)
    days: int = 0
    reconciled: int = 0
    orders: int = 0
    slippage: float = 0.0
    severe: int = 0
    live_trades: int = 0
    live_orders: int = 0
    live_slippage: float = 0.0
    drawdown: float = 0.0


@dataclass(slots=True)
class _Mean:
    n: int = 0
    total: float = 0.0

    @property
    def value(self) -> float:
        return self.total / self.n if self.n else 0.0


@dataclass(slots=True)
class _Session:
    """What the journal's last start said."""

    mode: str = ""
    ours: bool = False


class TrackRecord:
    """The fold of one strategy: entries go in, ``evidence`` says what they amount to.

    Args:
        mark: strategy with version and parameters.
        since: entries written up to this instant only tell prices, intents and modes, ns UTC.
    """

    def __init__(self, mark: str, since: int = 0) -> None:
        self._mark = mark
        self._since = since
        self._session = _Session()
        self._trades = ClosedTrades()
        self._executions = Executions()
        self._counts = {PROVING: 0, AT_STAKE: 0}
        self._net = Decimal(0)
        self._timely: dict[tuple[str, int], None] = {}
        self._decided: Packed[str, int] = Packed(str, int)
        self._days: set[int] = set()
        self._awake = False
        self._clean: dict[int, bool] = {}
        self._severe = 0
        self._modes: Packed[str, str] = Packed(str, str)
        self._balance = Decimal(0)
        self._equity = _Curve()
        self._slipped = {PROVING: _Mean(), AT_STAKE: _Mean()}

    def next_journal(self) -> None:
        """What comes next is of another account: its positions have numbers of their own."""
        self._slipped = self._slippage()
        self._session = _Session()
        self._trades = ClosedTrades()
        self._executions = Executions()
        self._modes = Packed(str, str)
        self._timely, self._decided = {}, Packed(str, int)
        self._awake = False
        self._balance = Decimal(0)

    def take(self, entry: Entry) -> None:
        """Take the next entry of the journal."""
        body = entry.body
        if isinstance(body, Start):
            self._session = _Session(body.mode, self._mark in body.strategies)
        elif isinstance(body, Opened | Synced):
            self._balance = body.balance
        elif isinstance(body, BarTaken) and _earns(body):
            self._timely[body.symbol, body.ts_close] = None
            if len(self._timely) > _TIMELY:
                del self._timely[next(iter(self._timely))]
        elif isinstance(body, Intent) and (body.symbol, body.bar) in self._timely:
            self._decided[body.id] = entry.seq
            self._decided.tidy()
            self._modes.tidy()
        self._executions.take(entry)
        trade = self._trades.take(entry)
        if entry.ts <= self._since:
            return
        if trade is not None and trade.mark == self._mark:
            self._finished(trade)
        if self._session.ours:
            self._note(entry.ts, body)

    def _finished(self, trade: ClosedTrade) -> None:
        first, gained = trade.before is None, trade.net - (trade.before or Decimal(0))
        if trade.mode == AT_STAKE:
            self._counts[AT_STAKE] += first
            self._equity.add(gained, self._balance)
        elif trade.mode == PROVING and self._in_time(trade.intent):
            self._counts[PROVING] += first
            self._net += gained

    def _in_time(self, intent: Intent) -> bool:
        """Whether the bar it was decided on was taken as it closed."""
        return intent.id in self._decided

    def _note(self, ts: int, body: Any) -> None:
        mode, day = self._session.mode, ts // NS_PER_DAY
        if isinstance(body, BarTaken):
            if _earns(body) and mode in self._counts:
                self._awake = True
                self._days |= {day} if mode == PROVING else set()
        elif isinstance(body, Synced) and mode in self._counts:
            self._clean |= {day: False} if body.difference else {}
        elif isinstance(body, Reconciled) and mode in self._counts:
            self._reconcile(body)
        elif isinstance(body, Alerted) and mode in self._counts and body.severity == "critical":
            self._severe += not body.code.startswith(_HALTS)
        elif name := getattr(body, "id", ""):
            self._modes.setdefault(name, mode)

    def _reconcile(self, body: Reconciled) -> None:
        """Count a comparison for the day of its watermark; one that could not conclude is none."""
        day = body.until // NS_PER_DAY
        if body.result == "findings":
            self._clean[day] = False
        elif body.result == "clean" and self._awake:
            self._clean.setdefault(day, True)
            self._awake = False

    def evidence(self) -> Evidence:
        """What all entries so far amount to."""
        slipped = self._slippage()
        return Evidence(
            mark=self._mark,
            since=self._since,
            trades=self._counts[PROVING],
            net=self._net,
            days=len(self._days),
            reconciled=_run(self._clean),
            orders=slipped[PROVING].n,
            slippage=slipped[PROVING].value,
            severe=self._severe,
            live_trades=self._counts[AT_STAKE],
            live_orders=slipped[AT_STAKE].n,
            live_slippage=slipped[AT_STAKE].value,
            drawdown=self._equity.deepest,
        )

    def _slippage(self) -> dict[str, _Mean]:
        """Fills of this journal and those before it, by mode."""
        found = {mode: _Mean(mean.n, mean.total) for mode, mean in self._slipped.items()}
        name = self._mark.split("@")[0]
        for key, order in self._executions.orders.items():
            mode = self._modes.get(key) or ""
            mean, points = found.get(mode), self._executions.points(order)
            if mode == PROVING and not self._in_time(order.intent):
                continue
            if mean is not None and points is not None and order.intent.strategy == name:
                mean.n += 1
                mean.total += points
        return found


@dataclass(slots=True)
class _Curve:
    """Live results summed up; drawdown as a share of balance and peak together."""

    total: Decimal = Decimal(0)
    peak: Decimal = Decimal(0)
    base: Decimal | None = None
    deepest: float = field(default=0.0)

    def add(self, net: Decimal, balance: Decimal) -> None:
        if self.base is None:
            self.base = balance
        self.total += net
        self.peak = max(self.peak, self.total)
        height = self.base + self.peak
        if self.total < self.peak:
            share = float((self.peak - self.total) / height) if height > 0 else 1.0
            self.deepest = max(self.deepest, share)


def _earns(bar: BarTaken) -> bool:
    return bar.timely and not bar.late


def _run(days: dict[int, bool]) -> int:
    """Clean days in a row, counted back from the last that was reconciled."""
    return len(list(takewhile(days.__getitem__, sorted(days, reverse=True))))


def gather(journals: Iterable[Iterable[Entry]], mark: str, since: int = 0) -> Evidence:
    """The evidence of whole journals, one per account, for one strategy."""
    record = TrackRecord(mark, since)
    for entries in journals:
        record.next_journal()
        for entry in entries:
            record.take(entry)
    return record.evidence()
