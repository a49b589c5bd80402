"""Where real series begin does not matter to features beyond what each declares.

Features of events declare no bound: levels, ranges and averages of days live as long as their days do,
for thousands of one-minute bars. How many of their rows differ is kept as a fact.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.detectors.plan import Settings
from ictcli.features.feature import Feature
from ictcli.features.matrix import build
from ictcli.features.registry import FEATURES, FeatureSet
from tests.features.worlds import read_bars

EVERYTHING = FeatureSet("everything", "", tuple(FEATURES.values()))


def differing(feature: Feature, whole: NDArray[np.float64], late: NDArray[np.float64]) -> float:
    """Share of the rows after the warm-up that differ by more than the feature declares."""
    allowed = 0.0 if feature.memory == "window" else 1e-9 * np.abs(whole).max(axis=0)
    return float((np.abs(whole - late)[feature.warmup :] > allowed).any(axis=1).mean())


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "digits", "minutes"),
    [("XAUUSD_M15_ftmo", 2, 15), ("BTCUSDC_M1_kraken", 2, 1), ("EURUSD_M1_histdata202306", 5, 1)],
)
@pytest.mark.parametrize("dropped", [1, 777, 4000])
def test_real_series_without_their_beginning_give_the_same_rows(
    name: str, digits: int, minutes: int, dropped: int, real_data: Path, proof_facts: dict[str, object]
) -> None:
    bars = read_bars(real_data / "bars" / f"{name}.parquet", digits, minutes)
    settings = Settings(minutes * 60 * 10**9)
    whole = build(EVERYTHING, bars, settings).values[dropped:]
    late = build(EVERYTHING, bars.slice(dropped, len(bars)), settings).values
    at = 0
    for feature in EVERYTHING.features:
        columns = slice(at, at + feature.width)
        at += feature.width
        share = differing(feature, whole[:, columns], late[:, columns])
        assert share == 0.0 or feature.memory == "events", feature.name
        if feature.memory == "events":
            proof_facts[feature.name] = round(share, 6)
    proof_facts["rows"] = len(late)
