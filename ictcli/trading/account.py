"""The account of a trader: what its strategies decide, what its broker did, and what is wanted next.

All of it is bookkeeping on the engine's own records (``engine.external``): no clock, no disk, no network.
The same bars and the same deals give the same wishes, in a backtest's order, to the last digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.external import Deal, ExternalDesk, due, lapsed, partial_due, voided, waited
from ictcli.engine.portfolio import Books, Stream, ask
from ictcli.engine.records import DEAL, EQUITY, ORDER_EVENT, TRADE
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.market.bars import Bars
from ictcli.strategies.decisions import MARKET
from ictcli.trading.reckoning import Seat, Told, Written, answers, reasons
from ictcli.trading.wishes import Units, Wish, placing

Records = NDArray[np.void]

LEGS = 1_000
"""Entries of one strategy on one bar; the next timeframe of a symbol counts on from here."""
_PLACES = 8
"""Legs of a position that name its partial exits: the remainder is the place of one."""
_AGAIN = 10_000_000_000
"""Apart from each other are the legs of closes that are asked for once more; a multiple of ``_PLACES``."""
_INVALID = int(Refusal.INVALID_SIGNAL)
_PARTS = (ExitReason.PARTIAL, ExitReason.REVERSED)
"""Reasons for which a part of a position may be closed, and the rest goes on."""
_GONE = (int(OrderEvent.CANCELLED), int(OrderEvent.EXPIRED), int(OrderEvent.VOID))


@dataclass(frozen=True, slots=True)
class Closed:
    """One closed bar of a series."""

    series: int
    bar: Bars


class Account:
    """An account under way at a broker.

    Args:
        desk: its records.
        seats: strategies by series; on one bar they take turns in this order.
        units: of every series.
        names: of the strategies.
        keeps: whether everything that is written is kept, as a run needs it; otherwise that of the last bar.
    """

    def __init__(
        self,
        desk: ExternalDesk,
        seats: Sequence[Seat],
        units: Sequence[Units],
        names: Sequence[str],
        *,
        keeps: bool = True,
    ) -> None:
        self.desk = desk
        self.seats = tuple(seats)
        self.units = tuple(units)
        self.names = tuple(names)
        self._keeps = keeps
        self._first_legs = first_legs(units)
        n = len(units)
        self._nothing = tuple(np.zeros(0, kind) for kind in (TRADE, DEAL, ORDER_EVENT, EQUITY))
        self.written = Written(asked=[[] for _ in range(n)], owners=[[] for _ in range(n)])
        self.rows = [0] * n
        self._ended = 0
        self.finished = 0
        """Trades that have ended since the process began."""
        self.protected: dict[int, tuple[int, int]] = {}
        self.under_way: set[int] = set()
        self.asked_again: dict[int, int] = {}
        self.dropped: dict[int, tuple[int, Any]] = {}

    def learn(self, bars: Sequence[Bars]) -> None:
        """Take bars of every series before trading begins: nothing is decided on them."""
        for seat in self.seats:
            seat.mind.learn(bars[seat.series])
        self.desk.advance(bars, ask([], len(bars)))

    def open(self, series: int, ts: int, bid: int, spread: int) -> list[Wish]:
        """A bar has opened at a bid: what must be withdrawn or closed now.

        Args:
            series: of the bar.
            ts: its open, ns UTC.
            bid: first price, points.
            spread: then, points.
        """
        self.keep(self.desk.roll_to(ts))
        orders = self.desk.live_orders(series)
        gone = voided(orders, bid, bid, spread)
        wishes = self._withdraw(series, gone, ts, OrderEvent.VOID)
        over = lapsed(self.desk.live_orders(series), ts)
        wishes += self._withdraw(series, over, ts, OrderEvent.EXPIRED)
        bar = int(self.desk.world.states[series]["bar"])
        return wishes + self._close_due(series, bar, ts, ts)

    def watch(self, series: int, ts: int, high: int, low: int, spread: int) -> list[Wish]:
        """Prices between two bids were traded: void prices and levels of partial exits that they reached."""
        gone = voided(self.desk.live_orders(series), high, low, spread)
        return self._withdraw(series, gone, ts, OrderEvent.VOID) + self._partials(
            series, ts, high, low, spread
        )

    def close(self, now: int, closed: Sequence[Closed]) -> tuple[list[Wish], list[Told]]:
        """Bars closed at one instant: what is decided, and what is wanted for it.

        Args:
            now: that instant, ns UTC.
            closed: at most one bar of each series.
        """
        if not self._keeps:  # nobody will ask for it, and the journal has it
            self.written.forget()
        bars = {one.series: one.bar for one in closed}
        streams, made = [], []
        for seat in self.seats:
            if seat.series in bars:
                found = seat.mind.push(bars[seat.series])
                streams.append(Stream(seat.series, seat.owner, found))
                made += [(seat, decision) for decision in found]
        n = len(self.units)
        asked = ask(streams, n)
        first = list(self.rows)
        self.written.note(asked)
        self.rows = [
            row + int(last - begin) for row, (begin, last) in zip(self.rows, asked.spans, strict=True)
        ]
        blank = closed[0].bar.slice(0, 0)
        standing = [own for s in bars for own in _standing(self.desk, s)]
        books = self.desk.advance([bars.get(s, blank) for s in range(n)], asked)
        self.keep(books)
        if self._ended:  # the account's worth is written down where trades have ended since the last time
            self._ended = 0
            self.keep(self.desk.mark(now))
        wishes = self._wishes_of(books.events, now, reasons(asked, first), standing)
        for one in closed:
            wishes += self._after_close(one.series, now)
        return wishes, answers(made, books.events, asked, first)

    def fill(self, order: int, deal: Deal) -> list[Wish]:
        """Book a deal of an order; siblings of its group are to be withdrawn.

        Raises:
            KeyError: the account never had such an order.
        """
        self.keep(self.desk.roll_to(deal.ts))
        if order in self.dropped:
            self.desk.put_back(*self.dropped.pop(order))
        standing = _standing(self.desk, deal.series)
        books, _ = self.desk.fill(order, deal)
        self.keep(books)
        for one in self.desk.live_positions(deal.series):
            self.protected.setdefault(int(one["number"]), (int(one["stop"]), int(one["target"])))
        own = books.events["order"] != order
        return self._wishes_of(books.events[own], deal.ts, {}, standing)

    def leave(self, position: int, deal: Deal, reason: int, leg: int = 0) -> None:
        """Book a deal that closes a position or a part of it.

        Args:
            position: its number.
            deal: what the broker did.
            reason: ``ExitReason``; 0 is that of its stop.
            leg: of the close that was asked for. A partial exit is used up whatever price it got.
        """
        self.keep(self.desk.roll_to(deal.ts))
        record = self.desk.position(deal.series, position)
        if record is None:
            return
        if reason == ExitReason.PARTIAL:
            record["partial_at"][leg % _PLACES] = 0
        books, _ = self.desk.leave(position, deal, reason)
        self.keep(books)
        if self.desk.position(deal.series, position) is None:
            self.protected.pop(position, None)
            self.asked_again.pop(position, None)
        self.under_way.discard(position)

    def end(self, series: int, order: int, ts: int, event: OrderEvent, code: int = 0) -> None:
        """An order is over at the broker."""
        self.dropped.pop(order, None)
        self.keep(self.desk.drop(series, order, ts, event, code))

    def failed(self, position: int) -> None:
        """A close was not carried out: it will be wanted again."""
        self.under_way.discard(position)
        self.asked_again[position] = self.asked_again.get(position, 0) + 1

    def withdraw(self, series: int, order: int, ts: int) -> None:
        """Remember that a withdrawal is under way (told by the journal after a restart)."""
        if self.desk.order_slot(series, order) >= 0:
            self._withdraw(series, [order], ts, OrderEvent.CANCELLED)

    def clear(self, ts: int, *, positions: bool) -> list[Wish]:
        """Take every resting order off the book, and close every position where they are meant, too."""
        wishes = []
        for series in range(len(self.units)):
            numbers = [int(order["number"]) for order in self.desk.live_orders(series)]
            wishes += self._withdraw(series, numbers, ts, OrderEvent.CANCELLED)
            for one in self.desk.live_positions(series) if positions else []:
                if int(one["number"]) not in self.under_way and one["leave"] == 0:
                    one["leave"] = int(ExitReason.STRATEGY)
            if positions:
                wishes += self._close_due(series, 0, 0, ts)
        return wishes

    def pass_by(self, now: int, closed: Sequence[Closed]) -> list[Wish]:
        """Bars closed too long ago to act on: strategies learn, and only positions are looked after."""
        if not self._keeps:  # nobody will ask for it, and the journal has it
            self.written.forget()
        bars = {one.series: one.bar for one in closed}
        for seat in self.seats:
            if seat.series in bars:
                seat.mind.push(bars[seat.series])
        n = len(self.units)
        blank = closed[0].bar.slice(0, 0)
        self.keep(self.desk.advance([bars.get(s, blank) for s in range(n)], ask([], n)))
        return [wish for one in closed for wish in self._after_close(one.series, now)]

    def closing(self, series: int, position: int, reason: int) -> None:
        """Remember that a close is under way (told by the journal after a restart)."""
        record = self.desk.position(series, position)
        if record is None:
            return
        self.under_way.add(position)
        if reason not in _PARTS:
            record["leave"] = reason

    def _withdraw(self, series: int, numbers: Sequence[int], ts: int, event: OrderEvent) -> list[Wish]:
        wishes = []
        for number in numbers:
            record = self.desk.live_order(series, number)
            owner = 0 if record is None else int(record["owner"])
            if record is not None:
                self.dropped[number] = (series, record.copy())
            wishes.append(Wish("cancel", series, owner, ts, number, number, reduces=True))
            self.keep(self.desk.drop(series, number, ts, event))
        return wishes

    def _close_due(self, series: int, bar: int, instant: int, ts: int) -> list[Wish]:
        wishes = []
        for one in self.desk.live_positions(series):
            number, reason = int(one["number"]), due(one, bar, instant)
            if reason != 0 and number not in self.under_way:
                one["leave"] = reason
                self.under_way.add(number)
                leg = number + 1_000_000 * self.asked_again.get(number, 0)
                wishes.append(_closing(series, one, ts, leg, int(one["steps"]), reason))
        return wishes

    def _partials(self, series: int, ts: int, high: int, low: int, spread: int) -> list[Wish]:
        wishes = []
        for one in self.desk.live_positions(series):
            number = int(one["number"])
            if number in self.under_way:
                continue
            best = high if one["side"] > 0 else low + spread
            at, steps = partial_due(one, best)
            if at >= 0 and steps > 0:
                self.under_way.add(number)
                leg = number * _PLACES + at + 2_000_000_000 + _AGAIN * self.asked_again.get(number, 0)
                reason = int(ExitReason.PARTIAL)
                wishes.append(_closing(series, one, ts, leg, steps, reason))
        return wishes

    def _after_close(self, series: int, now: int) -> list[Wish]:
        """Orders that have waited, positions whose time is over, and stops that moved."""
        bar = int(self.desk.world.states[series]["bar"])
        over = waited(self.desk.live_orders(series), bar)
        wishes = self._withdraw(series, over, now, OrderEvent.EXPIRED)
        wishes += self._close_due(series, bar, now, now)
        for one in self.desk.live_positions(series):
            number, held = int(one["number"]), (int(one["stop"]), int(one["target"]))
            if number in self.under_way or self.protected.get(number, held) == held:
                continue
            self.protected[number] = held
            owner, side = int(one["owner"]), int(one["side"])
            wishes.append(
                Wish("protect", series, owner, now, number, number, side, stop=held[0], target=held[1])
            )
        return wishes

    def _wishes_of(
        self,
        events: Records,
        now: int,
        why: Mapping[tuple[int, int], tuple[int, str]],
        standing: Sequence[tuple[int, Any]],
    ) -> list[Wish]:
        """What the desk's own words ask of the broker; an order it took off the book may be filled there.

        Args:
            events: what it wrote.
            now: the instant, ns UTC.
            why: for the row of a decision, its leg and its reason.
            standing: orders that were on the book before.
        """
        stood = {int(record["number"]): (series, record) for series, record in standing}
        wishes = []
        for event in events:
            series, number, kind = int(event["series"]), int(event["order"]), int(event["event"])
            if kind == OrderEvent.PLACED:
                record = self.desk.live_order(series, number)
                if record is not None and record["asked"]["reduce_only"] == 1:
                    wishes += self._reduce(series, record.copy(), now)
                elif record is not None:
                    leg, reason = why.get((series, int(event["row"])), (0, ""))
                    leg += self._first_legs[series]
                    wishes.append(placing(record, series, now, leg, reason))
            elif kind in _GONE and number > 0:
                if number in stood:
                    self.dropped[number] = stood[number]
                wishes.append(Wish("cancel", series, int(event["owner"]), now, number, number, reduces=True))
        return wishes

    def _reduce(self, series: int, order: Any, now: int) -> list[Wish]:
        """Close as much of open positions as a market order may, the oldest first.

        Brokers have no order that only shrinks: another one would open something where nothing is left. One
        that rests is refused.
        """
        market = order["asked"]["order"] == MARKET
        event, code = (OrderEvent.CANCELLED, 0) if market else (OrderEvent.REFUSED, _INVALID)
        self.keep(self.desk.drop(series, int(order["number"]), now, event, code))
        netting, left = self.desk.world.rules[0]["netting"] == 1, int(order["steps"]) if market else 0
        wishes = []
        for one in sorted(self.desk.live_positions(series), key=lambda one: int(one["number"])):
            number, part = int(one["number"]), min(left, int(one["steps"]))
            against = one["side"] == -order["asked"]["side"] and (netting or one["owner"] == order["owner"])
            if against and part > 0 and number not in self.under_way:
                left -= part
                self.under_way.add(number)
                leg = number + 3_000_000_000 + _AGAIN * self.asked_again.get(number, 0)
                wishes.append(_closing(series, one, now, leg, part, int(ExitReason.REVERSED)))
        return wishes

    def keep(self, books: Books) -> None:
        """Remember what was written."""
        self._ended += len(books.trades)
        self.finished += len(books.trades)
        parts = (books.trades, books.deals, books.events, books.marks)
        if any(len(part) for part in parts):
            none = self._nothing
            self.written.books.append(
                Books(*(part.copy() if len(part) else none[at] for at, part in enumerate(parts)))
            )


def first_legs(units: Sequence[Units]) -> list[int]:
    """The first leg of entries of each series: several timeframes of one symbol may decide at one instant."""
    seen: dict[str, int] = {}
    found = []
    for one in units:
        found.append(LEGS * seen.get(one.symbol, 0))
        seen[one.symbol] = seen.get(one.symbol, 0) + 1
    return found


def _standing(desk: ExternalDesk, series: int) -> list[tuple[int, Any]]:
    """Orders on the book of a series, as they are now."""
    return [(series, order.copy()) for order in desk.live_orders(series)]


def _closing(series: int, one: Any, ts: int, leg: int, steps: int, reason: int) -> Wish:
    """The wish to close a position, or a part of it."""
    return Wish(
        "close", series, int(one["owner"]), ts, leg, int(one["number"]), side=-int(one["side"]),
        steps=steps, order="market", reduces=True, reason=reason, why=ExitReason(reason).label,
    )  # fmt: skip
