"""The ledger's side of a reconciliation: one state of the journal, copied out at once, then read.

A ledger is told from its beginning, not from the window's: an old order may be filled today, and whether a
position is ours is known from the deal that opened it. What a broker must confirm lies inside the window.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import polars as pl

from ictcli.engine.money import minor_digits
from ictcli.errors import DataError
from ictcli.ledger.address import Place
from ictcli.ledger.copies import check_ledger
from ictcli.ledger.database import Database
from ictcli.ledger.faults import LedgerCorrupt, NoLedger
from ictcli.ledger.opening import copied, reading
from ictcli.ledger.rebuilding import rebuilt
from ictcli.market.symbols import SymbolSpec
from ictcli.reconcile.exact import units
from ictcli.reconcile.ledger_events import Seen, read_accounts, read_seen
from ictcli.reconcile.ledger_tables import (
    read_balance,
    read_cash,
    read_fills,
    read_orders,
    read_positions,
    read_protections,
)
from ictcli.reconcile.story import INSTRUMENTS, Facts, Story, Window, table

_PROJECTION = "projection"
"""What a fault of a projection begins with (``ledger.verification.Fault``)."""


def ledger_accounts(place: Place) -> tuple[str, ...]:
    """``server/login`` of every account that a ledger tells of, the latest last; none where there is none."""
    try:
        with reading(place.address) as stored:
            return read_accounts(stored.database)
    except NoLedger:
        return ()


def ledger_faults(place: Place) -> tuple[str, ...]:
    """What is wrong with chain, anchors, projections and file, in words; empty for a good ledger.

    Everything is read, in a copy: the writer waits for nothing.

    Raises:
        NoLedger: there is none, or none any more.
    """
    try:
        report = check_ledger(place)
    except NoLedger:
        raise
    except LedgerCorrupt as error:
        return (error.message,)
    return tuple(
        f"{fault.what}{f' at event {fault.seq}' if fault.seq else ''}: {fault.detail}"
        for fault in report.faults
    )


def only_projections(faults: Sequence[str]) -> bool:
    """Whether the events of a ledger with faults are what was written, and its projections alone are not."""
    return bool(faults) and all(fault.startswith(_PROJECTION) for fault in faults)


def ledger_story(
    place: Place, account: str, window: Window, specs: Sequence[SymbolSpec] = (), faults: Sequence[str] = ()
) -> Story:
    """What a ledger says of one account, in one state.

    It is read in a copy: while somebody looks at a ledger, what its trader writes cannot be folded in, and a
    large one takes seconds to read.

    Args:
        place: where it is.
        account: ``server/login``.
        window: what is asked for; it begins no earlier than the account's books do.
        specs: contracts as they are configured.
        faults: of the ledger, as ``ledger_faults`` found them; where its projections alone are wrong, they
            are made anew from the events.

    Raises:
        NoLedger: there is none.
        DataError: it does not tell of this account, or cannot be read.
    """
    source = rebuilt(place) if only_projections(faults) else copied(place)
    with _uncollected(), source as stored:
        return _story(stored.database, account, window, specs, tuple(faults))


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles, which rows cannot have, while millions of them are made: a third of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _story(
    database: Database, account: str, window: Window, specs: Sequence[SymbolSpec], faults: tuple[str, ...]
) -> Story:
    seen = read_seen(database, account)
    if seen.start is None:
        raise DataError(
            f"the ledger tells nothing of account {account}",
            hint="Its trades can be checked by a statement alone: --statement FILE.",
        )
    fills = read_fills(database, account)
    held = read_positions(database, account)
    own = fills.filter(pl.col("intent") != "").get_column("position").unique().implode()
    minor, balance = minor_digits(seen.start.currency), read_balance(database, account)
    facts = Facts(account, seen.start.currency, minor, balance=balance, faults=faults)
    return Story(
        facts,
        replace(window, since=max(window.since, seen.opened)),
        fills=fills,
        orders=read_orders(database, account),
        positions=_touched(
            held.filter(pl.col("position").is_in(own)), fills, seen, read_protections(database, account)
        ),
        cash=read_cash(database, account),
        instruments=contracts(specs),
        foreign=frozenset(seen.foreign | _strange(fills)),
        strategies=frozenset(seen.strategies),
    )


def contracts(specs: Sequence[SymbolSpec]) -> pl.DataFrame:
    """Contracts as they are configured (``story.INSTRUMENTS``)."""
    return table(
        INSTRUMENTS,
        [
            {
                "symbol": one.name, "digits": one.digits, "tick": units(one.tick_size),
                "step": units(one.volume_step), "contract": units(one.contract_size),
            }
            for one in specs
        ],
    )  # fmt: skip


def _touched(
    held: pl.DataFrame, fills: pl.DataFrame, seen: Seen, protections: Mapping[int, int]
) -> pl.DataFrame:
    """Open positions with what was last seen of them at the broker, and when they last changed."""
    dealt = dict(fills.group_by("position").agg(pl.col("ts").max()).iter_rows())
    keys = held.get_column("position").to_list()
    own = [max(of.get(key, 0) for of in (dealt, seen.touched, protections)) for key in keys]
    return held.with_columns(
        pl.Series("ticket", [seen.tickets.get(key, key) for key in keys], pl.Int64),
        pl.Series("swap", [units(seen.swaps[key]) if key in seen.swaps else 0 for key in keys], pl.Int64),
        pl.Series("touched", own, pl.Int64),
    )


def _strange(fills: pl.DataFrame) -> set[tuple[str, int]]:
    """Deals that no intent explains, with their orders; and their positions, unless they are ours too."""
    strange = fills.filter(pl.col("intent") == "")
    own = fills.filter(pl.col("intent") != "")
    found: set[tuple[str, int]] = set()
    for what, column in (("deal", "deal"), ("order", "order"), ("position", "position")):
        ours = own.get_column(column).unique().implode()
        found |= {(what, key) for key in strange.filter(~pl.col(column).is_in(ours)).get_column(column)}
    return found
