"""A ledger with the records of its own broker: read, compared, put right where that is asked for."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import polars as pl

from ictcli.clock import monotonic
from ictcli.ledger.address import place_of
from ictcli.ledger.moved import require_here
from ictcli.ledger.opening import no_ledger
from ictcli.reconcile.applying import COMMAND
from ictcli.reconcile.comparing import Answers, Sides, compare, counted
from ictcli.reconcile.from_ledger import ledger_accounts, ledger_faults, ledger_story
from ictcli.reconcile.handing_over import Where, announce, apply
from ictcli.reconcile.keeping import Kept
from ictcli.reconcile.matching import Verdict
from ictcli.reconcile.outcome import Outcome
from ictcli.reconcile.request import ReconcileRequest, World
from ictcli.reconcile.rereading import without_news
from ictcli.reconcile.story import Story, Window
from ictcli.trading.control import control_folder, spool_folder
from ictcli.trading.lock import traders
from ictcli.trading.spool import spool_of

Tell = Callable[[], Story]
_ALL = Window(0, 2**62)
PATIENCE = 30.0
"""Seconds that a running trader is given to book what it was handed."""
_LOOK = 0.2
PAUSES = (0.5, 1.5, 4.0)
"""Seconds between looks at the ledger of a trader that is up, while something differs."""


def compare_with_ledger(
    tell: Tell, against: str, request: ReconcileRequest, world: World, kept: Kept
) -> Outcome:
    """The ledger with its broker; the ledger is read before the broker and behind it.

    Args:
        tell: reads the broker's side.
        against: its name for people.
        request: what is asked for.
        world: what is seen.
        kept: what earlier runs saw.

    Raises:
        DataError: there is no such ledger, or it is of another account.
        IctError: whatever ``tell`` raises.
    """
    place = place_of(request.ledger, world.state, world.environ)
    require_here(place)
    if not place.exists:
        raise no_ledger(place)
    faults = ledger_faults(place)
    accounts = ledger_accounts(place)
    written = bool(accounts) and is_traded(world, _login(accounts[-1]))
    before = ledger_story(place, accounts[-1], _ALL, faults=faults) if written else None
    story = tell()
    account = story.facts.account
    known = kept.instruments(account)

    def local() -> Story:
        found = ledger_story(place, account, story.window, world.specs, faults)
        if before is not None and before.facts.account == account:
            found = without_news(before, found, story)
        return replace(found, instruments=_with_known(found.instruments, known))

    where = Where(place, control_folder(world.state), spool_folder(world.state), _login(account))
    pauses = PAUSES if is_traded(world, where.account) else ()
    sides = Sides(local, story, request.ledger, against, world.tolerances, pauses)
    if request.apply:
        outcome = compare(sides, partial(_put_right, where, world, story))
        if not faults:
            _announce(outcome, where, world)
    else:
        outcome = compare(sides)
    events, anchors = counted(place)
    return replace(outcome, events=events, anchors=anchors)


def _login(account: str) -> int:
    return int(account.rpartition("/")[2])


def is_traded(world: World, login: int) -> bool:
    """Whether a trader of the account is up."""
    return any(
        trader.account == login and running for trader, running in traders(control_folder(world.state))
    )


def _with_known(configured: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Contracts as configured, and of other symbols as the last run saw them."""
    names = configured.get_column("symbol").implode()
    return pl.concat([configured, known.filter(~pl.col("symbol").is_in(names))])


def _put_right(where: Where, world: World, broker: Story, verdict: Verdict, local: Story) -> Answers:
    """Carry out what policies allow by themselves; where a trader is up, wait until it has booked it."""
    done = apply(verdict.findings, (local, broker), where, world.now(), COMMAND, world.tell)
    path = spool_of(where.spool, where.account) / done.file
    if done.way == "spool" and not _is_taken(path):
        world.tell("the trader has not booked the corrections yet: look again when it has")
    return dict(done.answers)


def _is_taken(path: Path) -> bool:
    """Whether a trader has booked a file of its spool, which it then removes; waits for it."""
    end = monotonic() + PATIENCE
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
