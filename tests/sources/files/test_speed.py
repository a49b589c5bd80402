"""Reading speed, as a ratio to polars reading the same file in the same run."""

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ictcli.sources.files.opening import open_file

ROWS = 5_000_000
MAX_RATIO = 1.5


def _write_minutes(path: Path, rows: int) -> None:
    random = np.random.default_rng(1)
    close = np.round(2000 + np.cumsum(random.normal(0, 0.2, rows)), 2)
    frame = pl.DataFrame(
        {
            "time": np.datetime64("2012-01-02T00:00", "us") + np.arange(rows) * np.timedelta64(60, "s"),
            "open": close,
            "high": close + 0.5,
            "low": close - 0.5,
            "close": close,
            "tick_volume": random.integers(1, 900, rows),
            "spread": random.integers(1, 30, rows),
        }
    )
    frame = frame.with_columns(pl.col("open", "high", "low", "close").round(2))
    frame.write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")


@pytest.mark.proof
def test_five_million_rows_read_within_one_and_a_half_times_polars(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    path = tmp_path / "XAUUSD_M1.csv"
    _write_minutes(path, ROWS)
    next(open_file(path).chunks(1000))  # compile outside the measurement
    ours, theirs = [], []
    for _ in range(3):
        start = time.perf_counter()
        rows = sum(len(chunk) for chunk in open_file(path).chunks(500_000))
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        frame = pl.read_csv(path, try_parse_dates=True)
        theirs.append(time.perf_counter() - start)
        assert rows == len(frame) == ROWS
    ratio = min(ours) / min(theirs)
    proof_facts |= {"seconds": min(ours), "polars_seconds": min(theirs), "ratio": ratio}
    assert ratio <= MAX_RATIO
