"""A ledger with the records of its own broker: read, compared, put right where that is asked for."""

import hashlib
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import polars as pl

from ictcli.brokers.opening import find_broker
from ictcli.clock import monotonic, parse_duration, parse_instant
from ictcli.errors import ConfigError, UsageError
from ictcli.ledger.address import place_of
from ictcli.ledger.faults import NoLedger
from ictcli.reconcile.applying import COMMAND
from ictcli.reconcile.comparing import Answers, Sides, compare, counted
from ictcli.reconcile.from_ledger import ledger_faults, ledger_story
from ictcli.reconcile.from_paper import paper_story
from ictcli.reconcile.from_terminal import terminal_story
from ictcli.reconcile.handing_over import Where, announce, apply
from ictcli.reconcile.keeping import Kept
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.outcome import Outcome
from ictcli.reconcile.request import ReconcileRequest, World
from ictcli.reconcile.story import Story
from ictcli.terminals.opening import connect, open_terminal
from ictcli.terminals.times import ServerClock
from ictcli.trading.control import control_folder, spool_folder
from ictcli.trading.lock import traders
from ictcli.trading.paper import FOLDER
from ictcli.trading.simulated_world import LOGIN
from ictcli.trading.spool import spool_of

_PATIENCE = 30.0
"""Seconds that a running trader is given to book what it was handed."""
_LOOK = 0.2
_PAUSES = (0.5, 1.5, 4.0)
"""Seconds between looks at the ledger of a trader that is up, while something differs."""


def compare_with_broker(request: ReconcileRequest, world: World, kept: Kept) -> Outcome:
    """The ledger with its broker; the ledger is read behind the broker, so nothing seems missed.

    Raises:
        DataError: there is no such ledger, or it is of another account.
        ConfigError: no such broker is configured.
        SourceUnavailable: the broker cannot be reached.
        UsageError: a replay has no broker any more.
    """
    place = place_of(request.ledger, world.state, world.environ)
    if not place.exists:
        raise NoLedger(place.address)
    faults = ledger_faults(place)
    story, against = _theirs(request, world)
    account = story.facts.account
    known = kept.instruments(account)

    def local() -> Story:
        found = ledger_story(place, account, story.window, world.specs, faults)
        return replace(found, instruments=_with_known(found.instruments, known))

    where = Where(place, control_folder(world.state), spool_folder(world.state), _login(account))
    pauses = _PAUSES if _is_traded(world, where.account) else ()
    sides = Sides(local, story, request.ledger, against, world.tolerances, pauses)
    if request.apply:
        outcome = compare(sides, partial(_put_right, where, world, story))
        _announce(outcome, where, world)
    else:
        outcome = compare(sides)
    events, anchors = counted(place)
    return replace(outcome, events=events, anchors=anchors)


def _login(account: str) -> int:
    return int(account.rpartition("/")[2])


def _is_traded(world: World, login: int) -> bool:
    """Whether a trader of the account is up."""
    return any(
        trader.account == login and running for trader, running in traders(control_folder(world.state))
    )


def _with_known(configured: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Contracts as configured, and of other symbols as the last run saw them."""
    names = configured.get_column("symbol").implode()
    return pl.concat([configured, known.filter(~pl.col("symbol").is_in(names))])


def _theirs(request: ReconcileRequest, world: World) -> tuple[Story, str]:
    """The broker's story, and its name for people."""
    if request.ledger == "broker":
        return _of_terminal(request, world)
    if request.ledger == "replay":
        raise UsageError(
            "the terminal of a replay ended with it",
            hint="Compare with the backtest, --against-backtest, or with a file, --statement.",
        )
    since = request.since or world.settings.since
    # nobody is about to write anything where nobody trades
    lag = parse_duration(world.settings.lag) if _is_traded(world, LOGIN) else 0
    story = paper_story(
        world.state / FOLDER, world.shop.config, lambda now: parse_instant(since, now=now), lag
    )
    return story, "the built-in terminal"


def _of_terminal(request: ReconcileRequest, world: World) -> tuple[Story, str]:
    name = broker_name(request, world)
    config = find_broker(name, world.shop.config.brokers)
    now = world.now()
    since = parse_instant(request.since or world.settings.since, now=now)
    lag = parse_duration(world.settings.lag)
    terminal = open_terminal(name, config, world.environ, reads=True)
    try:
        connect(terminal, name, config, world.environ)
        story = terminal_story(
            terminal, ServerClock(config.server_tz), since, world.now, lag, config.symbols, time.sleep,
            partial(connect, terminal, name, config, world.environ),
        )  # fmt: skip
    finally:
        terminal.shutdown()
    return story, name


def broker_name(request: ReconcileRequest, world: World) -> str:
    """Which table of ``brokers`` is meant.

    Raises:
        ConfigError: none is named, and there is not just one.
    """
    config = world.shop.config
    named = request.broker or config.trade.broker
    if named:
        return named
    if len(config.brokers) == 1:
        return next(iter(config.brokers))
    known = ", ".join(sorted(config.brokers)) or "none"
    raise ConfigError(
        "it is not said which broker to compare with",
        hint=f"Add --broker NAME, or set trade.broker; known: {known}.",
    )


def _put_right(where: Where, world: World, broker: Story, verdict: Verdict, local: Story) -> Answers:
    """Carry out what policies allow by themselves; where a trader is up, wait until it has booked it."""
    done = apply(verdict.findings, (local, broker), where, world.now(), COMMAND, world.tell)
    path = spool_of(where.spool, where.account) / done.file
    if done.way == "spool" and not _is_taken(path):
        world.tell("the trader has not booked the corrections yet: look again when it has")
    return dict(done.answers)


def _is_taken(path: Path) -> bool:
    """Whether a trader has booked a file of its spool, which it then removes; waits for it."""
    end = monotonic() + _PATIENCE
    while path.exists():
        if monotonic() > end:
            return False
        time.sleep(_LOOK)
    return True


def _announce(outcome: Outcome, where: Where, world: World) -> None:
    """Let the ledger tell what came of it."""
    assert outcome.window is not None
    digest = hashlib.sha256(msgspec.json.encode(outcome.verdict.findings)).hexdigest()
    announce(outcome.verdict, outcome.window, digest, where, world.now(), COMMAND, world.tell)
