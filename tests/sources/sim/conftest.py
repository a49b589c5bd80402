"""Shared by the tests of the simulated market."""

import pytest

from ictcli.market.symbols import SymbolBook, load_symbols


@pytest.fixture(scope="session")
def book() -> SymbolBook:
    return load_symbols(None)
