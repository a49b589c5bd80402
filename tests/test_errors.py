"""Every way of refusing owns one exit code, one name and one hint."""

import pytest

from ictcli import errors
from ictcli.errors import ExitCode, IctError

CODES = {
    "UsageError": 2,
    "Finding": 3,
    "ConfigError": 4,
    "DataError": 5,
    "SourceUnavailable": 6,
    "RequestRejected": 7,
    "OutcomeUnknown": 8,
    "PolicyRefused": 11,
    "LedgerUnwritable": 1,
    "EventRefused": 1,
    "Busy": 12,
    "Interrupted": 130,
}
FOUND = {"Discrepancy": 9, "Inconclusive": 10}
"""Findings of ``reconcile``, which have codes of their own."""


@pytest.mark.parametrize(("name", "code"), (CODES | FOUND).items())
def test_each_error_owns_the_documented_exit_code(name: str, code: int) -> None:
    kind: type[IctError] = getattr(errors, name)
    raised = kind("bars are missing", hint="Run ictcli fetch.")
    assert (raised.code, raised.name, raised.message, raised.hint) == (
        code,
        name,
        "bars are missing",
        "Run ictcli fetch.",
    )
    assert str(raised) == "bars are missing"


def test_the_table_above_names_every_error() -> None:
    assert {kind.__name__ for kind in IctError.__subclasses__()} == set(CODES)
    found = {kind.__name__ for kind in errors.Finding.__subclasses__() if kind.__module__ == errors.__name__}
    assert found == set(FOUND)


def test_only_locks_silent_sources_and_interrupts_are_worth_retrying() -> None:
    retryable = {kind.__name__ for kind in IctError.__subclasses__() if kind.retryable}
    assert retryable == {"SourceUnavailable", "Busy", "Interrupted"}


def test_an_error_without_a_class_of_its_own_is_unexpected() -> None:
    assert IctError("odd").code is ExitCode.UNEXPECTED
