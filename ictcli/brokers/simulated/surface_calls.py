"""The frame of every function: which arguments it takes at all, and what becomes of its failure."""

import functools
from collections.abc import Callable
from typing import Any

from ictcli.brokers.simulated.surface_session import Session

_Call = Callable[..., Any]


class Surface:
    """A group of the terminal's functions.

    Args:
        session: what the terminal holds between calls.
    """

    def __init__(self, session: Session) -> None:
        self.session = session


def plain(failure: Any = None) -> Callable[[Callable[[Any], Any]], Callable[..., Any]]:
    """A function without arguments; any raises TypeError."""

    def decorate(function: Callable[[Any], Any]) -> Callable[..., Any]:
        name = function.__name__

        @functools.wraps(function)
        def called(self: Surface, *args: Any, **named: Any) -> Any:
            if named:
                raise TypeError(f"MetaTrader5.{name}() takes no keyword arguments")
            if args:
                raise TypeError(f"MetaTrader5.{name}() takes no arguments ({len(args)} given)")
            return self.session.answer(name, failure, lambda: function(self))

        return called

    return decorate


def positional(failure: Any = None) -> Callable[[_Call], Callable[..., Any]]:
    """A function of positional arguments; keywords raise TypeError."""

    def decorate(function: _Call) -> Callable[..., Any]:
        name = function.__name__

        @functools.wraps(function)
        def called(self: Surface, *args: Any, **named: Any) -> Any:
            if named:
                raise TypeError(f"MetaTrader5.{name}() takes no keyword arguments")
            return self.session.answer(name, failure, lambda: function(self, *args))

        return called

    return decorate


def keyed(failure: Any = None) -> Callable[[_Call], Callable[..., Any]]:
    """A function that looks at its positional and named arguments itself."""

    def decorate(function: _Call) -> Callable[..., Any]:
        name = function.__name__

        @functools.wraps(function)
        def called(self: Surface, *args: Any, **named: Any) -> Any:
            return self.session.answer(name, failure, lambda: function(self, *args, **named))

        return called

    return decorate
