"""Finished trades, folded from the journal: what fees, evidence and quality are counted on."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ictcli.ledger.bodies import Corrected, Filled, Intent, Start, Voided
from ictcli.ledger.corrections import corrected, money_of
from ictcli.ledger.log import Entry
from ictcli.store.packed import Packed

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A position of ours from its first deal to the one that closed the last of it.

    Attributes:
        position: broker's identifier.
        closing: ticket of the deal that closed it; names the trade, and no other one.
        intent: what opened it.
        mark: strategy with version and parameters, see ``strategy_mark``; its bare name where the
            journal does not tell.
        mode: of the trader that opened it: paper, live, replay or dry.
        symbol, side: our symbol, +1 long, -1 short.
        volume: lots opened, all deals together.
        opened, closed: first and last deal, ns UTC.
        net: profit, commission, swap and fee of all deals, account currency.
        deals: that opened and closed it, in the order they were written.
        before: what it came to when it came out the last time; None where this is the first.
    """

    position: int
    closing: int
    intent: Intent
    mark: str
    mode: str
    symbol: str
    side: int
    volume: Decimal
    opened: int
    closed: int
    net: Decimal
    deals: tuple[Filled, ...] = ()
    before: Decimal | None = None


@dataclass(slots=True)
class _Open:
    """Deals of a position so far; ``told``: what its trade came out with, None while it has not."""

    deals: dict[int, Filled] = field(default_factory=dict)
    intent: Intent | None = None
    mark: str = ""
    mode: str = ""
    told: ClosedTrade | None = None

    @property
    def remaining(self) -> Decimal:
        """Signed volume that is open."""
        return sum((deal.side * deal.volume for deal in self.deals.values()), _ZERO)


class ClosedTrades:
    """The fold: entries go in, finished trades come out in the order they finished.

    A deal that the broker takes back opens its trade again; the trade comes out a second time when it is
    finished for good, under the ticket of its closing deal then. A trade whose deals are corrected comes out
    again with what it came to ``before``.
    """

    def __init__(self) -> None:
        self._start: Start | None = None
        self._intents: Packed[str, Intent] = Packed(str, Intent)
        self._positions: Packed[int, _Open] = Packed(int, _Open, lambda held: held.remaining == _ZERO)
        self._of_deal: Packed[int, int] = Packed(int, int)

    def take(self, entry: Entry) -> ClosedTrade | None:
        """Take the next entry; the trade that it finished, if it did."""
        body = entry.body
        if isinstance(body, Start):
            self._start = body
        elif isinstance(body, Intent):
            self._intents[body.id] = body
        elif isinstance(body, Voided):
            held = self._holding(body.deal)
            if held is not None:
                held.deals.pop(body.deal, None)
        elif isinstance(body, Filled):
            self._intents.tidy()
            self._positions.tidy()
            self._of_deal.tidy()
            return self._fill(body)
        elif isinstance(body, Corrected):
            return self._correct(body)
        return None

    def _correct(self, body: Corrected) -> ClosedTrade | None:
        held = self._holding(body.deal)
        deal = held.deals.get(body.deal) if held is not None else None
        right = corrected(deal, body) if deal is not None else None
        if held is None or right is None:
            return None
        held.deals[body.deal] = right
        told = held.told
        if told is None or all(one.deal != body.deal for one in told.deals):
            return None
        deals = tuple(held.deals.get(one.deal, one) for one in told.deals)
        held.told = replace(told, deals=deals, net=_net(deals), before=told.net)
        return held.told

    def _holding(self, deal: int) -> _Open | None:
        """The position that a deal belongs to."""
        position = self._of_deal.get(deal)
        return None if position is None else self._positions.get(position)

    def _fill(self, deal: Filled) -> ClosedTrade | None:
        held = self._positions.setdefault(deal.position, _Open())
        if deal.deal in held.deals:
            return None
        held.deals[deal.deal] = deal
        self._of_deal[deal.deal] = deal.position
        if held.intent is None and deal.entry == "in":
            self._open(held, deal)
        if held.intent is None or held.remaining != _ZERO:
            return None
        held.told = _finished(held, held.intent, deal)
        return held.told

    def _open(self, held: _Open, deal: Filled) -> None:
        held.intent = self._intents.get(deal.id)
        if held.intent is None:
            return
        name = held.intent.strategy
        marks = self._start.strategies if self._start else ()
        held.mark = next((mark for mark in marks if mark.split("@")[0] == name), name)
        held.mode = self._start.mode if self._start else ""


def closed_trades(entries: Iterable[Entry]) -> list[ClosedTrade]:
    """All finished trades of a journal, as they stand after its last correction."""
    fold = ClosedTrades()
    found: list[ClosedTrade] = []
    for entry in entries:
        add_trade(found, fold.take(entry))
    return found


def add_trade(found: list[ClosedTrade], trade: ClosedTrade | None) -> None:
    """Add a trade that came out to those before; one that was corrected takes its own place."""
    if trade is None:
        return
    if trade.before is None:
        found.append(trade)
        return
    for at in range(len(found) - 1, -1, -1):
        if (found[at].position, found[at].closing) == (trade.position, trade.closing):
            found[at] = trade
            return


def _finished(held: _Open, intent: Intent, last: Filled) -> ClosedTrade:
    deals = held.deals.values()
    side = intent.side
    return ClosedTrade(
        position=last.position,
        closing=last.deal,
        intent=intent,
        mark=held.mark,
        mode=held.mode,
        symbol=intent.symbol,
        side=side,
        volume=sum((deal.volume for deal in deals if deal.side == side), _ZERO),
        opened=min(deal.ts for deal in deals),
        closed=last.ts,
        net=_net(deals),
        deals=tuple(deals),
    )


def _net(deals: Iterable[Filled]) -> Decimal:
    return sum((money_of(deal) for deal in deals), _ZERO)
