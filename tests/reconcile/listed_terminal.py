"""A terminal that answers from lists of raw records, and misbehaves at a test's word."""

from collections.abc import Callable
from typing import Any

from ictcli.clock import NS_PER_HOUR, NS_PER_SECOND
from ictcli.terminals import structs
from ictcli.terminals.structs import TradeDeal, TradeOrder, TradePosition
from ictcli.terminals.symbol_record import SymbolInfo
from ictcli.terminals.times import ServerClock

NOON = 1_768_478_400
"""2026-01-15 12:00 UTC, seconds; a ny+7 server shows two hours more."""
AHEAD = 7_200
CLOCK = ServerClock("ny+7")
NOW = (NOON + 3600) * NS_PER_SECOND


def record(kind: Any, **values: Any) -> Any:
    """A record of the module with zeros and empty texts for all that is not given."""
    assert not values.keys() - kind.__annotations__.keys()
    zeros = {str: "", float: 0.0, bool: False}
    return kind([values.get(name, zeros.get(of, 0)) for name, of in kind.__annotations__.items()])


def deal(ticket: int, at: int = 0, **values: Any) -> Any:
    """A purchase of 0.1 lots, so many seconds after noon."""
    time = NOON + AHEAD + at
    given = {
        "ticket": ticket, "order": ticket + 100, "position_id": ticket + 100, "time": time,
        "time_msc": time * 1000, "volume": 0.1, "price": 1.1, "reason": 3, "symbol": "EURUSD.r", "magic": 7,
    }  # fmt: skip
    return record(TradeDeal, **given | values)


def order(ticket: int, at: int = 0, **values: Any) -> Any:
    """A filled market order of 0.1 lots."""
    time = NOON + AHEAD + at
    given = {
        "ticket": ticket, "time_setup": time, "time_setup_msc": time * 1000, "time_done": time,
        "time_done_msc": time * 1000, "state": 4, "reason": 3, "volume_initial": 0.1, "symbol": "EURUSD.r",
        "position_id": ticket, "magic": 7,
    }  # fmt: skip
    return record(TradeOrder, **given | values)


def position(identifier: int, at: int = 0, **values: Any) -> Any:
    """A long position of 0.1 lots."""
    time = NOON + AHEAD + at
    given = {
        "ticket": identifier, "identifier": identifier, "time": time, "time_msc": time * 1000,
        "time_update": time, "time_update_msc": time * 1000, "volume": 0.1, "price_open": 1.1,
        "symbol": "EURUSD.r", "magic": 7,
    }  # fmt: skip
    return record(TradePosition, **given | values)


def account(**values: Any) -> Any:
    given = {
        "login": 7, "server": "Demo", "currency": "USD", "currency_digits": 2, "margin_mode": 2,
        "balance": 1000.0, "equity": 1000.0,
    }  # fmt: skip
    return record(structs.AccountInfo, **given | values)


class ListedTerminal:
    """A terminal over lists.

    Attributes:
        before: called with the name of every function before it answers.
        missing: names of functions that answer None, how often; -1 for ever.
        hidden: tickets that a range of the history leaves out.
        ticks: server times of the coming looks at a quote, milliseconds; the last one stays.
    """

    def __init__(
        self, deals: list[Any] | None = None, done: list[Any] | None = None, held: list[Any] | None = None
    ) -> None:
        self.deals = [deal(1)] if deals is None else deals
        self.done = [order(one.order) for one in self.deals if one.order] if done is None else done
        self.held = (
            [position(one.position_id) for one in self.deals if one.type == 0 and one.position_id]
            if held is None
            else held
        )
        self.waiting: list[Any] = []
        self.account = account()
        self.connected = True
        self.before: Callable[[str], None] = lambda _name: None
        self.missing: dict[str, int] = {}
        self.hidden: set[int] = set()
        self.ticks = [0]
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        answers = self.__getattribute__("_answers")
        if name not in answers():
            raise AttributeError(name)

        def called(*args: Any, **named: Any) -> Any:
            self.calls.append(name)
            self.before(name)
            left = self.missing.get(name, 0)
            if left:
                self.missing[name] = left - 1
                return None
            return answers()[name](*args, **named)

        return called

    def _answers(self) -> dict[str, Callable[..., Any]]:
        return {
            "terminal_info": lambda: record(structs.TerminalInfo, connected=self.connected),
            "account_info": lambda: self.account,
            "history_deals_get": self._deals,
            "history_orders_get": self._orders,
            "history_deals_total": lambda *span: len(self._inside(self.deals, span, "time")),
            "history_orders_total": lambda *span: len(self._inside(self.done, span, "time_done")),
            "positions_get": lambda: tuple(self.held),
            "orders_get": lambda: tuple(self.waiting),
            "symbol_info": self._symbol,
            "symbol_info_tick": lambda _name: record(structs.Tick, time_msc=self._tick()),
            "last_error": lambda: (-1, "Terminal: Call failed"),
        }

    def _deals(self, *span: int, position: int = 0) -> Any:
        if position:
            return tuple(one for one in self.deals if one.position_id == position)
        return tuple(one for one in self._inside(self.deals, span, "time") if one.ticket not in self.hidden)

    def _orders(self, *span: int, ticket: int = 0) -> Any:
        if ticket:
            return tuple(one for one in self.done if one.ticket == ticket)
        return tuple(
            one for one in self._inside(self.done, span, "time_done") if one.ticket not in self.hidden
        )

    def _inside(self, records: list[Any], span: tuple[int, ...], name: str) -> list[Any]:
        start, end = (1000 * second for second in span)
        return [one for one in records if start <= getattr(one, f"{name}_msc") <= end]

    def _symbol(self, name: str) -> Any:
        if name != "EURUSD.r":
            return None
        return record(
            SymbolInfo, name=name, digits=5, point=1e-5, trade_tick_size=1e-5, volume_step=0.01,
            trade_contract_size=100_000.0,
        )  # fmt: skip

    def _tick(self) -> int:
        return self.ticks.pop(0) if len(self.ticks) > 1 else self.ticks[0]


def hours(count: float) -> int:
    return int(count * NS_PER_HOUR)
