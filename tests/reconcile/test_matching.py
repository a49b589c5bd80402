"""Verdicts: what counts, in which order it is told, and that the order of rows means nothing."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.reconcile.case import Case, Difference
from ictcli.reconcile.findings import Finding, Kind, finding
from ictcli.reconcile.matching import ordered, reconcile
from ictcli.reconcile.rules.known import RULES
from ictcli.reconcile.rules.money import balances, cash_movements
from ictcli.reconcile.rules.orders import double_submits, order_states
from ictcli.reconcile.rules.positions import protections, quantities
from ictcli.reconcile.story import Story
from tests.reconcile.rules.books import TOLERANCES, Books, account, cash, changed, fill, n, order, verdict


def several(books: Books) -> None:
    """Faults of many kinds at once, on different orders."""
    books.drop(12)
    books.of("orders", "order", 500)["status"] = "partial"
    books.of("fills", "deal", 13)["price"] = n("1.2")
    books.of("orders", "order", 504)["status"] = "open"
    books.cash.append(cash(40, "250"))
    books.fills.append(fill(15, order=502, magic=72, intent="i502", position=901, over=True))
    books.held[900]["target"] = None


def test_stories_in_two_currencies_are_not_of_one_account() -> None:
    dollars = changed(lambda books: books.facts.update(currency="USD"))
    with pytest.raises(DataError, match="the ledger counts in EUR and the broker in USD"):
        verdict(account(), dollars)


def abroad(books: Books) -> None:
    """What others do at the broker meanwhile."""
    books.orders.append(order(600, position=950, magic=5, reason="client"))
    books.fills.append(fill(20, order=600, position=950, magic=5, reason="client"))
    books.orders.append(order(601, magic=71))


ALONE = {
    Kind.DOUBLE_SUBMIT: double_submits,
    Kind.ORDER_STATUS_DIFF: order_states,
    Kind.POSITION_QTY_DIFF: quantities,
    Kind.STOP_DIFF: protections,
    Kind.UNEXPLAINED_CASH: cash_movements,
    Kind.BALANCE_DIFF: balances,
}
ROOTS = {
    "missing_fill_local deal:12",
    "fill_price_diff deal:13",
    "order_status_diff order:504",
    "unexplained_cash deal:40",
    "phantom_fill_local deal:15",
    "stop_diff position:900 target",
    "foreign order:600",
    "double_submit order:601",
}


def test_faults_of_many_kinds_at_once_are_all_told_and_nothing_else_counts() -> None:
    found = verdict(changed(several), changed(abroad))
    assert found.result == "findings"
    assert {one.name for one in found.roots} == ROOTS
    names = {one.name for one in found.findings}
    assert all(set(one.caused_by) <= names for one in found.findings)


def test_roots_come_first_by_weight_and_each_is_followed_by_what_it_explains() -> None:
    found = verdict(changed(several), changed(abroad)).findings
    weights = [one.severity for one in found if one.root]
    assert weights == sorted(weights, key=["critical", "warning", "info"].index)
    told: set[str] = set()
    for one in found:
        assert one.root or told & set(one.caused_by)
        told.add(one.name)


def mixed(story: Story, seed: int) -> Story:
    """A story whose rows stand in another order."""
    random = Random(seed)
    tables = ("fills", "orders", "positions", "cash", "instruments")
    shuffled = {}
    for name in tables:
        rows = getattr(story, name)
        shuffled[name] = rows[random.sample(range(rows.height), rows.height)]
    return replace(story, **shuffled)


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_the_order_of_rows_means_nothing(seed: int) -> None:
    ours, theirs = changed(several).ledger(), changed(abroad).broker()
    straight = reconcile(ours, theirs, TOLERANCES)
    assert reconcile(mixed(ours, seed), mixed(theirs, seed + 1), TOLERANCES) == straight


def test_two_sides_that_agree_are_clean_and_only_known_findings_are_too() -> None:
    assert verdict(account(), account()).result == "clean"

    def strange(books: Books) -> None:
        books.fills.append(fill(20, order=600, position=950, magic=5, intent="", reason="client"))

    known = verdict(changed(strange), changed(strange))
    assert (known.result, known.roots) == ("clean", ())
    assert {one.name for one in known.findings} == {"foreign deal:20", "foreign position:950"}


def test_what_a_rule_alone_finds_is_not_found_without_it() -> None:
    ours, theirs = changed(several).ledger(), changed(abroad).broker()
    for kind, rule in ALONE.items():
        rules = tuple(one for one in RULES if one is not rule)
        found = reconcile(ours, theirs, TOLERANCES, rules)
        assert all(one.kind is not kind for one in found.findings), rule


def test_a_rule_is_given_what_the_rules_before_it_found() -> None:
    seen: list[int] = []

    def one(case: Case, found: Sequence[Difference]) -> list[Difference]:
        assert case.whole
        seen.append(len(found))
        return [Difference(finding(Kind.CLOCK_SKEW, f"account{len(found)}"))]

    assert len(verdict(account(), account(), rules=[one, one, one]).roots) == 3
    assert seen == [0, 1, 2]


def made(name: str, *causes: str, kind: Kind = Kind.FEE_DIFF, known: bool = False) -> Finding:
    return finding(kind, name, caused_by=tuple(f"fee_diff {cause}" for cause in causes), known=known)


def keys(*findings: Finding) -> list[str]:
    return [one.key for one in ordered(findings)]


def test_causes_are_followed_over_several_levels() -> None:
    assert keys(made("d", "c"), made("c", "b"), made("b", "a"), made("z"), made("a"), made("e", "a")) == [
        "a", "b", "c", "d", "e", "z",
    ]  # fmt: skip


def test_the_first_cause_that_was_found_places_a_finding() -> None:
    assert keys(made("a"), made("b"), made("x", "nowhere", "b", "a")) == ["a", "b", "x"]
    assert keys(made("x", "nowhere"), made("b"), made("a")) == ["a", "b", "x"]


def test_known_findings_come_last() -> None:
    grave = made("k", kind=Kind.BUST, known=True)
    assert keys(grave, made("b"), made("a")) == ["a", "b", "k"]


def test_findings_of_one_name_and_causes_in_a_circle_are_not_lost() -> None:
    assert keys(made("a"), made("a"), made("b", "a")) == ["a", "b", "a"]
    assert keys(made("p", "q"), made("q", "p"), made("s", "s")) == ["s", "p", "q"]


@given(st.lists(st.tuples(st.integers(0, 6), st.lists(st.integers(0, 8), max_size=3)), max_size=12))
def test_every_finding_is_told_once(rows: list[tuple[int, list[int]]]) -> None:
    findings = [made(str(name), *map(str, causes)) for name, causes in rows]
    told = ordered(findings)
    assert sorted(map(id, told)) == sorted(map(id, findings))
