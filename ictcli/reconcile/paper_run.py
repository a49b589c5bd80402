"""The paper ledger with the built-in terminal."""

from functools import partial

from ictcli.clock import parse_duration, parse_instant
from ictcli.ledger.address import paper_place
from ictcli.ledger.opening import reading
from ictcli.reconcile.from_paper import paper_story
from ictcli.reconcile.keeping import Kept
from ictcli.reconcile.ledger_run import compare_with_ledger, is_traded
from ictcli.reconcile.outcome import Outcome
from ictcli.reconcile.request import ReconcileRequest, World
from ictcli.reconcile.story import Story
from ictcli.trading.lock import LOGIN
from ictcli.trading.paper import FOLDER
from ictcli.trading.paper_state import check_terminal

TERMINAL = "the built-in terminal"


def compare_with_paper(request: ReconcileRequest, world: World, kept: Kept) -> Outcome:
    """The paper ledger with the terminal's file, which the trader may go on writing.

    Raises:
        DataError: nobody traded on paper, or a file is damaged.
    """
    return compare_with_ledger(partial(_story, request, world), TERMINAL, request, world, kept)


def _story(request: ReconcileRequest, world: World) -> Story:
    place = paper_place(world.state)
    with reading(place.address) as stored:  # before the terminal, which is never behind it
        tickets = stored.tickets()
    check_terminal(world.state / FOLDER, tickets)
    since = request.since or world.settings.since
    # where nobody trades nothing is under way
    lag = parse_duration(world.settings.lag) if is_traded(world, LOGIN) else 0
    return paper_story(world.state / FOLDER, world.config, lambda now: parse_instant(since, now=now), lag)
