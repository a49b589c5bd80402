"""Child processes find the terminal that the tests serve."""

import pytest

from tests.terminals.played import ROOT


@pytest.fixture(autouse=True)
def children_find_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
