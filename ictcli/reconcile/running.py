"""A reconciliation from its request to what is kept of it: one at a time, each written down."""

from collections.abc import Callable
from dataclasses import dataclass

from ictcli.errors import IctError
from ictcli.reconcile.keeping import Kept, keeping, only_reconciliation
from ictcli.reconcile.outcome import Outcome, Stamp
from ictcli.reconcile.request import ReconcileRequest, World


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A reconciliation that was carried through, and when."""

    outcome: Outcome
    stamp: Stamp


Comparison = Callable[[ReconcileRequest, World, Kept], Outcome]
"""Compares what is asked for: ``compare_with_broker``, ``…_paper``, ``…_statement`` or ``…_backtest``."""


def run_reconciliation(request: ReconcileRequest, world: World, compare: Comparison) -> Reconciled:
    """Compare, put right what may be, and keep what was found.

    Raises:
        Busy: another process reconciles this workspace.
        SourceUnavailable: the broker cannot be reached.
        ConfigError: no such broker is configured.
        DataError: there is no such ledger, a file is damaged, or the disk refuses.
    """
    started = world.now()
    with only_reconciliation(world.state, now=started), keeping(world.state) as kept:
        run = kept.begin(started, request.mode, request.own_ledger, request.against)
        try:
            outcome = compare(request, world, kept)
        except IctError as error:
            kept.fail(run, world.now(), error)
            raise
        ended = world.now()
        kept.end(run, ended, outcome)
    return Reconciled(outcome, Stamp(run, started, ended))
