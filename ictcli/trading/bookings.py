"""What the broker did, booked on a trader's account: deals, ends of orders, swap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ictcli.brokers.reports import DealReport, PositionReport, Quote
from ictcli.engine.external import Deal
from ictcli.engine.portfolio import Books
from ictcli.engine.refusals import ExitReason, OrderEvent
from ictcli.ledger.bodies import AnyBody, SwapSeen
from ictcli.store.packed import Packed
from ictcli.trading.account import Account
from ictcli.trading.messages import DoneNotice, EndNotice, FillNotice, MoneyNotice
from ictcli.trading.wishes import Units, Wish

_EXITS = {"stop": 0, "target": int(ExitReason.TARGET), "stop_out": int(ExitReason.STOP_OUT)}
_ENDS = {"expired": OrderEvent.EXPIRED, "cancelled": OrderEvent.CANCELLED}


@dataclass(slots=True)
class Links:
    """What belongs together here and at the broker.

    Attributes:
        wishes: intent = what was wanted.
        intents: (series, order number) = intent that placed it.
        positions: broker's identifier = (series, position number).
        identifiers: (series, position number) = broker's identifier.

    Wishes and positions are kept for ever, for a deal may come late; the others as long as what they belong
    to is there.
    """

    wishes: Packed[str, Wish] = field(default_factory=lambda: Packed(str, Wish))
    intents: dict[tuple[int, int], str] = field(default_factory=dict)
    positions: Packed[int, tuple[int, int]] = field(default_factory=lambda: Packed(int, tuple[int, int]))
    identifiers: dict[tuple[int, int], int] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """What happened so far."""

    bars: int = 0
    decisions: int = 0
    wishes: int = 0
    orders: int = 0
    fills: int = 0
    money_differences: int = 0


class Bookings:
    """The books of one trader's account.

    Args:
        account: whose they are.
        counts: grow with what is booked.
        now: the instant, ns UTC.
        submit: takes what follows from a deal: siblings of its order are withdrawn.
    """

    def __init__(
        self,
        account: Account,
        counts: Counts,
        now: Callable[[], int],
        submit: Callable[[Sequence[Wish]], None],
    ) -> None:
        self.links = Links()
        self.quotes: dict[str, Quote] = {}
        self.counts = counts
        self._account, self._now, self._submit = account, now, submit

    def settle(self) -> None:
        """Forget what belonged to orders and positions that are gone."""
        links, account = self.links, self._account
        series = range(len(account.units))
        orders = {(s, int(one["number"])) for s in series for one in account.desk.live_orders(s)}
        orders |= {(s, number) for number, (s, _) in account.dropped.items()}
        links.intents = {key: name for key, name in links.intents.items() if key in orders}
        open_now = {(s, int(one["number"])) for s in series for one in account.desk.live_positions(s)}
        links.identifiers = {key: one for key, one in links.identifiers.items() if key in open_now}
        links.wishes.tidy()
        links.positions.tidy()

    def quoted(self) -> dict[str, int]:
        """When the last quote of each symbol was made, ns UTC."""
        return {symbol: quote.ts for symbol, quote in self.quotes.items()}

    def told(self, notice: FillNotice | EndNotice | DoneNotice | MoneyNotice) -> None:
        """Take what the order manager tells."""
        if isinstance(notice, FillNotice):
            self._filled(notice)
        elif isinstance(notice, MoneyNotice):
            self._account.desk.adjust(self._account.units[0].minor(notice.amount))
        elif isinstance(notice, EndNotice):
            self._ended(notice)
        elif not notice.ok:
            wish = self.links.wishes.get(notice.id)
            if wish is not None and wish.action == "close":
                self._account.failed(wish.number)

    def _filled(self, notice: FillNotice) -> None:
        deal, wish = notice.deal, self.links.wishes.get(notice.id)
        known = self.links.positions.get(deal.position)
        money = deal.profit + deal.commission + deal.swap + deal.fee
        if wish is None and known is None:
            self._account.desk.adjust(self._account.units[0].minor(money))
            return
        self.counts.fills += 1
        own = wish is not None and wish.action == "place" and not notice.of_position
        if wish is not None and own and deal.reason not in _EXITS:
            self._entered(wish, deal)
        elif known is not None:
            reason, leg = _EXITS.get(deal.reason), 0
            if reason is None:  # ours says why; another hand's close ends the trade as a decision would
                reason = wish.reason if wish is not None and wish.reason else int(ExitReason.STRATEGY)
                leg = wish.leg if wish is not None else 0
            self._left(known, deal, reason, leg)

    def _entered(self, wish: Wish, deal: DealReport) -> None:
        account, s = self._account, wish.series
        units = account.units[s]
        booked = len(account.written.books)
        own = self._deal(s, units, deal, wish.side)
        known = self.links.positions.get(deal.position)
        if known is not None and deal.entry != "in":
            self._take_swap(known, deal)
        wishes = account.fill(wish.number, own)
        self._compare(account.written.books[booked:], deal, units)
        self._link_position(s, deal.position)
        self._submit(wishes)

    def _link_position(self, series: int, identifier: int) -> None:
        """Remember which of the broker's positions the youngest one of ours is.

        A netting position that is turned keeps its identifier there and is a new one here.
        """
        desk, links = self._account.desk, self.links
        known, live = links.positions.get(identifier), desk.live_positions(series)
        if not live or (known is not None and desk.position(*known) is not None):
            return
        number = max(int(one["number"]) for one in live)
        if (series, number) not in links.identifiers:
            links.positions[identifier] = (series, number)
            links.identifiers[series, number] = identifier

    def _left(self, known: tuple[int, int], deal: DealReport, reason: int, leg: int) -> None:
        s, number = known
        units = self._account.units[s]
        self._take_swap(known, deal)
        booked = len(self._account.written.books)
        self._account.leave(number, self._deal(s, units, deal, deal.side), reason, leg)
        self._compare(self._account.written.books[booked:], deal, units)

    def _take_swap(self, known: tuple[int, int], deal: DealReport) -> None:
        """The swap of a position as its closing deal tells it, where that deal closes all of it."""
        s, number = known
        units, record = self._account.units[s], self._account.desk.position(*known)
        if record is not None and units.steps(deal.volume) >= record["steps"]:
            self._account.desk.set_swap(s, number, units.minor(deal.swap))

    def _deal(self, s: int, units: Units, deal: DealReport, side: int) -> Deal:
        price = units.points(deal.price)
        quote = self.quotes.get(units.symbol)
        if quote is None:
            return Deal(s, deal.ts, price, units.steps(deal.volume))
        spread = units.points(quote.ask - quote.bid)
        market = units.points(quote.ask if side > 0 else quote.bid)
        lost = side * (price - market) if deal.reason == "expert" else 0
        return Deal(s, deal.ts, price, units.steps(deal.volume), spread, lost)

    def _compare(self, books: Sequence[Books], deal: DealReport, units: Units) -> None:
        """Where the broker counted other money than we did, its money counts."""
        ours = sum(
            int(one["gross"]) - int(one["commission"]) - int(one["fees"])
            for part in books
            for one in part.deals
        )
        theirs = units.minor(deal.profit + deal.commission + deal.fee)
        if ours != theirs:
            self.counts.money_differences += 1
            self._account.desk.adjust(theirs - ours)

    def _ended(self, notice: EndNotice) -> None:
        wish = self.links.wishes.get(notice.id)
        if wish is None:
            return
        if wish.action == "close":
            if notice.status != "filled":
                self._account.failed(wish.number)
        elif wish.action == "place" and notice.status != "filled":
            event = _ENDS.get(notice.status, OrderEvent.REFUSED)
            self._account.end(wish.series, wish.number, self._now(), event)

    def take_swaps(self, positions: Sequence[PositionReport]) -> list[AnyBody]:
        """Take the swap of open positions; what is to be written of it."""
        bodies: list[AnyBody] = []
        for one in positions:
            known = self.links.positions.get(one.identifier)
            if known is None:
                continue
            units = self._account.units[known[0]]
            if self._account.desk.set_swap(*known, units.minor(one.swap)):
                bodies.append(SwapSeen(position=one.identifier, swap=one.swap, ts=self._now()))
        return bodies

    def swap_seen(self, position: int, swap: Decimal) -> None:
        """Take the swap of an open position from the journal."""
        known = self.links.positions.get(position)
        if known is not None:
            self._account.desk.set_swap(*known, self._account.units[known[0]].minor(swap))
