"""The venue's books as the records of a terminal: floats, broker wall clock, what is visible by now."""

from collections.abc import Mapping
from typing import Any

from ictcli.clock import NS_PER_SECOND
from ictcli.terminals.structs import (
    AccountInfo,
    OrderSendResult,
    TerminalInfo,
    Tick,
    TradeDeal,
    TradeOrder,
    TradePosition,
    TradeRequest,
)
from ictcli.terminals.symbol_record import SymbolInfo
from ictcli.trading.simulation.books import Answer, Ask, Deal, Order, Position
from ictcli.trading.simulation.matching import SPREAD
from ictcli.trading.simulation.venue import Venue

DIGITS = 5
LOGIN, SERVER = 7_001, "Model-Demo"
_MS = NS_PER_SECOND // 1000
_FIELDS = list(SymbolInfo.__annotations__)
_BID, _ASK = _FIELDS.index("bid"), _FIELDS.index("ask")
_BLANK = {str: "", float: 0.0, bool: False}
_REQUEST = {name: _BLANK.get(kind, 0) for name, kind in TradeRequest.__annotations__.items()}


def lots(steps: int) -> float:
    """Volume as a terminal writes it."""
    return steps / 100


def price(points: int) -> float:
    """Price as a terminal writes it; 0.0 for none."""
    return points / 100_000


def cents(minor: int) -> float:
    """Money as a terminal writes it."""
    return minor / 100


def ask_of(request: Mapping[str, Any]) -> Ask:
    """A request in the venue's units."""
    get = request.get
    return Ask(
        get("action", 0), get("symbol", ""), get("type", 0), round(get("volume", 0.0) * 100),
        round(get("price", 0.0) * 100_000), round(get("sl", 0.0) * 100_000), round(get("tp", 0.0) * 100_000),
        get("magic", 0), get("order", 0), get("position", 0), get("comment", ""),
    )  # fmt: skip


def _made(record: Any, values: Mapping[str, Any]) -> Any:
    return record([values.get(name, _BLANK.get(kind, 0)) for name, kind in record.__annotations__.items()])


_ACCOUNT = {
    "login": LOGIN, "leverage": 30, "trade_allowed": True, "trade_expert": True, "margin_mode": 2,
    "currency_digits": 2, "margin_so_call": 100.0, "margin_so_so": 50.0, "name": "model", "server": SERVER,
    "currency": "USD", "company": "model",
}  # fmt: skip
_MONEY = [list(AccountInfo.__annotations__).index(name) for name in ("balance", "equity", "margin_free")]
_TERMINAL = {
    "trade_allowed": True, "build": 5000, "maxbars": 100_000, "ping_last": 20_000, "company": "model",
    "name": "model",
}  # fmt: skip
_CONNECTED = _made(TerminalInfo, _TERMINAL | {"connected": True})
_DISCONNECTED = _made(TerminalInfo, _TERMINAL | {"connected": False})


class Surface:
    """Writes records of one venue, whose wall clock is ``shift`` ns ahead of UTC."""

    def __init__(self, venue: Venue, shift: int) -> None:
        self._venue, self._shift = venue, shift
        self._symbols = {symbol: list(self._specified(symbol)) for symbol in venue.prices}
        self._account = list(_made(AccountInfo, _ACCOUNT))
        self._filed: dict[int, Any] = {}

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Instants, ns UTC, of two seconds of the broker's wall clock."""
        return first * NS_PER_SECOND - self._shift, last * NS_PER_SECOND - self._shift

    def symbol(self, name: str) -> Any:
        """The contract; None for a symbol that does not exist."""
        values = self._symbols.get(name)
        if values is None:
            return None
        values[_BID], values[_ASK] = price(self._venue.bid(name)), price(self._venue.ask(name))
        return SymbolInfo(values)

    def result(self, answer: Answer, request: Mapping[str, Any]) -> Any:
        """What ``order_send`` answers."""
        symbol = request.get("symbol", "")
        known = symbol in self._venue.prices
        bid = price(self._venue.bid(symbol)) if known else 0.0
        offer = price(self._venue.ask(symbol)) if known else 0.0
        echo = self.echo(request)
        return OrderSendResult(
            (answer.code, answer.deal, answer.order, lots(answer.volume), price(answer.price), bid, offer,
             "", 0, 0, echo)
        )  # fmt: skip

    def echo(self, request: Mapping[str, Any]) -> Any:
        """The request as the terminal understood it."""
        return TradeRequest([request.get(name, blank) for name, blank in _REQUEST.items()])

    def tick(self, symbol: str) -> Any:
        """The last quote."""
        wall = self._venue.market.quoted + self._shift
        bid, offer = price(self._venue.bid(symbol)), price(self._venue.ask(symbol))
        return Tick((wall // NS_PER_SECOND, bid, offer, 0.0, 0, wall // _MS, 6, 0.0))

    def filed(self, row: Order | Deal) -> Any:
        """An order or a deal of the history, which never changes."""
        key = row.ticket
        record = self._filed.get(key)
        if record is None:
            record = self._filed[key] = self.order(row) if isinstance(row, Order) else self.deal(row)
        return record

    def order(self, order: Order) -> Any:
        """An order, open or of the history."""
        placed, done = order.placed + self._shift, order.done + self._shift if order.done else 0
        return TradeOrder(
            (order.ticket, placed // NS_PER_SECOND, placed // _MS, done // NS_PER_SECOND, done // _MS, 0,
             order.type, 0, 1 if order.type < 2 else 2, order.state, order.magic, order.position, 0,
             order.reason, lots(order.volume), lots(order.remaining), price(order.price), price(order.stop),
             price(order.target), 0.0, 0.0, order.symbol, order.comment, "")
        )  # fmt: skip

    def deal(self, deal: Deal) -> Any:
        """A deal of the history."""
        wall = deal.ts + self._shift
        return TradeDeal(
            (deal.ticket, deal.order, wall // NS_PER_SECOND, wall // _MS, deal.type, deal.entry, deal.magic,
             deal.position, deal.reason, lots(deal.volume), price(deal.price), cents(deal.commission), 0.0,
             cents(deal.profit), 0.0, deal.symbol, deal.comment, "")
        )  # fmt: skip

    def position(self, position: Position) -> Any:
        """An open position."""
        wall = position.opened + self._shift
        seconds, milliseconds = wall // NS_PER_SECOND, wall // _MS
        return TradePosition(
            (position.ticket, seconds, milliseconds, seconds, milliseconds, position.type, position.magic,
             position.ticket, 3, lots(position.volume), position.cost / position.volume / 100_000,
             price(position.stop), price(position.target), 0.0, 0.0, 0.0, position.symbol, "", "")
        )  # fmt: skip

    def account(self) -> Any:
        """The account."""
        money = cents(self._venue.books.balance)
        for place in _MONEY:
            self._account[place] = money
        return AccountInfo(self._account)

    def terminal(self, *, connected: bool) -> Any:
        """The terminal itself."""
        return _CONNECTED if connected else _DISCONNECTED

    def _specified(self, symbol: str) -> Any:
        return _made(
            SymbolInfo,
            {
                "select": True, "visible": True, "digits": DIGITS, "spread": SPREAD, "spread_float": True,
                "trade_mode": 4, "trade_exemode": 2, "filling_mode": 2, "order_mode": 127,
                "expiration_mode": 15, "point": 0.00001, "trade_tick_size": 0.00001, "trade_tick_value": 1.0,
                "trade_tick_value_profit": 1.0, "trade_tick_value_loss": 1.0,
                "trade_contract_size": 100_000.0, "volume_min": 0.01, "volume_max": 100.0,
                "volume_step": 0.01, "currency_base": symbol[:3], "currency_profit": "USD",
                "currency_margin": symbol[:3], "name": symbol, "path": f"Forex\\{symbol}",
            },
        )  # fmt: skip
