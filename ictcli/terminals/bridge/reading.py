"""What a client of a bridge may call that only reads, so that whoever trades there notices nothing of it."""

from collections.abc import Callable
from typing import Any

from ictcli.terminals.surface import FUNCTIONS

_CHANGING = frozenset(
    {"order_send", "order_check", "login", "symbol_select", "market_book_add", "market_book_release"}
)
READING = frozenset(FUNCTIONS) - _CHANGING
"""Functions for a client that only reads: they place nothing and leave the terminal as it is."""


class ReadTerminal:
    """A terminal as a client that only reads may have it.

    The connection to the terminal belongs to whoever trades: beside that one, beginning and ending leave it
    alone. Without one the reader begins by itself; the connection then stays for whoever comes next.

    Args:
        module: an object with the functions of the MetaTrader5 module.
        trading: whether somebody trades.
    """

    def __init__(self, module: Any, trading: Callable[[], bool]) -> None:
        self._module, self._trading = module, trading

    def initialize(self, *args: Any, **kwargs: Any) -> bool:
        """Connect where nobody trades; else whether there is a connection."""
        if self._trading():
            return self._module.terminal_info() is not None
        return bool(self._module.initialize(*args, **kwargs))

    def shutdown(self) -> bool:
        """Leave the connection as it is."""
        return True

    def __getattr__(self, name: str) -> Any:
        """A function that reads."""
        if name not in READING:
            raise AttributeError(name)
        return getattr(self._module, name)
