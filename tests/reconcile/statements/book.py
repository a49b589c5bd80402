"""A small account and what a terminal would report of it, made up from a seed and summed up by itself."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby

D = Decimal
ZERO = D(0)
START = int(datetime(2024, 3, 4, 9, 0, tzinfo=UTC).timestamp())
SYMBOLS = {
    "EURUSD": (D("1.08000"), D(100_000)),
    "USDJPY": (D("150.000"), D(700)),
    "XAUUSD": (D("2050.10"), D(100)),
}


def clock(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y.%m.%d %H:%M:%S")


def money(value: Decimal) -> str:
    return f"{value:,.2f}".replace(",", " ")


@dataclass
class Exit:
    time: int
    price: Decimal
    volume: Decimal
    profit: Decimal
    swap: Decimal
    commission: Decimal
    order: int = 0
    deal: int = 0


@dataclass
class Trade:
    symbol: str
    side: int
    volume: Decimal
    time: int
    price: Decimal
    commission: Decimal
    comment: str
    exits: list[Exit] = field(default_factory=list)
    position: int = 0
    deal: int = 0
    stop: Decimal | None = None
    target: Decimal | None = None

    @property
    def closed(self) -> bool:
        return sum((one.volume for one in self.exits), D(0)) == self.volume

    def kind(self, out: bool = False) -> str:
        return "buy" if (self.side > 0) is not out else "sell"


@dataclass
class DealRow:
    time: int
    deal: int
    symbol: str
    kind: str
    entry: str
    volume: Decimal | None
    price: Decimal | None
    order: int | None
    commission: Decimal
    swap: Decimal
    profit: Decimal
    comment: str
    balance: Decimal = ZERO
    position: int = 0

    @property
    def amount(self) -> Decimal:
        return self.commission + self.swap + self.profit


@dataclass
class Book:
    deposit: Decimal
    trades: list[Trade]
    cash: list[tuple[int, Decimal]] = field(default_factory=list)
    deals: list[DealRow] = field(default_factory=list)

    @property
    def last(self) -> int:
        return max(row.time for row in self.deals)

    @property
    def balance(self) -> Decimal:
        return self.deals[-1].balance

    @property
    def results(self) -> list[Decimal]:
        return [row.amount for row in self.deals if row.entry == "out"]


def book(
    seed: int, closed: int = 8, still: int = 2, *, parts: bool = False, commission: bool = False
) -> Book:
    """An account of a few trades."""
    dice = random.Random(seed)
    trades = []
    for number in range(closed + still):
        symbol = dice.choice(sorted(SYMBOLS))
        base, worth = SYMBOLS[symbol]
        tick = D(1).scaleb(int(base.as_tuple().exponent))
        volume = D(dice.randint(2, 9)) / 10
        trade = Trade(
            symbol, dice.choice((1, -1)), volume, START + number * 3600 + dice.randint(0, 1800),
            base + tick * dice.randint(-300, 300), D("-0.35") if commission else D(0),
            str(dice.randint(10, 99)),
        )  # fmt: skip
        if dice.random() < 0.5:
            trade.stop = trade.price - trade.side * tick * 500
            trade.target = trade.price + trade.side * tick * 700
        if number < closed:
            volumes = [D("0.1"), volume - D("0.1")] if parts and number % 3 == 0 else [volume]
            for part, size in enumerate(volumes, start=1):
                price = trade.price + tick * dice.randint(-200, 200)
                trade.exits.append(
                    Exit(
                        trade.time + 1800 * part + dice.randint(0, 100_000), price, size,
                        ((price - trade.price) * trade.side * size * worth).quantize(D("0.01")),
                        D(dice.randint(-9, 0)) / 100, D("-0.35") if commission else D(0),
                    )
                )  # fmt: skip
        trades.append(trade)
    made = Book(D(dice.randint(5, 90)) * 1000, trades)
    _number(made)
    return made


def _number(made: Book) -> None:
    """Give every order, deal and balance its place in time."""
    events: list[tuple[int, Trade, Exit | None]] = []
    for trade in made.trades:
        events.append((trade.time, trade, None))
        events += [(one.time, trade, one) for one in trade.exits]
    order, deal, balance = 500_000_100, 900_000_100, made.deposit
    made.deals.append(
        DealRow(
            START - 9000,
            900_000_001,
            "",
            "balance",
            "",
            None,
            None,
            None,
            D(0),
            D(0),
            made.deposit,
            "",
            balance,
        )
    )
    for time, trade, out in sorted(events, key=lambda event: event[0]):
        order, deal = order + 7, deal + 3
        if out is None:
            trade.position, trade.deal = order, deal
            row = DealRow(
                time, deal, trade.symbol, trade.kind(), "in", trade.volume, trade.price, order,
                trade.commission, D(0), D(0), trade.comment,
            )  # fmt: skip
        else:
            out.order, out.deal = order, deal
            row = DealRow(
                time, deal, trade.symbol, trade.kind(out=True), "out", out.volume, out.price, order,
                out.commission, out.swap, out.profit, "[sl]" if order % 2 else trade.comment,
            )  # fmt: skip
        balance += row.amount
        row.balance, row.position = balance, trade.position
        made.deals.append(row)


def statistics(made: Book) -> list[str]:
    """The values of a report's results, in its order; counts are of deals that closed."""
    outs = [row for row in made.deals if row.entry == "out"]
    amounts = [row.amount for row in outs]
    won, lost = [one for one in amounts if one >= 0], [one for one in amounts if one < 0]
    entered = sum((row.amount for row in made.deals if row.entry == "in"), D(0))
    gross, loss = sum(won, D(0)), sum(lost, D(0)) + entered
    net = made.balance - made.deposit
    fall, share, after, part = _falls([row.balance for row in made.deals])
    runs = [(kind, list(run)) for kind, run in groupby(amounts, key=lambda one: one >= 0)]
    wins, losses = ([run for kind, run in runs if kind is wanted] for wanted in (True, False))
    shorts, longs = ([row for row in outs if row.kind == kind] for kind in ("buy", "sell"))
    return [
        money(net), money(gross), money(loss), _ratio(gross, -loss), _ratio(net, D(len(outs))),
        _ratio(net, fall),
        "0.11", "", money(max(D(0), made.deposit - min(row.balance for row in made.deals))),
        f"{money(fall)} ({share:.2f}%)", f"{part:.2f}% ({money(after)})", str(len(outs)),
        _side(shorts), _side(longs), _of(won, amounts), _of(lost, amounts),
        money(max(won, default=D(0))), money(min(lost, default=D(0))),
        _ratio(gross, D(len(won))), _ratio(loss, D(len(lost))),
        *(f"{len(one)} ({money(sum(one, D(0)))})" for one in (_longest(wins), _longest(losses))),
        *(f"{money(sum(one, D(0)))} ({len(one)})" for one in (_largest(wins), _largest(losses))),
        *(f"{sum(map(len, one)) / len(one):.0f}" if one else "0" for one in (wins, losses)),
    ]  # fmt: skip


def _falls(balances: list[Decimal]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    peak, pairs = balances[0], []
    for balance in balances:
        peak = max(peak, balance)
        pairs.append((peak - balance, 100 * (peak - balance) / peak))
    deepest, widest = max(pairs), max(pairs, key=lambda pair: pair[1])
    return deepest[0], deepest[1], widest[0], widest[1]


def _ratio(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole:.2f}" if whole else "0.00"


def _of(part: list[Decimal], whole: list[Decimal]) -> str:
    return f"{len(part)} ({100 * D(len(part)) / len(whole) if whole else 0:.2f}%)"


def _side(rows: list[DealRow]) -> str:
    won = sum(row.amount >= 0 for row in rows)
    return f"{len(rows)} ({100 * D(won) / len(rows) if rows else 0:.2f}%)"


def _longest(runs: list[list[Decimal]]) -> list[Decimal]:
    return max(runs, key=len, default=[])


def _largest(runs: list[list[Decimal]]) -> list[Decimal]:
    return max(runs, key=lambda run: abs(sum(run, D(0))), default=[])
