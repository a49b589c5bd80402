"""Functions of symbols and of the depth of market (MT5.md 1.2)."""

from typing import Any

from ictcli.brokers.simulated.records import ServerTick
from ictcli.brokers.simulated.surface_arguments import (
    WRONG_NUMBER,
    Refusal,
    fits,
    invalid,
    invalid_field,
    number_of,
    text_at,
)
from ictcli.brokers.simulated.surface_calls import Surface, keyed, plain, positional
from ictcli.brokers.simulated.surface_groups import group_filter
from ictcli.brokers.simulated.surface_records import book_records, tick_record
from ictcli.brokers.simulated.surface_symbol_record import symbol_record
from ictcli.market.symbols import SymbolSpec
from ictcli.terminals.constants import ErrorCode
from ictcli.terminals.structs import BookInfo, Tick
from ictcli.terminals.symbol_record import SymbolInfo

_OLDEST_BUILD = 2364
_NO_TICK = ServerTick(0, 0, 0)


class SymbolFunctions(Surface):
    """The functions of MT5.md 1.2."""

    @plain()
    def symbols_total(self) -> int:
        """Number of all symbols, in MarketWatch or not."""
        return len(self.session.reach().symbols())

    @keyed()
    def symbols_get(self, *args: Any, **named: Any) -> tuple[SymbolInfo, ...]:
        """Symbols, all or of a group; a bad argument is answered False."""
        if len(args) > 1:
            raise invalid(WRONG_NUMBER, answer=False)
        if args and not fits(args[0], "group"):
            raise invalid("Invalid 1st unnamed argument", answer=False)
        if "group" in named and not fits(named["group"], "group"):
            raise invalid(str(invalid_field("group")), answer=False)
        group = args[0] if args else named.get("group", "*")
        server = self.session.reach()
        self._require_build()
        chosen = group_filter(group)
        return tuple(self._record(spec) for spec in server.symbols() if chosen(spec.name))

    @positional()
    def symbol_info(self, *args: Any) -> SymbolInfo:
        """One symbol, in MarketWatch or not."""
        name = _symbol(args)
        self.session.reach()
        self._require_build()
        return self._record(self.session.require_symbol(name))

    @positional()
    def symbol_info_tick(self, *args: Any) -> Tick:
        """The last quote of a symbol in MarketWatch."""
        name = _symbol(args)
        server = self.session.reach()
        spec = self.session.require_symbol(name, selected=True)
        return tick_record(server.tick(name), self.session.units(spec), self.session.clock)

    @positional(failure=False)
    def symbol_select(self, *args: Any) -> bool:
        """Put a symbol into MarketWatch, or take it out unless it is in use."""
        number_of(args, 2, least=1)
        name = text_at(args, 0, "symbol")
        self.session.reach()
        self.session.require_symbol(name)
        if len(args) == 1 or args[1]:
            self.session.selected.add(name)
            return True
        if self.session.in_use(name):
            raise Refusal(ErrorCode.E_FAIL)
        self.session.selected.discard(name)
        self.session.books.discard(name)
        return True

    @positional()
    def market_book_add(self, *args: Any) -> bool:
        """Subscribe to the depth of market; fails without saying why, but for bad arguments."""
        name = _symbol(args)
        if not self._known(name):
            return False
        self.session.books.add(name)
        return True

    @positional()
    def market_book_release(self, *args: Any) -> bool:
        """End a subscription; fails without saying why, but for bad arguments."""
        name = _symbol(args)
        if not self._known(name) or name not in self.session.books:
            return False
        self.session.books.discard(name)
        return True

    @positional()
    def market_book_get(self, *args: Any) -> tuple[BookInfo, ...]:
        """The depth of market of a symbol subscribed to: the best bid and ask."""
        name = _symbol(args)
        server = self.session.reach()
        spec = self.session.require_symbol(name, selected=True)
        if name not in self.session.books:
            raise Refusal(ErrorCode.E_FAIL)
        return book_records(server.tick(name), self.session.units(spec))

    def _known(self, name: str) -> bool:
        try:
            self.session.reach()
            self.session.require_symbol(name, selected=True)
        except Refusal:
            return False
        return True

    def _record(self, spec: SymbolSpec) -> SymbolInfo:
        chosen = self.session.is_selected(spec.name)
        tick = self.session.server.tick(spec.name) if chosen else _NO_TICK
        return symbol_record(self.session, spec, tick, selected=chosen)

    def _require_build(self) -> None:
        if self.session.options.build < _OLDEST_BUILD:
            raise Refusal(ErrorCode.E_INVALID_VERSION)


def _symbol(args: tuple[Any, ...]) -> str:
    number_of(args, 1)
    return text_at(args, 0, "symbol")
