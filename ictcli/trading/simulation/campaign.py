"""Many seeds, and the few faults that a failing one needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from ictcli.trading.simulation.world import Case, Verdict, World

Runner = Callable[[Case], Verdict]


def run_case(case: Case) -> Verdict:
    """Run the production trader through one case."""
    return World(case).run()


@dataclass(slots=True)
class Tally:
    """What many runs came to.

    Attributes:
        runs, requests, deals, crashes, faults: how much happened.
        failed: verdicts with violations.
    """

    runs: int = 0
    requests: int = 0
    deals: int = 0
    crashes: int = 0
    faults: int = 0
    failed: list[Verdict] = field(default_factory=list)

    def count(self, verdict: Verdict) -> None:
        """Take one run in."""
        self.runs += 1
        self.requests += verdict.requests
        self.deals += verdict.deals
        self.crashes += verdict.crashes
        self.faults += len(verdict.faults)
        if verdict.violations:
            self.failed.append(verdict)


def run_all(cases: Iterable[Case], run: Runner = run_case, *, most_failures: int | None = None) -> Tally:
    """Run cases one after the other, until so many of them failed."""
    tally = Tally()
    for case in cases:
        tally.count(run(case))
        if most_failures is not None and len(tally.failed) >= most_failures:
            break
    return tally


def both_brokers(seeds: Iterable[int]) -> Iterable[Case]:
    """Each seed at a broker that executes doubled orders, or one that does not: even seeds the latter."""
    return (Case(seed, deduplicates=seed % 2 == 0) for seed in seeds)


def shrink(failed: Verdict, run: Runner = run_case, *, most_runs: int = 400) -> Verdict:
    """The same failure with as few faults as a halving search finds.

    Leaving a fault out changes what is drawn behind it, so any violation counts as the same failure.

    Args:
        failed: a verdict with violations.
        run: what produced it.
        most_runs: runs to spend.
    """
    best, size, spent = failed, max(1, len(failed.faults) // 2), 0
    while size and spent < most_runs:
        kept = [n for n in range(len(best.faults)) if n not in best.case.skipped]
        for at in range(0, len(kept), size):
            skipped = best.case.skipped | set(kept[at : at + size])
            tried = run(replace(best.case, skipped=skipped))
            spent += 1
            if tried.violations and _live(tried) < _live(best):
                best = tried
                break
            if spent >= most_runs:
                break
        else:
            size //= 2
    return best


def needed(verdict: Verdict) -> list[str]:
    """Faults of a run that were not left out."""
    return [name for n, name in enumerate(verdict.faults) if n not in verdict.case.skipped]


def _live(verdict: Verdict) -> int:
    return len(needed(verdict))
