"""Real bars for strategy tests, and no modules of strategies left behind."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ictcli.market.bars import Bars
from tests.detectors.adversarial import read_bars


@pytest.fixture(scope="session")
def real_bars(real_data: Path) -> Bars:
    """Three weeks of gold, one minute each."""
    return read_bars(real_data / "bars" / "XAUUSD_M1_ftmo.parquet", 2).slice(0, 20_000)


@pytest.fixture(autouse=True)
def _no_modules_left() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("ictcli_strategy_"):
            del sys.modules[name]
