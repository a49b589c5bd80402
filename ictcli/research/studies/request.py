"""What is asked of a run besides its metrics: other costs, other paths, random entries."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pyarrow.compute as pc

from ictcli.errors import UsageError
from ictcli.research.backtest import Backtest, Found, Request, Workshop, keep, seed_of, trade
from ictcli.research.metrics.values import Resampling
from ictcli.research.search.backends import check_backend, each, runs_here
from ictcli.research.search.spans import Span
from ictcli.research.search.tasks import Site, make_site
from ictcli.research.studies.costs import cost_cases
from ictcli.research.studies.monte_carlo import monte_carlo
from ictcli.research.studies.nulls import MOST_RUNS, NullBatch, null_document, patterns_of, play_nulls
from ictcli.telemetry import Progress

MOST_PATHS = 1_000_000
_NULLS_PER_BATCH = 16


@dataclass(frozen=True, slots=True)
class Studies:
    """What to study, and on how many processes.

    Attributes:
        costs: other costs.
        null: random runs to compare with; 0 for none.
        monte_carlo: simulated paths; 0 for none.
        jobs: processes.
        backend: what starts them.
        span: where random entries may be; None for all bars.
    """

    costs: bool = False
    null: int = 0
    monte_carlo: int = 0
    jobs: int = 1
    backend: str = "loky"
    span: Span | None = None

    @property
    def any(self) -> bool:
        """Whether anything is to be studied."""
        return self.costs or self.null > 0 or self.monte_carlo > 0

    def asked(self) -> dict[str, Any]:
        """What was asked, as plain values; the number of processes changes no result."""
        found: dict[str, Any] = {"costs": self.costs} if self.costs else {}
        numbers = {"null": self.null, "monte_carlo": self.monte_carlo}
        return found | {name: number for name, number in numbers.items() if number}


def check_studies(studies: Studies) -> None:
    """Refuse what cannot be done, before anything is loaded.

    Raises:
        UsageError: a number is out of range, or there is no such backend.
        ConfigError: the backend's package is not installed.
    """
    for name, number, most in (
        ("null", studies.null, MOST_RUNS),
        ("monte-carlo", studies.monte_carlo, MOST_PATHS),
    ):
        if not 0 <= number <= most:
            raise UsageError(f"--{name} {number} is not from 1 to {most:,}")
    check_backend(studies.backend, studies.jobs)


def study(found: Found, studies: Studies, seed: int, site: Site, progress: Progress) -> Found:
    """A run with the sections that were asked for.

    Raises:
        DataError: it has too few trades for them.
    """
    how = Resampling(found.config.backtest.resamples, seed, found.config.backtest.confidence)
    sections: dict[str, Any] = {}
    if studies.costs:
        progress("other costs", 0, None)
        sections["costs"] = cost_cases(found.floor, found.choices, found.config, found.played, how)
    if studies.monte_carlo:
        progress("paths", 0, None)
        sections["monte_carlo"] = monte_carlo(found.sample, studies.monte_carlo, seed, how.confidence)
    if studies.null:
        sections["null"] = _null(found, studies, seed, site, progress)
    if not sections:
        return found
    return replace(found, sections={**found.sections, **sections}, asked={**found.asked, **studies.asked()})


def _null(found: Found, studies: Studies, seed: int, site: Site, progress: Progress) -> dict[str, Any]:
    bars = [one.bars for one in found.floor.series[: found.floor.traded]]
    span = studies.span or (min(int(one.ts[0]) for one in bars), max(int(one.ts_close[-1]) for one in bars))
    patterns = patterns_of(found.floor, found.played, found.config, span)
    numbers = range(studies.null)
    todo = [
        NullBatch(site, found.config, patterns, span, tuple(numbers[at : at + _NULLS_PER_BATCH]), seed)
        for at in range(0, studies.null, _NULLS_PER_BATCH)
    ]
    here = runs_here(len(todo), studies.jobs, studies.backend)
    work = partial(play_nulls, floor=found.floor) if here else play_nulls
    runs: list[tuple[int, float | None, int]] = []
    progress("random entries", 0, studies.null)
    for part in each(work, todo, studies.jobs, studies.backend):
        runs += part
        progress("random entries", len(runs), studies.null)
    expectancy = pc.mean(found.played.trades.column("r_multiple")).as_py()
    return null_document(expectancy, sorted(runs), found.config.backtest.confidence)


def studied_backtest(
    request: Request,
    shop: Workshop,
    studies: Studies,
    *,
    now: int,
    provenance: Mapping[str, Any],
    progress: Progress,
) -> Backtest:
    """A backtest with the sections that were asked for.

    Raises:
        UsageError, ConfigError, DataError: see ``backtest.backtest``; trades may also be too few.
    """
    return keep(_studied(request, shop, studies, progress), request, shop, now=now, provenance=provenance)


def _studied(request: Request, shop: Workshop, studies: Studies, progress: Progress) -> Found:
    found = trade(request, shop, progress)
    if not studies.any:
        return found
    site = make_site(found.floor, request, shop)
    return study(found, studies, seed_of(request, shop.config), site, progress)
