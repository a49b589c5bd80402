"""The core set on series whose numbers are published with its definition (ML.md M24, M25)."""

from pathlib import Path

import numpy as np
import pytest

from ictcli.detectors.plan import Settings
from ictcli.features.matrix import build
from ictcli.features.registry import FEATURES, SETS, FeatureSet
from tests.features.worlds import QUARTER, bars_from, read_bars

ROW = {
    "ret1": 0.00056299411,
    "ret5": 0.00014179308,
    "ret20": 0.016286582,
    "rsi": 0.42493944,
    "macd": 1.7173759,
    "macd_sig": 1.812735,
    "macd_hist": -0.095359139,
    "pctb": 0.6832193,
    "bw": 0.01930036,
    "atrpct": 0.0020925529,
    "body": 0.26348548,
    "uw": 0.18049793,
    "lw": 0.5560166,
    "gap": 0.0082063147,
    "dhi": 0.57489944,
    "dlo": 7.7159718,
    "er": 0.6436152,
    "rv20": 0.0017682855,
    "vr": 1.3519578,
    "volz": -0.25396879,
    "obv": 0.47910457,
    "bvc": 0.32762667,
    "cs": 0.00069360114,
    "amihud": -14.736436,
    "roll": -0.0479845,
    "how": -2.83165,
}
"""Last row of the first 1,000 bars of gold; eight digits are given, so a last one of 5 is 1e-7 at most."""

CLOSES = """
44.34 44.09 44.15 43.61 44.33 44.83 45.10 45.42 45.84 46.08
45.89 46.03 45.61 46.28 46.28 46.00 46.03 46.41 46.22 45.64
"""
"""The series on which seeds of Wilder's averages are told apart."""


@pytest.mark.jit_off
def test_the_last_of_a_thousand_bars_of_gold_is_the_published_row(real_data: Path) -> None:
    bars = read_bars(real_data / "bars" / "XAUUSD_M15_ftmo.parquet", 2, 15).slice(0, 1000)
    matrix = build(SETS["core26"], bars, Settings(QUARTER))
    found = dict(zip(matrix.names, matrix.values[-1].tolist(), strict=True))
    assert {name: found[name] for name in ROW} == pytest.approx(ROW, rel=1e-7, abs=0)


@pytest.mark.jit_off
def test_the_core_set_has_exactly_these_26_columns_in_this_order() -> None:
    assert SETS["core26"].names == tuple(ROW)
    assert len(ROW) == 26
    assert SETS["core26"].warmup == 300


@pytest.mark.jit_off
def test_the_relative_strength_index_is_seeded_by_the_mean_of_the_first_14_differences() -> None:
    closes = np.rint(np.array(CLOSES.split(), float) * 100).astype(np.int64)
    bars = bars_from(np.column_stack([closes] * 4))
    found = build(FeatureSet("rsi", "", (FEATURES["rsi"],)), bars, Settings(QUARTER)).values[:, 0]
    told = (found * 50 + 50)[14:].round(2).tolist()
    assert told == [70.46, 66.25, 66.48, 69.35, 66.29, 57.92]
    assert found[:14].tolist() == [0.0] * 14
