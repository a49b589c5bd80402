"""Random walks for candle tests."""

from collections.abc import Callable

import numpy as np
import pytest

from ictcli.market.bars import Bars


@pytest.fixture(scope="session", params=[0, 1, 2])
def walk(request: pytest.FixtureRequest, build: Callable[..., Bars]) -> Bars:
    """400 bars on a coarse grid: ties, gaps, flat bars, pauses."""
    rng = np.random.default_rng(request.param)
    price, rows, minutes = 500, [], np.cumsum(rng.choice([1, 1, 1, 1, 3], 400))
    for _ in range(400):
        opened = price + int(rng.integers(-1, 2))
        price = opened + int(rng.integers(-3, 4)) * int(rng.choice([0, 1, 1, 4]))
        above, below = rng.integers(0, 3, 2) * rng.choice([1, 1, 5])
        rows.append((opened, max(opened, price) + int(above), min(opened, price) - int(below), price))
    return build(rows, minutes)
