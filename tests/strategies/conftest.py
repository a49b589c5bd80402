"""Real bars for strategy tests."""

from pathlib import Path

import pytest

from ictcli.market.bars import Bars
from tests.detectors.adversarial import read_bars


@pytest.fixture(scope="session")
def real_bars(real_data: Path) -> Bars:
    """Three weeks of gold, one minute each."""
    return read_bars(real_data / "bars" / "XAUUSD_M1_ftmo.parquet", 2).slice(0, 20_000)
