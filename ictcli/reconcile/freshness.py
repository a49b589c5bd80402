"""How long ago a workspace's ledgers were last reconciled, and with what result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ictcli.clock import iso
from ictcli.reconcile.keeping import FAILED, UNFINISHED, last_runs

CONCLUSIVE = ("clean", "findings")
"""Results that say something of the ledger; without one of them in time it is stale."""
ENDED = (*CONCLUSIVE, "inconclusive", FAILED)
"""Results of runs that ended."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The last reconciliation of a ledger against its broker.

    Attributes:
        ledger: broker, paper or replay.
        run: its number; 0 for never.
        at: when it ended, or began where it did not end, ns UTC; 0 for never.
        result: of the last run that ended: clean, findings, inconclusive, failed; unfinished where none did,
            never where there was none.
        error: why it failed.
        roots: how many findings count.
        conclusive: when the last one ended that came to a result, ns UTC; 0 for never.
        stale: that is too long ago.
        differences: how many the last comparison with a backtest found that came to a result; 0 for none.
        differed: when it ended, ns UTC; 0 where it found none.
        unfinished: when a later run began that did not end: it was killed, or goes on; ns UTC, 0 for none.
    """

    ledger: str
    run: int
    at: int
    result: str
    error: str
    roots: int
    conclusive: int
    stale: bool
    differences: int = 0
    differed: int = 0
    unfinished: int = 0

    @property
    def against_backtest(self) -> str:
        """The differences from a backtest in words; empty for none."""
        word = "difference" if self.differences == 1 else "differences"
        told = f"{self.differences} {word} from the backtest at {iso(self.differed)}"
        return told if self.differed else ""


def freshness(state: Path, ledgers: Sequence[str], *, now: int, stale_after: int) -> list[Freshness]:
    """The last reconciliation of each ledger.

    Args:
        state: the workspace's state folder.
        ledgers: names of ledgers that exist.
        now: ns UTC.
        stale_after: ns.

    Raises:
        DataError: what is kept is damaged.
    """
    newest = {one.ledger: one for one in last_runs(state)}
    ended = {one.ledger: one for one in last_runs(state, ENDED)}
    good = {one.ledger: one.ended or 0 for one in last_runs(state, CONCLUSIVE)}
    again = {one.ledger: one for one in last_runs(state, CONCLUSIVE, "backtest") if one.result == "findings"}
    found = []
    for name in ledgers:
        run, conclusive = ended.get(name, newest.get(name)), good.get(name, 0)
        apart = again.get(name)
        differences, differed = (apart.roots, apart.ended or apart.started) if apart else (0, 0)
        stale = now - conclusive > stale_after
        if run is None:
            one = Freshness(name, 0, 0, "never", "", 0, 0, stale=True)
        else:
            result, at = run.result or UNFINISHED, run.ended or run.started
            one = Freshness(name, run.run, at, result, run.error, run.roots, conclusive, stale)
            later = newest[name].started if newest[name].run > run.run else 0
            one = replace(one, unfinished=later)
        found.append(replace(one, differences=differences, differed=differed))
    return found
