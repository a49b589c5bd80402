"""Recall and precision: every planted fault is found as the root it is, and nothing else is.

The oracle is the injector's own list (``bench``), which knows nothing of the rules.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from random import Random

import pytest

from ictcli.reconcile.case import Case, Difference, Rule
from ictcli.reconcile.findings import Kind
from ictcli.reconcile.matching import Verdict, reconcile
from ictcli.reconcile.rules.known import RULES
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances
from tests.reconcile.bench.boundaries import BOUNDARIES, Boundary
from tests.reconcile.bench.generator import pair
from tests.reconcile.bench.injector import FORMS, mixed, single
from tests.reconcile.bench.judge import complaints
from tests.reconcile.bench.planted import Planted
from tests.reconcile.bench.records import Pair
from tests.reconcile.bench.retelling import halves, of_deals, repeated, shuffled, written_on
from tests.reconcile.bench.telling import broker, ledger

ROOT = Path(__file__).parents[2]
BY_LABEL = {form.label: form for form in FORMS}
SINGLE, MIXED, SHARDS = 50, 2000, 4
ZONES = ("America/St_Johns", "Asia/Kathmandu", "Pacific/Apia")


@dataclass(frozen=True)
class Judged:
    """A pair with a fault, what was planted, and the rules that found it."""

    made: Pair
    planted: list[Planted]
    local: Story
    broker: Story
    complaints: list[str]
    finders: frozenset[int]


def answer(local: Story, theirs: Story, rules: Sequence[Rule] = RULES) -> Verdict:
    return reconcile(local, theirs, Tolerances(), rules)


def wrong(made: Pair, planted: Sequence[Planted]) -> list[str]:
    """What is wrong with the answer to a pair."""
    verdict = answer(ledger(made), broker(made))
    return complaints(made, planted, verdict.result, verdict.findings)


@cache
def judged(label: str) -> Judged:
    """The first pair of a form, asked once."""
    made, planted = next(single(BY_LABEL[label]))
    wanted = {one.name for one in planted}
    finders: set[int] = set()

    def watched(number: int, rule: Rule) -> Rule:
        def run(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
            told = list(rule(case, found))
            if wanted & {one.finding.name for one in told}:
                finders.add(number)
            return told

        return run

    local, theirs = ledger(made), broker(made)
    verdict = answer(local, theirs, [watched(number, rule) for number, rule in enumerate(RULES)])
    said = complaints(made, planted, verdict.result, verdict.findings)
    return Judged(made, planted, local, theirs, said, frozenset(finders))


def missed(one: Judged, rules: Sequence[Rule]) -> list[str]:
    """What is wrong with the answer of these rules."""
    verdict = answer(one.local, one.broker, rules)
    return complaints(one.made, one.planted, verdict.result, verdict.findings)


def told(verdict: Verdict) -> list[tuple[object, ...]]:
    """An answer, whatever the order in which causes are named."""
    return sorted(
        (one.name, one.root, one.known, one.ours, one.theirs, sorted(one.caused_by))
        for one in verdict.findings
    )  # fmt: skip


def test_every_kind_is_planted() -> None:
    assert {form.kind for form in FORMS} == set(Kind)


@pytest.mark.parametrize("label", BY_LABEL)
def test_a_planted_fault_is_the_one_root(label: str) -> None:
    assert judged(label).complaints == []


@pytest.mark.parametrize("seed", range(8))
def test_a_consistent_pair_has_no_finding(seed: int) -> None:
    assert wrong(pair(1000 + seed), []) == []


@pytest.mark.parametrize("seed", range(12))
def test_several_planted_faults_are_the_roots(seed: int) -> None:
    made, planted = mixed(5000 + seed)
    assert wrong(made, planted) == [], [one.name for one in planted]


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=lambda one: one.name)
def test_a_tolerance_is_none_and_one_unit_more_is_a_finding(boundary: Boundary) -> None:
    assert _beside(boundary, count()) == []


@pytest.mark.parametrize("number", range(len(RULES)), ids=lambda number: f"{number:02}")
def test_no_rule_can_be_left_out(number: int) -> None:
    rest = RULES[:number] + RULES[number + 1 :]
    finds = [one for one in map(judged, BY_LABEL) if number in one.finders]
    assert any(missed(one, rest) for one in finds or map(judged, BY_LABEL))


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_another_order_give_the_same_answer(seed: int) -> None:
    assert _shuffled(9000 + seed)


@pytest.mark.parametrize("seed", range(3))
def test_pages_that_overlap_give_the_same_answer(seed: int) -> None:
    assert _repeated(9100 + seed)


@pytest.mark.parametrize("seed", range(3))
def test_a_trader_that_writes_on_changes_no_root(seed: int) -> None:
    assert _written_on(9200 + seed) == []


@pytest.mark.parametrize("seed", range(2))
def test_both_parts_of_a_window_have_the_deals_of_the_whole(seed: int) -> None:
    assert next(said for number in count(9300 + 50 * seed) if (said := _halved(number)) is not None) == []


def test_a_wrong_volume_before_the_window_is_not_taken_for_too_much_of_an_order() -> None:
    assert _halved(400_012) == []


def test_the_time_zone_of_the_host_changes_nothing() -> None:
    assert _elsewhere(ZONES[0], range(9400, 9403)) == digest(range(9400, 9403))


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_form_is_found_in_many_pairs(shard: int, proof_facts: dict[str, object]) -> None:
    forms = FORMS[shard::SHARDS]
    for form in forms:
        for made, planted in islice(single(form, 20_000), SINGLE):
            assert wrong(made, planted) == [], f"{form.label}, seed {made.seed}"
    proof_facts["forms"] = ", ".join(form.label for form in forms)
    proof_facts["pairs_a_form"] = SINGLE
    proof_facts["recall"] = proof_facts["precision"] = 1.0


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_mixed_faults_are_found_in_many_pairs(shard: int, proof_facts: dict[str, object]) -> None:
    kinds: Counter[str] = Counter()
    for seed in range(100_000 + shard, 100_000 + MIXED, SHARDS):
        made, planted = mixed(seed)
        assert wrong(made, planted) == [], f"seed {seed}: {[one.name for one in planted]}"
        kinds.update(one.kind.value for one in planted)
    assert set(kinds) == {kind.value for kind in Kind}
    proof_facts["pairs"] = MIXED // SHARDS
    proof_facts["faults"] = kinds.total()
    proof_facts["recall"] = proof_facts["precision"] = 1.0


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_consistent_pairs_have_no_finding_in_many_seeds(shard: int, proof_facts: dict[str, object]) -> None:
    rows = 0
    for seed in range(200_000 + shard, 200_000 + MIXED, SHARDS):
        made = pair(seed, steps=34 if seed % 50 else 600)
        assert wrong(made, []) == [], f"seed {seed}"
        rows += len(made.broker.deals)
    proof_facts["pairs"] = MIXED // SHARDS
    proof_facts["deals"] = rows
    proof_facts["findings"] = 0


@pytest.mark.proof
def test_tolerances_are_exact_in_many_pairs(proof_facts: dict[str, object]) -> None:
    for boundary in BOUNDARIES:
        for first in range(300_000, 300_000 + 20 * 1000, 1000):
            assert _beside(boundary, count(first)) == [], f"{boundary.name}, from seed {first}"
    proof_facts["tolerances"] = ", ".join(boundary.name for boundary in BOUNDARIES)
    proof_facts["pairs_a_tolerance"] = 40


@pytest.mark.proof
@pytest.mark.parametrize("retold", ["shuffled", "repeated", "written_on", "halved"])
def test_a_retold_pair_has_the_same_answer_in_many_seeds(retold: str, proof_facts: dict[str, object]) -> None:
    asked = 0
    for seed in range(400_000, 400_200):
        if retold == "shuffled":
            assert _shuffled(seed), f"seed {seed}"
        elif retold == "repeated":
            assert _repeated(seed), f"seed {seed}"
        elif retold == "written_on":
            assert _written_on(seed) == [], f"seed {seed}"
        else:
            said = _halved(seed)
            assert not said, f"seed {seed}"
            asked -= said is None
        asked += 1
    proof_facts["pairs"] = asked
    assert asked > 80


@pytest.mark.proof
def test_many_pairs_have_the_same_answer_in_every_time_zone(proof_facts: dict[str, object]) -> None:
    here = digest(range(500_000, 500_040))
    for zone in ZONES:
        assert _elsewhere(zone, range(500_000, 500_040)) == here, zone
    proof_facts["zones"], proof_facts["pairs"] = ", ".join(ZONES), len(here)


def digest(seeds: range) -> list[list[str]]:
    """Everything that was found in mixed pairs, with its evidence."""
    answers = []
    for seed in seeds:
        made, _ = mixed(seed)
        found = answer(ledger(made), broker(made)).findings
        answers.append([repr(one) for one in found])
    return answers


def _elsewhere(zone: str, seeds: range) -> list[list[str]]:
    """The same in a process whose host is in another time zone."""
    code = (
        "import json, sys, time\n"
        "from tests.reconcile.test_planted_faults import digest\n"
        "assert time.timezone or time.daylight\n"
        f"json.dump(digest(range({seeds.start}, {seeds.stop})), sys.stdout)\n"
    )
    environment = {**os.environ, "TZ": zone, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answers: list[list[str]] = json.loads(done.stdout)
    return answers


def _beside(boundary: Boundary, seeds: Iterable[int]) -> list[str]:
    """What is wrong with the answers on both sides of a tolerance."""
    said: list[str] = []
    todo = [boundary.found_at - 1, boundary.found_at]
    for seed in seeds:
        if not todo:
            break
        made = pair(seed)
        planted = boundary.push(made, Random(seed), todo[0])
        if planted is not None:
            said += wrong(made, [planted] if todo.pop(0) == boundary.found_at else [])
    return said


def _shuffled(seed: int) -> bool:
    made, _ = mixed(seed)
    local, theirs = ledger(made), broker(made)
    return told(answer(local, theirs)) == told(answer(shuffled(local, seed), shuffled(theirs, seed)))


def _repeated(seed: int) -> bool:
    made, _ = mixed(seed)
    local, theirs = ledger(made), broker(made)
    return told(answer(local, theirs)) == told(answer(local, repeated(theirs, seed)))


def _written_on(seed: int) -> list[str]:
    made, planted = mixed(seed)
    written_on(made, Random(seed))
    return wrong(made, planted)


def _halved(seed: int) -> list[str] | None:
    """Roots about deals that the parts of a window have and the whole has not, or the reverse."""
    made, planted = mixed(seed)
    parts = halves(made, broker(made), Random(seed))
    if parts is None or not made.broker.complete:
        return None
    local = ledger(made)
    found = {one.name for part in parts for one in answer(local, part).roots if one.key.startswith("deal:")}
    return sorted(found ^ of_deals(planted))
