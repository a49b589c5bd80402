"""A MetaTrader 5 terminal's side of a reconciliation, read on a way of its own.

A history that lacks something looks like one in which nothing happened. Therefore it is read until two looks
agree, counted, read once more in pieces and held against positions and orders; what does not pass all of
that is told as not complete.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from ictcli.errors import IctError, SourceUnavailable
from ictcli.reconcile.exact import DIGITS
from ictcli.reconcile.float_units import units_of_floats
from ictcli.reconcile.story import INSTRUMENTS, Facts, Story, Window, empty, table
from ictcli.reconcile.terminal_clock import QuoteWatch
from ictcli.reconcile.terminal_pull import Asked, Historian, Picture, Unsettled, pull
from ictcli.reconcile.terminal_records import Reading, deals_of, orders_of, positions_of
from ictcli.terminals.constants import AccountMarginMode
from ictcli.terminals.times import ServerClock

ATTEMPTS = 6
_PAUSE = 0.5
"""Seconds before the second look at a history that moved; twice as long before every further one."""


def nothing() -> None:
    """For a terminal that need not be connected to again."""


def terminal_story(
    terminal: Historian,
    clock: ServerClock,
    since: int,
    now: Callable[[], int],
    lag: int,
    names: Mapping[str, str],
    sleep: Callable[[float], None],
    revive: Callable[[], None] = nothing,
) -> Story:
    """What a terminal says of its account.

    Args:
        terminal: connected and logged in.
        clock: the server's wall clock.
        since: from when deals and orders are wanted, ns UTC.
        now: the instant, ns UTC.
        lag: ns before now at which the watermark lies.
        names: our name of a symbol = the broker's, where they differ.
        sleep: waits so many seconds.
        revive: connects again after a look that failed.

    Raises:
        SourceUnavailable: the terminal does not answer at all.
    """
    asked, picture, why = _settled(terminal, clock, (since, lag), now, sleep, revive)
    watch = QuoteWatch(terminal, clock, _symbols(picture, names), now)
    watch.look()
    watch.watch(sleep)
    infos = _infos(terminal, _symbols(picture, names))
    ours = {theirs: own for own, theirs in names.items()}
    digits = {name: int(info.digits) for name, info in infos.items()}
    how = Reading(clock, ours, digits, int(picture.account.currency_digits))
    told = _told(picture, how, asked, why)
    return replace(
        told, facts=replace(told.facts, clock_offset=watch.offset), instruments=_contracts(infos, how)
    )


def _settled(
    terminal: Historian,
    clock: ServerClock,
    window: tuple[int, int],
    now: Callable[[], int],
    sleep: Callable[[float], None],
    revive: Callable[[], None],
) -> tuple[Asked, Picture, str]:
    """The first look that is whole, or else the last one that was any, and what is wrong with it."""
    since, lag = window
    last: tuple[Asked, Picture] | None = None
    first, why = "", ""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(_PAUSE * 2 ** (attempt - 1))
        begun = now()
        asked = Asked(since, begun, begun - lag)
        try:
            if attempt:
                revive()
            picture = pull(terminal, clock, asked)
            if not first or _name(picture.account) == first:
                return asked, picture, ""
            why = f"the terminal is logged in to {_name(picture.account)} and was to {first}"
        except Unsettled as error:
            why = str(error)
            if error.picture is not None:
                last = asked, error.picture
                first = first or _name(error.picture.account)
        except IctError as error:
            why = error.message
    if last is None:
        raise SourceUnavailable(why, hint="Check that the terminal runs, is logged in and connected.")
    return (*last, why)


def _told(picture: Picture, how: Reading, asked: Asked, why: str) -> Story:
    deals, cash = deals_of(picture.deals, how)
    done, waiting = orders_of(picture.done, how, over=True), orders_of(picture.orders, how, over=False)
    held = positions_of(picture.positions, how)
    fills = deals.rows.filter(pl.col("ts") >= asked.since)
    orders = pl.concat([done.rows, waiting.rows]).unique("order", keep="first", maintain_order=True)
    named = orders.get_column("order").is_in(fills.get_column("order").unique().implode())
    recent = (
        (pl.col("touched") >= asked.since) | pl.col("status").is_in(["pending", "open", "partial"]) | named
    )
    unreadable = sum(one.unreadable for one in (deals, done, waiting, held))
    lacking = [why] if why else []
    lacking += [f"{unreadable} records hold numbers that are none"] if unreadable else []
    return Story(
        _facts(picture, how.minor),
        Window(asked.since, asked.until, not lacking, "; ".join(lacking)),
        fills=fills,
        orders=orders.filter(recent),
        positions=held.rows,
        cash=cash.filter(pl.col("ts") >= asked.since),
    )


def _facts(picture: Picture, minor: int) -> Facts:
    """The account; its equity only where it was the same before and behind the positions."""
    account, again = picture.account, picture.again
    still = (account.equity, account.profit, account.credit) == (again.equity, again.profit, again.credit)
    balance, equity, credit = _money([again.balance, again.equity, again.credit], minor)
    return Facts(
        account=_name(account),
        currency=str(again.currency),
        minor=minor,
        netting=int(again.margin_mode) != AccountMarginMode.RETAIL_HEDGING,
        balance=balance,
        equity=equity - credit if still else None,
    )


def _name(account: Any) -> str:
    return f"{account.server}/{int(account.login)}"


def _money(amounts: Sequence[float], minor: int) -> list[int]:
    return [int(one) for one in units_of_floats(pl.Series(amounts, dtype=pl.Float64), minor)]


def _symbols(picture: Picture, names: Mapping[str, str]) -> list[str]:
    """The broker's names of all symbols that were traded, or that we trade."""
    traded = (*picture.deals, *picture.done, *picture.orders, *picture.positions)
    return sorted({one.symbol for one in traded if one.symbol} | set(names.values()))


def _infos(terminal: Historian, symbols: Sequence[str]) -> dict[str, Any]:
    """``SymbolInfo`` of the symbols that the broker has."""
    found: dict[str, Any] = {}
    for name in symbols:
        try:
            info = terminal.symbol_info(name)
        except (IctError, SystemError):
            continue
        if info is not None:
            found[name] = info
    return found


def _contracts(infos: Mapping[str, Any], how: Reading) -> pl.DataFrame:
    if not infos:
        return empty(INSTRUMENTS)
    return table(
        INSTRUMENTS,
        [
            {
                "symbol": how.names.get(name, name), "digits": int(info.digits),
                "tick": _size(info.trade_tick_size or info.point), "step": _size(info.volume_step),
                "contract": _size(info.trade_contract_size),
            }
            for name, info in infos.items()
        ],
    )  # fmt: skip


def _size(value: float) -> int:
    return int(units_of_floats(pl.Series([value], dtype=pl.Float64), DIGITS).item())
