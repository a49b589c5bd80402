"""A journal read once from end to end: what stands, what was traded, how well it was executed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ictcli.ledger.bodies import Alerted, BarTaken, Decided, Denied, Filled, Synced
from ictcli.ledger.log import Entry
from ictcli.trading.closed_trades import ClosedTrade, ClosedTrades, add_trade
from ictcli.trading.orderbook import OrderBook

_ZERO = Decimal(0)


@dataclass(slots=True)
class AccountStory:
    """What the journal of an account tells.

    Attributes:
        entries: all of it.
        book: orders, positions and money as they stand.
        trades: finished ones, in the order they finished.
        digits: symbol = decimals of its prices.
        bars: taken, late ones included.
        first_bar, last_bar: None before the first.
        refusals: reason = decisions or intents that were kept from being sent.
        synced: when and how the account was last compared; None: never.
        critical: alerts of that severity.
        charged: what deals cost: commission, swap and fee, signed as the broker books them.
    """

    entries: Sequence[Entry]
    book: OrderBook = field(default_factory=OrderBook)
    trades: list[ClosedTrade] = field(default_factory=list)
    digits: dict[str, int] = field(default_factory=dict)
    bars: int = 0
    first_bar: BarTaken | None = None
    last_bar: BarTaken | None = None
    refusals: dict[str, int] = field(default_factory=dict)
    synced: tuple[int, Synced] | None = None
    critical: int = 0
    charged: dict[str, Decimal] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Note what is neither money nor an order."""
        body: Any = entry.body
        if isinstance(body, BarTaken):
            self.bars += 1
            self.digits[body.symbol] = body.digits
            self.first_bar = self.first_bar or body
            self.last_bar = body
        elif isinstance(body, Synced):
            self.synced = (entry.ts, body)
        elif isinstance(body, Alerted):
            self.critical += body.severity == "critical"
        elif isinstance(body, Denied):
            self._refused(body.code)
        elif isinstance(body, Decided) and body.what == "refused":
            self._refused(body.reason)

    def _refused(self, reason: str) -> None:
        self.refusals[reason] = self.refusals.get(reason, 0) + 1


def tell(entries: Sequence[Entry]) -> AccountStory:
    """The story of a whole journal."""
    story = AccountStory(entries)
    story.book.apply_all(entries)
    trades = ClosedTrades()
    for entry in entries:
        story.take(entry)
        add_trade(story.trades, trades.take(entry))
    standing: list[Filled] = [
        deal for ticket, deal in story.book.deals.items() if ticket not in story.book.voided
    ]
    story.charged = {
        name: sum((getattr(deal, name) for deal in standing), _ZERO) for name in ("commission", "swap", "fee")
    }
    return story
