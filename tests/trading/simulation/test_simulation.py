"""Production order manager, gate, recovery and adapter under seeded faults: nothing lost or doubled."""

import json
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from ictcli.trading.simulation.campaign import Tally, both_brokers, needed, run_all, run_case, shrink
from ictcli.trading.simulation.world import Case, Verdict
from tests.trading.simulation.planted import MISTAKES, run_planted

REGRESSIONS = Path(__file__).parent / "regressions.jsonl"
"""Cases that failed once; each is run for ever."""
SEEDS, SHARDS, PROOF_SEEDS, PROOF_SHARDS = 1_000, 4, 100_000, 20
ENOUGH = 150
"""Seeds within which every planted mistake is found."""


def regressions() -> list[Case]:
    rows = [json.loads(line) for line in REGRESSIONS.read_text(encoding="utf-8").splitlines() if line]
    return [Case(row["seed"], deduplicates=row["deduplicates"]) for row in rows]


def keep(verdict: Verdict) -> None:
    """Write a failing case down, once, so that the next run begins with it."""
    row = {"seed": verdict.case.seed, "deduplicates": verdict.case.deduplicates, "why": verdict.violations[0]}
    if verdict.case.seed not in {case.seed for case in regressions()}:
        with REGRESSIONS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def require_clean(tally: Tally) -> None:
    for verdict in tally.failed:
        keep(verdict)
    if tally.failed:
        small = shrink(tally.failed[0])
        pytest.fail(f"seed {small.case.seed}: {small.violations}\nwith only {needed(small)}")


@pytest.mark.no_cover  # tracing would triple the time; the other tests here reach the same lines
@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_order_is_lost_or_doubled_whatever_fails(shard: int) -> None:
    size = SEEDS // SHARDS
    tally = run_all(both_brokers(range(shard * size, (shard + 1) * size)))
    require_clean(tally)
    assert tally.runs == size
    assert tally.requests > 3 * size
    assert tally.deals > 2 * size
    assert tally.crashes > size


@pytest.mark.parametrize("case", regressions(), ids=lambda case: str(case.seed))
def test_cases_that_failed_once_pass(case: Case) -> None:
    assert run_case(case).violations == ()


@pytest.mark.parametrize("deduplicates", [True, False])
def test_one_seed_is_one_run_to_the_last_byte(deduplicates: bool) -> None:
    for seed in range(12):
        case = Case(seed, deduplicates=deduplicates)
        assert run_case(case) == run_case(case)
    assert run_case(Case(1)).journal != run_case(Case(2)).journal


@pytest.mark.no_cover
def test_every_kind_of_fault_and_of_crash_happens() -> None:
    seen: Counter[str] = Counter()
    for case in both_brokers(range(150)):
        seen.update(run_case(case).faults)
    menus = Case(0).menus
    expected = {f"{point}: {name}" for point, menu in menus.items() for name, _ in menu}
    assert {name for name in expected if seen[name] == 0} == set()
    assert seen["crash"] > 100


@pytest.mark.no_cover
@pytest.mark.parametrize("deduplicates", [True, False], ids=["deduplicates", "does-not"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found(mistake: str, deduplicates: bool) -> None:
    cases = (Case(seed, deduplicates=deduplicates) for seed in range(ENOUGH))
    tally = run_all(cases, partial(run_planted, mistake), most_failures=1)
    assert tally.failed, f"{ENOUGH} seeds did not show it: {mistake}"


def test_a_failing_case_shrinks_to_few_faults() -> None:
    run = partial(run_planted, "takes silence for a rejection")
    failed = next(verdict for seed in range(50) if (verdict := run(Case(seed))).violations)
    small = shrink(failed, run, most_runs=120)
    assert small.violations
    assert 0 < len(needed(small)) < len(needed(failed)) / 2


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(PROOF_SHARDS))
def test_a_hundred_thousand_seeds(shard: int, proof_facts: dict[str, object]) -> None:
    size = PROOF_SEEDS // PROOF_SHARDS
    first = 1_000_000 + shard * size
    tally = run_all(both_brokers(range(first, first + size)))
    require_clean(tally)
    proof_facts.update(
        seeds=tally.runs, first_seed=first, violations=len(tally.failed), requests=tally.requests,
        deals=tally.deals, crashes=tally.crashes, faults=tally.faults,
    )  # fmt: skip


@pytest.mark.proof
def test_how_often_planted_mistakes_are_found(proof_facts: dict[str, object]) -> None:
    seeds = 300
    for mistake in MISTAKES:
        counts = []
        for deduplicates in (True, False):
            cases = (Case(seed, deduplicates=deduplicates) for seed in range(seeds))
            tally = run_all(cases, partial(run_planted, mistake))
            counts.append(len(tally.failed))
        proof_facts[mistake] = f"{counts[0]} and {counts[1]} of {seeds}"
        assert min(counts) > 0


def test_the_page_names_every_fault_and_every_planted_mistake() -> None:
    page = (Path(__file__).parents[3] / "docs" / "simulation.md").read_text(encoding="utf-8")
    faults = [(name, share) for menu in Case(0).menus.values() for name, share in menu]
    assert [
        name
        for name, share in faults
        if f"{name} {share:.1%}".replace(".0%", "%").replace("%", " %") not in page
    ] == []
    assert [mistake for mistake in MISTAKES if f"| {mistake} |" not in page] == []
