"""The fill rules once more, in slow plain Python with exact fractions: written from the list of assumptions.

Shares nothing with the kernel but the inputs; tests compare both on random bars.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from ictcli.engine.simulate import Account
from ictcli.market.bars import Bars
from ictcli.market.symbols import SymbolSpec
from ictcli.strategies.signals import Signals


@dataclass
class Position:
    signal: int
    side: int
    stop: int
    target: int
    entry: int
    opened: int
    last: int | None
    steps: int
    commission: int
    spread: int


@dataclass(frozen=True)
class Closed:
    signal: int
    opened: int
    closed: int
    entry: int
    exit: int
    reason: str
    ambiguous: bool
    steps: int
    gross: int
    commission: int
    spread: int
    slippage: int


class Reference:
    """One series on one account whose currency is the symbol's quote or base currency."""

    def __init__(self, bars: Bars, signals: Signals, spec: SymbolSpec, on: Account) -> None:
        self.bars, self.signals, self.spec, self.on = bars, signals, spec, on
        self.balance = on.balance
        self.trades: list[Closed] = []
        self.taken: list[int] = []

    def minor(self, quote: Fraction, price: int) -> int:
        """Quote currency as minor units of the account, rounded half to even."""
        if self.spec.quote != self.on.currency:
            quote = quote / (Fraction(price) / 10**self.bars.digits)
        exact = quote * 100
        return int(
            (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), ROUND_HALF_EVEN)
        )

    def worth(self, points: int, steps: int) -> Fraction:
        lots = steps * Fraction(self.spec.volume_step)
        return Fraction(points, 10**self.bars.digits) * Fraction(self.spec.contract_size) * lots

    def fee(self, steps: int) -> Fraction:
        return Fraction(self.spec.commission) * Fraction(self.spec.volume_step) * steps

    def spread(self, i: int) -> int:
        given = int(self.bars.spread[i])
        return given if given >= 0 else self.spec.spread

    def size(self, entry: int, stop: int) -> int:
        """Largest volume, found by going down from the maximum, whose loss at the stop fits the risk."""
        basis = self.balance if self.on.compound else self.on.balance
        risk = basis * self.on.risk_ppm // 10**6
        distance = abs(entry - stop) + self.on.slippage
        one = self.worth(distance, 1) + 2 * self.fee(1)
        if self.spec.quote != self.on.currency:
            one = one / (Fraction(stop) / 10**self.bars.digits)
        steps = min(math.floor(Fraction(risk, 100) / one), int(self.spec.volume_max / self.spec.volume_step))
        return steps if steps >= self.spec.volume_min / self.spec.volume_step else 0

    def enter(self, signal: int, i: int) -> Position | None:
        s = self.signals
        side, stop, target = int(s.side[signal]), int(s.stop[signal]), int(s.target[signal])
        bid = int(self.bars.open[i])
        ask = bid + self.spread(i)
        entry = ask + self.on.slippage if side > 0 else bid - self.on.slippage
        leave = bid if side > 0 else ask
        if side * (leave - stop) <= 0 or (target and side * (target - entry) <= 0) or self.balance <= 0:
            return None
        steps = self.size(entry, stop)
        if steps == 0:
            return None
        last = i + int(s.max_bars[signal]) - 1 if s.max_bars[signal] else None
        commission = self.minor(self.fee(steps), entry)
        return Position(signal, side, stop, target, entry, i, last, steps, commission, ask - bid)

    def close(
        self, p: Position, i: int, price: int, reason: str, *, slips: bool, ambiguous: bool = False
    ) -> None:
        leave = price - p.side * self.on.slippage if slips else price
        gross = self.minor(self.worth(p.side * (leave - p.entry), p.steps), leave)
        commission = p.commission + self.minor(self.fee(p.steps), leave)
        self.balance += gross - commission
        spread = p.spread if p.side > 0 else self.spread(i)
        slippage = self.on.slippage * (2 if slips else 1)
        self.trades.append(
            Closed(
                p.signal,
                p.opened,
                i,
                p.entry,
                leave,
                reason,
                ambiguous,
                p.steps,
                gross,
                commission,
                spread,
                slippage,
            )
        )

    def exits(self, p: Position, i: int) -> bool:
        """Let bar ``i`` act on the position; True when it closed."""
        add = 0 if p.side > 0 else self.spread(i)
        first, high, low, last = (
            int(column[i]) + add
            for column in (self.bars.open, self.bars.high, self.bars.low, self.bars.close)
        )
        if i > p.opened and p.side * (first - p.stop) <= 0:
            self.close(p, i, first, "stop", slips=True)
            return True
        if i > p.opened and p.target and p.side * (first - p.target) >= 0:
            self.close(p, i, first, "target", slips=False)
            return True
        stopped = low <= p.stop if p.side > 0 else high >= p.stop
        reached = bool(p.target) and (high >= p.target if p.side > 0 else low <= p.target)
        if stopped:
            self.close(p, i, p.stop, "stop", slips=True, ambiguous=reached)
        elif reached:
            self.close(p, i, p.target, "target", slips=False)
        elif i == p.last:
            self.close(p, i, last, "time", slips=True)
        return stopped or reached or i == p.last

    def run(self) -> None:
        position: Position | None = None
        n = len(self.bars)
        for i in range(n):
            for signal in range(len(self.signals)):
                if self.signals.bar[signal] == i - 1 and position is None and self.sensible(signal):
                    position = self.enter(signal, i)
                    if position:
                        self.taken.append(signal)
            if position and self.exits(position, i):
                position = None
        if position:
            add = 0 if position.side > 0 else self.spread(n - 1)
            self.close(position, n - 1, int(self.bars.close[-1]) + add, "end", slips=True)

    def sensible(self, signal: int) -> bool:
        s = self.signals
        close = int(self.bars.close[s.bar[signal]])
        side, stop, target = int(s.side[signal]), int(s.stop[signal]), int(s.target[signal])
        return stop > 0 and side * (close - stop) > 0 and (target == 0 or side * (target - close) > 0)
