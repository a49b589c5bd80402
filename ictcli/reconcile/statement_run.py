"""A statement file with the ledger of its account, or by itself where there is none."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from ictcli.clock import iso, parse_duration, parse_instant
from ictcli.config.trading import BrokerConfig
from ictcli.ledger.address import LEDGERS, LedgerName, Place, place_of
from ictcli.reconcile.comparing import Sides, compare, counted, filled_up, money
from ictcli.reconcile.findings import Finding, Kind, Severity, finding
from ictcli.reconcile.from_ledger import ledger_accounts, ledger_faults, ledger_story
from ictcli.reconcile.from_statement import statement_story
from ictcli.reconcile.keeping import Kept
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.mismatch import Mismatch
from ictcli.reconcile.outcome import Outcome
from ictcli.reconcile.request import ReconcileRequest, World
from ictcli.reconcile.statements.reading import read_statement
from ictcli.reconcile.statements.record import Statement
from ictcli.reconcile.story import Story
from ictcli.reconcile.worth import MONEY, Worth, verify
from ictcli.terminals.times import ServerClock


@dataclass(frozen=True, slots=True)
class Found:
    """The ledger of an account: its name, where it is, and ``server/login`` as it has it."""

    ledger: LedgerName
    place: Place
    account: str


def compare_with_statement(request: ReconcileRequest, world: World, _kept: Kept) -> Outcome:
    """What a statement says, against itself and against the ledger of its account where there is one.

    Raises:
        DataError: the file is no statement, is damaged or ends before its end.
        ConfigError: the clock rule of its broker is none.
    """
    path = request.statement
    assert path is not None
    statement = read_statement(path)
    worth = verify(statement)
    found = find_ledger(statement, request, world)
    if found is not None:
        return _with_ledger(path.name, statement, worth, found, request, world)
    return Outcome(
        mode="statement_only", ledger="", against=path.name, account=account_of(statement),
        currency=statement.currency, window=None, verdict=verdict_of(worth),
        stated=statement.stated.get("balance"), computed=worth.closing,
        details=details_of(statement, worth),
        compared={
            "deals": len(statement.deals), "orders": len(statement.orders),
            "positions": len(statement.positions) + len(statement.open_positions),
        },
    )  # fmt: skip


def _with_ledger(
    name: str, statement: Statement, worth: Worth, found: Found, request: ReconcileRequest, world: World
) -> Outcome:
    """The statement in the place of the broker; younger than the lag nothing is compared."""
    story = statement_story(statement, *broker_of(statement, world), worth)
    until = min(story.window.until, world.now() - parse_duration(world.settings.lag))
    since = story.window.since
    if request.since is not None:
        since = max(since, parse_instant(request.since, now=until))
    story = replace(story, window=replace(story.window, since=since, until=until))
    faults = ledger_faults(found.place)

    def local() -> Story:
        return ledger_story(found.place, found.account, story.window, world.specs, faults)

    outcome = compare(Sides(local, story, found.ledger, name, world.tolerances))
    events, anchors = counted(found.place)
    return replace(outcome, events=events, anchors=anchors, details={"source": statement.source})


def broker_of(statement: Statement, world: World) -> tuple[ServerClock, dict[str, str]]:
    """The clock of the statement's server, and our names of its symbols."""
    tables = world.config.brokers
    usual = tables.get(world.config.trade.broker)
    same = (one for one in tables.values() if statement.account == str(one.login))
    broker = next(same, usual or BrokerConfig())
    return ServerClock(broker.server_tz), {theirs: ours for ours, theirs in broker.symbols.items()}


def account_of(statement: Statement) -> str:
    """``server/login`` as far as the file tells it."""
    return "/".join(part for part in (statement.server, statement.account) if part)


def find_ledger(statement: Statement, request: ReconcileRequest, world: World) -> Found | None:
    """The ledger that is of the statement's account, the one that was asked for first."""
    if not statement.account or not (world.state / "secret.key").exists():
        return None
    for name in sorted(LEDGERS, key=lambda one: one != request.ledger):
        place = place_of(name, world.state, world.environ)
        for account in ledger_accounts(place) if place.exists else ():
            server, _, login = account.rpartition("/")
            if login == statement.account and statement.server in {"", server}:
                return Found(name, place, account)
    return None


def verdict_of(worth: Worth) -> Verdict:
    """Every contradiction of a file with itself as a finding; the other side is the file's own total."""
    found = tuple(_contradictions(worth))
    return Verdict("findings" if found else "clean", found)


def _contradictions(worth: Worth) -> Iterator[Finding]:
    named: dict[str, int] = {}
    for one in worth.mismatches:
        place = f"{one.where}: {one.field}"
        named[place] = named.get(place, 0) + 1
        yield _contradiction(one, place if named[place] == 1 else f"{place} ({named[place]})")


def _contradiction(one: Mismatch, place: str) -> Finding:
    kind = Kind.FILL_TIME_DIFF if one.field in _TIMES else Kind.BALANCE_DIFF
    severity: Severity = "warning" if kind is Kind.FILL_TIME_DIFF else "critical"
    return finding(
        kind, "account", (one.where, one.field, one.stated, one.computed), field=place, severity=severity,
        ours=one.computed or None, theirs=one.stated or None, note="the file contradicts itself",
    )  # fmt: skip


def details_of(statement: Statement, worth: Worth) -> dict[str, Any]:
    """What was read and added up, as plain values."""
    minor = statement.minor
    sums = ("opening", "cash", "realised", "commission", "swap", "fee", "taxes", "net", "floating")
    return {
        "source": statement.source,
        "language": statement.language or None,
        "written": iso(statement.written).removesuffix("Z") if statement.written else None,
        "deals": len(statement.deals),
        "orders": len(statement.orders),
        "positions_closed": len(statement.positions),
        "positions_open": len(statement.open_positions),
        **{name: filled_up(getattr(worth, name), minor) for name in sums},
        "not_compared": list(worth.unchecked),
        "days": _rows(worth.days, minor),
        "symbols": _rows(worth.symbols, minor),
        "positions": _rows(worth.positions, minor),
    }


_TIMES = frozenset({"time", "opened", "closed"})
"""Fields of a contradiction that tell an instant."""
_AMOUNTS = frozenset({*MONEY, "cash", "net", "balance"})


def _rows(table: pl.DataFrame, minor: int) -> list[dict[str, Any]]:
    """Rows as plain values: money as decimals, instants of the server's clock as it shows them."""
    return [
        {name: _plain(name, value, minor) for name, value in row.items()}
        for row in table.iter_rows(named=True)
    ]


def _plain(name: str, value: Any, minor: int) -> Any:
    if name in _AMOUNTS:
        return money(value, minor)
    return iso(value).removesuffix("Z") if name == "closed" and value is not None else value
