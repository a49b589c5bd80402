"""A market that leans where open fair value gaps point: the cause is known, and a detector sees it."""

import numpy as np

from ictcli.detectors.plan import Settings
from ictcli.features.matrix import FeatureStream
from ictcli.features.served import served_set
from ictcli.market.bars import Bars
from tests.features.worlds import QUARTER
from tests.learning.proofs.null_worlds import BAR_SIGMA, DIGITS, MOVES, PRICE, bars_of_moves

CAUSE = "fvg_balance"
"""Open bullish gaps near the price less bearish ones."""
MOST = 3.0


def leaning(seed: int, count: int, lean: float) -> Bars:
    """M15 bars one by one, each with a drift of ``lean`` deviations per gap that is open before it."""
    draw = np.random.default_rng([seed, 7])
    shocks = draw.normal(0, BAR_SIGMA / np.sqrt(MOVES), (count, MOVES))
    bars = bars_of_moves(shocks, draw.integers(50, 500, count))
    features = served_set("ict")
    stream = FeatureStream(features, Settings(bar_ns=QUARTER))
    cause, drift, before = features.names.index(CAUSE), 0.0, np.log(PRICE)
    for at in range(count):
        path = before + np.cumsum(shocks[at] + drift / MOVES)
        before = float(path[-1])
        prices = (path[0], path.max(), path.min(), path[-1])
        for column, price in zip((bars.open, bars.high, bars.low, bars.close), prices, strict=True):
            column[at] = round(float(np.exp(price)) * 10**DIGITS)
        balance = float(stream.push(bars, at)[cause])
        drift = lean * BAR_SIGMA * min(max(balance, -MOST), MOST)
    return bars
