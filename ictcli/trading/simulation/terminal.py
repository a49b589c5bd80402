"""The terminal as one process of the trader sees it: the module's functions over a faulty line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ictcli.terminals.structs import OrderCheckResult
from ictcli.terminals.terminal import TerminalSilent
from ictcli.trading.simulation.books import Order, Position
from ictcli.trading.simulation.crashes import Doom
from ictcli.trading.simulation.line import Line
from ictcli.trading.simulation.surface import LOGIN, Surface

_SUCCESS = (1, "Success")
_NO_CONNECTION = (-10004, "No IPC connection")
_TIMEOUT = (-10005, "IPC timeout")
_LOST = (-10002, "IPC recv failed")


@dataclass(slots=True)
class FaultyTerminal:
    """What stands for the MetaTrader5 module in a simulation.

    Attributes:
        line: to the broker.
        surface: writes the broker's records.
        doom: of this process.
        watch: called with each request in the moment it leaves the process.
        error: what the last call failed of.
    """

    line: Line
    surface: Surface
    doom: Doom
    watch: Callable[[Mapping[str, Any]], None]
    error: tuple[int, str] = _SUCCESS

    def initialize(self, *args: Any, **kwargs: Any) -> bool:
        """Attach to the terminal."""
        self.error = _SUCCESS if self.line.present else _NO_CONNECTION
        return self.line.present

    def version(self) -> Any:
        """Version of the terminal."""
        return (500, 5000, "20 Nov 2026")

    def login(self, *args: Any, **kwargs: Any) -> bool:
        """Accept the one account."""
        self.error = _SUCCESS
        return bool(args) and args[0] == LOGIN

    def shutdown(self) -> bool:
        """Detach."""
        return True

    def last_error(self) -> tuple[int, str]:
        """What the last call failed of."""
        return self.error

    def terminal_info(self) -> Any:
        """The terminal."""
        self.error = _SUCCESS
        return self.surface.terminal(connected=self.line.connected)

    def account_info(self) -> Any:
        """The account."""
        return self._read(self.surface.account)

    def symbols_get(self, *args: Any, **kwargs: Any) -> Any:
        """All symbols."""
        self.error = _SUCCESS
        return tuple(self.surface.symbol(name) for name in self.line.venue.prices)

    def symbol_info(self, symbol: str, /) -> Any:
        """One symbol."""
        self.error = _SUCCESS
        return self.surface.symbol(symbol)

    def symbol_info_tick(self, symbol: str, /) -> Any:
        """The last quote."""
        return self._read(lambda: self.surface.tick(symbol))

    def symbol_select(self, *args: Any) -> bool:
        """Every symbol is shown already."""
        self.error = _SUCCESS
        return True

    def copy_rates_from_pos(self, *args: Any) -> Any:
        """No bars: the scripted trader decides without."""
        self.error = (-4, "Terminal: Not found")

    copy_rates_range = copy_ticks_range = copy_rates_from_pos

    def orders_get(self, **kwargs: Any) -> Any:
        """Open orders that the terminal has heard of, and some that are over by now."""
        orders, ghosts = self.line.venue.books.orders, self.line.venue.books.ghosts
        return self._rows(
            lambda now: (
                [one for one in orders.values() if one.shown <= now]
                + [one for until, one in ghosts if now < until and isinstance(one, Order)]
            ),
            self.surface.order,
        )

    def positions_get(self, **kwargs: Any) -> Any:
        """Open positions that the terminal has heard of, and some that are closed by now."""
        positions, ghosts = self.line.venue.books.positions, self.line.venue.books.ghosts
        return self._rows(
            lambda now: (
                [one for one in positions.values() if one.shown <= now]
                + [one for until, one in ghosts if now < until and isinstance(one, Position)]
            ),
            self.surface.position,
        )

    def history_orders_get(self, *args: Any, **kwargs: Any) -> Any:
        """Orders that were done in a span and that the history shows by now."""
        first, last = self.surface.span(args[0], args[1])
        done = self.line.venue.books.done
        return self._rows(
            lambda now: [o for o in done if o.filed <= now and first <= o.done <= last], self.surface.filed
        )

    def history_deals_get(self, *args: Any, **kwargs: Any) -> Any:
        """Deals of a span that the history shows by now."""
        first, last = self.surface.span(args[0], args[1])
        deals = self.line.venue.books.deals
        return self._rows(
            lambda now: [d for d in deals if d.filed <= now and first <= d.ts <= last], self.surface.filed
        )

    def order_check(self, request: dict[str, Any], /) -> Any:
        """Every request looks good beforehand."""
        self.error = _SUCCESS
        echo = self.surface.echo(request)
        return OrderCheckResult((0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, "Done", echo))

    def order_send(self, request: dict[str, Any], /) -> Any:
        """Hand a request to the line."""
        self.error = _SUCCESS
        self.doom.step("before the wire")
        self.watch(request)
        answer = self.line.carry(request, self.doom)
        self.doom.step("answered")
        if answer is not None and answer.code:
            return self.surface.result(answer, request)
        self.error = _NO_CONNECTION if answer else _TIMEOUT
        if answer is None and self.line.faults.random.random() < 0.5:
            raise TerminalSilent("the terminal did not answer order_send in time")
        return None

    def _rows(self, found: Callable[[int], Sequence[Any]], write: Callable[[Any], Any]) -> Any:
        def listed() -> tuple[Any, ...]:
            if not self.line.connected:
                return ()
            return self.line.garbled([write(row) for row in found(self.line.schedule.now)])

        return self._read(listed)

    def _read(self, look: Callable[[], Any]) -> Any:
        self.error = _SUCCESS
        fault, found = self.line.read(look, self.doom)
        if fault == "failed":
            self.error = _LOST
        elif fault == "silent":
            raise TerminalSilent("the terminal did not answer in time")
        return found
