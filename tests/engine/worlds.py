"""Small worlds for engine tests: a few bars, a few decisions, and what an account made of them as plain text.

Unless a test says otherwise a step of volume wins or loses one minor unit a point, an order trades 10 steps,
and the account opens with 1,000,000. Every world is played three times: in one run, bar by bar through
checkpoints, and with every bar looked at. All must tell the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.portfolio import Books, Desk, Stream, ask
from ictcli.engine.records import RULES, SERIES, SERIES_STATE
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.market.bars import Bars, Int64, make_bars
from ictcli.strategies.decisions import CANCEL, CLOSE, DECISION, ENTER, blank

MINUTE = 60_000_000_000
ALARMS = ("moving", "low_bid", "high_bid", "low_ask", "high_ask", "until", "deadline")
NO_ROLLS = np.zeros((0, 2), np.int64)
NO_NEWS = np.zeros((0, 3), np.int64)

Records = NDArray[np.void]
Row = Sequence[int]


def minutes(
    *rows: Row,
    spread: int | Sequence[int] | None = 0,
    ticks: int | Sequence[int] | None = None,
    start: int = 0,
    length: int = MINUTE,
) -> Bars:
    """Bars of one minute from open/high/low/close rows; ``spread`` or ``ticks`` None is unknown."""
    n = len(rows)
    table = np.array(rows, np.int64).reshape(n, 4)
    ts = start + np.arange(n, dtype=np.int64) * length
    columns = [np.ascontiguousarray(table[:, at]) for at in range(4)]

    def each(value: int | Sequence[int] | None) -> Int64:
        return np.broadcast_to(np.array(-1 if value is None else value, np.int64), (n,)).copy()

    return make_bars(
        0,
        ts,
        ts + length,
        (columns[0], columns[1], columns[2], columns[3]),
        tick_volume=each(ticks),
        spread=each(spread).astype(np.int32),
    )


def series(**changes: Any) -> Records:
    """A series whose points are worth one minor unit a step."""
    own = np.zeros(1, SERIES)
    plain = {
        "point_value": 1,
        "denominator": 1,
        "conversion_scale": 1,
        "fixed_steps": 10,
        "min_steps": 1,
        "max_steps": 1_000_000,
        "steps_per_tick": 1_000_000,
        "tick": 1,
        "tradable": 1,
        "group": -1,
        "nights": (1, 1, 3, 1, 1, 0, 0),
    }
    for name, value in (plain | changes).items():
        own[name] = value
    return own


def rules(**changes: Any) -> Records:
    """A hedging account without margin or limits that trades fixed volumes."""
    own = np.zeros(1, RULES)
    plain = {"opening": 1_000_000, "compound": 1, "most_per_strategy": 8, "atr_length": 2}
    for name, value in (plain | changes).items():
        own[name] = value
    return own


@dataclass(frozen=True, slots=True)
class Ask:
    """One decision of strategy ``by`` on series ``on``."""

    on: int
    by: int
    decision: Records


def decision(kind: int, bar: int, side: int, on: int, by: int, fields: dict[str, Any]) -> Ask:
    """A decision at the close of a bar, with changes to its blank."""
    own = np.zeros(1, DECISION)
    blank(own, 0, bar, kind, 0, side)
    for name, value in fields.items():
        own[name] = value
    return Ask(on, by, own)


def buy(bar: int, *, on: int = 0, by: int = 0, **fields: Any) -> Ask:
    """Ask to buy; a market order unless ``order`` says otherwise."""
    return decision(ENTER, bar, 1, on, by, fields)


def sell(bar: int, *, on: int = 0, by: int = 0, **fields: Any) -> Ask:
    """Ask to sell."""
    return decision(ENTER, bar, -1, on, by, fields)


def withdraw(bar: int, *, on: int = 0, by: int = 0, setup: int = 0) -> Ask:
    """Ask to cancel the orders of a set-up."""
    return decision(CANCEL, bar, 0, on, by, {"setup": setup})


def leave(bar: int, *, on: int = 0, by: int = 0, setup: int = 0) -> Ask:
    """Ask to close the positions of a set-up."""
    return decision(CLOSE, bar, 0, on, by, {"setup": setup})


@dataclass(frozen=True, slots=True)
class Told:
    """What an account did."""

    books: Books
    desk: Desk

    @property
    def balance(self) -> int:
        """Closed balance in minor units."""
        return self.desk.balance

    @property
    def deals(self) -> list[str]:
        """``bar buy|sell steps at price [reason][?]``, a question mark where a bar left doubt."""
        told = []
        for deal in self.books.deals:
            what = "buy" if deal["side"] > 0 else "sell"
            text = f"{deal['bar']} {what} {deal['steps']} at {deal['price']}"
            if deal["entry"] == 0:
                text += f" {ExitReason(deal['reason']).label}" + ("?" if deal["ambiguous"] else "")
            told.append(text)
        return told

    @property
    def events(self) -> list[str]:
        """``bar event [code] price xsteps``."""
        told = []
        for one in self.books.events:
            event, text = OrderEvent(one["event"]), f"{one['bar']} {OrderEvent(one['event']).label}"
            if one["code"] != 0:
                of_exit = event in (OrderEvent.STOP_MOVED, OrderEvent.CLOSE_ASKED, OrderEvent.CLOSED)
                text += f" {(ExitReason if of_exit else Refusal)(one['code']).label}"
            told.append(f"{text} {one['price']} x{one['steps']}")
        return told

    @property
    def results(self) -> list[int]:
        """Net result of each trade in minor units."""
        trades = self.books.trades
        return [int(t["gross"] - t["commission"] - t["fees"] + t["swap"]) for t in trades]

    @property
    def reasons(self) -> list[str]:
        """Why each trade ended."""
        return [ExitReason(t["reason"]).label for t in self.books.trades]


@dataclass
class World:
    """Bars of one or more series and an account's rules.

    Attributes:
        bars: of each series.
        terms: ``SERIES`` of each; all plain by default.
        rules: ``RULES``.
        fine: shorter bars or ticks of each series.
        rolls: see ``nights.rolls``.
        news: see ``risk.in_blackout``.
        ends: whether what is open is closed at the end.
    """

    bars: Sequence[Bars]
    terms: Sequence[Records] = ()
    rules: Records = field(default_factory=rules)
    fine: Sequence[Bars | None] | None = None
    rolls: Int64 | None = None
    news: Int64 | None = None
    ends: bool = False

    def desk(self) -> Desk:
        """A fresh account."""
        terms = self.terms or [series()] * len(self.bars)
        rolled = NO_ROLLS if self.rolls is None else self.rolls
        start = min(int(one.ts[0]) for one in self.bars if len(one))
        return Desk(
            self.rules,
            np.concatenate(list(terms)),
            rolled,
            NO_NEWS if self.news is None else self.news,
            start,
        )

    def closes(self) -> list[int]:
        """Every instant at which a bar closes."""
        return sorted({int(close) for one in self.bars for close in one.ts_close})

    def run(self, asks: Sequence[Ask], cuts: Sequence[int] = ()) -> Told:
        """Play the world, through a checkpoint at every instant of ``cuts``."""
        desk, parts = self.desk(), []
        taken = [0] * len(self.bars)
        for cut in [*cuts, 2**62]:
            upto = [int(np.searchsorted(one.ts_close, cut, side="right")) for one in self.bars]
            parts.append(self._stretch(desk, asks, taken, upto))
            taken = upto
            fresh = self.desk()
            fresh.load(desk.save())
            desk = fresh
        if self.ends:
            parts.append(desk.finish(self.closes()[-1]))
        books = Books(
            *(
                np.concatenate([getattr(p, name) for p in parts])
                for name in ("trades", "deals", "events", "marks")
            )
        )
        return Told(books, desk)

    def _stretch(self, desk: Desk, asks: Sequence[Ask], first: list[int], last: list[int]) -> Books:
        bars = [one.slice(a, b) for one, a, b in zip(self.bars, first, last, strict=True)]
        fine: list[Bars | None] = [None] * len(bars)
        for s, small in enumerate(self.fine or []):
            if small is not None and len(bars[s]):
                a, b = np.searchsorted(small.ts, [bars[s].ts[0], bars[s].ts_close[-1]])
                fine[s] = small.slice(int(a), int(b))
        streams = [
            Stream(one.on, one.by, one.decision)
            for one in asks
            if first[one.on] <= one.decision["bar"][0] < last[one.on]
        ]
        return desk.advance(bars, ask(streams, len(bars)), fine)

    def play(self, *asks: Ask) -> Told:
        """Play the world at once, bar by bar, and looking at every bar; all must tell the same."""
        at_once, by_bar = self.run(asks), self.run(asks, self.closes())
        assert_same(at_once, by_bar)
        assert_same_story(at_once, self.run([*asks, *self.nothing()]))
        return at_once

    def nothing(self) -> list[Ask]:
        """A decision on every bar that asks for nothing, so that the engine must look at every bar."""
        return [
            withdraw(bar, on=s, by=9, setup=9) for s, own in enumerate(self.bars) for bar in range(len(own))
        ]


def assert_same_story(one: Told, other: Told) -> None:
    """Two runs wrote the same records, numbers of decisions apart."""
    for name in ("trades", "deals", "events", "marks"):
        mine, yours = getattr(one.books, name), getattr(other.books, name)
        for field_name in mine.dtype.names:
            if field_name != "row":
                assert mine[field_name].tolist() == yours[field_name].tolist(), (name, field_name)


def assert_same(one: Told, other: Told) -> None:
    """Two runs wrote the same bytes and ended in the same state, alarms apart."""
    for name in ("trades", "deals", "events", "marks"):
        mine, yours = getattr(one.books, name), getattr(other.books, name)
        assert mine.tobytes() == yours.tobytes(), f"{name} differ:\n{mine}\n{yours}"
    for name in ("account", "orders", "positions"):
        assert getattr(one.desk.world, name).tobytes() == getattr(other.desk.world, name).tobytes(), name
    for name in SERIES_STATE.names or ():
        if name not in ALARMS:
            mine, yours = one.desk.world.states[name], other.desk.world.states[name]
            assert mine.tobytes() == yours.tobytes(), f"{name}: {mine} {yours}"


def play(bars: Bars, *asks: Ask, terms: Any = None, **changes: Any) -> Told:
    """Play a world of one series; ``changes`` are fields of ``World`` or of the account's rules."""
    own = {name: changes.pop(name) for name in ("fine", "rolls", "news", "ends") if name in changes}
    if "fine" in own:
        own["fine"] = [own["fine"]]
    return World([bars], [series() if terms is None else terms], rules(**changes), **own).play(*asks)
