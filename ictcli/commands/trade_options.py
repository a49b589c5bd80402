"""Options of ``ictcli trade``, as given and checked against one another."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ictcli.errors import UsageError
from ictcli.session import Session

if TYPE_CHECKING:
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


class SpanType(click.ParamType[tuple[int | None, int | None]]):
    """``START..END``: two instants, of which either may be left out, given in nanoseconds UTC."""

    name = "span"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | None, int | None]:
        """Parse both ends, relative to the session's time."""
        from ictcli.clock import now_ns, parse_instant

        if isinstance(value, tuple):
            return value
        first, dots, last = str(value).partition("..")
        if not dots:
            self.fail(f"{value!r} is not START..END, such as 2026-01-01..2026-02-01 or 30d..", param, ctx)
        session = ctx.find_object(Session) if ctx else None
        now = session.now if session else now_ns()
        try:
            start = parse_instant(first, now=now) if first else None
            end = parse_instant(last, now=now) if last else None
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if start is not None and end is not None and start >= end:
            self.fail(f"{first} is not before {last}; the end is exclusive", param, ctx)
        return start, end


@dataclass(frozen=True, slots=True)
class TradeOptions:
    """How to trade, as given."""

    paper: bool
    live: bool
    replay: tuple[int | None, int | None] | None
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
