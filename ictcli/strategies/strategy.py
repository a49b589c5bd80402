"""What a strategy is to the rest of the program."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from ictcli.market.bars import Bars
from ictcli.strategies.signals import Signals


@dataclass(frozen=True, slots=True)
class Strategy:
    """A setup by name.

    Attributes:
        name: what ``backtest --strategy`` and ``[strategies.NAME]`` in the config call it.
        summary: one line for people.
        params: frozen record of its parameters; every field has a default, units stand in its docstring.
        run: all signals of a run of closed bars; a longer run starts with the same signals.
    """

    name: str
    summary: str
    params: type[msgspec.Struct]
    run: Callable[[Bars, Any], Signals]
