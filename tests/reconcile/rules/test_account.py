"""Contracts that changed, records that are not complete, a ledger that is not what it was, clocks."""

from typing import Any

import pytest

from ictcli.clock import NS_PER_SECOND
from tests.reconcile.rules.books import Books, account, changed, incomplete, n, roots, told, verdict


def contract(**told_so: Any) -> Books:
    """Books with another contract of EURUSD."""
    return changed(lambda books: books.contracts.update(EURUSD=told_so))


@pytest.mark.parametrize(
    ("field", "value", "here", "there"),
    [
        ("tick", n("0.0001"), "0.00001", "0.0001"),
        ("step", n("0.1"), "0.01", "0.1"),
        ("contract", n("10000"), "100000", "10000"),
        ("digits", 4, "5", "4"),
        ("tick", n("0.00001") + 1, "0.00001", "0.00001001"),
        ("digits", 0, "5", "0"),
    ],
)
def test_a_contract_that_changed_is_told_by_field(field: str, value: int, here: str, there: str) -> None:
    found = told(account(), contract(**{field: value}))
    assert list(found) == [f"spec_change symbol:EURUSD {field}"]
    one = next(iter(found.values()))
    assert (one.symbol, one.ours, one.theirs, one.policy) == ("EURUSD", here, there, "halt_symbol")


def test_what_a_side_does_not_tell_of_a_contract_is_no_change() -> None:
    unknown = contract(tick=0, step=0, contract=0, digits=0)
    assert roots(account(), unknown) == roots(unknown, account()) == []


def test_every_field_and_symbol_that_changed_is_one() -> None:
    def other(books: Books) -> None:
        books.contracts = {"EURUSD": {"step": n("0.1"), "digits": 4}, "GBPUSD": {"step": n("0.1")}}

    assert roots(account(), changed(other)) == [
        "spec_change symbol:EURUSD digits",
        "spec_change symbol:EURUSD step",
        "spec_change symbol:GBPUSD step",
    ]


def test_records_that_are_not_complete_leave_the_result_open_and_say_why() -> None:
    assert verdict(account(), account()).result == "clean"
    open_question = verdict(account(), incomplete(account()))
    assert open_question.result == "inconclusive"
    assert [one.note for one in open_question.roots] == ["the history was cut off"]
    found = verdict(account(), incomplete(contract(digits=4)))
    assert (found.result, len(found.roots)) == ("inconclusive", 2)


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ((), []),
        (("chain broken",), ["ledger_integrity account"]),
        (("chain broken", "gap"), ["ledger_integrity account 1", "ledger_integrity account 2"]),
    ],
)
def test_every_fault_of_the_ledger_is_one(faults: tuple[str, ...], expected: list[str]) -> None:
    ledger = changed(lambda books: books.facts.update(faults=faults))
    assert roots(ledger, account()) == expected
    assert {one.note for one in verdict(ledger, account()).findings} == set(faults)
    assert roots(account(), ledger) == []


def test_many_faults_are_told_in_the_order_of_their_numbers() -> None:
    faults = tuple(f"fault {number}" for number in range(1, 13))
    ledger = changed(lambda books: books.facts.update(faults=faults))
    found = verdict(ledger, account()).findings
    assert tuple(one.note for one in found) == faults
    assert [one.field for one in found][8:10] == ["09", "10"]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("offset", "says"),
    [
        (None, None),
        (0, None),
        (NS_PER_SECOND, None),
        (NS_PER_SECOND + 1, ("warning", "none")),
        (5 * NS_PER_SECOND, ("warning", "none")),
        (5 * NS_PER_SECOND + 1, ("critical", "halt")),
    ],
)
def test_a_clock_that_is_off_warns_and_far_off_halts(
    offset: int | None, says: tuple[str, str] | None, sign: int
) -> None:
    skewed = changed(lambda books: books.facts.update(clock_offset=None if offset is None else sign * offset))
    for sides in ((account(), skewed), (skewed, account())):
        found = verdict(*sides).findings
        assert [(one.severity, one.policy) for one in found] == ([] if says is None else [says])
        assert all(one.name == "clock_skew account" for one in found)
