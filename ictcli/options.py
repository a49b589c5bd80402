"""Options that several commands share: one name, one meaning, one help text."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ictcli.errors import UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.market.timeframes import Timeframe

F = TypeVar("F", bound=Callable[..., Any])


class TimeframeType(click.ParamType["Timeframe"]):
    """A MetaTrader timeframe name, given to the command as a ``Timeframe``."""

    name = "timeframe"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Timeframe":
        """Parse the name."""
        from ictcli.market.timeframes import Timeframe, parse_timeframe

        return value if isinstance(value, Timeframe) else parse_timeframe(value)


class InstantType(click.ParamType[int]):
    """An ISO-8601 instant or a duration back from now, given to the command in nanoseconds UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse the text, relative to the session's time."""
        from ictcli.clock import now_ns, parse_instant

        if isinstance(value, int):
            return value
        session = ctx.find_object(Session) if ctx else None
        try:
            return parse_instant(value, now=session.now if session else now_ns())
        except ValueError as error:
            self.fail(str(error), param, ctx)


class SeedType(click.ParamType[int]):
    """A whole number from 0 to 2**63 - 1."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse the number."""
        number = click.INT.convert(value, param, ctx)
        if not 0 <= number < 2**63:
            self.fail(f"{number} is not from 0 to 2**63 - 1", param, ctx)
        return int(number)


TIMEFRAME = TimeframeType()
INSTANT = InstantType()
SEED = SeedType()


def symbols_argument(func: F) -> F:
    """``SYMBOL...``, also as ``-s/--symbol``; the command gets ``symbols``, a tuple without repetitions.

    A symbol that was given again is taken once, which a note says.
    """

    @wraps(func)
    def joined(*args: Any, symbols: tuple[str, ...], symbol_options: tuple[str, ...], **kwargs: Any) -> Any:
        given = (*symbols, *symbol_options)
        once = tuple(dict.fromkeys(given))
        session = click.get_current_context().find_object(Session)
        if session is not None and len(once) < len(given):
            again = [name for name in once if given.count(name) > 1]
            session.out.note(f"given more than once, taken once: {', '.join(again)}")
        return func(*args, symbols=once, **kwargs)

    option = click.option(
        "-s", "--symbol", "symbol_options", multiple=True, help="Same as SYMBOL; repeatable."
    )
    return cast("F", click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")(option(joined)))


def timeframe_option(
    default: str | None = None, text: str = "Timeframe, such as M1, M15, H4, D1."
) -> Callable[[F], F]:
    """``-t/--timeframe``; the command gets ``timeframe``, a ``Timeframe`` or None."""
    return click.option(
        "-t", "--timeframe", type=TIMEFRAME, default=default, show_default=default is not None, help=text
    )


def timeframes_option(text: str) -> Callable[[F], F]:
    """``-t/--timeframe``, repeatable; the command gets ``timeframes``, a tuple of ``Timeframe``."""
    return click.option("-t", "--timeframe", "timeframes", type=TIMEFRAME, multiple=True, help=text)


def span_options(func: F) -> F:
    """``--start`` and ``--end``; the command gets ``start`` and ``end``, nanoseconds UTC or None.

    A span that holds no instant is a usage error.
    """

    @wraps(func)
    def spanned(*args: Any, start: int | None, end: int | None, **kwargs: Any) -> Any:
        _refuse_backwards(start, end)
        return func(*args, start=start, end=end, **kwargs)

    until = click.option("--end", type=INSTANT, help="First instant left out: ISO-8601 (UTC) or 7d ago.")
    since = click.option("--start", type=INSTANT, help="First instant: ISO-8601 (UTC), or 7d for a week ago.")
    return cast("F", since(until(spanned)))


def _refuse_backwards(start: int | None, end: int | None) -> None:
    if start is not None and end is not None and start >= end:
        from ictcli.clock import iso

        raise UsageError(
            f"--start {iso(start)} is not before --end {iso(end)}", hint="Swap them; --end is exclusive."
        )


def seed_option(func: F) -> F:
    """``--seed``; the command gets ``seed``, an int or None (the config's)."""
    return click.option("--seed", type=SEED, help="Seed; default from the config.")(func)


def out_option(text: str = "File to write instead of stdout; - is stdout.") -> Callable[[F], F]:
    """``--out``; the command gets ``out``, a path or None."""
    return click.option("--out", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), help=text)


def yes_option(func: F) -> F:
    """``--yes``; the command gets ``yes``."""
    return click.option("--yes", is_flag=True, help="Answer yes instead of asking.")(func)


def params_option(func: F) -> F:
    """``--param``, repeatable; the command gets ``params``, a tuple of ``NAME=VALUE`` texts."""
    text = "Strategy parameter; repeatable."
    return click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help=text)(func)


def judge_option(func: F) -> F:
    """``--model``; the command gets ``model``, a name with or without a version, or None."""
    text = "Model that judges the strategy's entries, or is traded without one; without VERSION its champion."
    return click.option("--model", metavar="NAME[@VERSION]", help=text)(func)
