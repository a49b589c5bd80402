"""Logs of attempts: of something that earns, and of much that was lucky."""

import msgspec
import numpy as np

from ictcli.learning.trial_log import Attempt
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe

SERIES = SeriesKey("ftmo", "XAUUSD", parse_timeframe("M15"))
"""The series of the sample versions."""
OWN = "good 0"
DAYS = 300


def good_attempts(count: int) -> list[Attempt]:
    """One strategy that earns, tried ``count`` times with results a little different."""
    generator = np.random.default_rng(1)
    good = 0.002 + 0.01 * generator.normal(size=DAYS)
    return [_attempt(f"good {at}", good + 0.001 * generator.normal(size=DAYS)) for at in range(count)]


def lucky_attempts(count: int) -> list[Attempt]:
    """Attempts unlike each other whose results scatter widely."""
    generator = np.random.default_rng(2)
    means = 0.004 * generator.normal(size=count)
    return [
        _attempt(f"lucky {at}", mean + 0.01 * generator.normal(size=DAYS)) for at, mean in enumerate(means)
    ]


def training_of(trials: int, own: str = OWN) -> bytes:
    """The report of a training that judged one of the attempts."""
    return msgspec.json.encode({"verdict": "edge", "evidence": {"attempt": own, "trials": trials}})


def _attempt(key: str, returns: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Attempt:
    return Attempt(key=key, days=list(range(DAYS)), returns=returns.tolist())
