"""The ledger of a broker's account with the terminal of that broker."""

import time
from functools import partial

from ictcli.brokers.opening import find_broker
from ictcli.clock import parse_duration, parse_instant
from ictcli.errors import ConfigError
from ictcli.reconcile.from_terminal import terminal_story
from ictcli.reconcile.keeping import Kept
from ictcli.reconcile.ledger_run import compare_with_ledger
from ictcli.reconcile.outcome import Outcome
from ictcli.reconcile.request import ReconcileRequest, World
from ictcli.reconcile.story import Story
from ictcli.terminals.opening import connect, open_terminal
from ictcli.terminals.times import ServerClock


def compare_with_broker(request: ReconcileRequest, world: World, kept: Kept) -> Outcome:
    """The ledger with the broker's own records, read beside its trader.

    Raises:
        SourceUnavailable: the broker cannot be reached.
        ConfigError: no such broker is configured, or its terminal is logged in to another account.
        DataError: there is no such ledger, or it is of another account.
    """
    name = broker_name(request, world)
    return compare_with_ledger(partial(_story, name, request, world), name, request, world, kept)


def _story(name: str, request: ReconcileRequest, world: World) -> Story:
    config = find_broker(name, world.config.brokers)
    since = parse_instant(request.since or world.settings.since, now=world.now())
    lag = parse_duration(world.settings.lag)
    terminal = open_terminal(name, config, world.environ, reads=True)
    again = partial(connect, terminal, name, config, world.environ)
    try:
        again()
        clock = ServerClock(config.server_tz)
        return terminal_story(terminal, clock, since, world.now, lag, config.symbols, time.sleep, again)
    finally:
        terminal.shutdown()


def broker_name(request: ReconcileRequest, world: World) -> str:
    """Which table of ``brokers`` is meant.

    Raises:
        ConfigError: none is named, and there is not just one.
    """
    named = request.broker or world.config.trade.broker
    if named:
        return named
    if len(world.config.brokers) == 1:
        return next(iter(world.config.brokers))
    known = ", ".join(sorted(world.config.brokers)) or "none"
    raise ConfigError(
        "it is not said which broker to compare with",
        hint=f"Add --broker NAME, or set trade.broker; known: {known}.",
    )
