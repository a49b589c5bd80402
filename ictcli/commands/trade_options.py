"""Options of ``ictcli trade``, as given and checked against one another."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ictcli.errors import UsageError

if TYPE_CHECKING:
    from ictcli.commands.trade_span import Span
    from ictcli.trading.request import Speed, TradeMode

_FASTEST = 1e6


class SpeedType(click.ParamType["Speed"]):
    """A factor above 0, or ``max``."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Speed":
        """Parse the factor."""
        if value == "max":
            return "max"
        try:
            factor = float(value)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is neither a number nor max", param, ctx)
        if not 0 < factor <= _FASTEST:
            self.fail(
                f"{value} is not above 0 and at most {_FASTEST:.0f}; max is as fast as it goes", param, ctx
            )
        return factor


@dataclass(frozen=True, slots=True)
class TradeOptions:
    """How to trade, as given."""

    paper: bool
    live: bool
    replay: "Span | None"
    confirm_account: int | None
    broker: str
    speed: "Speed | None"
    once: bool
    dry_run: bool
    source: str | None

    @property
    def mode(self) -> "TradeMode":
        """Paper unless something else was asked for."""
        return "live" if self.live else "replay" if self.replay is not None else "paper"


def check(options: TradeOptions) -> None:
    """Refuse options that do not fit together.

    Raises:
        UsageError: names them.
    """
    asked = [
        name
        for name, given in (
            ("--paper", options.paper), ("--live", options.live), ("--replay", options.replay is not None)
        )
        if given
    ]  # fmt: skip
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} do not go together", hint="Choose one.")
    if options.confirm_account is not None and not options.live:
        raise UsageError("--confirm-account confirms live trading", hint="Add --live, or leave it out.")
    if options.speed is not None and options.live:
        raise UsageError("a real market has its own speed", hint="Leave out --speed.")
    if options.replay is not None and options.once:
        raise UsageError(
            "--once handles what closed since the last time", hint="Leave out --replay or --once."
        )
    if options.replay is not None and options.broker:
        raise UsageError("--replay plays stored bars to the simulated terminal", hint="Leave out --broker.")
    if options.live and options.source:
        raise UsageError("--source feeds the simulated terminal", hint="Leave it out with --live.")
